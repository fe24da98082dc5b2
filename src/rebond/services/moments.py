"""Times that people and programs write: RFC 3339, always with a zone."""

import re
from datetime import UTC, datetime

# With an optional zone, so that a naive time is told apart from what is no time.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def parse_time(text: str, *, name: str) -> datetime:
    """Read an RFC 3339 time with zone as UTC; ValueError for another, a naive one among them."""
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError(text)
        at = datetime.fromisoformat(text.upper())  # RFC 3339 allows t and z
    except ValueError:
        raise ValueError(f"{name} {text[:100]!r} is not an RFC 3339 time such as 2026-03-01T08:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError(f"{name} {text!r} has no zone: add Z or an offset such as +01:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} {text!r} is outside the years that can be stored") from None
