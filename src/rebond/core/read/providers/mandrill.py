"""Mailchimp Transactional (Mandrill): https://mailchimp.com/developer/transactional/docs/webhooks/."""

from collections.abc import Iterator

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
    "hard_bounce": Befell.FAILED,
    "soft_bounce": Befell.FAILED,
    "reject": Befell.FAILED,
    "deferral": Befell.DELAYED,
    "delivered": Befell.DELIVERED,
    "spam": Befell.COMPLAINED,
    "unsub": Befell.UNSUBSCRIBED,
}


def _read(event: Event) -> Iterator[Told]:
    name, message = text(event, "event"), look(event, "msg")
    answers = look(message, "smtp_events")
    last = answers[-1] if isinstance(answers, list) and answers else None
    known = text(event, "_id")
    yield Told(
        befell=_BEFELL.get(name, Befell.NOTHING),
        address=address(message, "email"),
        at=moment(event, "ts"),
        text=text(message, "diag") or text(last, "diag"),
        category=text(message, "bounce_description") or name,
        # Events of a message have the message's id.
        id=f"{known} {name} {text(event, 'ts')}" if known else "",
        pointers=pointers(look(message, "metadata"), look(message, "headers", "Message-Id")),
    )


MANDRILL = Provider(
    title="Mandrill",
    events=many,
    read=_read,
    categories=verdicts(
        {
            "bad_mailbox": "hard user_unknown no_such_user",
            "invalid_domain": "soft invalid_domain no_such_domain",
            "mailbox_full": "soft mailbox_full quota",
            "over_quota": "soft mailbox_full quota",
            "hard_bounce": "hard user_unknown no_such_user",
            "soft_bounce": "soft unreachable system",
            "reject": "soft refused policy_unspecified",
        }
    ),
)
