"""Any bytes to a mail's headers and parts, bounded and in linear time (RFC 5322, RFC 2046).

Our own splitter: a report's reader needs every occurrence of a header, the order of the parts and what broken
boundaries hide, which neither fast-mail-parser nor `email` gives in one pass.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from rebond.core.read.decode import MAX_TEXT, Guesses, decode_text, html_to_text, transfer_decode
from rebond.core.read.headers import MAX_HEADERS, MAX_VALUE, Headers, content_type_of, parse_headers, plain_fields

MAX_SIZE = 25 * 1024 * 1024
MAX_DEPTH = 50
MAX_PARTS = 1000
MAX_HEADER_BLOCK = 1024 * 1024
# The longest head of a part that is kept: mail systems write the same few over and over.
MAX_KEPT_HEAD = 240
LAST_MISSING = "broken: the last boundary is missing"

# What shows that a text holds parts although no header says so.
_INNER_PART = re.compile(rb"^content-type:[ \t]*(?:message/|text/rfc822-headers)", re.I | re.M)
_DELIMITER = re.compile(
    rb"^--([^\s-][^\n]{0,200}?|-+[^\s-][^\n]{0,200}?)(?:--)?[ \t]*\n(?=content-[a-z-]{1,30}:)", re.I | re.M
)

# A part's headers, its type and the type's parameters.
_Head = tuple[Headers, str, Mapping[str, str]]


@dataclass(slots=True)
class Part:
    """One leaf of a mail: `content_type` in lower case, `body` still encoded for transfer.

    `container` is the type of the multipart that holds it, `group` that multipart's number (0: none); `cut` whether
    only the beginning of its text was read.
    """

    headers: Headers
    content_type: str
    body: bytes
    charset: str = ""
    container: str = ""
    group: int = 0
    depth: int = 0
    guesses: Guesses | None = None
    cut: bool = False
    _text: str | None = None

    def decoded(self, *, limit: int = MAX_SIZE) -> bytes:
        """Undo the encoding for transfer, of the first `limit` bytes."""
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        return transfer_decode(self.body[:limit], encoding=encoding) if encoding else self.body

    def text(self, *, limit: int = MAX_TEXT) -> str:
        """Give the part as Unicode lines, at most `limit` bytes of it; HTML as its visible text."""
        if limit != MAX_TEXT:
            return self._read(limit)
        if self._text is None:
            self._text = self._read(MAX_TEXT)
        return self._text

    def _read(self, limit: int) -> str:
        # Four times as much holds `limit` bytes in any encoding: what lies behind need not be decoded.
        body = self.decoded(limit=4 * limit)
        self.cut = len(body) > limit or len(self.body) > 4 * limit
        text = decode_text(body[:limit], charset=self.charset, guesses=self.guesses)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return html_to_text(text) if self.content_type == "text/html" else text


@dataclass(slots=True)
class Mail:
    """A mail split in its parts, in their order; `notes` says what was cut or broken."""

    headers: Headers
    parts: list[Part] = field(default_factory=list)
    content_type: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)


def split_mail(raw: bytes) -> Mail:
    """Split a mail; never raises, whatever the bytes."""
    mail, body = open_mail(raw)
    split_body(mail, body)
    return mail


def open_mail(raw: bytes) -> tuple[Mail, bytes]:
    """Read a mail's headers; gives a mail without its parts, and the body that holds them."""
    notes = []
    if len(raw) > MAX_SIZE:
        raw = raw[:MAX_SIZE]
        notes.append("cut: the mail is larger than 25 MiB")
    raw = _with_even_ends(raw)
    if raw[:1].isspace():  # blank lines before the headers
        raw = raw.lstrip()
    headers, body = split_even_head(raw)
    notes += _cut_of_head(headers, size=len(raw) - len(body))
    content_type, parameters = content_type_of(headers)
    return Mail(headers, [], content_type, parameters, notes), body


def split_head(raw: bytes) -> tuple[Headers, bytes]:
    """Split a message in its headers and its body, with even line ends."""
    return split_even_head(_with_even_ends(raw))


def _with_even_ends(raw: bytes) -> bytes:
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw.lstrip(b"\n")


def _cut_of_head(headers: Headers, *, size: int) -> list[str]:
    """Say what of a header block, which took `size` bytes, is not read."""
    cut = []
    if size >= MAX_HEADER_BLOCK:
        cut.append("cut: the header block is longer than 1 MiB")
    if len(headers) >= MAX_HEADERS:
        cut.append("cut: no more than 2,000 header fields are read")
    if size > MAX_VALUE and headers.longest > MAX_VALUE:
        cut.append("cut: a header field is longer than 64 KiB")
    return cut


