"""Postmark: https://postmarkapp.com/developer/webhooks/bounce-webhook, and the pages beside it."""

from collections.abc import Iterator

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    address,
    look,
    moment,
    one,
    pointers,
    text,
    verdicts,
)

_TYPES = {
    "Transient": Befell.DELAYED,
    "DnsError": Befell.DELAYED,
    "SpamComplaint": Befell.COMPLAINED,
    "Unsubscribe": Befell.UNSUBSCRIBED,
    # Automatic answers, what a person did in Postmark, and what was never sent.
    "AutoResponder": Befell.NOTHING,
    "AddressChange": Befell.NOTHING,
    "ChallengeVerification": Befell.NOTHING,
    "OpenRelayTest": Befell.NOTHING,
    "Subscribe": Befell.NOTHING,
    "ManuallyDeactivated": Befell.NOTHING,
    "Unconfirmed": Befell.NOTHING,
    "SMTPApiError": Befell.NOTHING,
    "InboundError": Befell.NOTHING,
    "TemplateRenderingFailed": Befell.NOTHING,
}


def _befell(event: Event) -> Befell:
    record = text(event, "RecordType")
    if record == "SubscriptionChange":
        return _suppressed(event)
    if record in ("Bounce", "SpamComplaint"):
        return _TYPES.get(text(event, "Type") or record, Befell.FAILED)
    return Befell.DELIVERED if record == "Delivery" else Befell.NOTHING


def _suppressed(event: Event) -> Befell:
    """Tell why an address was put on Postmark's own list; that it was taken off says nothing here."""
    if look(event, "SuppressSending") is not True:
        return Befell.NOTHING
    reason = text(event, "SuppressionReason")
    if reason == "ManualSuppression":
        return Befell.UNSUBSCRIBED if text(event, "Origin") == "Recipient" else Befell.NOTHING
    return {"HardBounce": Befell.FAILED, "SpamComplaint": Befell.COMPLAINED}.get(reason, Befell.NOTHING)


def _read(event: Event) -> Iterator[Told]:
    known = text(event, "ID")
    yield Told(
        befell=_befell(event),
        address=address(event, "Email") or address(event, "Recipient"),
        at=moment(event, "BouncedAt") or moment(event, "DeliveredAt") or moment(event, "ChangedAt"),
        text=text(event, "Details"),
        category=text(event, "Type") or text(event, "SuppressionReason"),
        id=f"{text(event, 'RecordType')} {known}" if known else "",
        pointers=pointers(look(event, "Metadata")),
    )


POSTMARK = Provider(
    title="Postmark",
    events=one,
    read=_read,
    categories=verdicts(
        {
            "HardBounce": "hard user_unknown no_such_user",
            "SoftBounce": "soft unreachable system",
            "BadEmailAddress": "soft user_unknown address_syntax",
            "Blocked": "soft refused reputation",
            "SpamNotification": "soft refused spam_content",
            "VirusNotification": "soft refused virus",
            "DMARCPolicy": "soft refused authentication",
        }
    ),
)
