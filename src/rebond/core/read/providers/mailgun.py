"""Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks."""

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
    number,
    one,
    pointers,
    text,
    verdicts,
)
from rebond.core.said import said

_BEFELL = {
    "failed": Befell.FAILED,
    "rejected": Befell.FAILED,
    "delivered": Befell.DELIVERED,
    "complained": Befell.COMPLAINED,
    "unsubscribed": Befell.UNSUBSCRIBED,
}


def _read(event: Event) -> Iterator[Told]:
    data = look(event, "event-data")
    if not isinstance(data, dict):
        raise ValueError(said("{field} is no object", field="event-data"))
    befell = _BEFELL.get(text(data, "event"), Befell.NOTHING)
    if befell is Befell.FAILED and text(data, "severity") == "temporary":
        befell = Befell.DELAYED
    status = look(data, "delivery-status")
    # Its id is its own for a day only.
    known = text(data, "id")
    yield Told(
        befell=befell,
        address=address(data, "recipient"),
        at=moment(data, "timestamp"),
        text=first(status, "message", "description") or text(data, "reject", "reason"),
        code=number(status, "code"),
        enhanced=text(status, "enhanced-code"),
        remote_mta=text(status, "mx-host"),
        category=text(data, "reason"),
        id=f"{known} {text(data, 'timestamp')}" if known else "",
        pointers=pointers(look(data, "message", "headers", "message-id"), look(data, "envelope", "sender")),
    )


MAILGUN = Provider(
    title="Mailgun",
    events=one,
    read=_read,
    categories=verdicts(
        {
            "suppress-bounce": "soft refused policy_unspecified",
            "suppress-complaint": "soft refused complaints",
            "suppress-unsubscribe": "soft refused policy_unspecified",
            "espblock": "soft refused reputation",
            "old": "soft unreachable expired",
        }
    ),
)
