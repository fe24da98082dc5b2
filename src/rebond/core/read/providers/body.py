"""The body of a webhook as it is stored: the provider's name, a blank line, then what the provider posted."""

import json
import re
from collections.abc import Sequence
from typing import Any

from rebond.core.read.providers import PROVIDERS
from rebond.core.said import said

# More than any provider puts into one body.
MOST_EVENTS = 10_000
# How the sources of stored returns that are webhooks begin; the name of the source comes behind it.
SOURCE = "webhook:"
_MARK = b"Webhook: "


class TooManyError(ValueError):
    """More events than one body may hold."""


def pack(provider: str, body: bytes) -> bytes:
    """Make what is stored of a body."""
    return _MARK + provider.encode() + b"\n\n" + body


def is_hook(raw: bytes) -> bool:
    """Tell whether this looks like a stored webhook, for its name as a file: a mail may look so too."""
    return raw.startswith(_MARK)


def unpack(raw: bytes) -> tuple[str, bytes]:
    """Part what is stored into the provider's name and the body; ValueError when it is no webhook."""
    head, _, body = raw.partition(b"\n\n")
    name = head.removeprefix(_MARK).decode("ascii", "replace")
    if not head.startswith(_MARK) or name not in PROVIDERS:
        raise ValueError(said("this is the webhook of no known provider"))
    return name, body


def events_in(provider: str, body: bytes) -> Sequence[Any]:
    """Part a body into its events; ValueError says what is wrong with it."""
    try:
        payload = json.loads(body)
    except RecursionError:
        raise ValueError(said("the body is nested too deeply")) from None
    except ValueError as error:
        raise ValueError(said("the body is no JSON: {error}", error=error)) from None
    events = PROVIDERS[provider].events(payload)
    if len(events) > MOST_EVENTS:
        raise TooManyError(
            said("the body holds {number:,} events, and {most:,} are the most", number=len(events), most=MOST_EVENTS)
        )
    return events


def events_naming(raw: bytes, names: Sequence[str]) -> list[Any]:
    """Take from a stored body the events in which one of these names stands, whatever their case."""
    try:
        events = events_in(*unpack(raw)) if names else []
    except ValueError:
        return []
    # ann@… does not stand in joann@…, nor @shop.example in @shop.example.org.
    wanted = re.compile("|".join(rf"(?<![\w.+-]){re.escape(name.lower())}(?![\w-]|\.\w)" for name in names))
    return [event for event in events if wanted.search(_written(event))]


def _written(event: Any) -> str:
    """Write an event so that names can be looked for: letters that were escaped, perhaps twice, stand as they are."""
    text = json.dumps(event, ensure_ascii=False).lower()
    return text.encode("utf-8", "backslashreplace").decode()
