"""What comes back by mail: bounces, delay notices, complaints and auto-replies, worded as the receiver words them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.charset import QP, Charset
from email.header import decode_header, make_header
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import compat32
from email.utils import format_datetime
from enum import StrEnum

from rebond.simulate.behaviour import Conduct, fraction, identifier
from rebond.simulate.dialects import Dialect, Notice, Reply, dialect_of

HEADERS_KEPT = 8 * 1024
_SUBJECT_KEPT = 200
_RETRY_FOR = timedelta(days=5)
_WIRE = compat32.clone(linesep="\r\n", mangle_from_=False)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class Kind(StrEnum):
    """The kinds of mail that come back, named as the dialects name them."""

    BOUNCE = "bounce"
    DELAY = "delay"
    AUTO_REPLY = "auto_reply"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is kept of a message that was taken, for as long as something may come back about it.

    `headers` are at most 8 KiB of its bytes; `envelope_id` and `original_recipient` (with its type, as in
    `rfc822;a@b.example`) were given with ENVID and ORCPT (RFC 3461), decoded.
    """

    sender: str
    recipient: str
    at: datetime
    headers: bytes
    envelope_id: str = ""
    original_recipient: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A mail that is to come back at a time, composed when it goes out."""

    kind: Kind
    conduct: Conduct
    taken: Taken
    at: datetime
    seed: int
    sender_ip: str

    @property
    def recipient(self) -> str:
        """Where it goes: the envelope sender of the message it speaks of."""
        return self.taken.sender


def headers_of(content: bytes) -> bytes:
    """Cut the header fields from a message, whole lines and no more than what is kept."""
    end = _END_OF_HEADERS.search(content, 0, HEADERS_KEPT)
    if end is not None:
        return content[: end.start()] + b"\r\n"
    return content[: content.rfind(b"\n", 0, HEADERS_KEPT) + 1]


def reply_for(conduct: Conduct, recipient: str, *, seed: int, occasion: object = "") -> Reply:
    """Choose the refusal that an address meets, of those its receiver has: always the same one.

    A fickle receiver chooses another on another `occasion`.
    """
    dialect = dialect_of(recipient)
    replies: Sequence[Reply] = dialect.replies[str(conduct.behaviour)]
    drawn = (seed, "reply", recipient.lower(), *([occasion] if dialect.fickle else []))
    return replies[int(fraction(*drawn) * len(replies))]


def words(
    dialect: Dialect, recipient: str, *, sender: str, sender_ip: str, at: datetime, identity: str
) -> dict[str, str]:
    """Make the values of a template's placeholders."""
    local, _, domain = recipient.rpartition("@")
    values = {
        "recipient": recipient,
        "local": local,
        "domain": domain,
        "sender": sender,
        "sender_domain": sender.rpartition("@")[2],
        "ip": sender_ip,
        "id": identity,
        "stamp": str(int(at.timestamp())),
        "final": _final(recipient),
    }
    values["mta"] = dialect.mta.format_map(values)
    values["mx"] = dialect.mx.format_map(values)
    return values


def compose(due: Return) -> bytes:
    """Write the mail, with CRLF; the same return gives the same bytes."""
    taken = due.taken
    dialect = dialect_of(taken.recipient)
    notice = dialect.notices[due.kind]
    original = BytesParser().parsebytes(taken.headers, headersonly=True)
    identity = identifier(due.seed, due.kind, taken.sender, taken.recipient, taken.at.isoformat())
    values = words(dialect, taken.recipient, sender=taken.sender, sender_ip=due.sender_ip, at=due.at, identity=identity)
    forwarded = due.conduct.behaviour == "forward"
    values |= {
        "final": values["final"] if forwarded else taken.recipient,
        "subject": _subject(original),
        "date": format_datetime(taken.at),
        "returned": taken.headers.decode("utf-8", "replace").replace("\r\n", "\n"),
        "reply": "",
    }
    reply: Reply | None = None
    if due.kind in (Kind.BOUNCE, Kind.DELAY):
        reply = reply_for(due.conduct, taken.recipient, seed=due.seed, occasion=taken.at.isoformat())
        values["reply"] = reply.text(values).replace("\r\n", "\n    ")
    mail = _body(due, notice, dialect, values, reply)
    return _finish(mail, due, notice, values, original)


def _final(recipient: str) -> str:
    """Name the address that a forwarding recipient has elsewhere."""
    local, _, domain = recipient.rpartition("@")
    return f"{local.replace('forward', 'elsewhere', 1)}@new.{domain}"


def _subject(original: Message) -> str:
    raw = str(original.get("Subject", ""))
    try:
        subject = str(make_header(decode_header(raw)))
    except (LookupError, UnicodeError, ValueError):
        subject = raw
    return " ".join(subject.split())[:_SUBJECT_KEPT]


