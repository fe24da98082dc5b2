"""SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event."""

from collections.abc import Iterator

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
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "bounce": Befell.FAILED,
    "dropped": Befell.FAILED,
    "deferred": Befell.DELAYED,
    "delivered": Befell.DELIVERED,
    "spamreport": Befell.COMPLAINED,
    "unsubscribe": Befell.UNSUBSCRIBED,
    "group_unsubscribe": Befell.LEFT_A_GROUP,
}


def _read(event: Event) -> Iterator[Told]:
    yield Told(
        befell=_BEFELL.get(text(event, "event"), Befell.NOTHING),
        address=address(event, "email"),
        at=moment(event, "timestamp"),
        text=first(event, "reason", "response"),
        enhanced=text(event, "status"),
        category=text(event, "bounce_classification").lower(),
        id=text(event, "sg_event_id"),
        pointers=pointers(look(event, "smtp-id")),
    )


SENDGRID = Provider(
    title="SendGrid",
    events=many,
    read=_read,
    categories=verdicts(
        {
            "invalid address": "hard user_unknown no_such_user",
            "mailbox unavailable": "soft unreachable system",
            "technical": "soft unreachable system",
            "content": "soft refused spam_content",
            "reputation": "soft refused reputation",
            "frequency/volume": "soft refused rate_limited",
            "frequency or volume too high": "soft refused rate_limited",
        }
    ),
)
