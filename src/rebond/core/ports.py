"""What the services ask of the outside: a clock, and a sender per channel (specification 06)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rebond.core.words import Phase


class Clock(Protocol):
    """Time for services that run long; short ones take `now`."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to hand over. `message` is its number in the sending log; `content` its bytes with CRLF."""

    message: int
    sender: str
    recipient: str
    content: bytes
    envelope_id: str = ""


class OutcomeKind(StrEnum):
    """What became of an attempt.

    `accepted`: the receiving side took it. `refused`: it answered RCPT or anything later with an error, which is to be
    qualified. `fault`: a fault before RCPT was answered, or of our relay or network: it concerns no recipient.
    `uncertain`: the connection was lost after DATA began, so nobody knows. `unsent`: not tried, because of
    a fault met by a message before it.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAULT = "fault"
    UNCERTAIN = "uncertain"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message; `at` is the moment its answer was read, `text` the whole reply with its code."""

    message: int
    kind: OutcomeKind
    at: datetime
    phase: Phase = Phase.AFTER_DATA
    code: int = 0
    text: str = ""
    remote_id: str = ""


class Sender(Protocol):
    """One transport: hands over a window of messages, yielding one outcome for each as it is known.

    Its pauses are kept under `name`: where it goes, in one word, and behind a blank what tells its settings apart.
    """

    name: str

    def send(self, window: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """Hand over; exactly one outcome per message, never an exception for what a peer did."""
        ...

    async def close(self) -> None:
        """End the connections."""
        ...
