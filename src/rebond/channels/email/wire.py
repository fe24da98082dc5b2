"""SMTP replies as they come in, several of them at once where commands were sent together (RFC 2920).

aiosmtplib opens connections; its protocol drops every reply but the first, so this one takes its place from then on.
"""

import asyncio
import re
from collections import deque
from typing import NamedTuple

from rebond.core.said import said

_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?")
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]+")
MAX_REPLY = 32_768
MAX_WAITING = 16
_ENDLESS = "the relay's answer does not end"


class Reply(NamedTuple):
    """A reply: its code, and the whole text on one line with the code once, first."""

    code: int
    text: str


class LostError(Exception):
    """The connection cannot be used any more; the words say why."""

    def __init__(self, words: str, *, timed_out: bool = False) -> None:
        super().__init__(words)
        self.timed_out = timed_out


def one_line(code: int, lines: list[str]) -> str:
    """Join a reply's lines (without their codes); an enhanced code that every line repeats is said once."""
    enhanced = _ENHANCED.match(lines[0]) if lines else None
    repeated = enhanced.group() if enhanced else ""
    parts = lines[:1] + [line.removeprefix(repeated) for line in lines[1:]]
    return " ".join(_CONTROL.sub(" ", f"{code} {' '.join(parts)}").split())


class Wire(asyncio.Protocol):
    """A connection's incoming side: complete replies in order, and what became of the connection."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport = transport
        self.closed = self.loop.create_future()
        self.lost = "the relay closed the connection" if transport.is_closing() else ""
        self._buffer = b""
        self._lines: list[bytes] = []
        self._size = 0
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[Reply] | None = None
        transport.set_protocol(self)

    @property
    def quiet(self) -> bool:
        """Tell whether the connection stands and nothing came that was not asked for."""
        return not (self.lost or self._replies or self._buffer or self._lines)

    def ask(self, data: bytes) -> None:
        """Send what is to be answered; raises LostError when an answer is there already, or nobody to answer."""
        if self.lost:
            raise LostError(self.lost)
        if not self.quiet:
            self._fail("the relay answers what it was not asked")
            raise LostError(self.lost)
        self.transport.write(data)

    async def reply(self, seconds: float) -> Reply:
        """Wait for the next reply; raises LostError."""
        if self._replies:
            return self._replies.popleft()
        if self.lost:
            raise LostError(self.lost)
        self._waiter = self.loop.create_future()
        timer = self.loop.call_later(seconds, self._time_out, seconds)
        try:
            return await self._waiter
        finally:
            timer.cancel()
            self._waiter = None

    def data_received(self, data: bytes) -> None:
        """Take lines in; what is no reply ends the connection, and so does more than can be wanted."""
        if self.lost:
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not self._take(line.rstrip(b"\r")):
                return
        if len(self._buffer) > MAX_REPLY:
            self._fail(_ENDLESS)

    def eof_received(self) -> bool:
        """The relay ended; so do we."""
        self._fail("the relay closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so to whoever waits."""
        self._fail(said("the connection was lost: {exc}", exc=exc) if exc else said("the relay closed the connection"))
        if not self.closed.done():
            self.closed.set_result(None)

    def _take(self, line: bytes) -> bool:
        match = _LINE.fullmatch(line)
        if not match:
            self._fail(f"the relay answered what is no SMTP reply: {line[:100].decode('utf-8', 'replace')!r}")
            return False
        code, separator, text = match.groups()
        self._lines.append(text or b"")
        self._size += len(line)
        if self._size > MAX_REPLY:
            self._fail(_ENDLESS)
            return False
        if separator == b"-":
            return True
        said = [piece.decode("utf-8", "replace") for piece in self._lines]
        reply = Reply(int(code), one_line(int(code), said))
        self._lines, self._size = [], 0
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(reply)
        elif len(self._replies) < MAX_WAITING:
            self._replies.append(reply)
        else:
            self._fail("the relay answers more than it was asked")
            return False
        return True

    def _time_out(self, seconds: float) -> None:
        self._fail(f"the relay did not answer within {seconds:g} s", timed_out=True)

    def _fail(self, words: str, *, timed_out: bool = False) -> None:
        if self.lost:
            return
        self.lost, self._buffer = words, b""
        self.transport.abort()
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(LostError(words, timed_out=timed_out))
