"""Lists of addresses not to write to, as other systems export them: told apart by their columns (specification 04)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from rebond.core.said import said
from rebond.core.words import AddressStatus, Cause, Channel, ExclusionCause, Reason
from rebond.services.errors import InputError
from rebond.store.read.state_json import read_cause

Word = TypeVar("Word", Channel, AddressStatus, Reason)
Cells = Mapping[str, str]
_HASHES = {"hash": 0, "sha256": 64, "sha1": 40, "md5": 32}
_ADDRESSES = {"address": None, "email": Channel.EMAIL, "phone": Channel.SMS, "sms": Channel.SMS, "push": Channel.PUSH}
_DATES = ("since", "date", "at", "created", "created_at")
_FORMULA = frozenset("=+-@")
_FIRST_YEAR = 1970
_TRUE = frozenset({"1", "true", "yes", "on"})
_Q, _D, _A = AddressStatus.QUARANTINED, AddressStatus.DENYLISTED, AddressStatus.ALLOWLISTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: an address (or its hash), and what it is to be; `status` None where the row keeps nobody out.

    `at` is when that came about, None when the row does not say; `text` what it says of why.
    """

    address: str
    status: AddressStatus | None
    channel: Channel | None = Channel.EMAIL
    hashed: bool = False
    reason: Reason | None = None
    cause: Cause | ExclusionCause | None = None
    at: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the columns that it must have, all in small letters, and how a row of it is read.

    `read` raises ValueError for a row that cannot be used.
    """

    name: str
    columns: frozenset[str]
    read: Callable[[Cells], Entry]


def find_format(columns: Sequence[str]) -> Format:
    """Tell the format of a file by its columns; InputError when it is none that is known."""
    present = {column.strip().lower() for column in columns}
    for found in FORMATS:
        if found.columns <= present:
            return found
    if present & {*_ADDRESSES, *_HASHES}:
        return Format("addresses", frozenset(), _own)
    raise InputError(
        said(
            "the columns {columns} are of no list that is known here: name one address, email, phone, push or"
            " hash, and perhaps channel, status, reason and date",
            columns=", ".join(columns)[:500],
        )
    )


def _bounced(address: str, *, at: str = "", text: str = "") -> Entry:
    return Entry(
        address=address,
        status=_Q,
        reason=Reason.USER_UNKNOWN,
        cause=Cause.NO_SUCH_USER,
        at=read_date(at),
        text=text,
    )


def _complained(address: str, *, at: str = "", text: str = "") -> Entry:
    return Entry(
        address=address,
        status=_D,
        reason=Reason.DENYLISTED,
        cause=ExclusionCause.COMPLAINT,
        at=read_date(at),
        text=text,
    )


def _unwanted(address: str, *, at: str = "", text: str = "") -> Entry:
    return Entry(address=address, status=_D, reason=Reason.DENYLISTED, at=read_date(at), text=text)


def _ses(row: Cells) -> Entry:
    make = {"BOUNCE": _bounced, "COMPLAINT": _complained}.get(row["reason"].upper())
    if make is None:
        raise ValueError(said("reason {row!r} is neither BOUNCE nor COMPLAINT", row=row["reason"]))
    return make(row["emailaddress"], at=row.get("lastupdatetime", ""), text=row["reason"])


def _sendgrid(row: Cells) -> Entry:
    if "ip" in row:
        return _complained(row["email"], at=row["created"], text="spam report")
    if "reason" in row:
        return _bounced(row["email"], at=row["created"], text=row["reason"])
    return _unwanted(row["email"], at=row["created"], text="unsubscribed")


def _mailgun(row: Cells) -> Entry:
    if "error" in row:
        return _bounced(row["address"], at=row["created_at"], text=f"{row.get('code', '')} {row['error']}".strip())
    if "tag" in row or "tags" in row:
        return _unwanted(row["address"], at=row["created_at"], text="unsubscribed")
    return _complained(row["address"], at=row["created_at"], text="complaint")


def _postmark(row: Cells) -> Entry:
    make = {"HardBounce": _bounced, "SpamComplaint": _complained}.get(row["suppressionreason"], _unwanted)
    return make(row["emailaddress"], at=row.get("createdat", ""), text=row["suppressionreason"])


def _sparkpost(row: Cells) -> Entry:
    source = row.get("source", "")
    make = {"Bounce Rule": _bounced, "Spam Complaint": _complained}.get(source, _unwanted)
    return make(row["recipient"], at=row.get("created", ""), text=row.get("description", "") or source)


def _brevo(row: Cells) -> Entry:
    said = row["reason"].replace(" ", "").lower()
    make = _bounced if "bounce" in said else _complained if "spam" in said or "complain" in said else _unwanted
    return make(row["email"], at=row.get("blockedat", "") or row.get("blocked at", ""), text=row["reason"])


def _mailjet(row: Cells) -> Entry:
    if row.get("isspamcomplaining", "").lower() in _TRUE:
        return _complained(row["email"], at=row.get("exclusionfromcampaignsupdatedat", ""), text="spam complaint")
    if row["isexcludedfromcampaigns"].lower() in _TRUE:
        return _unwanted(row["email"], at=row.get("exclusionfromcampaignsupdatedat", ""), text="excluded")
    return Entry(address=row["email"], status=None)


def _listmonk(row: Cells) -> Entry:
    if row["status"] == "blocklisted":
        return _unwanted(row["email"], at=row["updated_at"], text="blocklisted")
    return Entry(address=row["email"], status=None)


def _mautic(row: Cells) -> Entry:
    if row["donotemail"].lower() in _TRUE:
        return _unwanted(row["email"], text="do not contact")
    return Entry(address=row["email"], status=None)


# The first whose columns are all there; those that ask for more come first.
FORMATS = (
    Format("listmonk", frozenset({"uuid", "email", "status", "updated_at"}), _listmonk),
    Format("SES", frozenset({"emailaddress", "reason"}), _ses),
    Format("Postmark", frozenset({"emailaddress", "suppressionreason"}), _postmark),
    Format("SparkPost", frozenset({"recipient", "type"}), _sparkpost),
    Format("Brevo", frozenset({"email", "reason", "blockedat"}), _brevo),
    Format("Brevo", frozenset({"email", "reason", "blocked at"}), _brevo),
    Format("Mailjet", frozenset({"email", "isexcludedfromcampaigns"}), _mailjet),
    Format("Mautic", frozenset({"email", "donotemail"}), _mautic),
    Format("Mailgun", frozenset({"address", "created_at"}), _mailgun),
    Format("SendGrid", frozenset({"email", "created"}), _sendgrid),
)


def _own(row: Cells) -> Entry:
    """Read a row of a site's own list, or of what this program exports; without a status it is to be quarantined."""
    address, channel, hashed = _named(row)
    if given := row.get("channel", ""):
        channel = _word(Channel, given, "channel")
    status = _word(AddressStatus, row["status"], "status") if row.get("status") else _Q
    reason = _word(Reason, row["reason"], "reason") if row.get("reason") else None
    try:
        cause = read_cause(row.get("cause", ""))
    except ValueError:
        raise ValueError(said("cause {row!r} is unknown", row=row["cause"][:50])) from None
    return Entry(
        address=address,
        # A narrower scope, and what still may be written to, keep nobody out of the whole site.
        status=None if row.get("scope") or status not in (_Q, _D, _A) else status,
        channel=channel,
        hashed=hashed,
        reason=reason,
        cause=cause,
        at=read_date(next((row[name] for name in _DATES if row.get(name)), "")),
        text=row.get("text", "") or row.get("error_text", ""),
    )


