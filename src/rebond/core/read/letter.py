"""What every reader looks at: who wrote, what the notice says to a person, and which message it returns."""

import re
from collections.abc import Container
from dataclasses import dataclass

from rebond.core.read.find_address import addresses_in, first_address
from rebond.core.read.headers import Headers, parse_headers, plain_fields
from rebond.core.read.mail import Mail, Part, split_body, split_even_head, split_head

MAX_NOTICE = 128 * 1024
MAX_HEAD = 256 * 1024
MAX_TO = 100
# A returned message's headers are looked for in this much text at each line that could begin them; after so many
# lines in less: nobody writes them, but whoever wants to keep us busy.
_BLOCK = 64 * 1024
_LARGE_BLOCKS = 20
_SMALL_BLOCK = 1024
_MOST_LOOKS = 500

RETURNED_TYPES = frozenset(
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

    `words` is the text addressed to a person with what may be quoted below it; `sender` the address in From,
    lower-cased; `null_sender` that the envelope's was empty.
    """

    mail: Mail
    words: str
    subject: str
    sender: str
    null_sender: bool
    _original: Headers
    _notice: str | None = None
    _returned_to: list[str] | None = None

    @property
    def headers(self) -> Headers:
        return self.mail.headers

    @property
    def notice(self) -> str:
        """The text addressed to a person, without the returned message: a beginning of `words`."""
        if self._notice is None:
            self._notice, found = _without_returned(self.words)
            self._original = self._original or found
        return self._notice

    @property
    def original(self) -> Headers:
        """The returned message's headers; empty when it is not there."""
        if not self._original and self._notice is None:
            _ = self.notice  # where no part holds the message, the notice may quote it
        return self._original

    @property
    def returned_to(self) -> list[str]:
        """Whom the returned message was for, by its To: at most 100 addresses."""
        if self._returned_to is None:
            self._returned_to = addresses_in(self.original.text("to"), limit=MAX_TO)
        return self._returned_to

    def parts(self, *types: str) -> list[Part]:
        """Give the parts of the named types, in order."""
        return [part for part in self.mail.parts if part.content_type in types]


def open_letter(mail: Mail, body: bytes) -> Letter:
    """Split the body of a mail and find its words and the message that it returns."""
    split_body(mail, body)
    words, original = tell_apart(mail)
    return make_letter(mail, words=words, original=original)


def make_letter(mail: Mail, *, words: str, original: Headers) -> Letter:
    """Make a letter of a mail whose words, and the headers of the message that a part returns, have been found."""
    headers = mail.headers
    path = headers.first("return-path") or headers.first("x-envelope-from")
    return Letter(
        mail,
        words,
        headers.text("subject").strip(),
        first_address(headers.text("from")).lower(),
        path.strip().lower().startswith(("<>", "<mailer-daemon", "mailer-daemon")),
        original,
    )


def tell_apart(mail: Mail) -> tuple[str, Headers]:
    """Give the words of a mail's parts, and the headers of the message that one of them returns."""
    texts: list[str] = []
    late: list[str] = []
    original = Headers()
    returned = False
    size = 0
    chosen = _chosen_alternatives(mail.parts)
    for index, part in enumerate(mail.parts):
        if part.content_type in RETURNED_TYPES:
            returned = True
            original = original or returned_headers(part.decoded())
        elif part.content_type in ("text/plain", "text/html") and index in chosen:
            if size > MAX_NOTICE:
                mail.note("cut: the notice is longer than 128 KiB")
                break
            text = part.text()
            if returned:
                late.append(text)
            else:
                texts.append(text)
                size += len(text)
    words = "\n".join(texts if any(text and not text.isspace() for text in texts) else late)
    if len(words) > MAX_NOTICE:
        words = words[:MAX_NOTICE]
        mail.note("cut: the notice is longer than 128 KiB")
    return words, original


def _chosen_alternatives(parts: list[Part]) -> Container[int]:
    """Choose the parts to read: of the alternatives the plain one, unless it is empty."""
    for part in parts:
        if part.container == "multipart/alternative":
            break
    else:
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


def returned_headers(body: bytes, *, even: bool = False) -> Headers:
    """Read the headers with which a returned message begins; `even` are its line ends where its mail's are."""
    return (split_even_head(body[:MAX_HEAD].lstrip(b"\n")) if even else split_head(body[:MAX_HEAD]))[0]


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
