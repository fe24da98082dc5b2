"""MailerSend: https://developers.mailersend.com/api/v1/webhooks.html."""

from collections.abc import Iterator

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    first,
    look,
    moment,
    one,
    text,
    verdicts,
)

_BEFELL = {
    "hard_bounced": Befell.FAILED,
    "soft_bounced": Befell.FAILED,
    "deferred": Befell.DELAYED,
    "delivered": Befell.DELIVERED,
    "spam_complaint": Befell.COMPLAINED,
    "unsubscribed": Befell.UNSUBSCRIBED,
}


def _read(event: Event) -> Iterator[Told]:
    data = look(event, "data")
    kind = text(event, "type").removeprefix("activity.")
    yield Told(
        befell=_BEFELL.get(kind, Befell.NOTHING),
        address=address(data, "email", "recipient", "email"),
        at=moment(data, "created_at") or moment(event, "created_at"),
        text=first(look(data, "morph"), "reason", "readable_reason"),
        category=kind,
        id=text(data, "id"),
    )


MAILERSEND = Provider(
    title="MailerSend",
    events=one,
    read=_read,
    categories=verdicts({"hard_bounced": "hard user_unknown no_such_user", "soft_bounced": "soft unreachable system"}),
)
