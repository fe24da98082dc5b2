"""A person accepts returns that could not be attributed: what they say then acts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState, Event
from rebond.core.policy import Policy
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.returns import unaccepted
from rebond.store.write.audit import add_audits
from rebond.store.write.evidence import Trusted, hold_addresses, refold, trust_evidence
from rebond.store.write.messages import ReturnMark, mark_messages
from rebond.store.write.unattributed import Acceptable, find_unattributed, mark_accepted


@dataclass(frozen=True, slots=True)
class Accepted:
    """What accepting a return came to: the address that it names, and its state now."""

    address: str
    state: AddressState


@dataclass(frozen=True, slots=True)
class AcceptedAll:
    """How many returns act now; those skipped name no address, or somebody accepted them meanwhile."""

    accepted: int
    skipped: int


def accept_all(*, because: str, actor: str, policy: Policy, now: datetime, source: str = "") -> AcceptedAll:
    """Accept all unattributed returns (of this source, unless empty), a transaction for some hundred; each audited."""
    _need_reason(because)
    accepted = skipped = 0
    for page in unaccepted(source=source):
        with transaction.atomic():
            found = {number: entry for number, entry in find_unattributed(page).items() if not entry.accepted}
            done = _let_act(found, because=because, actor=actor, policy=policy, now=now)
        accepted += len(done)
        skipped += len(page) - len(done)
    return AcceptedAll(accepted, skipped)


def accept(number: int, *, because: str, actor: str, policy: Policy, now: datetime) -> Accepted:
    """Let the evidence of an unattributed return act on the address that it names; audited.

    NotFoundError for an unknown number, RefusedError when it was accepted before or names no address.
    """
    _need_reason(because)
    with transaction.atomic():
        found = find_unattributed([number])
        if number not in found:
            raise NotFoundError(f"there is no unattributed return {number}")
        if found[number].accepted:
            raise RefusedError(f"the return {number} has been accepted already")
        done = _let_act(found, because=because, actor=actor, policy=policy, now=now)
        if number not in done:
            raise RefusedError(f"the return {number} names no address that it could act on")
        return done[number]


def _let_act(
    entries: Mapping[int, Acceptable], *, because: str, actor: str, policy: Policy, now: datetime
) -> dict[int, Accepted]:
    """Do for those that name an address what settling would have done, in its order of locks."""
    trusted = trust_evidence({entry.evidence for entry in entries.values() if entry.evidence})
    acting = {number: entry for number, entry in entries.items() if entry.evidence in trusted}
    addresses = {trusted[entry.evidence].about: entry.address for entry in acting.values()}
    hold_addresses(addresses, succeeding=())
    _mark(trusted.values())
    states = refold(addresses, policy=policy)
    done = {number: Accepted(entry.address, states[trusted[entry.evidence].about]) for number, entry in acting.items()}
    mark_accepted(done, actor=actor, now=now)
    became = {str(number): {"address": one.address, "status": one.state.status} for number, one in done.items()}
    add_audits("unattributed.accept", became, actor=actor, now=now, because=because)
    return done


def _need_reason(because: str) -> None:
    if not because.strip():
        raise InputError("say why what came back is to be believed")


def _mark(trusted: Iterable[Trusted]) -> None:
    """Mark the messages that they speak of, as settling would have."""
    returned, complained = [], []
    for item in trusted:
        evidence, message = item.evidence, item.message
        if message is None:
            continue
        if evidence.event is Event.COMPLAINT:
            complained.append((message, evidence.at))
        elif evidence.verdict and not evidence.verdict.harmless:
            returned.append(ReturnMark(message=message, at=evidence.at, verdict=evidence.verdict, text=evidence.text))
    mark_messages(returned=returned, complained=complained)
