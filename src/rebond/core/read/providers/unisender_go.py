"""Unisender Go: https://godocs.unisender.ru/web-api-ref#callback-format."""

from collections.abc import Iterator, Sequence
from typing import Any

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    look,
    many,
    moment,
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "hard_bounced": Befell.FAILED,
    "soft_bounced": Befell.FAILED,
    "delivered": Befell.DELIVERED,
    "spam": Befell.COMPLAINED,
    "unsubscribed": Befell.UNSUBSCRIBED,
}
_EMAIL = "transactional_email_status"


def _events(payload: Any) -> Sequence[Any]:
    """Take what is told of messages: in one object, or by user in a list of lists."""
    if look(payload, "events_by_user") is None:
        return [payload] if text(payload, "event_name") == _EMAIL else []
    return [
        look(event, "event_data")
        for user in many(look(payload, "events_by_user"))
        for event in many(look(user, "events"))
        if text(event, "event_name") == _EMAIL
    ]


def _read(event: Event) -> Iterator[Told]:
    category = text(event, "delivery_info", "delivery_status")
    befell = _BEFELL.get(text(event, "status"), Befell.NOTHING)
    yield Told(
        befell=Befell.DELAYED if befell is Befell.FAILED and category == "err_will_retry" else befell,
        address=address(event, "email"),
        at=moment(event, "event_time"),
        text=text(event, "delivery_info", "destination_response"),
        category=category,
        pointers=pointers(look(event, "metadata")),
    )


UNISENDER_GO = Provider(
    title="Unisender Go",
    events=_events,
    read=_read,
    categories=verdicts(
        {
            "err_user_unknown": "hard user_unknown no_such_user",
            "err_user_inactive": "soft account_disabled inactive",
            "err_mailbox_full": "soft mailbox_full quota",
            "err_mailbox_discarded": "soft account_disabled closed",
            "err_spam_rejected": "soft refused spam_content",
            "err_blacklisted": "soft refused blocklist",
            "err_too_large": "soft refused too_large",
            "err_unsubscribed": "soft refused policy_unspecified",
            "err_unreachable": "soft unreachable system",
            "err_domain_inactive": "soft invalid_domain no_mail_service",
            "err_destination_misconfigured": "soft unreachable config",
            "err_delivery_failed": "soft unreachable system",
        }
    ),
)
