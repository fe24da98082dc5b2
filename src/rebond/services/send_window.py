"""A window of messages: what is handed over together, and what is written down together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rebond.core.policy import Policy
from rebond.core.ports import OutcomeKind, Outgoing
from rebond.services.alerts import OftenUnqualified
from rebond.services.record import record
from rebond.services.send_claim import LEASE, Claimed
from rebond.services.send_outcome import Judged, give_back
from rebond.store.read.sending import SendingDelivery, begun_by
from rebond.store.write.sending import Committed, commit_window


@dataclass(frozen=True, slots=True)
class Window:
    """Messages that have begun, built."""

    fence: int
    messages: tuple[tuple[Claimed, Outgoing], ...]


@dataclass(slots=True)
class Ended:
    """A window whose outcomes are known and not yet written down; `fault` has the words of what the transport met."""

    fence: int
    judged: list[Judged] = field(default_factory=list)
    fault: str = ""


def record_window(
    delivery: SendingDelivery,
    ended: Sequence[Ended],
    *,
    lapsed: bool,
    begin: Sequence[int],
    fence: int,
    spoiled: Mapping[int, str],
    worker: str,
    policy: Policy,
    often: OftenUnqualified,
    now: datetime,
) -> Committed:
    """Record outcomes, with the evidence that they are, and begin the next window: one transaction.

    After a lapse of the leases, what came of messages that are not ours any more is no attempt of the log, and no
    evidence: it would take back the success of whoever sent them since.
    """
    judged = [(window.fence, item) for window in ended for item in window.judged]
    if lapsed:
        begun = begun_by(worker, [item.settlement.message for _, item in judged])
        judged = [(number, item) for number, item in judged if begun.get(item.settlement.message) == number]
    committed: list[Committed] = []

    def write(_: frozenset[str]) -> None:
        committed[:] = [
            commit_window(
                delivery.id,
                [(number, item.settlement) for number, item in judged],
                begin=begin,
                fence=fence,
                spoiled=spoiled,
                worker=worker,
                until=now + LEASE,
            )
        ]

    occurrences = [item.occurrence for _, item in judged if item.occurrence]
    delivered = [(delivery.channel, item.delivered_key) for _, item in judged if item.delivered_key]
    record(occurrences, policy=policy, now=now, write=write, delivered=delivered, often=often)
    return committed[0]


def unsent(window: Window) -> Ended:
    """Give a window back whole: its messages were not tried."""
    returned = [Judged(give_back(item.due), OutcomeKind.UNSENT) for item, _ in window.messages]
    return Ended(window.fence, returned)