def _named(row: Cells) -> tuple[str, Channel | None, bool]:
    for name, channel in _ADDRESSES.items():
        if found := row.get(name):
            # An export puts a quote before what a spreadsheet would run.
            return found[1:] if found[:1] == "'" and found[1:2] in _FORMULA else found, channel, False
    for name, length in _HASHES.items():
        if digest := row.get(name, "").lower():
            lengths = {length} if length else {64, 40, 32}
            if len(digest) not in lengths or not set(digest) <= set("0123456789abcdef"):
                raise ValueError(
                    said("{digest!r} is no hash: write SHA-256, SHA-1 or MD5 in hexadecimal digits", digest=digest[:80])
                )
            return digest, None, True
    raise ValueError(said("its address is empty"))


def _word(kind: type[Word], text: str, name: str) -> Word:
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise ValueError(
            said("{name} {text!r} is unknown: write one of {kind}", name=name, text=text[:50], kind=tuple(kind))
        ) from None


def read_date(text: str) -> datetime | None:
    """Read a moment as exports write it: ISO 8601, RFC 5322, or seconds since 1970; without a zone it is UTC."""
    text = text.strip()
    if not text:
        return None
    try:
        at = _read(text)
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        raise ValueError(
            said("{text!r} is no date: write it as 2026-05-31 or 2026-05-31T08:00:00Z", text=text[:50])
        ) from None
    if at.year < _FIRST_YEAR:
        raise ValueError(said("{text!r} lies before {year}: no list is that old", text=text[:50], year=_FIRST_YEAR))
    return at


def _read(text: str) -> datetime:
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    found = _iso(text) or parsedate_to_datetime(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
