"""Mail that looks like a bounce without being one: of parcels and tickets, of what may happen, of many mails at once.

Asked last, of a notice in words alone that seems to be a bounce and returns no message.
"""

import re

from rebond.core.read import delay_signs, matter_signs, signs
from rebond.core.read.denied import denials
from rebond.core.read.find_address import addresses_in
from rebond.core.read.find_recipients import domain_of
from rebond.core.read.letter import Letter
from rebond.core.read.phrases import plain
from rebond.core.read.smtp_reply import quotes_refusal

_LOOK = 4000
_PIECE = re.compile(r"(?<=[.!?;])\s+|\n\s*\n")
_CLAUSE = re.compile(r"(?<=[.!?;:])\s+|\n\s*\n|\*{4,}[^*\n]*\*{4,}")
_LETTERS = re.compile(r"[^\W\d_]")
_GREETING = re.compile(
    r"\s*(?:(?:dear|hello|hi|bonjour|madame|guten tag|sehr geehrte|hallo|estimad|hola|gentile|buongiorno)\b"
    r"|[^\n]{1,60}[,!]\s*$)"
)
# Writing without spaces: its sentences are not told apart here.
_SPACELESS = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
_ADDRESS = re.compile(r"[^\s@]{1,128}+@\S++")
_MAIL_ORDER = re.compile(r"\bmail[- ]?orders?\b")
# Lines of what came back, and words of its own: nothing there is said by the writer of the notice.
_QUOTED = re.compile(
    r"^[ \t>*]*(?:subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp)[ \t]*:[^\n]*|\"[^\"\n]{1,200}\"", re.M
)
_THINGS = re.compile(rf"\b(?:{matter_signs.THINGS})\b|{matter_signs.SPACELESS_THINGS}")
_MATTERS = re.compile(rf"(?<!\w)(?:{matter_signs.MATTERS})(?!\w)|{matter_signs.SPACELESS_MATTERS}")
_SEVERAL = re.compile(rf"\b(?:{matter_signs.SEVERAL})\b")
_SUMMARIES = re.compile(rf"\b(?:{matter_signs.SUMMARIES})\b")
_CONDITIONS = re.compile(rf"(?:^|[,:\n])\s*(?:{matter_signs.CONDITIONS})\b")
_HABITS = re.compile(rf"\b(?:{matter_signs.HABITS})(?!\w)")
_ANY_MAIL = re.compile(matter_signs.ANY_MAIL)
_ANOTHERS_MAIL = re.compile(matter_signs.ANOTHERS_MAIL)
_READERS = re.compile(matter_signs.READERS)
_DONE = re.compile(matter_signs.DONE)
_WRITERS_MAIL = re.compile(matter_signs.WRITERS_MAIL)
_READERS_MAIL = re.compile(matter_signs.READERS_MAIL)
_COUNTED = re.compile(r"^[ \t]*\d{1,7}[ \t]+[45]\d\d[ -]", re.M)
_NUMBERED = re.compile(r"\[[^\]]{0,20}#\s?\d+\]|\bticket\b|\bcase \d")


def is_of_other_matters(letter: Letter, lowered: str, *, daemon: bool) -> bool:
    """Tell whether a notice, in lower case, is of anything but one message that came back.

    Of mail systems (`daemon`) only what they write themselves is looked for: what they quote may be anything.
    """
    text = _QUOTED.sub(" ", lowered[:_LOOK])
    subject = plain(letter.subject)
    if not _READERS_MAIL.search(text) and (_COUNTED.search(text) or _SUMMARIES.search(f"{subject}\n{text}")):
        return True
    failing = [piece for piece in _PIECE.split(text) if _is_failing(piece)]
    if _WRITERS_MAIL.search(text) or any(_SEVERAL.search(piece) for piece in failing):
        return True
    if failing and all(map(_is_general, failing)):
        return True
    if daemon:
        if failing and not quotes_refusal(text) and all(map(_is_of_a_thing, failing)):
            return True
        own = domain_of(letter.sender)
        return own not in _readers_domains(letter) and any(each[1] == own for each in _ANOTHERS_MAIL.finditer(text))
    if not (quotes_refusal(text) and letter.null_sender) and not _opens_with_failure(text):
        return True
    if _MATTERS.search(text) or (not letter.null_sender and _NUMBERED.search(subject)):
        return True
    return any(_is_of_a_thing(piece) or _is_of_any_mail(letter, piece) for piece in failing)


def _opens_with_failure(text: str) -> bool:
    """Tell whether a notice says first what failed: banners, greetings and labels of two words apart."""
    if _SPACELESS.search(text):
        return True
    clauses = (each for each in _CLAUSE.split(text) if _LETTERS.search(each) and not _GREETING.match(each))
    told = (failing for each in clauses if (failing := _is_failing(each)) or each.count(" ") >= 2)
    return next(told, False)


def _readers_domains(letter: Letter) -> set[str]:
    return {domain_of(address.lower()) for address in addresses_in(letter.headers.first("to"))}


def _is_failing(piece: str) -> bool:
    told = signs.FAILURES.any_in(piece) or delay_signs.DELAYS.any_in(piece) or _HABITS.search(piece) is not None
    return told or any(denials(piece))


def _is_general(piece: str) -> bool:
    """Tell a sentence of what happens in general: where something is so, what will be, a question."""
    habit = _HABITS.search(piece)
    if piece.endswith("?") or (habit and not (_READERS_MAIL.search(piece) or _DONE.search(piece, 0, habit.start()))):
        return True
    found = _CONDITIONS.search(piece)
    if not found or _is_failing(piece[: found.start()]):
        return False
    clause, _, rest = piece[found.end() :].partition(",")
    return _is_failing(clause if _READERS_MAIL.search(rest) else piece[found.end() :])


def _is_of_a_thing(piece: str) -> bool:
    plainly = _MAIL_ORDER.sub(" order ", _ADDRESS.sub(" ", piece))
    return _THINGS.search(plainly) is not None and not signs.MAIL_WORDS.any_in(plainly)


def _is_of_any_mail(letter: Letter, piece: str) -> bool:
    readers = _READERS.search(piece) or any(f"@{domain}" in piece for domain in _readers_domains(letter))
    return not readers and _ANY_MAIL.search(piece) is not None
