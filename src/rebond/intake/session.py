"""One LMTP connection (RFC 2033): bounded in memory and time, one reply per recipient."""

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Protocol

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope

_CHUNK = 64 * 1024
_END = b"\r\n.\r\n"
_PATH = re.compile(r"<(?:@[^<>:]{0,512}:)?([^<>]{0,512})>(.*)", re.S)
_CALLS = {"NOOP": 1000, "VRFY": 100, "*": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on peers: bytes a mail, recipients a mail, connections, bytes being received at once, seconds."""

    max_size: int = 25 * 1024 * 1024
    max_recipients: int = 100
    max_connections: int = 100
    max_receiving: int = 256 * 1024 * 1024
    idle: float = 300.0
    mail: float = 600.0
    farewell: float = 15.0


@dataclass(slots=True)
class Receiving:
    """How many bytes all connections hold at the moment."""

    bytes: int = 0


class Desk(Protocol):
    """What a connection asks of its listener."""

    def began(self, session: "LmtpSession") -> None:
        """Count a connection."""
        ...

    def ended(self, session: "LmtpSession") -> None:
        """Forget a connection."""
        ...

    async def store(self, envelope: Envelope, raw: bytes) -> list[str]:
        """Store a mail; returns one reply per recipient, in order."""
        ...


class LmtpSession(LMTP):
    """One connection. What aiosmtpd keeps in memory without bound, or answers once for all recipients, is done here."""

    # How much the stream reader looks ahead; a command's own bound is below.
    line_length_limit = _CHUNK

    def __init__(self, desk: Desk, *, name: str, limits: Limits, receiving: Receiving) -> None:
        super().__init__(
            desk,
            data_size_limit=limits.max_size,
            enable_SMTPUTF8=True,
            hostname=name,
            ident="Rebond LMTP",
            timeout=limits.idle,
            command_call_limit=_CALLS,
            loop=asyncio.get_running_loop(),
        )
        self._desk = desk
        self._limits = limits
        self._receiving = receiving
        self._busy = False
        self._leaving = False
        self._kept = 0
        # The inherited table is shared by all sessions and grows with each greeting.
        self.command_size_limits = defaultdict(lambda: 2048)
        for command in ("AUTH", "STARTTLS", "EXPN", "HELP"):
            self._smtp_methods.pop(command, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._desk.began(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._desk.ended(self)
        super().connection_lost(error)

    def leave(self) -> None:
        """Close the connection now, or after the mail that is being received."""
        self._leaving = True
        transport: Any = self.transport
        if not self._busy and transport is not None:
            transport.write(b"421 4.3.2 Shutting down\r\n")
            transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        transport: Any = self.transport
        if transport is not None:
            transport.abort()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        # The inherited one parses as a header would be, slowly, and raises on some inputs.
        match = _PATH.fullmatch(arg)
        if match is None or any(char in match[1] for char in "\r\n\0"):
            return None, None
        return match[1] or "<>", match[2]

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        """Neither confirm nor deny (RFC 5321, 7.3)."""
        await self.push("252 2.5.2 Send some mail, it will be tried")

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Receive a mail and answer once per recipient (RFC 2033, 4.2)."""
        if await self.check_helo_needed("LHLO"):
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._busy = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            # One bound for the whole mail: a peer that drips bytes must not hold its place for ever.
            self._reset_timeout(self._limits.mail)
            raw, refusal = await self._receive()
            self._reset_timeout(self._limits.mail)
            if raw is None:
                replies = [refusal] * len(envelope.rcpt_tos)
            else:
                replies = await self._desk.store(envelope, raw)
            await self.push("\r\n".join(replies))
        finally:
            self._busy = False
            self._receiving.bytes -= self._kept
            self._kept = 0
        self.envelope = self._create_envelope()
        self._reset_timeout()
        if self._leaving:
            self.leave()

    async def _receive(self) -> tuple[bytes | None, str]:
        """Read up to the lone dot, keeping no more than the limits allow; None and why when it was too much."""
        reader: Any = self._reader
        # The end is looked for together with the line end before it, so the first line gets one as well.
        reader._buffer[:0] = b"\r\n"
        chunks: list[bytes] = []
        size, refusal, ended = -len(b"\r\n" + b".\r\n"), "", False
        while not ended:
            try:
                chunk = await reader.readuntil(_END)
                ended = True
            except asyncio.LimitOverrunError as error:
                chunk = await reader.readexactly(error.consumed)
            size += len(chunk)
            if not refusal and size > self._limits.max_size:
                refusal = f"552 5.3.4 Larger than the {self._limits.max_size} bytes that are taken"
            elif not refusal and self._receiving.bytes + len(chunk) > self._limits.max_receiving:
                refusal = "452 4.3.1 Too much is being received at once, try again later"
            if refusal:
                chunks.clear()
            else:
                chunks.append(chunk)
                self._kept += len(chunk)
                self._receiving.bytes += len(chunk)
        if refusal:
            return None, refusal
        return b"".join(chunks)[: -len(b".\r\n")].replace(b"\r\n.", b"\r\n")[len(b"\r\n") :], ""
