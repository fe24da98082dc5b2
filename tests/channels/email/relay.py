"""A relay that does as it is told: real sockets, answers from a script."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from rebond.channels.email.smtp import SmtpSender, SmtpSettings
from rebond.core.ports import Outcome, OutcomeKind, Outgoing
from tests.waiting import an_hour_passes

# Instead of a reply: close the connection at once, or say nothing more.
CUT, HANG = "<cut>", "<hang>"
# After a reply: close the connection.
THEN_CUT = "<then cut>"

EXTENSIONS = ("PIPELINING", "DSN", "8BITMIME", "SMTPUTF8")
WAYS = pytest.mark.parametrize("extensions", [EXTENSIONS, ("DSN",)], ids=["pipelining", "step by step"])


class StillClock:
    """A clock whose every reading is a second later than the one before."""

    def __init__(self) -> None:
        self.readings = 0

    def now(self) -> datetime:
        self.readings += 1
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.readings)

    def monotonic(self) -> float:
        return float(self.readings)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("a sender does not wait")


@dataclass
class Relay:
    """What a relay offers and says.

    `say` is asked at each step (`banner`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `.`, …) with the command's line, and answers
    with a reply, CUT, HANG, a reply + THEN_CUT, or "" for the usual one.
    """

    say: Callable[[str, str], str] = lambda _step, _line: ""
    extensions: Sequence[str] = EXTENSIONS
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    lines: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    def settings(self, query: str = "tls=none", *, user: str = "", timeout: float = 60.0, **more: int) -> SmtpSettings:
        return SmtpSettings.from_url(f"smtp://{user}127.0.0.1:{self.port}?{query}", timeout=timeout, **more)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._converse(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer(writer, "banner", "", "220 relay.example ESMTP"):
            return
        recipients = False
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.lines.append(line)
            verb = line.split(" ")[0].split(":")[0].upper()
            usual = self._usual(verb) if verb != "DATA" or recipients else "503 5.5.1 No recipient"
            if not await self._answer(writer, verb, line, usual):
                return
            if verb in {"MAIL", "RCPT"}:
                recipients = verb == "RCPT" and self._said.startswith("2")
            if verb == "STARTTLS":
                assert self.tls
                await writer.start_tls(self.tls)
            if verb == "QUIT":
                return
            if verb == "DATA" and self._said.startswith("354"):
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                if not await self._answer(writer, ".", line, "250 2.0.0 Ok: queued as 4XyZ12"):
                    return

    def _usual(self, verb: str) -> str:
        if verb == "EHLO":
            return "\r\n".join(["250-relay.example", *(f"250-{name}" for name in self.extensions), "250 HELP"])
        return {"DATA": "354 go on", "QUIT": "221 bye", "STARTTLS": "220 go"}.get(verb, "250 2.1.0 ok")

    async def _answer(self, writer: asyncio.StreamWriter, step: str, line: str, usual: str) -> bool:
        self._said = said = self.say(step, line) or usual
        if said == CUT:
            return False
        if said == HANG:
            await an_hour_passes()
            await asyncio.Event().wait()
        reply, then_cut = said.removesuffix(THEN_CUT), said.endswith(THEN_CUT)
        writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
        await writer.drain()
        return not then_cut


@asynccontextmanager
async def running(relay: Relay, *, context: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Relay]:
    server = await asyncio.start_server(relay.serve, "127.0.0.1", port, ssl=context)
    relay.port = server.sockets[0].getsockname()[1]
    tasks_before = asyncio.all_tasks()
    try:
        yield relay
    finally:
        server.close()
        serving = asyncio.all_tasks() - tasks_before
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


CONTENT = b"Subject: x\r\n\r\nHi\r\n"


def outgoing(count: int, *, recipient: str = "user{}@example.com", content: bytes = CONTENT) -> list[Outgoing]:
    return [Outgoing(n, f"b+tok{n}@bounce.example", recipient.format(n), content, f"tok{n}") for n in range(count)]


async def hand_over(sender: SmtpSender, window: Sequence[Outgoing]) -> list[Outcome]:
    return [outcome async for outcome in sender.send(window)]


def send(relay: Relay, window: Sequence[Outgoing], *, query: str = "tls=none", **settings: float) -> list[Outcome]:
    """Send one window over one relay; by one connection unless `connections` says otherwise."""

    async def run() -> list[Outcome]:
        async with running(relay):
            sender = SmtpSender(relay.settings(query, **({"connections": 1} | settings)), clock=StillClock())  # type: ignore[arg-type]
            try:
                return await hand_over(sender, window)
            finally:
                await sender.close()

    return asyncio.run(run())


def kinds(outcomes: list[Outcome]) -> dict[int, OutcomeKind]:
    """What became of each message, by its number; each has one outcome."""
    assert len({outcome.message for outcome in outcomes}) == len(outcomes)
    return {outcome.message: outcome.kind for outcome in sorted(outcomes, key=lambda outcome: outcome.message)}


def saying(**answers: str) -> Relay:
    """A relay that gives these answers (`dot` is the one after the data) for user1, the usual ones otherwise."""
    current = {"user": ""}

    def say(step: str, line: str) -> str:
        if step == "MAIL":
            current["user"] = line
        answer = answers.get("dot" if step == "." else step, "")
        return answer if "tok1@" in current["user"] or step not in {"MAIL", "RCPT", "DATA", "."} else ""

    return Relay(say=say)
