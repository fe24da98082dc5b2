"""From the bytes of a returned mail to its reading: each reader in turn, the first that answers wins."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

from rebond.core.failure import Reading
from rebond.core.read.adhoc import read_adhoc
from rebond.core.read.auto_reply import read_auto_reply, read_challenge, read_receipt, read_unsubscribe
from rebond.core.read.complaint import read_complaint
from rebond.core.read.dsn import read_dsn, read_groups
from rebond.core.read.find_address import first_address
from rebond.core.read.finding import Finding
from rebond.core.read.forward import with_written_to
from rebond.core.read.letter import Letter, open_letter
from rebond.core.read.mail import Mail, open_mail
from rebond.core.read.ses_notice import read_ses_notice
from rebond.core.read.usual_report import open_report
from rebond.core.words import ReturnKind

MAX_CANDIDATES = 60
MAX_CANDIDATE = 998

# The order is the specification's (03, section 1).
READERS: tuple[Callable[[Letter], Finding | None], ...] = (
    read_complaint,
    read_dsn,
    read_ses_notice,
    read_adhoc,
    read_challenge,
    read_auto_reply,
    read_receipt,
    read_unsubscribe,
)

_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_NAMES.split(), 1)}
# As nearly all mail systems write it; the library reads the others, and takes ten times as long.
_USUAL_DATE = re.compile(
    rf"(?:[A-Z][a-z]{{2}}, {{1,2}})?(\d{{1,2}}) ({'|'.join(_MONTHS)}) ([12]\d{{3}})"
    r" (\d\d:\d\d:\d\d) ([+-]\d{4})(?!\S)",
    re.ASCII,
)
_BOUNCES = frozenset({ReturnKind.DSN, ReturnKind.BOUNCE, ReturnKind.DELAYED})

# Where a token may survive, in the mail itself and in the message that it returns.
_OWN_PLACES = (
    "to",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "cc",
    "in-reply-to",
    "references",
    "x-rebond-token",
)
_RETURNED_PLACES = (
    "x-rebond-token",
    "return-path",
    "message-id",
    "list-unsubscribe",
    "references",
    "in-reply-to",
    "errors-to",
    "sender",
    "x-envelope-from",
)


def read_mail(raw: bytes) -> Reading:
    """Read a returned mail: any bytes; never raises, in time linear in their number (specification 03, section 1).

    More than 25 MiB, 50 nested parts, 1,000 parts or 1,000 recipients are cut; `notes` says so.
    """
    mail, body = open_mail(raw)
    if usual := open_report(mail, body):
        letter, groups = usual
        return _reading(letter, read_groups(letter, groups))
    return _read_any(mail, body)


def read_any_mail(raw: bytes) -> Reading:
    """Read a mail as `read_mail` does, without the short way for the usual report."""
    return _read_any(*open_mail(raw))


def _read_any(mail: Mail, body: bytes) -> Reading:
    letter = open_letter(mail, body)
    for reader in READERS:
        if finding := reader(letter):
            return _reading(letter, finding)
    return _reading(letter, Finding(kind=ReturnKind.OTHER))


def _reading(letter: Letter, finding: Finding) -> Reading:
    original = letter.original
    if [part for part in letter.mail.parts if part.cut]:
        letter.mail.note("cut: of a long text only the beginning is read")
    ids = [*finding.message_ids, *_ids(original.all("message-id"))]
    if not ids and finding.kind is not ReturnKind.OTHER:
        ids = _ids(letter.headers.all("in-reply-to"))
    return Reading(
        kind=finding.kind,
        facts=with_written_to(letter, finding.facts) if finding.kind in _BOUNCES else finding.facts,
        feedback_type=finding.feedback_type,
        complainants=finding.complainants,
        date=_date(letter),
        candidates=_candidates(letter, finding),
        message_ids=tuple(dict.fromkeys(ids)),
        original_to=finding.original_to or tuple(letter.returned_to),
        original_from=first_address(original.text("from")),
        subject=letter.subject[:MAX_CANDIDATE],
        sender=letter.sender,
        return_path=_return_path(letter),
        notes=tuple(letter.mail.notes),
    )


def _return_path(letter: Letter) -> str | None:
    # The topmost one is that of whoever put the mail into its mailbox; what its writer wrote stands below.
    return "" if letter.null_sender else letter.headers.first("return-path").strip("<> \t")[:MAX_CANDIDATE] or None


def _ids(values: list[str]) -> list[str]:
    return [identity for value in values[:10] if (identity := value.strip().strip("<>").strip()[:MAX_CANDIDATE])]


def _candidates(letter: Letter, finding: Finding) -> tuple[str, ...]:
    found = list(finding.candidates)
    found += letter.headers.of(_OWN_PLACES, limit=5)
    found += letter.original.of(_RETURNED_PLACES, limit=5)
    if found and len(found) < MAX_CANDIDATES:
        found += _senders_in_received(letter)
    kept = dict.fromkeys([value.strip()[:MAX_CANDIDATE] for value in found])
    kept.pop("", None)
    return tuple(kept)[:MAX_CANDIDATES]


def _senders_in_received(letter: Letter) -> list[str]:
    """Give the envelope senders that mail systems note in the returned message's Received lines."""
    noted = letter.original.holding("received", words="envelope-from", limit=20)
    found = [first_address(value.partition("envelope-from")[2][:300]) for value in noted]
    return [address for address in found if address]


def _date(letter: Letter) -> datetime | None:
    """Give the time of the return: its Date, else that of its topmost Received line."""
    headers = letter.headers
    return _time_in(headers.first("date")) or _time_in(headers.first("received").rpartition(";")[2])


def _time_in(value: str) -> datetime | None:
    if not value:
        return None
    usual = _USUAL_DATE.match(value)
    try:
        date = _usual_date(usual) if usual else parsedate_to_datetime(value.strip()[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _usual_date(found: re.Match[str]) -> datetime:
    day, month, year, time, zone = found.groups()
    return datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{time}").replace(tzinfo=_zone(zone))


@lru_cache(128)
def _zone(written: str) -> timezone:
    ahead = timedelta(hours=int(written[1:3]), minutes=int(written[3:]))
    return timezone(-ahead if written[0] == "-" else ahead) if ahead else UTC
