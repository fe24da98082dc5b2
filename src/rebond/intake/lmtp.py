"""The LMTP listener (RFC 2033): answers 250 only for what is stored, once per recipient, and never sends anything."""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from rebond.core.words import Trust
from rebond.intake.writer import GroupWriter
from rebond.services.accept import Accepted, Incoming

SOURCE = "lmtp"
_CHUNK = 64 * 1024
_END = b"\r\n.\r\n"
_PATH = re.compile(r"<(?:@[^<>:]{0,512}:)?([^<>]{0,512})>(.*)", re.S)
_NEVER = 10**9
_CALLS = {"NOOP": 1000, "VRFY": 100, "*": _NEVER}
log = logging.getLogger("rebond.intake")


@dataclass(frozen=True, slots=True)
class Ours:
    """Which recipients are ours: the return path, plain or with a token, and those that people and providers write to.

    What else comes to the bounce domain is not. The two that every domain must have are always taken, for a person.
    """

    bounce_domain: str
    return_prefix: str
    names: frozenset[str] = frozenset({"unsubscribe", "complaints", "fbl", "postmaster", "abuse"})

    def takes(self, recipient: str) -> bool:
        """Tell whether a recipient of the envelope is ours."""
        local, _, domain = recipient.lower().rpartition("@")
        if not local:
            return domain == "postmaster"
        name, plus, _ = local.partition("+")
        if domain.rstrip(".") != self.bounce_domain.lower():
            return False
        if plus:
            return name in (self.return_prefix, "unsubscribe")
        return name == self.return_prefix or name in self.names


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
class _State:
    sessions: "set[LmtpSession]" = field(default_factory=set)
    receiving: int = 0
    stopping: bool = False


class LmtpIntake:
    """A listener in the running event loop; `on_stored` is told when something new is stored."""

    def __init__(
        self,
        writer: GroupWriter,
        *,
        ours: Ours,
        required_trust: Trust = Trust.MATCHED,
        limits: Limits = Limits(),
        on_stored: Callable[[], None] = lambda: None,
    ) -> None:
        self.ours = ours
        self.limits = limits
        self.state = _State()
        self._writer = writer
        self._required_trust = required_trust
        self._on_stored = on_stored
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; returns the host and the port, which is a free one when 0 was asked for."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, host, port)
        bound = self._server.sockets[0].getsockname()
        return bound[0], bound[1]

    async def stop(self) -> None:
        """Stop listening, answer what is being received or stored, and close."""
        self.state.stopping = True
        if self._server:
            self._server.close()
        for session in list(self.state.sessions):
            session.leave()
        if self.state.sessions:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), self.limits.farewell)
            except TimeoutError:
                for session in list(self.state.sessions):
                    session.abort()

    def _protocol(self) -> asyncio.BaseProtocol:
        if len(self.state.sessions) >= self.limits.max_connections or self.state.stopping:
            return _Busy()
        return LmtpSession(self)

    def ended(self, session: "LmtpSession") -> None:
        """Forget a session."""
        self.state.sessions.discard(session)
        if not self.state.sessions:
            self._empty.set()

    async def store(self, envelope: Envelope, raw: bytes) -> list[str]:
        """Store a mail for each recipient of its envelope; returns the replies, in order, once it is durable."""
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from or ""
        items = [
            Incoming(
                source=SOURCE,
                raw=raw,
                envelope_from=sender,
                envelope_to=recipient,
                required_trust=self._required_trust,
            )
            for recipient in envelope.rcpt_tos
        ]
        # A peer that goes away does not take back what is on its way to the disk.
        outcomes: Sequence[Accepted | None] = await asyncio.shield(self._writer.submit(items))
        if any(outcome and not outcome.duplicate for outcome in outcomes):
            self._on_stored()
        return [_reply(outcome) for outcome in outcomes]

    # --- aiosmtpd's hooks

    async def handle_EHLO(  # noqa: N802
        self, server: LMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say what RFC 2033 asks a listener to say."""
        session.host_name = hostname
        kept = [line for line in responses if not line.endswith("HELP")]
        return [*kept, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_RCPT(  # noqa: N802
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient that is ours."""
        if len(envelope.rcpt_tos) >= self.limits.max_recipients:
            return "452 4.5.3 Too many recipients"
        if not self.ours.takes(address):
            return "550 5.1.1 No such recipient here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Answer for what went wrong here; the peer keeps the mail and tries again."""
        log.error("a session failed: %s: %s", type(error).__name__, error)
        return "451 4.3.0 Local error, try again later"


def _reply(outcome: Accepted | None) -> str:
    if outcome is None:
        return "451 4.3.0 It could not be stored, try again later"
    return f"250 2.0.0 {'Had it already' if outcome.duplicate else 'Stored'} {outcome.identity[:16]}"


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()


class LmtpSession(LMTP):
    """One connection. What aiosmtpd keeps in memory without bound, or answers once for all recipients, is done here."""

    # How much the stream reader looks ahead; a command's own bound is below.
    line_length_limit = _CHUNK

    def __init__(self, intake: LmtpIntake) -> None:
        limits = intake.limits
        super().__init__(
            intake,
            data_size_limit=limits.max_size,
            enable_SMTPUTF8=True,
            hostname=intake.ours.bounce_domain,
            ident="Rebond LMTP",
            timeout=limits.idle,
            command_call_limit=_CALLS,
            loop=asyncio.get_running_loop(),
        )
        self._intake = intake
        self._limits = limits
        self._receiving = False
        self._kept = 0
        # The inherited table is shared by all sessions and grows with each greeting.
        self.command_size_limits = defaultdict(lambda: 2048)
        for command in ("AUTH", "STARTTLS", "EXPN", "HELP"):
            self._smtp_methods.pop(command, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._intake.state.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._intake.ended(self)
        super().connection_lost(error)

    def leave(self) -> None:
        """Close the connection now, or after the mail that is being received."""
        if not self._receiving and self.transport is not None:
            self.transport.write(b"421 4.3.2 Shutting down\r\n")
            self.transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        if self.transport is not None:
            self.transport.abort()

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
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._receiving = True
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            # One bound for the whole mail: a peer that drips bytes must not hold its place for ever.
            self._reset_timeout(self._limits.mail)
            raw, refusal = await self._receive()
            self._reset_timeout(self._limits.mail)
            if raw is None:
                replies = [refusal] * len(self.envelope.rcpt_tos)
            else:
                replies = await self._intake.store(self.envelope, raw)
            await self.push("\r\n".join(replies))
        finally:
            self._receiving = False
            self._intake.state.receiving -= self._kept
            self._kept = 0
        self._set_post_data_state()
        self._reset_timeout()
        if self._intake.state.stopping:
            self.leave()

    async def _receive(self) -> tuple[bytes | None, str]:
        """Read up to the lone dot, keeping no more than the limits allow; None and why when it was too much."""
        reader: Any = self._reader
        state = self._intake.state
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
            elif not refusal and state.receiving + len(chunk) > self._limits.max_receiving:
                refusal = "452 4.3.1 Too much is being received at once, try again later"
            if refusal:
                chunks.clear()
            else:
                chunks.append(chunk)
                self._kept += len(chunk)
                state.receiving += len(chunk)
        if refusal:
            return None, refusal
        return b"".join(chunks)[: -len(b".\r\n")].replace(b"\r\n.", b"\r\n")[len(b"\r\n") :], ""
