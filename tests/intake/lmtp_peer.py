"""A peer that says whatever a test wants it to say, and a listener to say it to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from rebond.intake.lmtp import LmtpIntake, Ours
from rebond.intake.session import Limits
from rebond.intake.writer import GroupWriter
from rebond.services.accept import Accepted, Incoming

DOMAIN = "bounce.example"
BOX = f"b@{DOMAIN}"
OURS = Ours(DOMAIN, "b")
MAIL = b"From: <>\r\nSubject: returned\r\n\r\nno such mailbox\r\n"


@dataclass
class Memory:
    """Stores in memory as the real store does; `fault` is raised instead while it is set."""

    stored: dict[tuple[bytes, str], Incoming] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    fault: Exception | None = None
    before: Callable[[], object] = lambda: None

    def accept(self, batch: Sequence[Incoming]) -> Sequence[Accepted]:
        self.before()
        if self.fault:
            raise self.fault
        self.groups.append(len(batch))
        answers = []
        for item in batch:
            key = (item.raw, item.envelope_to)
            answers.append(Accepted(f"{len(self.stored):064x}", key in self.stored))
            self.stored.setdefault(key, item)
        return answers


class Peer:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self) -> str:
        """Read one reply; of a reply in several lines, all of them."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 60)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def says(self, command: str | bytes) -> str:
        await self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return await self.reply()

    async def greet(self) -> str:
        assert (await self.reply()).startswith("220 ")
        return await self.says("LHLO mx.example")

    async def envelope(self, *recipients: str, sender: str = "") -> list[str]:
        assert (await self.says(f"MAIL FROM:<{sender}>")).startswith("250")
        return [await self.says(f"RCPT TO:<{recipient}>") for recipient in recipients or (BOX,)]

    async def data(self, raw: bytes, *, replies: int = 1) -> list[str]:
        assert (await self.says("DATA")).startswith("354")
        await self.send(raw + b".\r\n")
        return [await self.reply() for _ in range(replies)]

    async def gone(self) -> bool:
        """Tell whether the other side has closed, reading what it still says."""
        with suppress(ConnectionResetError):
            await asyncio.wait_for(self.reader.read(), 60)
        return self.reader.at_eof() or self.reader.exception() is not None


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until it holds."""
    while not condition():  # noqa: ASYNC110 - bytes arriving make no event
        await asyncio.sleep(0.001)


@dataclass
class Listening:
    """A listener, its port, and what it stores in."""

    intake: LmtpIntake
    port: int

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Peer(reader, writer)
        finally:
            writer.close()


@asynccontextmanager
async def listening(
    accept: Callable[[Sequence[Incoming]], Sequence[Accepted]],
    *,
    limits: Limits | None = None,
    forget: Callable[[], None] = lambda: None,
    on_stored: Callable[[], None] = lambda: None,
) -> AsyncIterator[Listening]:
    """Listen on a free port until the block ends."""
    writer = GroupWriter(accept, forget=forget)
    intake = LmtpIntake(writer, ours=OURS, limits=limits or Limits(farewell=1.0), on_stored=on_stored)
    _, port = await intake.start("127.0.0.1", 0)
    writer.start()
    try:
        yield Listening(intake, port)
        await intake.stop()
    finally:
        writer.stop()


def run(
    test: Callable[[Listening], Awaitable[None]], *, memory: Memory | None = None, limits: Limits | None = None
) -> Memory:
    memory = memory or Memory()

    async def main() -> None:
        async with listening(memory.accept, limits=limits) as listener:
            await test(listener)

    asyncio.run(main())
    return memory
