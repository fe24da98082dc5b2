"""The mail relay of the simulated world: one SMTP port that answers as each recipient's receiver would."""

import asyncio
import re
from collections import defaultdict
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from rebond.simulate.returns import Taken, headers_of
from rebond.simulate.world import World

_MOST_RECIPIENTS = 100
_LONGEST_COMMAND = 2_048
_DSN_OPTION = re.compile(r"\s+(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_OFFERED = ("250-PIPELINING", "250-DSN", "250-ENHANCEDSTATUSCODES")


class SimulatedRelay:
    """Serves a world by SMTP in the running event loop.

    `port` 0 takes a free one, which `port` names from then on and which a later start takes again, so that a relay can
    go down and come back. Offers DSN (RFC 3461), SMTPUTF8, SIZE, 8BITMIME and PIPELINING; neither TLS nor AUTH.
    """

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0, pause: float = 0.0) -> None:
        self.world = world
        self.pause = pause
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut the connections that there are."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.close()
        await server.wait_closed()

    async def __aenter__(self) -> "SimulatedRelay":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _connection(self) -> "_Connection":
        return _Connection(self.world, self._connections, pause=self.pause)


class _Envelope(Envelope):
    """An envelope with the options of RFC 3461: ENVID, and per recipient ORCPT and NOTIFY."""

    def __init__(self) -> None:
        super().__init__()
        self.envelope_id = ""
        self.original_recipients: dict[str, str] = {}
        self.never: set[str] = set()


class _Connection(SMTP):
    """aiosmtpd's server, which knows no DSN options and never hangs up after a 421 of its handler, with both."""

    def __init__(self, world: World, connections: "set[_Connection]", *, pause: float) -> None:
        super().__init__(
            _Handler(world, pause),
            enable_SMTPUTF8=True,
            hostname="relay.sim.example",
            ident="ESMTP simulated world",
            loop=asyncio.get_running_loop(),
        )
        # The library keeps one table for all connections, which each greeting makes longer.
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        self.options: dict[str, str] = {}
        self.hang_up = False
        self._connections = connections

    def _create_envelope(self) -> Envelope:
        return _Envelope()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_MAIL(self._without_options(arg))
        if isinstance(self.envelope, _Envelope):
            self.envelope.envelope_id = _decoded(self.options.get("ENVID", ""))

    @syntax("RCPT TO: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await super().smtp_RCPT(self._without_options(arg))
        if self.hang_up and self.transport is not None:
            self.transport.close()

    def _without_options(self, arg: str | None) -> str | None:
        """Take the DSN options off a command: the library knows none and would upper-case what they hold."""
        self.options = {}
        if arg is None:
            return None
        path, end, options = arg.partition(">")
        self.options = {name.upper(): value for name, value in _DSN_OPTION.findall(options)}
        return path + end + _DSN_OPTION.sub("", options)


class _Handler:
    """Asks the world at each step of a transaction."""

    def __init__(self, world: World, pause: float) -> None:
        self._world = world
        self._pause = pause

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *_OFFERED, responses[-1]]

    async def handle_RCPT(  # noqa: N802
        self, server: _Connection, session: Session, envelope: _Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if "@" not in address:
            return "501 5.1.3 Bad recipient address syntax"
        refusal = self._world.answer_rcpt(address, sender=_sender(envelope))
        if refusal is not None:
            # RFC 5321 section 3.8: who says 421 closes the connection.
            server.hang_up = refusal.startswith("421")
            return refusal
        envelope.rcpt_tos.append(address)
        if "ORCPT" in server.options:
            envelope.original_recipients[address] = _decoded(server.options["ORCPT"])
        if server.options.get("NOTIFY", "").upper() == "NEVER":
            envelope.never.add(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: _Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self._pause:
            await asyncio.sleep(self._pause)
        now = self._world.clock.now()
        headers = headers_of(envelope.content)
        messages = [
            Taken(
                sender=_sender(envelope),
                recipient=recipient,
                at=now,
                headers=headers,
                envelope_id=envelope.envelope_id,
                original_recipient=envelope.original_recipients.get(recipient, ""),
            )
            for recipient in envelope.rcpt_tos
        ]
        return self._world.answer_data(messages, never=frozenset(envelope.never))


def _sender(envelope: Envelope) -> str:
    sender = envelope.mail_from or ""
    return "" if sender == "<>" else sender


def _decoded(xtext: str) -> str:
    """Decode xtext (RFC 3461 section 4)."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), xtext)