def _body(due: Return, notice: Notice, dialect: Dialect, values: Mapping[str, str], reply: Reply | None) -> Message:
    text = _text(notice.text.format_map(values))
    if notice.form == "text":
        return text
    if notice.form == "jmrp":
        mail = MIMEMultipart("mixed", boundary=f"=_{values['id']}")
        copy = BytesParser().parsebytes(due.taken.headers)
        copy["X-HmXmrOriginalRecipient"] = due.taken.recipient
        mail.attach(MIMEMessage(copy))
        return mail
    returned = due.taken.headers
    if notice.form == "arf":
        kind, fields = "feedback-report", _feedback(due, notice, values)
        if notice.redacted:
            hidden = f"redacted@{values['domain']}".encode()
            returned = re.sub(re.escape(due.taken.recipient.encode()), hidden, returned, flags=re.IGNORECASE)
    else:
        assert reply is not None
        kind, fields = "delivery-status", _status(due, dialect, values, reply)
    mail = MIMEMultipart("report", boundary=f"=_{values['id']}")
    mail.set_param("report-type", kind)
    for part in (text, _machine(kind, fields), _returned(returned)):
        mail.attach(part)
    return mail


def _status(due: Return, dialect: Dialect, values: Mapping[str, str], reply: Reply) -> list[dict[str, str]]:
    """Make the fields of a delivery report (RFC 3464 section 2), per message and per recipient."""
    message = {"Reporting-MTA": f"dns; {values['mta']}"}
    if due.taken.envelope_id:
        message["Original-Envelope-Id"] = due.taken.envelope_id
    message["Arrival-Date"] = format_datetime(due.taken.at)
    original = due.taken.original_recipient
    if not original and (dialect.adds_original_recipient or due.conduct.behaviour == "forward"):
        original = f"rfc822;{due.taken.recipient}"
    recipient = {"Original-Recipient": _typed(*original.split(";", 1))} if original else {}
    recipient |= {
        "Final-Recipient": _typed("rfc822", values["final"]),
        "Action": "delayed" if due.kind is Kind.DELAY else "failed",
        "Status": reply.enhanced or f"{reply.code // 100}.0.0",
        "Remote-MTA": f"dns; {values['mx']}",
        "Diagnostic-Code": "smtp; " + _ascii(reply.text(values)).replace("\r\n", "\r\n "),
        "Last-Attempt-Date": format_datetime(due.at),
    }
    if due.kind is Kind.DELAY:
        recipient["Will-Retry-Until"] = format_datetime(due.taken.at + _RETRY_FOR)
    return [message, recipient]


def _feedback(due: Return, notice: Notice, values: Mapping[str, str]) -> list[dict[str, str]]:
    """Make the fields of a complaint (RFC 5965 section 3); RFC 6590 on hiding who complained."""
    recipient = f"redacted@{values['domain']}" if notice.redacted else due.taken.recipient
    return [
        {
            "Feedback-Type": "abuse",
            "User-Agent": f"{values['mta']}/1.0",
            "Version": "1",
            "Original-Mail-From": f"<{due.taken.sender}>",
            "Original-Rcpt-To": f"<{recipient}>",
            "Arrival-Date": format_datetime(due.taken.at),
            "Source-IP": due.sender_ip,
            "Reporting-MTA": f"dns; {values['mta']}",
        }
    ]


def _typed(kind: str, address: str = "") -> str:
    """Write an address with its type; one beyond ASCII as RFC 6533 section 3 has it for 7-bit reports."""
    return f"{kind if address.isascii() else 'utf-8'}; {_ascii(address)}"


def _ascii(text: str) -> str:
    return "".join(char if char.isascii() else f"\\x{{{ord(char):X}}}" for char in text)


def _text(text: str) -> Message:
    part = MIMEText("", "plain", "us-ascii")
    if not text.isascii():
        del part["Content-Transfer-Encoding"]
    part.set_payload(text, None if text.isascii() else _UTF8)
    return part


def _machine(kind: str, groups: list[dict[str, str]]) -> Message:
    part = Message()
    part["Content-Type"] = f"message/{kind}"
    blocks: list[Message | str] = []
    for group in groups:
        block = Message()
        for name, value in group.items():
            block[name] = value
        blocks.append(block)
    if kind == "delivery-status":
        part.set_payload(blocks)
    else:
        part.set_payload("".join(f"{name}: {value}\r\n" for name, value in groups[0].items()))
    return part


def _returned(headers: bytes) -> Message:
    part = Message()
    part["Content-Type"] = "text/rfc822-headers"
    if not headers.isascii():
        part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(headers.decode("ascii", "surrogateescape"))
    return part


def _finish(mail: Message, due: Return, notice: Notice, values: Mapping[str, str], original: Message) -> bytes:
    """Put on the header fields that every mail has, and write it out."""
    mail["Date"] = format_datetime(due.at)
    mail["From"] = notice.sender.format_map(values)
    mail["To"] = f"<{due.recipient}>"
    mail["Subject"] = notice.subject.format_map(values)
    mail["Message-ID"] = f"<{values['id']}@{values['mta']}>"
    for name, value in notice.headers.items():
        mail[name] = value.format_map(values)
    answered = original.get("Message-ID", "")
    if due.kind is Kind.AUTO_REPLY and answered:
        mail["In-Reply-To"] = mail["References"] = str(answered).strip()
    return mail.as_bytes(policy=_WIRE)
