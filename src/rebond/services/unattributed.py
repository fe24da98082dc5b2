"""A person accepts returns that could not be attributed: what they say then acts."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState, Event
from rebond.core.policy import Policy
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.returns import unaccepted
from rebond.store.write.audit import add_audit
from rebond.store.write.evidence import Trusted, refold, trust_evidence
from rebond.store.write.messages import ReturnMark, mark_messages
from rebond.store.write.unattributed import find_unattributed, mark_accepted


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
    """Accept all unattributed returns (of this source, unless empty), each in a transaction of its own; audited."""
    _need_reason(because)
    accepted = skipped = 0
    for page in unaccepted(source=source):
        for number in page:
            try:
                accept(number, because=because, actor=actor, policy=policy, now=now)
                accepted += 1
            except (RefusedError, NotFoundError):
                skipped += 1
    return AcceptedAll(accepted, skipped)


def accept(number: int, *, because: str, actor: str, policy: Policy, now: datetime) -> Accepted:
    """Let the evidence of an unattributed return act on the address that it names; audited.

    NotFoundError for an unknown number, RefusedError when it was accepted before or names no address.
    """
    _need_reason(because)
    with transaction.atomic():
        found = find_unattributed(number)
        if found is None:
            raise NotFoundError(f"there is no unattributed return {number}")
        if found.accepted:
            raise RefusedError(f"the return {number} has been accepted already")
        trusted = trust_evidence(found.evidence) if found.evidence else None
        if trusted is None:
            raise RefusedError(f"the return {number} names no address that it could act on")
        _mark(trusted)
        state = refold({trusted.about: found.address}, policy=policy)[trusted.about]
        mark_accepted(number, actor=actor, now=now)
        after = {"address": found.address, "status": state.status}
        add_audit("unattributed.accept", subject=str(number), actor=actor, now=now, after=after, because=because)
        return Accepted(found.address, state)


def _need_reason(because: str) -> None:
    if not because.strip():
        raise InputError("say why what came back is to be believed")


def _mark(trusted: Trusted) -> None:
    """Mark the message that it speaks of, as settling would have."""
    evidence, message = trusted.evidence, trusted.message
    if message is None:
        return
    if evidence.event is Event.COMPLAINT:
        mark_messages(complained=[(message, evidence.at)])
    elif evidence.verdict and not evidence.verdict.harmless:
        mark = ReturnMark(message=message, at=evidence.at, verdict=evidence.verdict, text=evidence.text)
        mark_messages(returned=[mark])