def split_even_head(raw: bytes) -> tuple[Headers, bytes]:
    """Split a message whose line ends are even, and which begins with no blank line but one that ends its headers."""
    end = raw.find(b"\n\n", 0, MAX_HEADER_BLOCK)
    block = raw[: end + 1] if end >= 0 else raw[:MAX_HEADER_BLOCK]
    if raw.startswith(b"\n"):
        return Headers(), raw[1:]
    codec = "utf-8"
    try:
        text = block.decode(codec)
    except UnicodeDecodeError:
        codec = "latin-1"
        text = block.decode(codec)
    # The line that a mailbox file puts before a mail.
    begin = text.find("\n") + 1 if text.startswith("From ") else 0
    fields = plain_fields(text[begin:] if begin else text)
    if fields is not None:
        headers = Headers(*fields)
    else:
        headers, position = parse_headers(text)
        if position < len(text):  # something that is no header stands before the first blank line
            return headers, raw[len(text[:position].encode(codec)) :]
    return headers, raw[end + 2 :] if end >= 0 else raw[len(block) :]


def split_part(raw: bytes) -> tuple[_Head, bytes]:
    """Split what stands between two delimiters in head and body."""
    end = raw.find(b"\n\n", 0, MAX_KEPT_HEAD)
    if end > 0 and not raw.startswith(b"\n") and (head := kept_head(raw[: end + 1])):
        return head, raw[end + 2 :]
    headers, body = split_even_head(raw)
    return (headers, *content_type_of(headers)), body


@lru_cache(512)
def kept_head(block: bytes) -> _Head | None:
    """Read a part's head once, however often it comes; None when it is not as it should be."""
    fields = plain_fields(block.decode()) if block.isascii() else None
    if fields is None:
        return None
    headers = Headers(*fields)
    return headers, *content_type_of(headers)


def split_body(mail: Mail, body: bytes) -> None:
    """Put the parts of a body into its mail."""
    charset = mail.parameters.get("charset", "")
    split_further(mail, Part(mail.headers, mail.content_type, body, charset, guesses=Guesses()), mail.parameters)


def split_further(mail: Mail, whole: Part, parameters: Mapping[str, str]) -> None:
    """Put the parts of a part into its mail: depth first, with a stack that no nesting can exhaust."""
    groups, guesses = whole.group, whole.guesses
    stack = [(whole, parameters)]
    while stack:
        part, parameters = stack.pop()
        multipart = part.content_type.startswith("multipart/")
        regions: list[bytes] = []
        if multipart or not (part.content_type or part.container):
            if part.depth >= MAX_DEPTH:
                mail.note("cut: parts are nested more than 50 deep")
            else:
                regions = _regions(mail, part.body, boundary=parameters.get("boundary", ""), multipart=multipart)
        elif part.depth == 0 and part.content_type == "text/plain":
            regions = _regions(mail, part.body, boundary="", multipart=False)
        if not regions:
            _add_leaf(mail, part, multipart=multipart)
            continue
        groups += 1
        kind, depth = part.content_type if multipart else "multipart/mixed", part.depth + 1
        children = []
        for region in regions:
            (headers, content_type, parameters), inner = split_part(region)
            charset = parameters.get("charset", "")
            child = Part(headers, content_type, inner, charset, kind, groups, depth, guesses)
            children.append((child, parameters))
        children.reverse()
        stack += children


def _add_leaf(mail: Mail, part: Part, *, multipart: bool) -> None:
    if multipart or not part.content_type:
        part.content_type = "message/rfc822" if part.container == "multipart/digest" else "text/plain"
    if len(mail.parts) < MAX_PARTS:
        mail.parts.append(part)
    else:
        mail.note("cut: there are more than 1,000 parts")


def _regions(mail: Mail, body: bytes, *, boundary: str, multipart: bool) -> list[bytes]:
    """Cut a body at its boundary; where that never occurs, at the one that its own lines show."""
    declared = boundary.strip().encode("utf-8", "replace")
    regions = _cut(mail, body, delimiter=declared) if declared else []
    if regions:
        return regions[1:]
    if not multipart:
        if b"essage/" not in body and b"rfc822-headers" not in body:
            return []
        if not _INNER_PART.search(body):
            return []
    found = _DELIMITER.search(body, 0, MAX_TEXT)
    if not found:
        return []
    mail.note("broken: the parts' boundary is not the declared one")
    preamble, *regions = _cut(mail, body, delimiter=found.group(1))
    # Where nothing says multipart, what stands before the first boundary is the notice: a part without headers.
    return regions if multipart else [b"\n" + preamble, *regions]


def _cut(mail: Mail, body: bytes, *, delimiter: bytes) -> list[bytes]:
    """Give the preamble and the parts between the delimiter lines; nothing when there is no such line."""
    delimiter = b"\n--" + delimiter
    text = b"\n" + body
    regions: list[bytes] = []
    start, position, closed = 1, 0, False
    while not closed and (found := text.find(delimiter, position)) >= 0:
        end = text.find(b"\n", found + 1)
        end = len(text) if end < 0 else end
        rest = text[found + len(delimiter) : end].rstrip()
        position = found + len(delimiter)
        if rest not in (b"", b"--"):
            continue
        regions.append(text[start:found])
        start, position, closed = end + 1, end, rest == b"--"
        if len(regions) > MAX_PARTS:
            mail.note("cut: there are more than 1,000 parts")
            break
    if not regions:
        return []
    if not closed:
        mail.note(LAST_MISSING)
        regions.append(text[start:])
    return regions
