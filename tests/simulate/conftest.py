"""What the tests of the simulated world share: a still clock, a client, and an LMTP mailbox."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.lmtp import LMTP

from rebond.simulate.behaviour import WorldSettings
from rebond.simulate.clock import SteppedClock
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.world import World

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SENDER = "b+token123@bounces.shop.example"
CONTENT = (
    b"From: Shop <news@shop.example>\r\nTo: you@there.example\r\nSubject: =?utf-8?q?=C3=89t=C3=A9?= sale\r\n"
    b"Message-ID: <token123@shop.example>\r\n\r\nHello,\r\n.\r\nsecret body\r\n"
)

Send = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that moves by jumps only."""
    return SteppedClock(START, ticks=lambda: 0.0)


@pytest.fixture
def world(clock: SteppedClock) -> World:
    return World(WorldSettings(), clock)


@pytest.fixture
def send() -> Send:
    """Send one message over a connection of its own; return the code and text that decided."""

    async def send_one(
        relay: SimulatedRelay, recipient: str, *, sender: str = SENDER, **options: Any
    ) -> tuple[int, str]:
        client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
        await client.connect()
        try:
            await client.mail(sender, options=options.get("mail", []), encoding="utf-8")
            await client.rcpt(recipient, options=options.get("rcpt", []), encoding="utf-8")
            answer = await client.data(CONTENT)
        except aiosmtplib.SMTPResponseException as refused:
            return refused.code, refused.message
        finally:
            client.close()
        return answer.code, answer.message

    return send_one


class Mailbox:
    """An LMTP server that keeps what it takes; `answers` are given first, one per mail, at RCPT or after DATA."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str, bytes]] = []
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 2.1.5 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.data_answers.pop(0) if self.data_answers else "250 2.0.0 stored"
        if answer.startswith("2"):
            self.mails.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        return answer

    def messages(self) -> list[Message]:
        return [message_from_bytes(content) for _, _, content in self.mails]

    async def __aenter__(self) -> "Mailbox":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: LMTP(self, hostname="here", loop=loop), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()
