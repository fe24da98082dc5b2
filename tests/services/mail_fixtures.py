"""Mails that come back, composed here, about messages that were sent."""

from datetime import datetime
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import Parser
from email.utils import format_datetime

from tests.core.given import at, policy
from tests.services.sending_fixtures import KEYRING, delivery

from rebond.core.qualifier import Qualifier
from rebond.core.tokens import sign
from rebond.core.words import Trust
from rebond.packs import default_qualifier
from rebond.services.accept import Incoming, accept_many
from rebond.services.rules_in_force import RulesInForce
from rebond.services.settle import Settled, Settler
from rebond.services.unattributed import Accepting
from rebond.store.models import DeliveryCounts, Message, Unattributed

NO_USER = "550 5.1.1 No such user here"
OVER_QUOTA = "552 5.2.2 The mailbox is over its quota"
SENT = at()
CAME = at(hours=2)


def sent(number: int = 1, *, when: datetime = SENT, status: str = "delivered") -> list[Message]:
    """Insert a delivery whose messages were handed over; returns its sending log."""
    delivery_id = delivery(number, status="sending")
    rows = list(Message.objects.filter(delivery=delivery_id).order_by("id"))
    for row in rows:
        row.message_id = f"{token_of(row.pk, when)}@shop.example"
        row.status = status
        row.first_claimed_at = row.last_attempt_at = when
        row.attempts = 1
        row.delivered_at = when if status == "delivered" else None
        row.save()
    if status == "delivered":
        DeliveryCounts.objects.filter(delivery=delivery_id).update(pending=0, delivered=number)
    return rows


def token_of(number: int, issued: datetime = SENT) -> str:
    return sign(number, keyring=KEYRING, issued=issued.date())


def verp(row: Message, issued: datetime = SENT) -> str:
    return f"b+{token_of(row.pk, issued)}@bounce.example"


def _headers(mail: EmailMessage | MIMEMultipart | MIMEText, *, subject: str, date: datetime, to: str) -> None:
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mx.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = format_datetime(date)


def dsn(
    *recipients: str,
    status: str = "5.1.1",
    text: str = NO_USER,
    action: str = "failed",
    date: datetime = CAME,
    to: str = "bounces@bounce.example",
    message_id: str = "",
) -> bytes:
    """Compose a delivery status notification (RFC 3464) about these recipients."""
    mail = MIMEMultipart("report", **{"report-type": "delivery-status"})
    _headers(mail, subject="Undelivered Mail Returned to Sender", date=date, to=to)
    said = "could not be delivered" if action == "failed" else "is delayed"
    mail.attach(MIMEText(f"Your message {said}.\n\n" + "\n".join(f"<{name}>: {text}" for name in recipients)))
    blocks = ["Reporting-MTA: dns; mx.example\n"]
    blocks += [
        f"Final-Recipient: rfc822; {name}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {text}\n"
        for name in recipients
    ]
    mail.attach(Parser().parsestr("Content-Type: message/delivery-status\n\n" + "\n".join(blocks)))
    mail.attach(_original(recipients[0], message_id))
    return mail.as_bytes()


def _original(recipient: str, message_id: str) -> MIMEMessage:
    headers = f"From: Shop <news@shop.example>\nTo: {recipient}\nSubject: Hello\n"
    if message_id:
        headers += f"Message-ID: <{message_id}>\n"
    return MIMEMessage(Parser().parsestr(headers + "\nHello\n"))


def arf(
    recipient: str = "",
    *,
    feedback: str = "abuse",
    message_id: str = "",
    to: str = "fbl@bounce.example",
    date: datetime = CAME,
    original_to: str = "redacted@redacted.example",
) -> bytes:
    """Compose a feedback-loop report (RFC 5965)."""
    mail = MIMEMultipart("report", **{"report-type": "feedback-report"})
    _headers(mail, subject="complaint", date=date, to=to)
    mail.attach(MIMEText("This is an email abuse report."))
    fields = f"Feedback-Type: {feedback}\nUser-Agent: Loop/1.0\nVersion: 1\n"
    if recipient:
        fields += f"Original-Rcpt-To: {recipient}\n"
    report = EmailMessage()
    report["Content-Type"] = "message/feedback-report"
    report.set_payload(fields)
    mail.attach(report)  # type: ignore[arg-type]
    mail.attach(_original(original_to, message_id))
    return mail.as_bytes()


def letter(text: str = "", *, subject: str, to: str, date: datetime = CAME, **headers: str) -> bytes:
    """Compose a mail of one text part."""
    mail = MIMEText(text)
    _headers(mail, subject=subject, date=date, to=to)
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail.as_bytes()


def accept(
    raw: bytes,
    *,
    to: str = "",
    sender: str | None = "",
    now: datetime = CAME,
    required: Trust = Trust.MATCHED,
    source: str = "lmtp",
) -> None:
    incoming = Incoming(source=source, raw=raw, envelope_from=sender, envelope_to=to, required_trust=required)
    accept_many([incoming], now=now)


def settler(qualifier: Qualifier | None = None, *, rules: RulesInForce | None = None) -> Settler:
    rules = rules or RulesInForce(lambda _: qualifier or default_qualifier())
    return Settler(policy=policy(), rules=rules, keyring=KEYRING, worker="w")


def settle(now: datetime = CAME) -> Settled:
    return settler().settle_all(lambda: now)


def came(raw: bytes, *, now: datetime = CAME, **means: object) -> Settled:
    """Accept one mail and settle it."""
    accept(raw, now=now, **means)  # type: ignore[arg-type]
    return settle(now)


def accepting(*, because: str = "our old sender", who: str = "cli:eve", rules: RulesInForce | None = None) -> Accepting:
    """A person who accepts what could not be attributed."""
    rules = rules or RulesInForce(lambda _: default_qualifier())
    return Accepting(because=because, actor=who, policy=policy(), rules=rules, now=at(days=3))


def listed() -> list[tuple[str, str]]:
    """The list of unattributed returns: address and why."""
    return list(Unattributed.objects.order_by("id").values_list("address", "why"))
