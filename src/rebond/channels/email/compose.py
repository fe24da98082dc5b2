"""Messages: what does not change is made once a delivery, the rest is filled in per recipient.

Building a message object for each recipient costs six times the sending. Every byte comes from the content, the
identity and the message's own values, so whichever worker or attempt builds a message makes the same bytes.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from rebond.channels.content import ProductionError, compile_template
from rebond.channels.email.check import Level, Problem, check_content
from rebond.channels.email.headers import Mailbox, from_header, has_control, parse_from, sendable, text_header
from rebond.channels.email.identity import EmailContent, EmailIdentity
from rebond.channels.email.plain_text import text_of
from rebond.core.ports import Outgoing
from rebond.core.said import said

__all__ = [
    "Addressed",
    "Composer",
    "EmailContent",
    "EmailIdentity",
    "Level",
    "Mailbox",
    "Problem",
    "check_content",
    "parse_from",
]

MAX_SUBJECT = 900
_LOCAL_PART = 64
_TOKEN = re.compile(r"[a-z0-9]{1,60}")
_MESSAGE_ID = re.compile(r"[!-;=?A-~]{1,150}@[!-;=?A-~]{1,150}")
# Quoted-printable never makes `=_`, and a text that holds it is sent that way: no boundary is met by chance.
_SEVEN_BIT = re.compile(rb"(?:[\t\x20-\x7e]{0,998}+\r\n)*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What one message has of its own.

    `message` is its number in the sending log, `message_id` its Message-ID without brackets, `token` its return-path
    token, `unsubscribe_token` that of its profile and delivery (empty: no link and no header); `date` is aware, and
    the same at every attempt.
    """

    message: int
    address: str
    fields: Mapping[str, object]
    message_id: str
    token: str
    unsubscribe_token: str
    date: datetime


class Composer:
    """Makes a delivery's messages. Raises ContentError when the content or the identity cannot be used at all."""

    def __init__(self, content: EmailContent, identity: EmailIdentity) -> None:
        mailbox = parse_from(identity.from_header, allow_undotted=identity.allow_undotted)
        self._identity = identity
        self._subject = compile_template(content.subject, html=False, name="subject", limit=MAX_SUBJECT)
        self._text = compile_template(content.text, html=False, name="text") if content.text.strip() else None
        self._html = compile_template(content.html, html=True, name="html") if content.html.strip() else None
        self._from = from_header(mailbox)
        feedback = identity.feedback_id or f"{mailbox.domain}:rebond"
        self._fixed = f"Feedback-ID: {feedback}\r\nMIME-Version: 1.0\r\n".encode()
        self._public_url = identity.public_url.rstrip("/")

    def compose(self, addressed: Addressed) -> Outgoing:
        """Make one message; raises ProductionError, with the words for the sending log, when that cannot be done."""
        recipient = sendable(addressed.address, allow_undotted=self._identity.allow_undotted)
        if recipient is None:
            raise ProductionError(
                said("{address!r} is not an address that can be written to", address=addressed.address[:100])
            )
        sender = self._return_path(addressed)
        link, unsubscribe = self._unsubscribe(addressed.unsubscribe_token)
        fields = {**addressed.fields, "unsubscribe_url": link}
        head = (
            format_datetime(addressed.date).join(("Date: ", "\r\n")).encode(),
            self._from,
            f"To: {recipient}\r\n".encode(),
            self._subject_line(fields),
            f"Message-ID: <{addressed.message_id}>\r\nX-Rebond-Token: {addressed.token}\r\n".encode(),
            unsubscribe,
            self._fixed,
        )
        try:
            content = b"".join((*head, self._body(fields, boundary=f"=_{addressed.token}".encode())))
        except UnicodeEncodeError:
            raise ProductionError(
                said("a field holds half a character (a lone surrogate), which cannot be sent")
            ) from None
        return Outgoing(addressed.message, sender, recipient, content, addressed.token)

    def _return_path(self, addressed: Addressed) -> str:
        local = f"{self._identity.return_prefix}+{addressed.token}"
        if not _TOKEN.fullmatch(addressed.token) or len(local) > _LOCAL_PART:
            raise ProductionError(said("the token {token!r} does not fit a return path", token=addressed.token[:80]))
        if not _MESSAGE_ID.fullmatch(addressed.message_id):
            raise ProductionError(said("{message_id!r} is no Message-ID", message_id=addressed.message_id[:80]))
        return f"{local}@{self._identity.bounce_domain}"

    def _unsubscribe(self, token: str) -> tuple[str, bytes]:
        if not token:  # a confirmation: there is nothing yet to unsubscribe from
            return "", b""
        if not _TOKEN.fullmatch(token):
            raise ProductionError(said("{token!r} is no unsubscribe token", token=token[:80]))
        mail = f"mailto:unsubscribe+{token}@{self._identity.bounce_domain}"
        if not self._public_url:
            return mail, f"List-Unsubscribe: <{mail}>\r\n".encode()
        link = f"{self._public_url}/u/{token}"
        lines = f"List-Unsubscribe: <{link}>,\r\n <{mail}>\r\n"
        if link.startswith("https:"):  # one click needs it (RFC 8058 3.1)
            lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        return link, lines.encode()

    def _subject_line(self, fields: Mapping[str, object]) -> bytes:
        subject = self._subject.render(fields)
        if has_control(subject):
            raise ProductionError(
                said("subject: it holds a line break or another control character: {subject!r}", subject=subject[:100])
            )
        try:
            return text_header("Subject", subject)
        except UnicodeEncodeError:
            raise ProductionError(said("subject: a field holds half a character (a lone surrogate)")) from None

    def _body(self, fields: Mapping[str, object], *, boundary: bytes) -> bytes:
        page = self._html.render(fields) if self._html else None
        if self._text:
            text = _part(self._text.render(fields), b"plain")
        elif page is not None:
            text = _part(text_of(page), b"plain")
        else:
            text = _part("", b"plain")
        if page is None:
            return text
        return b"".join(
            (
                b'Content-Type: multipart/alternative; boundary="', boundary, b'"\r\n\r\n--',
                boundary, b"\r\n", text, b"\r\n--",
                boundary, b"\r\n", _part(page, b"html"), b"\r\n--",
                boundary, b"--\r\n",
            )
        )  # fmt: skip


def _part(text: str, subtype: bytes) -> bytes:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.replace("\n", "\r\n").encode()
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    if _SEVEN_BIT.fullmatch(data) and b"=_" not in data:
        encoding = b"7bit"
    else:
        encoding, data = b"quoted-printable", binascii.b2a_qp(data)
    head = b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n'
    return head % (subtype, encoding) + data
