"""Mailtrap: https://docs.mailtrap.io/email-api-smtp/advanced/webhooks."""

from collections.abc import Iterator, Sequence
from typing import Any

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    first,
    look,
    many,
    moment,
    number,
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "bounce": Befell.FAILED,
    "reject": Befell.FAILED,
    "soft bounce": Befell.DELAYED,
    "delivery": Befell.DELIVERED,
    "spam": Befell.COMPLAINED,
    "unsubscribe": Befell.UNSUBSCRIBED,
}


def _events(payload: Any) -> Sequence[Any]:
    return many(look(payload, "events"))


def _read(event: Event) -> Iterator[Told]:
    name = text(event, "event")
    yield Told(
        befell=_BEFELL.get(name, Befell.NOTHING),
        address=address(event, "email"),
        at=moment(event, "timestamp"),
        text=first(event, "response", "reason"),
        code=number(event, "response_code"),
        category=name,
        id=text(event, "event_id"),
        pointers=pointers(look(event, "custom_variables")),
    )


MAILTRAP = Provider(
    title="Mailtrap",
    events=_events,
    read=_read,
    categories=verdicts({"bounce": "hard user_unknown no_such_user", "reject": "soft refused policy_unspecified"}),
)
