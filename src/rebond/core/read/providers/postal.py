"""Postal: https://docs.postalserver.io/developer/webhooks."""

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
    pointers,
    text,
    verdicts,
)

_BEFELL = {"Sent": Befell.DELIVERED, "SoftFail": Befell.DELAYED, "HardFail": Befell.FAILED}


def _read(event: Event) -> Iterator[Told]:
    payload = look(event, "payload")
    bounced = look(payload, "bounce") is not None
    message = look(payload, "original_message" if bounced else "message")
    befell = Befell.FAILED if bounced else _BEFELL.get(text(payload, "status"), Befell.NOTHING)
    if text(message, "direction") == "incoming":
        befell = Befell.NOTHING  # a mail to this server, which could not be forwarded
    yield Told(
        befell=befell,
        address=address(message, "to"),
        at=moment(event, "timestamp"),
        text=first(payload, "output", "details"),
        category="MessageBounced" if bounced else "",
        id=text(event, "uuid"),
        pointers=pointers(look(message, "message_id"), look(message, "tag")),
    )


POSTAL = Provider(
    title="Postal",
    events=one,
    read=_read,
    categories=verdicts({"MessageBounced": "soft not_defined unknown"}),
)
