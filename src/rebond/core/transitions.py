"""The table of transitions of an address (specification 04); `quarantine.fold` walks through it."""

from collections.abc import Mapping
from enum import StrEnum

from rebond.core.words import AddressStatus


class Trigger(StrEnum):
    """What an event amounts to for the table of transitions."""

    HARD = "hard"
    COUNTING = "soft that counts"
    UNCOUNTED = "soft that does not count, ignored"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    COMPLAINT = "complaint"
    STOP = "STOP"
    START = "START"
    EXIT_DUE = "exit_due"
    RELEASED = "a person releases"
    TOLD = "a person quarantines / denylists / allowlists"


class Effect(StrEnum):
    """What a transition does."""

    NOTHING = "–"
    NOTE = "noted"
    QUARANTINE = "quarantined"
    COUNT = "count + 1; at the threshold quarantined"
    CLEAR = "valid, count 0"
    CLEAR_IF_SOFT = "valid, count 0 if soft errors put it there"
    DENY = "denylisted"
    LIFT_UNLESS_COMPLAINT = "valid unless by complaint"
    LIFT_IF_STOP = "valid, if STOP put it there"
    EXIT = "valid, count 0 when its time has come"
    TELL = "as told"


def _table() -> Mapping[tuple[AddressStatus, Trigger], Effect]:
    n, o, clear, deny = Effect.NOTE, Effect.NOTHING, Effect.CLEAR, Effect.DENY
    hard, told = Effect.QUARANTINE, Effect.TELL
    rows = {
        #                    valid         erroneous     quarantined            denylisted   allowlisted
        Trigger.HARD: (hard, hard, n, n, n),
        Trigger.COUNTING: (Effect.COUNT, Effect.COUNT, n, n, n),
        Trigger.UNCOUNTED: (n, n, n, n, n),
        Trigger.DELIVERED: (o, clear, Effect.CLEAR_IF_SOFT, n, o),
        Trigger.CONFIRMED: (o, clear, clear, Effect.LIFT_UNLESS_COMPLAINT, o),
        Trigger.COMPLAINT: (deny, deny, deny, n, deny),
        Trigger.STOP: (deny, deny, deny, n, deny),
        Trigger.START: (o, o, o, Effect.LIFT_IF_STOP, o),
        Trigger.EXIT_DUE: (o, Effect.EXIT, Effect.EXIT, o, o),
        Trigger.RELEASED: (o, clear, clear, clear, clear),
        Trigger.TOLD: (told, told, told, told, told),
    }
    return {
        (status, trigger): effect
        for trigger, effects in rows.items()
        for status, effect in zip(AddressStatus, effects, strict=True)
    }


TRANSITIONS = _table()
