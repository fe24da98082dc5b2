"""A person accepts a return that could not be attributed: what it says then acts."""

from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState, Event
from rebond.core.policy import Policy
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.write.audit import add_audit
from rebond.store.write.evidence import Trusted, refold, trust_evidence
from rebond.store.write.messages import ReturnMark, mark_messages
from rebond.store.write.unattributed import find_unattributed, mark_accepted


def accept(number: int, *, because: str, actor: str, policy: Policy, now: datetime) -> AddressState:
    """Let the evidence of an unattributed return act on the address that it names; audited."""
    if not because.strip():
        raise InputError("say why this return is to be believed")
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
        return state


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
