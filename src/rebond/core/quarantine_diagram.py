"""The table of transitions as Markdown and as a diagram, generated so that the documentation cannot drift."""

from collections.abc import Mapping

from rebond.core.transitions import TRANSITIONS, Effect, Trigger
from rebond.core.words import AddressStatus

_ROWS: Mapping[Trigger, str] = {
    Trigger.CONFIRMED: "confirmed (a person clicked a signed link sent to this address)",
    Trigger.STOP: "STOP (sms)",
    Trigger.START: "START keyword (rule)",
}
# What an effect is called, unless the cell has its own words.
_WORDS: Mapping[Effect, str] = {
    Effect.CLEAR_IF_SOFT: "valid, count 0 **if soft errors put it there**; otherwise noted",
    Effect.EXIT: "valid, count 0 (mailbox_full)",
}
_CELLS: Mapping[tuple[AddressStatus, Trigger], str] = {
    (AddressStatus.VALID, Trigger.COUNTING): "erroneous, count 1",
    (AddressStatus.ALLOWLISTED, Trigger.COMPLAINT): "denylisted, off the allowlist",
    (AddressStatus.DENYLISTED, Trigger.RELEASED): "valid, count 0 (needs a written reason)",
    (AddressStatus.ALLOWLISTED, Trigger.RELEASED): "valid",
}

_Q, _D, _A = AddressStatus.QUARANTINED, AddressStatus.DENYLISTED, AddressStatus.ALLOWLISTED
# Where an effect leads, with what has to be said about the way; nothing for an effect that leads nowhere.
_LEADS: Mapping[Effect, tuple[tuple[AddressStatus, str], ...]] = {
    Effect.NOTHING: (),
    Effect.NOTE: (),
    Effect.QUARANTINE: ((_Q, "hard"),),
    Effect.COUNT: ((AddressStatus.ERRONEOUS, "counts"), (_Q, "counts, at the threshold")),
    Effect.CLEAR: ((AddressStatus.VALID, ""),),
    Effect.CLEAR_IF_SOFT: ((AddressStatus.VALID, "delivered, if soft errors put it there"),),
    Effect.DENY: ((_D, ""),),
    Effect.LIFT_UNLESS_COMPLAINT: ((AddressStatus.VALID, "confirmed, unless by complaint"),),
    Effect.LIFT_IF_STOP: ((AddressStatus.VALID, "START, if STOP put it there"),),
    Effect.EXIT: ((AddressStatus.VALID, "exit due"),),
    Effect.TELL: ((_Q, "a person quarantines"), (_D, "a person denylists"), (_A, "a person allowlists")),
}


def table() -> str:
    """Write the table of transitions in Markdown: a row per event, a column per status."""
    lines = [
        "| event | " + " | ".join(AddressStatus) + " |",
        "|---|" + "---|" * len(AddressStatus),
    ]
    for trigger in Trigger:
        cells = (_cell(status, trigger) for status in AddressStatus)
        lines.append(f"| {_ROWS.get(trigger, trigger)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(status: AddressStatus, trigger: Trigger) -> str:
    effect = TRANSITIONS[status, trigger]
    return _CELLS.get((status, trigger)) or _WORDS.get(effect, effect)


def diagram() -> str:
    """Draw the transitions that change a status as a Mermaid state diagram."""
    ways: dict[tuple[AddressStatus, AddressStatus], list[str]] = {}
    for (status, trigger), effect in TRANSITIONS.items():
        for target, words in _LEADS[effect]:
            # The first error cannot be at the threshold, and a person who repeats what is so moves nothing.
            first = status is AddressStatus.VALID and effect is Effect.COUNT and target is _Q
            if first or (target is status and effect is Effect.TELL):
                continue
            ways.setdefault((status, target), []).append(words or trigger)
    lines = ["stateDiagram-v2", f"    [*] --> {AddressStatus.VALID}"]
    lines += [f"    {status} --> {target}: {' / '.join(words)}" for (status, target), words in ways.items()]
    return "\n".join(lines) + "\n"
