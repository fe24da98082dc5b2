"""Mails as somebody writes them who wants them to look like returns, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tests.core.given import at
from tests.services.mail_fixtures import CAME, NO_USER

from rebond.core.words import Trust


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail with its envelope, when it came (days after the sending) and by which way in."""

    raw: bytes
    to: str = ""
    sender: str | None = ""
    days: float = 0.1
    source: str = "lmtp"
    required: Trust = Trust.MATCHED

    @property
    def now(self) -> datetime:
        return at(days=self.days)


def group(
    recipient: str, *, original: str = "", action: str = "failed", status: str = "5.1.1", text: str = NO_USER
) -> str:
    """One recipient's fields of a report (RFC 3464)."""
    fields = [f"Original-Recipient: rfc822; {original}"] if original else []
    fields += [f"Final-Recipient: rfc822; {recipient}"] if recipient else []
    return "\n".join([*fields, f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: smtp; {text}", ""])


def report(
    *groups: str,
    notice: str = "Your message could not be delivered.",
    headers: Sequence[str] = (),
    returned: Sequence[str] = (),
    extra: str = "",
    subject: str = "Undelivered Mail Returned to Sender",
    date: datetime = CAME,
    boundary: str = "edge",
) -> bytes:
    """A report with these groups; `returned` are headers of the message that it returns, `extra` a last part."""
    original = f"--{boundary}\nContent-Type: message/rfc822\n\n" + "\n".join([*returned, "", "Hello", ""])
    parts = [
        f"--{boundary}\nContent-Type: text/plain; charset=utf-8\n\n{notice}\n",
        f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        + "\n".join(groups),
        *([original] if returned else []),
        *([f"--{boundary}\n{extra}"] if extra else []),
    ]
    return _mail(
        headers=[f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"', *headers],
        subject=subject,
        date=date,
        body="\n".join([*parts, f"--{boundary}--", ""]),
    )


def words(body: str, *, subject: str, headers: Sequence[str] = (), date: datetime = CAME, sender: str = "") -> bytes:
    """A mail of one text."""
    return _mail(
        headers=["Content-Type: text/plain; charset=utf-8", *headers],
        subject=subject,
        date=date,
        body=body,
        sender=sender,
    )


def qmail(recipient: str, said: str = NO_USER, *, headers: Sequence[str] = ()) -> bytes:
    """A bounce in words, as qmail writes it."""
    body = (
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        f"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{recipient}>:\n{said}\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <news@shop.example>\nSubject: Hello\n\nHello\n"
    )
    return words(body, subject="failure notice", headers=headers)


def feedback(
    *fields: str, kind: str = "abuse", returned: Sequence[str] = ("To: redacted@redacted.example", "Subject: Hello")
) -> bytes:
    """A feedback-loop report (RFC 5965) with these fields."""
    lines = [f"Feedback-Type: {kind}", "User-Agent: Loop/1.0", "Version: 1", *fields, ""]
    parts = [
        "--edge\nContent-Type: text/plain\n\nThis is an email abuse report.\n",
        "--edge\nContent-Type: message/feedback-report\n\n" + "\n".join(lines),
        "--edge\nContent-Type: message/rfc822\n\n" + "\n".join([*returned, "", "Hello", ""]),
        "--edge--\n",
    ]
    return _mail(
        headers=['Content-Type: multipart/report; report-type=feedback-report; boundary="edge"'],
        subject="complaint",
        date=CAME,
        body="\n".join(parts),
        sender="feedback@provider.example",
    )


def _mail(*, headers: Sequence[str], subject: str, date: datetime, body: str, sender: str = "") -> bytes:
    lines = [
        *(line for line in headers if line.lower().startswith("return-path:")),
        f"From: {sender or 'Mail Delivery System <MAILER-DAEMON@mx.example>'}",
        "To: bounces@bounce.example",
        f"Subject: {subject}",
        f"Date: {format_datetime(date)}",
        "MIME-Version: 1.0",
        *(line for line in headers if not line.lower().startswith("return-path:")),
    ]
    return "\r\n".join([*lines, "", *body.split("\n")]).encode("utf-8", "surrogateescape")
