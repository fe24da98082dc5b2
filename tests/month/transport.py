"""The transport of the month: the simulated receivers, asked in this process, with a relay that has bad days."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.ports import Outcome, OutcomeKind, Outgoing
from rebond.core.words import Phase
from rebond.simulate.behaviour import fraction
from rebond.simulate.returns import Taken, headers_of
from rebond.simulate.world import World
from tests.month.clock import MonthClock

_WORDS = ("amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "knoll", "lagoon")
_BABBLERS = 0.02
_CUT = 0.004


@dataclass(frozen=True, slots=True)
class Tried:
    """One message that was handed to the relay, and what came of it."""

    message: int
    recipient: str
    at: datetime
    kind: OutcomeKind
    code: int
    digest: str
    sender: str


class MonthSender:
    """Hands messages to the world. `down`: the relay cannot be reached; `before` is called with each window."""

    name = "month"

    def __init__(self, world: World, clock: MonthClock, *, seed: int, note: Callable[[Tried], None]) -> None:
        self.down = False
        self.before: Callable[[], None] = lambda: None
        self._world = world
        self._clock = clock
        self._seed = seed
        self._note = note
        self._times: dict[int, int] = {}

    async def send(self, window: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        self.before()
        self._clock.advance(timedelta(seconds=1))
        broken = False
        for outgoing in window:
            await asyncio.sleep(0)
            if broken:
                yield Outcome(message=outgoing.message, kind=OutcomeKind.UNSENT, at=self._clock.now())
                continue
            outcome = self._try(outgoing)
            broken = outcome.kind is OutcomeKind.FAULT
            digest = hashlib.sha256(outgoing.sender.encode() + outgoing.content).hexdigest()
            self._note(
                Tried(
                    message=outgoing.message,
                    recipient=outgoing.recipient,
                    at=outcome.at,
                    kind=outcome.kind,
                    code=outcome.code,
                    digest=digest,
                    sender=outgoing.sender,
                )
            )
            yield outcome

    def _try(self, outgoing: Outgoing) -> Outcome:
        number, at = outgoing.message, self._clock.now()
        if self.down:
            return Outcome(message=number, kind=OutcomeKind.FAULT, at=at, phase=Phase.CONNECT, text="no route to relay")
        times = self._times[number] = self._times.get(number, 0) + 1
        cut = fraction(self._seed, "cut", number, times)
        if cut < _CUT / 2:
            return Outcome(message=number, kind=OutcomeKind.UNCERTAIN, at=at, phase=Phase.DATA, text="cut")
        text = self._babble(outgoing.recipient, number, times) or self._world.answer_rcpt(
            outgoing.recipient, sender=outgoing.sender
        )
        phase = Phase.RCPT
        if text is None:
            headers = headers_of(outgoing.content)
            text = self._world.answer_data(
                [Taken(sender=outgoing.sender, recipient=outgoing.recipient, at=at, headers=headers)]
            )
            phase = Phase.AFTER_DATA
            if cut < _CUT:
                return Outcome(message=number, kind=OutcomeKind.UNCERTAIN, at=at, phase=phase, text="cut")
        code = int(text[:3])
        kind = OutcomeKind.ACCEPTED if code == 250 else OutcomeKind.REFUSED
        return Outcome(message=number, kind=kind, at=at, phase=phase, code=code, text=text)

    def _babble(self, recipient: str, number: int, times: int) -> str | None:
        """Some receivers never say the same thing twice, and nothing that anybody has a rule for."""
        if fraction(self._seed, "babbler", recipient.lower()) >= _BABBLERS:
            return None
        drawn = random.Random(f"{self._seed}/{number}/{times}")
        code = drawn.choice((450, 451, 550, 554, 599))
        return f"{code} " + " ".join(drawn.choices(_WORDS, k=drawn.randrange(2, 5)))

    async def close(self) -> None:
        pass
