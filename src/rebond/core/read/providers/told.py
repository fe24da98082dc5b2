"""What one event of a provider's webhook says, and how its fields are looked at whatever their types."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from rebond.core.failure import Verdict, given_verdict
from rebond.core.said import said
from rebond.core.words import Cause, FailureType, Reason

# What no honest answer of a server is longer than.
_LONGEST = 8_192
_MOST_POINTERS = 50
# As seconds this is the year 5138: larger numbers are milliseconds.
_MILLISECONDS = 100_000_000_000

Event = Mapping[str, Any]


class Befell(StrEnum):
    """What befell a message, whatever its provider calls it."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    LEFT_A_GROUP = "left_a_group"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event about one address.

    `text` is what the receiving server said, `category` the provider's own word for it, `pointers` are texts in which
    a Message-ID or a token of ours may stand, `id` is the provider's name of the event, empty where it has none.
    """

    befell: Befell
    address: str = ""
    at: datetime | None = None
    text: str = ""
    code: int = 0
    enhanced: str = ""
    remote_mta: str = ""
    category: str = ""
    id: str = ""
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How the webhooks of one provider are read; ValueError says what is wrong with a body, or with one event.

    `events` parts a decoded body into its events, `read` tells what one of them says; `categories` are the verdicts
    for the provider's own words, where there is no other text.
    """

    title: str
    events: Callable[[Any], Sequence[Any]]
    read: Callable[[Event], Iterable[Told]]
    categories: Mapping[str, Verdict]


def verdicts(table: Mapping[str, str]) -> Mapping[str, Verdict]:
    """Read a table of categories, each with its type, reason and cause."""
    found = {}
    for category, words in table.items():
        kind, reason, cause = words.split()
        found[category] = given_verdict(FailureType(kind), reason=Reason(reason), cause=Cause(cause))
    return found


def one(payload: Any) -> Sequence[Any]:
    """Take a body as the one event that it is."""
    return [payload]


def one_or_many(payload: Any) -> Sequence[Any]:
    """Take a body as one event or as a list of them."""
    return payload if isinstance(payload, list) else [payload]


def many(payload: Any) -> Sequence[Any]:
    """Take a body as a list of events."""
    if not isinstance(payload, list):
        raise ValueError(said("the body is no list of events"))
    return payload


def look(event: Any, *path: str) -> Any:
    """Follow names into an event; None where the way ends."""
    for name in path:
        if not isinstance(event, Mapping):
            return None
        event = event.get(name)
    return event


def text(event: Any, *path: str) -> str:
    """Return a text, or a number as text, from an event; empty when it is missing or something else."""
    value = look(event, *path)
    if isinstance(value, str):
        return value[:_LONGEST].strip()
    return str(value) if type(value) in (int, float) else ""


def first(event: Any, *names: str) -> str:
    """Return the first of these texts that is not empty."""
    return next(filter(None, (text(event, name) for name in names)), "")


def address(event: Any, *path: str) -> str:
    """Return the address in an event, without a name before it; ValueError when it is no text."""
    value = look(event, *path)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(said("{field} is no text", field=".".join(path)))
    return bare(value)


def bare(written: str) -> str:
    """Return the address in `Name <address>`."""
    _, bracket, rest = written.rpartition("<")
    return (rest.partition(">")[0] if bracket else written).strip()


def number(event: Any, *path: str) -> int:
    """Return an SMTP reply code from an event; 0 when there is none."""
    value = text(event, *path)
    return int(value) if len(value) == 3 and value.isascii() and value.isdigit() and value[0] in "2345" else 0


def moment(event: Any, *path: str) -> datetime | None:
    """Return a time from an event: seconds or milliseconds since 1970, or ISO 8601; None where there is none."""
    value = look(event, *path)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, bool):
            raise ValueError(value)
        seconds = float(value)
        if not math.isfinite(seconds):
            raise ValueError(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise ValueError(said("{field} is no time", field=".".join(path))) from None


def pointers(*values: Any) -> tuple[str, ...]:
    """Gather texts in which our Message-ID or a token may stand, also those among the values of an object."""
    found: list[str] = []
    for value in values:
        inner = list(value.values())[:_MOST_POINTERS] if isinstance(value, Mapping) else [value]
        found += [item[:_LONGEST] for item in inner if isinstance(item, str) and item]
    return tuple(found)


def header(event: Any, name: str, *path: str) -> str:
    """Return a header from a list of names and values."""
    headers = look(event, *path)
    for item in headers if isinstance(headers, list) else ():
        if text(item, "name").lower() == name:
            return text(item, "value")
    return ""
