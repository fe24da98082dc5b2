"""Hands returns over to an LMTP server (RFC 2033), one connection for a batch."""

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.simulate.returns import Return

_TIMEOUT = 30.0
_HOST = "mx.sim.example"
# What stands for a connection that failed: temporary, as RFC 5321 section 3.8 has it.
NO_ANSWER = 421


@dataclass(frozen=True, slots=True, order=True)
class Parcel:
    """A return with its place in the queue: when it goes out next, in which order, how often it was tried."""

    at: datetime
    number: int
    tries: int
    what: Return


def hand_over(mails: Sequence[tuple[str, bytes]], *, host: str, port: int) -> list[int]:
    """Hand over (recipient, mail) pairs from the null sender; return each one's final code, 421 for those not reached.

    Blocks; never raises for what the peer did.
    """
    codes: list[int] = []
    try:
        with smtplib.LMTP(host, port, local_hostname=_HOST, timeout=_TIMEOUT) as peer:
            peer.ehlo_or_helo_if_needed()
            for recipient, mail in mails:
                codes.append(_one(peer, recipient, mail))
    except (OSError, smtplib.SMTPException):
        pass
    return codes + [NO_ANSWER] * (len(mails) - len(codes))


def _one(peer: smtplib.LMTP, recipient: str, mail: bytes) -> int:
    options = () if recipient.isascii() else ("SMTPUTF8", "8BITMIME")
    try:
        peer.sendmail("", [recipient], mail, mail_options=options)
    except smtplib.SMTPRecipientsRefused as refused:
        return refused.recipients[recipient][0]
    except smtplib.SMTPResponseException as refused:
        return refused.smtp_code
    except smtplib.SMTPNotSupportedError:
        return 550
    return 250
