"""Mails written for tests, and how they are read."""

from rebond.core.failure import Facts, Reading
from rebond.core.read import read_mail

DAEMON = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: us@s.example\nSubject: Undelivered Mail\n"
ORIGINAL = (
    "Received: from a by b for <ann@y.example>; Mon, 2 Mar 2026 09:00:00 +0000\nFrom: us@s.example\nTo: ann@y.example\n"
)


def read(mail: str) -> Reading:
    return read_mail(mail.encode())


def report(status: str, *, notice: str = "Gone.", original: str = ORIGINAL, head: str = DAEMON) -> Reading:
    return read(
        f"{head}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n{notice}\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{status}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
    )


def only(reading: Reading) -> Facts:
    (facts,) = reading.facts
    return facts
