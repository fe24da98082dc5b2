"""Why a profile is left out: the ordered reasons, once. The store generates its SQL from it (specification 05)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rebond.core.words import ExclusionCause, MessageClass, Reason

_ALL = frozenset(MessageClass)
_COMMERCIAL = frozenset({MessageClass.COMMERCIAL})
_NOT_CONFIRMATION = _ALL - {MessageClass.CONFIRMATION}
_CONFIRMATION = frozenset({MessageClass.CONFIRMATION})


class Ground(StrEnum):
    """A fact about a profile and its address that can exclude it; the store knows how to ask each of them."""

    NO_ADDRESS = "no_address"
    NO_KEY = "no_key"
    OPTED_OUT_OF_ALL = "opted_out_of_all"
    OPTED_OUT_OF_CHANNEL = "opted_out_of_channel"
    COMPLAINED = "complained"
    STOPPED = "stopped"
    DENYLISTED = "denylisted"
    QUARANTINED = "quarantined"
    HELD = "held"
    SEEN_BEFORE = "seen_before"
    UNSUBSCRIBED = "unsubscribed"
    CONFIRMED_LATELY = "confirmed_lately"


@dataclass(frozen=True, slots=True)
class ExclusionRule:
    """One ground, what it is reported as, and the message classes that it stops."""

    ground: Ground
    reason: Reason
    cause: ExclusionCause | None
    classes: frozenset[MessageClass]
    late: bool = True
    """Whether it is asked again at every claim."""


# A confirmation goes to an address at most once in this time.
CONFIRMATION_GAP = timedelta(hours=24)
# First that applies wins. A confirmation passes the profile's denylist and quarantine, never a complaint or STOP;
# a transactional message passes an opt-out from the channel's campaigns, never one from all.
EXCLUSION_RULES = (
    ExclusionRule(Ground.NO_ADDRESS, Reason.ADDRESS_EMPTY, None, _ALL, late=False),
    ExclusionRule(Ground.NO_KEY, Reason.INVALID_ADDRESS, None, _ALL, late=False),
    ExclusionRule(Ground.OPTED_OUT_OF_ALL, Reason.DENYLISTED, ExclusionCause.OPTED_OUT, _NOT_CONFIRMATION),
    ExclusionRule(Ground.OPTED_OUT_OF_CHANNEL, Reason.DENYLISTED, ExclusionCause.OPTED_OUT, _COMMERCIAL),
    ExclusionRule(Ground.COMPLAINED, Reason.DENYLISTED, ExclusionCause.COMPLAINT, _ALL),
    ExclusionRule(Ground.STOPPED, Reason.DENYLISTED, ExclusionCause.STOP, _ALL),
    ExclusionRule(Ground.DENYLISTED, Reason.DENYLISTED, None, _ALL),
    ExclusionRule(Ground.QUARANTINED, Reason.QUARANTINED, None, _NOT_CONFIRMATION),
    ExclusionRule(Ground.HELD, Reason.QUARANTINED, ExclusionCause.INCIDENT, _NOT_CONFIRMATION),
    ExclusionRule(Ground.SEEN_BEFORE, Reason.DUPLICATE, None, _ALL, late=False),
    # Of a service whose subscribers the delivery goes to; preparation takes none but them.
    ExclusionRule(Ground.UNSUBSCRIBED, Reason.EXCLUDED_BY_RULE, ExclusionCause.OPTED_OUT, _COMMERCIAL),
    ExclusionRule(Ground.CONFIRMED_LATELY, Reason.EXCLUDED_BY_RULE, ExclusionCause.RULE, _CONFIRMATION),
)


def rules_for(message_class: MessageClass, *, late: bool = False) -> tuple[ExclusionRule, ...]:
    """List, in order, the rules that can stop a message of this class (at a claim: those asked again)."""
    return tuple(rule for rule in EXCLUSION_RULES if message_class in rule.classes and (rule.late or not late))


def first_exclusion(
    grounds: frozenset[Ground], *, message_class: MessageClass, late: bool = False
) -> ExclusionRule | None:
    """Return the first rule that a profile's grounds meet, or None when it may be written to."""
    return next((rule for rule in rules_for(message_class, late=late) if rule.ground in grounds), None)
