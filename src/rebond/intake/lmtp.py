"""The LMTP listener (RFC 2033): answers 250 only for what is stored, once per recipient, and never sends anything."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from rebond.core.words import Trust
from rebond.intake.session import Limits, LmtpSession, Receiving
from rebond.intake.writer import GroupWriter
from rebond.services.accept import Accepted, Incoming

SOURCE = "lmtp"
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


class LmtpIntake:
    """A listener in the running event loop; `on_stored` is told when something new is stored."""

    def __init__(
        self,
        writer: GroupWriter,
        *,
        ours: Ours,
        limits: Limits,
        required_trust: Trust = Trust.MATCHED,
        on_stored: Callable[[], None] = lambda: None,
    ) -> None:
        self.ours = ours
        self.limits = limits
        self.receiving = Receiving()
        self._sessions: set[LmtpSession] = set()
        self._stopping = False
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
        self._stopping = True
        if self._server:
            self._server.close()
        for session in tuple(self._sessions):
            session.leave()
        if self._sessions:
            self._empty.clear()
            try:
                await asyncio.wait_for(self._empty.wait(), self.limits.farewell)
            except TimeoutError:
                for session in tuple(self._sessions):
                    session.abort()

    def _protocol(self) -> asyncio.BaseProtocol:
        if len(self._sessions) >= self.limits.max_connections or self._stopping:
            return _Busy()
        return LmtpSession(self, name=self.ours.bounce_domain, limits=self.limits, receiving=self.receiving)

    def began(self, session: LmtpSession) -> None:
        """Count a connection."""
        self._sessions.add(session)

    def ended(self, session: LmtpSession) -> None:
        """Forget a connection."""
        self._sessions.discard(session)
        if not self._sessions:
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
        outcomes = await asyncio.shield(self._writer.submit(items))
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
    def connection_made(self, transport: Any) -> None:
        transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()
