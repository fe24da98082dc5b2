"""Automatic answers: challenges, absences (RFC 3834), read receipts (RFC 8098); and mail to unsubscribe."""

import re

from rebond.core.failure import Facts
from rebond.core.read import answer_signs
from rebond.core.read.challenge import asks_to_confirm
from rebond.core.read.find_address import addresses_in, field_address
from rebond.core.read.finding import Finding
from rebond.core.read.headers import parse_headers
from rebond.core.read.letter import Letter
from rebond.core.read.phrases import plain
from rebond.core.words import ReturnKind

_SUBJECT_REPLY = re.compile(r"^(?:\s*(?:re|aw|sv|vs|odp|ynt|antw|rép|rif|回复|答复|회신)\s*:\s*)+", re.I)
_TOKEN = r"[a-z2-7]{20,64}"
_UNSUBSCRIBE_SUBJECT = re.compile(rf"^\s*unsubscribe[\s:]+({_TOKEN})\s*$", re.I)
# On a line of its own; what stands before it crosses no line end, or a text of line ends would be read from each.
UNSUBSCRIBE_BODY = re.compile(rf"^[^\S\n]*unsubscribe[\s:]+({_TOKEN})\s*$", re.I | re.M)
_FIRST_WORDS = 400
_PRECEDENCES = ("auto_reply", "auto-reply", "autoreply")
_REPLY_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponse",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
)
_MDN_TYPES = ("message/disposition-notification", "message/global-disposition-notification")


def read_challenge(letter: Letter) -> Finding | None:
    """Read what a challenge-response filter asks of the sender."""
    if any(name in letter.headers for name in answer_signs.CHALLENGE_HEADERS):
        return _answer(letter, ReturnKind.CHALLENGE)
    if asks_to_confirm(letter) and (_is_answer(letter) or letter.null_sender):
        return _answer(letter, ReturnKind.CHALLENGE)
    return None


def read_auto_reply(letter: Letter) -> Finding | None:
    """Read an absence notice or another automatic answer."""
    subject = plain(letter.subject)
    if _says_automatic(letter):
        return _answer(letter, ReturnKind.AUTO_REPLY)
    if _sent_to_many(letter):
        return None
    sure = subject.startswith(answer_signs.AUTO_REPLY_SUBJECTS) or _declares_itself(letter, subject)
    if sure or (_hints_automatic(letter) and (_speaks_of_absence(letter, subject) or _thanks(letter, subject))):
        return _answer(letter, ReturnKind.AUTO_REPLY)
    return None


def _declares_itself(letter: Letter, subject: str) -> bool:
    """Tell an answer that says of itself that it is automatic, or that has an absence for its own subject.

    Who answers by hand leaves `Re:` before the subject, and quotes another's absence below his own words.
    """
    headers = letter.headers
    if "in-reply-to" not in headers and "references" not in headers:
        return False
    beginning = plain(letter.notice[:_FIRST_WORDS])
    if answer_signs.DECLARATIONS.any_in(beginning):
        return True
    return subject.startswith(answer_signs.ABSENCE_SUBJECTS) and answer_signs.ABSENCES.any_in(beginning)


def _answer(letter: Letter, kind: ReturnKind) -> Finding:
    return Finding(kind=kind, facts=_writer(letter))


def _says_automatic(letter: Letter) -> bool:
    """Tell whether the headers say so outright (RFC 3834, and what came before it)."""
    headers = letter.headers
    if headers.first("auto-submitted").strip().lower().startswith("auto-replied"):
        return True
    if any(name in headers for name in _REPLY_HEADERS):
        return True
    return headers.first("precedence").strip().lower() in _PRECEDENCES


def _hints_automatic(letter: Letter) -> bool:
    """Tell whether something besides the words speaks for a machine: envelope or headers."""
    headers = letter.headers
    if letter.null_sender:
        return True
    suppressed = "x-auto-response-suppress" in headers or headers.first("auto-submitted").lower().startswith("auto-")
    return suppressed and _is_answer(letter)


def _sent_to_many(letter: Letter) -> bool:
    return "list-id" in letter.headers or "list-unsubscribe" in letter.headers


def _is_answer(letter: Letter) -> bool:
    headers = letter.headers
    if "in-reply-to" in headers or "references" in headers or _says_automatic(letter):
        return True
    return bool(_SUBJECT_REPLY.match(letter.subject))


def _speaks_of_absence(letter: Letter, subject: str) -> bool:
    bare = _SUBJECT_REPLY.sub("", subject).lstrip(" [(*<")
    if bare.startswith(answer_signs.ABSENCE_SUBJECTS) or answer_signs.AUTO_REPLY_ANYWHERE.any_in(bare):
        return True
    lowered = plain(letter.notice[:4000])
    return answer_signs.ABSENCES.any_in(lowered)


def _thanks(letter: Letter, subject: str) -> bool:
    """Tell an acknowledgement by words that, with nobody's envelope, only a machine sends."""
    lowered = plain(letter.notice[:4000])
    return answer_signs.ACKNOWLEDGEMENTS.any_in(lowered) or answer_signs.ACKNOWLEDGEMENTS.any_in(subject)


def _writer(letter: Letter) -> tuple[Facts, ...]:
    """Give the answering address as the one that was reached."""
    if not letter.sender:
        return ()
    return (Facts(recipient=letter.sender, final_recipient=letter.sender),)


def read_receipt(letter: Letter) -> Finding | None:
    """Read a disposition notification, or its poor relation that only a subject tells."""
    for part in letter.parts(*_MDN_TYPES):
        fields, _ = parse_headers(part.text().lstrip("\n"))
        address = field_address(fields.first("original-recipient")) or field_address(fields.first("final-recipient"))
        facts = (Facts(recipient=address, final_recipient=address),) if "@" in address else _writer(letter)
        return Finding(kind=ReturnKind.READ_RECEIPT, facts=facts)
    if letter.mail.parameters.get("report-type", "").lower() == "disposition-notification":
        return _answer(letter, ReturnKind.READ_RECEIPT)
    if plain(letter.subject).startswith(answer_signs.RECEIPT_SUBJECTS) and not _sent_to_many(letter):
        told = answer_signs.RECEIPTS.any_in(plain(letter.notice[:_FIRST_WORDS]))
        return _answer(letter, ReturnKind.READ_RECEIPT) if told else None
    return None


def read_unsubscribe(letter: Letter) -> Finding | None:
    """Read a mail to the List-Unsubscribe address: the address, the subject or the body holds our token."""
    headers = letter.headers
    for name in ("to", "delivered-to", "x-original-to", "envelope-to", "cc"):
        for value in headers.all(name):
            for address in addresses_in(value):
                if address.lower().startswith("unsubscribe+"):
                    return Finding(kind=ReturnKind.UNSUBSCRIBE, candidates=(address,))
    found = _UNSUBSCRIBE_SUBJECT.match(letter.subject) or UNSUBSCRIBE_BODY.search(letter.notice[:4000])
    return Finding(kind=ReturnKind.UNSUBSCRIBE, candidates=(found.group(1),)) if found else None
