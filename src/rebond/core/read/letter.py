"""What every reader looks at: who wrote, what the notice says to a person, and which message it returns."""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from rebond.core.read.find_address import first_address
from rebond.core.read.headers import Headers, parse_headers, plain_fields
from rebond.core.read.mail import Mail, Part, split_head, split_mail

MAX_NOTICE = 128 * 1024
MAX_HEAD = 256 * 1024
# A returned message's headers are looked for in this much text at each line that could begin them; after so many
# lines in less: nobody writes them, but whoever wants to keep us busy.
_BLOCK = 64 * 1024
_LARGE_BLOCKS = 20
_SMALL_BLOCK = 1024
_MOST_LOOKS = 500

_RETURNED_TYPES = frozenset(
    {
        "message/rfc822",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
        "message/partial",
        "text/rfc822-headers",
        "text/rfc822-header",
        "text/rfc822",
    }
)
# Headers that people do not write into a notice, and those that come with them.
_STRONG_NAMES = """
    received return-path message-id mime-version dkim-signature domainkey-signature delivered-to
    x-received x-originating-ip content-type content-transfer-encoding x-mailer
"""
_STRONG = frozenset(_STRONG_NAMES.split())
# Without one of these it is a part's head, not a message's.
_TELLING = frozenset(["received", "return-path", "message-id", "from", "to", "subject"])
_WEAK = frozenset(["from", "to", "subject", "date", "cc", "reply-to", "sender"])
# Searched in a text with a line end put before it: a pattern that begins with a letter is found many times faster.
_HEAD_LINE = re.compile(
    r"\n[> ]{0,2}(?:Received|Return-[Pp]ath|Message-I[Dd]|M[Ii][Mm][Ee]-Version|DKIM-Signature|DomainKey-Signature"
    r"|Delivered-To|From|To|Subject|Date|Cc|Reply-To|Sender|Content-Type|X-[A-Za-z][A-Za-z0-9-]{0,60}|Authentication-Results"
    r"|ARC-[A-Za-z-]{1,40}):"
)
_QUOTED = re.compile(r"^> ?", re.M)
_RULED = re.compile(r"\n--[-]*+([^\n]+)")
# A line that says that the returned message follows (lower case, without its dashes and spaces).
_FOLLOWS = (
    "below this line is a copy",
    "copy of the message",
    "copy of your message",
    "copy of the original",
    "copy of the first",
    "original message",
    "returned message",
    "returned mail",
    "unsent message",
    "undelivered message",
    "message header",
    "header of the original",
    "headers of the original",
    "message text follows",
    "mail follows",
    "message follows",
    "headers follow",
    "header follows",
    "header of the message",
    "headers below",
    "message returned",
    "mensaje original",
    "mensagem original",
    "message d'origine",
    "message original",
    "originalnachricht",
    "urspruengliche nachricht",
    "ursprüngliche nachricht",
    "messaggio originale",
    "oorspronkelijk bericht",
    "исходное сообщение",
    "оригинальное сообщение",
)


@dataclass(slots=True)
class Letter:
    """A mail as its readers see it.

    `notice` is the text addressed to a person, without the returned message; `original` the returned message's
    headers (empty when it is not there); `sender` the address in From, lower-cased; `null_sender` that
    the envelope's was empty.
    """

    mail: Mail
    notice: str = ""
    original: Headers = field(default_factory=Headers)
    subject: str = ""
    sender: str = ""
    null_sender: bool = False

    @property
    def headers(self) -> Headers:
        return self.mail.headers

    def parts(self, *types: str) -> list[Part]:
        """Give the parts of the named types, in order."""
        return [part for part in self.mail.parts if part.content_type in types]


def open_letter(raw: bytes) -> Letter:
    """Split a mail and tell its notice from the message that it returns."""
    letter = Letter(split_mail(raw))
    letter.subject = letter.headers.text("subject").strip()
    letter.sender = first_address(letter.headers.text("from")).lower()
    path = letter.headers.first("return-path") or letter.headers.first("x-envelope-from")
    letter.null_sender = path.strip().lower().startswith(("<>", "<mailer-daemon", "mailer-daemon"))
    _tell_apart(letter)
    return letter


