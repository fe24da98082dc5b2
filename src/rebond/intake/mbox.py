"""Split an mbox into its mails, in one pass and in bounded memory (RFC 4155 and what is found in the wild)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

# What is read of one mail: a little more than a reader takes, so that the reader itself sees that it was cut.
MAX_MAIL = 25 * 1024 * 1024 + 1
_LINE = 64 * 1024
_FROM_LINE = re.compile(
    rb"From [^\n]{0,998}?\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t]"
    rb"[^\n]{0,40}?\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b[^\n]{0,80}\d{4}"
)
_HEADER_LINE = re.compile(rb"[!-9;-~]{1,128}[ \t]*:|>?From ")
_LOCAL_HEADER = re.compile(rb"(?:x-)?status[ \t]*:", re.I)


def is_from_line(line: bytes) -> bool:
    """Tell whether a line begins a mail of an mbox: `From `, somebody, and a date."""
    return _FROM_LINE.match(line[:2000]) is not None


def split_mbox(file: BinaryIO, *, max_mail: int = MAX_MAIL) -> Iterator[bytes]:
    """Yield the mails of an mbox, each cut at `max_mail` bytes, without what the mailbox added to them.

    A mail begins at a `From ` line with a date, after an empty line or before a header; that line, the local `Status`
    and `X-Status` headers and the empty line at its end are no part of it. ValueError when the file
    does not begin as an mbox does.
    """
    lines = _lines(file)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    if not first.startswith(b"From "):
        raise ValueError("it is no mbox: it does not begin with a From line")
    mail = _Mail(max_mail)
    pending: bytes | None = None
    for line in lines:
        if pending is not None:
            if mail.after_empty_line or _HEADER_LINE.match(line):
                yield mail.finish()
                mail = _Mail(max_mail)
            else:
                mail.add(pending)
            pending = None
        if mail.at_line_start and is_from_line(line):
            pending = line
        else:
            mail.add(line)
    if pending is not None and not mail.after_empty_line:
        mail.add(pending)
    yield mail.finish()


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # A line longer than the bound comes in pieces, of which only the last ends with a line feed.
    return iter(lambda: file.readline(_LINE), b"")


class _Mail:
    """One mail in the making."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray()
        self._last = b"\n"
        self._in_headers = True

    @property
    def at_line_start(self) -> bool:
        return self._last.endswith(b"\n")

    @property
    def after_empty_line(self) -> bool:
        return self._last in (b"\n", b"\r\n")

    def add(self, line: bytes) -> None:
        starts_line = self.at_line_start
        self._last = line
        if self._in_headers and starts_line:
            self._in_headers = bool(line.strip(b"\r\n"))
            if self._in_headers and _LOCAL_HEADER.match(line):
                return
        self._bytes += line[: self._limit - len(self._bytes)]

    def finish(self) -> bytes:
        if self.after_empty_line and not self._in_headers and len(self._bytes) < self._limit:
            del self._bytes[-len(self._last) :]
        return bytes(self._bytes)
