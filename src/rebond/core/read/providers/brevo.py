"""Brevo: https://developers.brevo.com/docs/transactional-webhooks."""

from collections.abc import Iterator

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    look,
    moment,
    one_or_many,
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "hard_bounce": Befell.FAILED,
    "soft_bounce": Befell.FAILED,
    "blocked": Befell.FAILED,
    "invalid_email": Befell.FAILED,
    "error": Befell.FAILED,
    "deferred": Befell.DELAYED,
    "delivered": Befell.DELIVERED,
    "spam": Befell.COMPLAINED,
    "complaint": Befell.COMPLAINED,
    "unsubscribe": Befell.UNSUBSCRIBED,
}


def _read(event: Event) -> Iterator[Told]:
    name = text(event, "event")
    yield Told(
        befell=_BEFELL.get(name, Befell.NOTHING),
        address=address(event, "email"),
        at=moment(event, "ts_epoch") or moment(event, "ts_event"),
        text=text(event, "reason"),
        category=name,
        pointers=pointers(look(event, "message-id"), look(event, "X-Mailin-custom")),
    )


BREVO = Provider(
    title="Brevo",
    events=one_or_many,
    read=_read,
    categories=verdicts(
        {
            "hard_bounce": "hard user_unknown no_such_user",
            "soft_bounce": "soft unreachable system",
            "blocked": "soft refused policy_unspecified",
            "invalid_email": "soft user_unknown address_syntax",
        }
    ),
)