def _tell_apart(letter: Letter) -> None:
    texts: list[str] = []
    late: list[str] = []
    returned = False
    chosen = _chosen_alternatives(letter.mail.parts)
    for index, part in enumerate(letter.mail.parts):
        if part.content_type in _RETURNED_TYPES:
            returned = True
            if not letter.original:
                letter.original = _returned_headers(part)
        elif part.content_type in ("text/plain", "text/html") and index in chosen:
            if sum(map(len, texts)) > MAX_NOTICE:
                letter.mail.note("cut: the notice is longer than 128 KiB")
                break
            (late if returned else texts).append(part.text())
    notice = "\n".join(texts if any(text.strip() for text in texts) else late)
    if len(notice) > MAX_NOTICE:
        notice = notice[:MAX_NOTICE]
        letter.mail.note("cut: the notice is longer than 128 KiB")
    letter.notice, found = _without_returned(notice)
    if found and not letter.original:
        letter.original = found


def _chosen_alternatives(parts: list[Part]) -> Container[int]:
    """Choose the parts to read: of the alternatives the plain one, unless it is empty."""
    if not any(part.container == "multipart/alternative" for part in parts):
        return range(len(parts))
    plain: dict[int, int] = {}
    chosen: set[int] = set()
    for index, part in enumerate(parts):
        if part.container != "multipart/alternative":
            chosen.add(index)
        elif part.content_type == "text/plain" and part.body.strip():
            plain.setdefault(part.group, index)
    for index, part in enumerate(parts):
        if part.container == "multipart/alternative" and plain.get(part.group, index) == index:
            chosen.add(index)
    return chosen


def _returned_headers(part: Part) -> Headers:
    body = part.decoded()
    return split_head(body[:MAX_HEAD])[0]


def _without_returned(notice: str) -> tuple[str, Headers]:
    """Cut a notice where the returned message begins: at its headers, or at the line that announces them."""
    position = looks = 0
    lines = "\n" + _until_ruled_announcement(notice)
    notice = lines[1:]
    while looks < _MOST_LOOKS and (found := _HEAD_LINE.search(lines, position)):
        start = found.start()  # of the line in the notice, being that of the line end before it
        block = notice[start : start + (_BLOCK if looks < _LARGE_BLOCKS else _SMALL_BLOCK)]
        looks += 1
        if block.startswith((">", " ")):
            block = _QUOTED.sub("", block) if block.startswith(">") else block.replace("\n ", "\n").lstrip(" ")
        headers, length = _fields_of(block)
        position = start + max(length, 1)  # no line is read twice
        names = set(headers.names())
        announced, line_start = _announcement(notice, start)
        strong, weak = len(names & _STRONG), len(names & _WEAK)
        if (strong and strong + weak >= 2 and names & _TELLING) or (announced and strong + weak >= 1):
            return notice[: line_start if announced else start], headers
    return notice, Headers()


def _fields_of(block: str) -> tuple[Headers, int]:
    """Read headers that end at the first blank line, or before it where something else stands there."""
    end = block.find("\n\n")
    fields = plain_fields(block[: end + 1]) if end >= 0 else None
    return parse_headers(block) if fields is None else (Headers(*fields), end + 2)


def _until_ruled_announcement(notice: str) -> str:
    """Cut a notice where a ruled line announces the returned message but no header of it can be found."""
    lines = "\n" + notice
    for found in _RULED.finditer(lines) if "\n--" in lines else ():
        line = found.group(1).lower()
        if any(words in line for words in _FOLLOWS) and not _HEAD_LINE.search(lines, found.end(), found.end() + 4096):
            return notice[: found.start()]
    return notice


def _announcement(notice: str, start: int) -> tuple[bool, int]:
    """Tell whether the last line of words before a place says that a message follows, and where that line begins."""
    end = start
    for _ in range(4):
        line_start = notice.rfind("\n", 0, max(end - 1, 0)) + 1
        line = notice[line_start:end].strip(" \t\n-=_*#.:").lower()
        if line:
            return any(words in line for words in _FOLLOWS), line_start
        if not line_start:
            break
        end = line_start
    return False, start
