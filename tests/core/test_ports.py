"""What passes between the services and a sender."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from rebond.core.ports import Clock, Outcome, OutcomeKind, Outgoing, Sender
from rebond.core.words import Phase
from tests.core.given import START


class Still:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.slept = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(START.timestamp() + self.slept, tz=UTC)

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


class Taker:
    """A sender to which everything is welcome."""

    name = "taker"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    async def send(self, window: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        for outgoing in window:
            await self.clock.sleep(1)
            yield Outcome(message=outgoing.message, kind=OutcomeKind.ACCEPTED, at=self.clock.now())

    async def close(self) -> None:
        self.name = "closed"


async def hand_over(sender: Sender, window: Sequence[Outgoing]) -> list[Outcome]:
    outcomes = [outcome async for outcome in sender.send(window)]
    await sender.close()
    return outcomes


def test_one_outcome_for_each_message() -> None:
    window = [Outgoing(number, "bounce@shop.example", "ann@b.example", b"Subject: x\r\n\r\n") for number in (1, 2)]
    sender = Taker(Still())
    outcomes = asyncio.run(hand_over(sender, window))
    assert [(outcome.message, outcome.kind, outcome.phase) for outcome in outcomes] == [
        (1, OutcomeKind.ACCEPTED, Phase.AFTER_DATA),
        (2, OutcomeKind.ACCEPTED, Phase.AFTER_DATA),
    ]
    assert (outcomes[1].at - outcomes[0].at).total_seconds() == 1
    assert sender.name == "closed"
