"""Feedback-loop reports: ARF (RFC 5965, RFC 6591), XARF attachments, and Outlook's reports without a report part."""

import json
import re
from collections.abc import Iterable
from typing import Any

from rebond.core.read.find_address import addresses_in
from rebond.core.read.finding import Finding
from rebond.core.read.headers import Headers, parse_headers
from rebond.core.read.letter import Letter
from rebond.core.words import ReturnKind

MAX_JSON = 256 * 1024
MAX_NAMED = 1000

_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient", "x-hmxmroriginalrecipient")
_CANDIDATE_FIELDS = ("original-mail-from", "removal-recipient", "original-envelope-id", "original-rcpt-to")
# What senders redact a recipient to.
_REDACTED = re.compile(r"redacted|hidden|removed|^x+@|^undisclosed|^[*x]+$", re.I)
_XARF_TYPES = {"spam": "abuse", "abuse": "abuse", "phishing": "fraud", "fraud": "fraud"}
_TEXT_REPORT = re.compile(r"^Feedback-Type:[ \t]*\S", re.I | re.M)


def read_complaint(letter: Letter) -> Finding | None:
    """Read a complaint; its feedback type is in lower case. None when the letter is none."""
    return _read_arf(letter) or _read_outlook(letter) or _read_xarf(letter)


def _read_arf(letter: Letter) -> Finding | None:
    for part in letter.parts("message/feedback-report"):
        return _from_fields(letter, parse_headers(part.text().lstrip("\n"))[0])
    if letter.mail.parameters.get("report-type", "").lower() != "feedback-report":
        return None
    found = _TEXT_REPORT.search(letter.notice)
    return _from_fields(letter, parse_headers(letter.notice[found.start() :])[0] if found else Headers())


def _from_fields(letter: Letter, fields: Headers) -> Finding:
    named = [value for name in _RECIPIENT_FIELDS for value in fields.all(name)]
    return Finding(
        kind=ReturnKind.COMPLAINT,
        feedback_type=(fields.first("feedback-type").split() or ["abuse"])[0].lower(),
        complainants=_complainants(letter, named),
        candidates=tuple(value for name in _CANDIDATE_FIELDS for value in fields.all(name)[:5]),
    )


def _complainants(letter: Letter, named: Iterable[str]) -> tuple[str, ...]:
    """Give the addresses that complained: those the report names, else the returned message's only recipient."""
    found = [address for value in named for address in addresses_in(value) if not _REDACTED.search(address)]
    if not found:
        hinted = letter.original.first("x-hmxmroriginalrecipient")
        to = addresses_in(hinted or letter.original.text("to"))
        found = [address for address in to if not _REDACTED.search(address)] if len(to) == 1 else []
    complained = tuple(dict.fromkeys(found))
    if len(complained) > MAX_NAMED:
        letter.mail.note("cut: the report names more than 1,000 recipients")
    return complained[:MAX_NAMED]


def _read_outlook(letter: Letter) -> Finding | None:
    """Read Outlook's JMRP: the complained message alone, under a subject or a header that says so."""
    original = letter.original
    if not original:
        return None
    if "x-hmxmroriginalrecipient" not in original and not _is_outlooks(letter):
        return None
    return Finding(kind=ReturnKind.COMPLAINT, feedback_type="abuse", complainants=_complainants(letter, ()))


def _is_outlooks(letter: Letter) -> bool:
    return letter.subject.lower().startswith("complaint about message from") and "@" in letter.sender


def _read_xarf(letter: Letter) -> Finding | None:
    """Read an XARF report (a JSON attachment, versions 2 to 4)."""
    parts = letter.parts("application/json", "application/xarf+json", "text/json")
    if not parts or not ("x-xarf" in letter.headers or "x-arf" in letter.headers or _xarf_named(letter)):
        return None
    for part in parts:
        report = _json(part.decoded()[:MAX_JSON])
        if kind := _xarf_kind(report):
            return Finding(
                kind=ReturnKind.COMPLAINT,
                feedback_type=kind,
                complainants=_complainants(
                    letter, _strings(report, ("recipient", "rcptto", "smtp_to", "smtprcpttoaddress"))
                ),
            )
    return None


def _xarf_named(letter: Letter) -> bool:
    return any(
        "xarf" in part.headers.first("content-type").lower() + part.headers.first("content-disposition").lower()
        for part in letter.mail.parts[:20]
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _xarf_kind(report: Any) -> str:
    for name in _strings(report, ("type", "reporttype", "report_type", "category")):
        if kind := _XARF_TYPES.get(name.lower()):
            return kind
    return ""


def _strings(value: Any, names: tuple[str, ...]) -> list[str]:
    """Give the texts under the named keys, however deep; at most 1,000 values are looked at."""
    found: list[str] = []
    queue = [value]
    for _ in range(MAX_NAMED):
        if not queue:
            break
        each = queue.pop(0)
        if isinstance(each, dict):
            found += [text for key, text in each.items() if str(key).lower() in names and isinstance(text, str)]
            queue += [inner for inner in each.values() if isinstance(inner, (dict, list))]
        elif isinstance(each, list):
            queue += [inner for inner in each[:100] if isinstance(inner, (dict, list))]
    return found
