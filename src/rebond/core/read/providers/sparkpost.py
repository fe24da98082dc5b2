"""SparkPost: https://developers.sparkpost.com/api/webhooks, and its bounce classification codes."""

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
    number,
    pointers,
    text,
    verdicts,
)
from rebond.core.said import said

_BEFELL = {
    "bounce": Befell.FAILED,
    "out_of_band": Befell.FAILED,
    "policy_rejection": Befell.FAILED,
    "generation_rejection": Befell.FAILED,
    "delay": Befell.DELAYED,
    "delivery": Befell.DELIVERED,
    "spam_complaint": Befell.COMPLAINED,
    "list_unsubscribe": Befell.UNSUBSCRIBED,
    "link_unsubscribe": Befell.UNSUBSCRIBED,
}
# Bounces that are none: answers, and requests by mail.
_NO_BOUNCE = {"60": Befell.NOTHING, "80": Befell.NOTHING, "90": Befell.UNSUBSCRIBED, "100": Befell.NOTHING}


def _read(event: Event) -> Iterator[Told]:
    wrapped = look(event, "msys")
    if not isinstance(wrapped, dict):
        raise ValueError(said("{field} is no object", field="msys"))
    # An empty one is a sign of life.
    for inner in wrapped.values():
        befell = _BEFELL.get(text(inner, "type"), Befell.NOTHING)
        category = first(inner, "bounce_class", "fbtype")
        yield Told(
            befell=_NO_BOUNCE.get(category, befell) if befell is Befell.FAILED else befell,
            address=address(inner, "raw_rcpt_to") or address(inner, "rcpt_to"),
            at=moment(inner, "timestamp"),
            text=first(inner, "raw_reason", "reason"),
            code=number(inner, "error_code"),
            category=category,
            id=text(inner, "event_id"),
            pointers=pointers(look(inner, "msg_from"), look(inner, "rcpt_meta")),
        )


SPARKPOST = Provider(
    title="SparkPost",
    events=many,
    read=_read,
    categories=verdicts(
        {
            "10": "hard user_unknown no_such_user",
            "20": "soft unreachable system",
            "21": "soft unreachable dns",
            "22": "soft mailbox_full quota",
            "23": "soft refused too_large",
            "24": "soft unreachable timeout",
            "25": "soft refused policy_unspecified",
            "26": "soft refused policy_unspecified",
            "30": "soft user_unknown no_such_user",
            "50": "soft refused reputation",
            "51": "soft refused reputation",
            "52": "soft refused spam_content",
            "53": "soft refused attachment",
            "54": "soft refused relaying",
            "70": "soft unreachable system",
        }
    ),
)
