"""What the circumstances of an answer make of its verdict (specification 02, "Which part of an answer speaks")."""

from dataclasses import replace

from rebond.core.failure import Verdict
from rebond.core.qualify.rules import Level, Rule, Situation
from rebond.core.words import BEFORE_RECIPIENT, CAUSES, Cause, FailureType, Owner, Peer, Phase, Reason

# What a permanent refusal means when it was given before any recipient was named.
_REFUSED_BEFORE_RECIPIENT = {
    Phase.CONNECT: Cause.POLICY_UNSPECIFIED,
    Phase.HELLO: Cause.POLICY_UNSPECIFIED,
    Phase.AUTH: Cause.CREDENTIALS,
    Phase.MAIL_FROM: Cause.SENDER_REJECTED,
}


def temper(verdict: Verdict, *, situation: Situation, rule: Rule | None) -> Verdict:
    """Adjust a verdict to phase, peer and class of the answer; `rule` is the text rule that gave it, if any did."""
    if situation.phase in BEFORE_RECIPIENT and not _speaks_before_recipient(rule):
        return _before_recipient(verdict, situation)
    if rule is None and situation.peer is Peer.RELAY and _is_relay_fault(verdict, situation):
        return replace(verdict, reason=Reason.UNREACHABLE, cause=Cause.TRANSPORT)
    # "A 4.x.x is never hard by code alone", and a text under a 4xx is an answer that the server itself may take back:
    # it is hard only when the rule says that it knows the text under 4xx.
    known_under_4xx = rule is not None and rule.admits_temporary_hard
    if verdict.type is FailureType.HARD and is_temporary(situation) and not known_under_4xx:
        return replace(verdict, type=FailureType.SOFT)
    return verdict


def is_temporary(situation: Situation) -> bool:
    """Tell whether the answer itself says that it is temporary; the reply code speaks before the enhanced one."""
    if situation.code:
        return situation.code // 100 == 4
    return situation.enhanced.startswith("4")


def _speaks_before_recipient(rule: Rule | None) -> bool:
    """Tell whether a provider's rule was written for a phase before RCPT, and so may speak there."""
    return rule is not None and rule.level is not Level.GENERAL and bool(rule.provider) and bool(rule.phases)


def _before_recipient(verdict: Verdict, situation: Situation) -> Verdict:
    """Keep what speaks of the sender, the content or a deferral; make of the rest what concerns no recipient.

    The peer being our own relay, the answer temporary, or its words those of a system that fails, it is a fault on our
    way (unreachable/transport, owner sender); another permanent answer of the receiving side refuses us (sender,
    credentials, policy), never an address.
    """
    facts = CAUSES[verdict.cause]
    if verdict.type is FailureType.IGNORED or (
        verdict.type is FailureType.SOFT
        and (facts.owner in (Owner.SENDER, Owner.CONTENT) or _stays(verdict, situation))
    ):
        return verdict
    permanent = situation.code // 100 == 5 or (not situation.code and situation.enhanced.startswith("5"))
    reason, cause = Reason.UNREACHABLE, Cause.TRANSPORT
    if situation.peer is Peer.RECEIVER and permanent and verdict.reason is not Reason.UNREACHABLE:
        reason, cause = Reason.REFUSED, _REFUSED_BEFORE_RECIPIENT[situation.phase]
    return replace(verdict, type=FailureType.SOFT, reason=reason, cause=cause, confirm=1)


def _stays(verdict: Verdict, situation: Situation) -> bool:
    """Tell a receiver's deferral (greylisted, throttled …), which never counts by itself."""
    return CAUSES[verdict.cause].deferral and situation.peer is Peer.RECEIVER


def _is_relay_fault(verdict: Verdict, situation: Situation) -> bool:
    """Tell an answer by which our relay speaks of itself: 421, or a code x.3.x, without words about the recipient."""
    return CAUSES[verdict.cause].owner is Owner.PROVIDER and (situation.code == 421 or situation.enhanced[1:4] == ".3.")
