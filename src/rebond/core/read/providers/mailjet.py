"""Mailjet: https://dev.mailjet.com/email/guides/webhooks/."""

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
    one_or_many,
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "bounce": Befell.FAILED,
    "blocked": Befell.FAILED,
    "sent": Befell.DELIVERED,
    "spam": Befell.COMPLAINED,
    "unsub": Befell.UNSUBSCRIBED,
}


def _read(event: Event) -> Iterator[Told]:
    befell, error = _BEFELL.get(text(event, "event"), Befell.NOTHING), text(event, "error")
    if error == "greylisted" and look(event, "hard_bounce") is not True:
        befell = Befell.DELAYED  # Mailjet tries again
    yield Told(
        befell=befell,
        address=address(event, "email"),
        at=moment(event, "time"),
        text=first(event, "smtp_reply", "comment"),
        category=error,
        pointers=pointers(look(event, "CustomID"), look(event, "Payload")),
    )


MAILJET = Provider(
    title="Mailjet",
    events=one_or_many,
    read=_read,
    categories=verdicts(
        {
            "user unknown": "hard user_unknown no_such_user",
            "mailbox inactive": "soft account_disabled inactive",
            "quota exceeded": "soft mailbox_full quota",
            "invalid domain": "soft invalid_domain no_such_domain",
            "no mail host": "soft invalid_domain no_mail_service",
            "relay/access denied": "soft refused relaying",
            "greylisted": "soft unreachable greylisted",
            "typofix": "soft user_unknown address_syntax",
            "bad or empty template": "soft refused malformed",
            "content blocked": "soft refused spam_content",
            "policy issue": "soft refused policy_unspecified",
            "sender blocked": "soft refused sender_rejected",
            "system issue": "soft unreachable system",
            "protocol issue": "soft refused protocol",
            "connection issue": "soft unreachable connection",
            "preblocked": "soft refused policy_unspecified",
            "blacklisted": "soft refused policy_unspecified",
            "spam reporter": "soft refused complaints",
        }
    ),
)
