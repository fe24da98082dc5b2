"""Amazon SES, by way of SNS: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    header,
    look,
    moment,
    pointers,
    text,
    verdicts,
)
from rebond.core.said import said

# What SNS sends once when a topic is set up.
_SET_UP = "Successfully validated SNS topic"
# Where each kind of event names its people, and what befell them.
_PEOPLE = {
    "Bounce": (Befell.FAILED, "bounce", "bouncedRecipients"),
    "Complaint": (Befell.COMPLAINED, "complaint", "complainedRecipients"),
    "Delivery": (Befell.DELIVERED, "delivery", "recipients"),
    "DeliveryDelay": (Befell.DELAYED, "deliveryDelay", "delayedRecipients"),
    "Reject": (Befell.FAILED, "reject", ""),
    "Subscription": (Befell.UNSUBSCRIBED, "subscription", ""),
}


def _events(payload: Any) -> Sequence[Any]:
    if text(payload, "Type") != "Notification":
        return []
    message = look(payload, "Message")
    if not isinstance(message, str):
        raise ValueError(said("{field} is no text", field="Message"))
    if message.startswith(_SET_UP):
        return []
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        raise ValueError(said("{field} is no JSON", field="Message")) from None
    return [{"id": text(payload, "MessageId"), "event": event}]


def _read(event: Event) -> Iterator[Told]:
    inner = look(event, "event")
    kind = text(inner, "eventType") or text(inner, "notificationType")
    befell, part, names = _PEOPLE.get(kind, (Befell.NOTHING, "", ""))
    about = look(inner, part)
    people = look(about, names) if names else look(inner, "mail", "destination")
    category = kind
    if kind == "Bounce":
        category = f"{text(about, 'bounceType')}:{text(about, 'bounceSubType')}"
    elif kind == "Complaint":
        category = text(about, "complaintFeedbackType")
        if text(about, "complaintSubType"):  # it was not sent, for an earlier complaint
            befell, category = Befell.FAILED, "Complaint:OnAccountSuppressionList"
    elif kind == "Subscription" and look(about, "newTopicPreferences", "unsubscribeAll") is not True:
        befell = Befell.NOTHING
    if not isinstance(people, list):
        if befell is Befell.NOTHING:
            people = [""]
        else:
            raise ValueError(said("the event {kind} names nobody", kind=kind))
    for person in people:
        named = isinstance(person, dict)
        yield Told(
            befell=befell,
            address=address(person, "emailAddress") if named else address({"destination": person}, "destination"),
            at=moment(about, "timestamp") or moment(inner, "mail", "timestamp"),
            text=text(person, "diagnosticCode"),
            enhanced=text(person, "status"),
            category=category,
            id=text(about, "feedbackId") or text(event, "id"),
            pointers=pointers(
                look(inner, "mail", "commonHeaders", "messageId"),
                header(inner, "message-id", "mail", "headers"),
                look(inner, "mail", "source"),
            ),
        )


AMAZON_SES = Provider(
    title="Amazon SES",
    events=_events,
    read=_read,
    categories=verdicts(
        {
            "Permanent:NoEmail": "hard user_unknown no_such_user",
            "Permanent:General": "hard user_unknown no_such_user",
            "Permanent:Suppressed": "soft refused policy_unspecified",
            "Permanent:OnAccountSuppressionList": "soft refused policy_unspecified",
            "Permanent:UnsubscribedRecipient": "soft refused policy_unspecified",
            "Transient:MailboxFull": "soft mailbox_full quota",
            "Transient:MessageTooLarge": "soft refused too_large",
            "Transient:ContentRejected": "soft refused spam_content",
            "Transient:AttachmentRejected": "soft refused attachment",
            "Transient:CustomTimeoutExceeded": "soft unreachable expired",
            "Complaint:OnAccountSuppressionList": "soft refused complaints",
            "Reject": "soft refused virus",
        }
    ),
)
