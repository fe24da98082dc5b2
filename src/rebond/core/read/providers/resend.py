"""Resend: https://resend.com/docs/dashboard/webhooks/event-types."""

from collections.abc import Iterator

from rebond.core.read.providers.told import (
    Befell,
    Event,
    Provider,
    Told,
    bare,
    header,
    look,
    moment,
    one,
    pointers,
    text,
    verdicts,
)

_BEFELL = {
    "email.bounced": Befell.FAILED,
    "email.failed": Befell.FAILED,
    "email.suppressed": Befell.FAILED,
    "email.delivery_delayed": Befell.DELAYED,
    "email.delivered": Befell.DELIVERED,
    "email.complained": Befell.COMPLAINED,
}


def _read(event: Event) -> Iterator[Told]:
    kind, data = text(event, "type"), look(event, "data")
    people = look(data, "to")
    people = [people] if isinstance(people, str) else people
    # Of a message to several nothing tells whom an event is about.
    alone = isinstance(people, list) and len(people) == 1 and isinstance(people[0], str)
    bounce = look(data, "bounce")
    codes = look(bounce, "diagnosticCode")
    answer = codes[0] if isinstance(codes, list) and codes else codes
    yield Told(
        befell=_BEFELL.get(kind, Befell.NOTHING),
        address=bare(people[0]) if alone else "",
        at=moment(event, "created_at"),
        text=text({"answer": answer}, "answer")
        or text(bounce, "message")
        or text(data, "failed", "reason")
        or text(data, "suppressed", "message"),
        category=f"{text(bounce, 'type')}:{text(bounce, 'subType')}" if bounce else kind,
        pointers=pointers(look(data, "message_id"), header(data, "message-id", "headers")),
    )


RESEND = Provider(
    title="Resend",
    events=one,
    read=_read,
    categories=verdicts(
        {
            "Permanent:General": "hard user_unknown no_such_user",
            "Permanent:NoEmail": "hard user_unknown no_such_user",
            "Permanent:Suppressed": "soft refused policy_unspecified",
            "Transient:MailboxFull": "soft mailbox_full quota",
            "Transient:MessageTooLarge": "soft refused too_large",
            "Transient:ContentRejected": "soft refused spam_content",
            "Transient:AttachmentRejected": "soft refused attachment",
            "email.suppressed": "soft refused policy_unspecified",
        }
    ),
)
