"""The page about events: what `rebond intake events` reads."""

from rebond.core.words import Phase
from reference import NOTE


def events() -> str:
    """Describe every field and event; KeyError for one that is not described."""
    from django.conf import settings

    from rebond.store.connect import connect

    if not settings.configured:
        connect("sqlite:///:memory:")
    from rebond.services.event_lines import EVENTS, FIELDS

    if set(_WORDS) != set(FIELDS):
        raise KeyError(f"described and known fields differ: {set(_WORDS) ^ set(FIELDS)}")
    fields = "\n".join(f"| `{name}` | {needed} | {words} |" for name, (needed, words) in _WORDS.items())
    kinds = "\n".join(f"| `{name}` | {_KINDS[name]} |" for name in EVENTS)
    return (
        NOTE + "# Events\n\n"
        "`rebond intake events FILE` (`-`: standard input) reads JSON Lines: one object a line, of at most 1 MiB.\n"
        "A bad line is listed with its number and the reason, and the others are kept (exit code 3). The same event\n"
        "again has no effect, so a file may be read twice, and events may come in any order. Who writes the file is\n"
        "believed: events need no token.\n\n"
        f"| field | needed | meaning |\n|---|---|---|\n{fields}\n\n"
        f"## What happened\n\n| event | effect |\n|---|---|\n{kinds}\n\n"
        "¹ A failure needs its `text`, or a `type` and a `reason`.\n\n"
        "## Answer\n\n"
        "```json\n"
        '{"read": 4, "stored": 3, "duplicates": 0, "rejected": [{"line": 4, "reason": "…"}]}\n'
        "```\n"
    )


_WORDS = {
    "channel": ("yes", "`email`, `sms` or `push`"),
    "address": ("yes", "An email address, a phone number or a device token."),
    "event": ("yes", "One of the table below."),
    "occurred_at": ("yes", "When: RFC 3339 with a zone; from the year 2000 to ten minutes ahead of the clock."),
    "text": ("for a failure¹", "What the receiving side said. It is judged by the rules."),
    "type": ("for a failure¹", "`hard`, `soft` or `ignored`: a verdict that is already known."),
    "reason": ("with `type`", "A [reason](reasons-and-causes.md) that a failure can have."),
    "cause": ("no", "A cause of that reason; without it, the reason's own."),
    "code": ("no", "The SMTP reply code, when the text does not begin with it."),
    "phase": (
        "no",
        "Where the answer was given: " + ", ".join(f"`{phase}`" for phase in Phase) + ".",
    ),
    "provider": ("no", "Who runs the receiving side; by default, by the address's domain."),
    "message_id": ("no", "The Message-ID. A later failure of the same message takes its success back."),
    "id": ("no", "Your own number of the event: two with the same one, about the same, are one event."),
}
_KINDS = {
    "failure": "Judged, and counted or not.",
    "delivered": "Clears an erroneous address, and a quarantined one that soft errors put there.",
    "complaint": "Denylists the address on this channel.",
    "stop": "SMS only: denylists the number.",
    "start": "SMS only: takes back a denylisting by STOP.",
    "confirmed": "A person clicked a signed link: clears the address, unless by complaint.",
}
