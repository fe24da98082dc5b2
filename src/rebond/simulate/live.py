"""The simulated world beside a console: deliveries are sent and come back while people look, days within minutes."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rebond.config import Config
from rebond.config_sections import IntakeSection
from rebond.core.words import Trust
from rebond.intake.lmtp import LmtpIntake, Ours
from rebond.intake.session import Limits
from rebond.intake.writer import GroupWriter
from rebond.jobs import use
from rebond.jobs.names import SEND
from rebond.jobs.presence import Presence
from rebond.jobs.queue import Queue, open_queue
from rebond.jobs.runner import Runner
from rebond.jobs.sweep import sweep
from rebond.services.accept import accept_many
from rebond.services.database_thread import DatabaseThread
from rebond.services.send import send
from rebond.simulate.clock import SteppedClock
from rebond.simulate.demo import with_relay
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.world import World
from rebond.store.connect import disconnect
from rebond.store.read.jobs import being_sent, due_to_send
from rebond.store.read.sending import next_due
from rebond.wiring import Site, SystemClock

_HOST = "127.0.0.1"
# Seconds of real time: between two looks, and between two rounds of background work.
_LOOK, _ROUND = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Stand:
    """Where it stands: virtual time, deliveries being sent, returns still under way."""

    now: datetime
    sending: int
    under_way: int

    @property
    def quiet(self) -> bool:
        """Tell whether all has been sent and has come back."""
        return not self.sending and not self.under_way


async def live(
    site: Site,
    *,
    world: World,
    clock: SteppedClock,
    speed: float,
    pause: float,
    ending: asyncio.Event,
    opened: Callable[[Site], None],
    on_look: Callable[[Stand], None],
) -> None:
    """Send and bring back what there is, until `ending` is set; `speed`: virtual seconds in one real one.

    The relay takes `pause` seconds for a message. `opened` is given the site as the world has it.
    """
    relay = SimulatedRelay(world, pause=pause)
    await relay.start()
    writer = GroupWriter(lambda batch: accept_many(batch, now=clock.now()), forget=disconnect)
    email = site.config.email
    lmtp = LmtpIntake(
        writer, ours=Ours(email.bounce_domain, email.return_prefix), required_trust=Trust.MATCHED, limits=Limits()
    )
    writer.start()
    database = DatabaseThread(clock)
    try:
        _, port = await lmtp.start(_HOST, 0)
        site = replace(site, clock=clock, config=_with_intake(with_relay(site, port=relay.port), port=port))
        with _background(site) as work:
            opened(site)
            flow = _Flow(site, world=world, clock=clock, speed=speed, ending=ending, database=database, work=work)
            await flow.run(port, on_look)
    finally:
        await lmtp.stop()
        writer.stop()
        await database.close()
        await relay.stop()


def _with_intake(config: Config, *, port: int) -> Config:
    return config.model_copy(update={"intake": {"lmtp": IntakeSection(listen=f"{_HOST}:{port}")}})


@contextmanager
def _background(site: Site) -> Iterator[Callable[[], None]]:
    """Give what does a round of background work: all that is due but sending, which the flow does itself."""
    use(site)
    queue, ending = open_queue(site), threading.Event()
    # By the clock of the machine: the virtual one jumps over the time in which a process is believed to be there.
    real = replace(site, clock=SystemClock())
    presences = [Presence(real, kind=kind, every=5.0) for kind in ("web", "worker", "intake", "beat")]
    runner = Runner(site, worker="demo", ask_again=queue.put, ending=ending)

    def called(name: str, about: Mapping[str, Any]) -> None:
        if name != SEND:
            runner.called(name, about)

    queue.take(called)
    for presence in presences:
        presence.begin()
    try:
        yield lambda: _round(site, queue)
    finally:
        ending.set()
        for presence in presences:
            presence.end()


def _round(site: Site, queue: Queue) -> None:
    sweep(site, queue, thorough=True)
    while queue.run_next():
        pass
    disconnect()


class _Flow:
    """The world's time: what is due is sent and handed over, then the clock moves on."""

    def __init__(
        self,
        site: Site,
        *,
        world: World,
        clock: SteppedClock,
        speed: float,
        ending: asyncio.Event,
        database: DatabaseThread,
        work: Callable[[], None],
    ) -> None:
        self._site = site
        self._world = world
        self._clock = clock
        self._speed = speed
        self._ending = ending
        self._database = database
        self._work = work
        self._real = SystemClock()
        self._passed = self._real.monotonic()

    async def run(self, port: int, on_look: Callable[[Stand], None]) -> None:
        """Go on until the end."""
        await self._database.call(lambda: self._site.rules)
        worked = float("-inf")
        while not self._ending.is_set():
            await self._send()
            taken = await self._world.deliver_due(self._clock.now(), _HOST, port)
            if taken or self._real.monotonic() - worked >= _ROUND:
                await asyncio.to_thread(self._work)
                worked = self._real.monotonic()
            sending, due = await self._database.call(self._stand)
            on_look(Stand(self._clock.now(), sending, self._world.waiting))
            await self._pass_time([at for at in (due, self._world.next_due()) if at is not None])

    async def _send(self) -> None:
        for number in await self._database.call(due_to_send, self._clock.now(), thorough=True):
            sender, stop = self._site.smtp_sender(clock=self._clock), asyncio.Event()
            # The others' turn comes soon.
            asyncio.get_running_loop().call_later(_ROUND, stop.set)
            try:
                await send(
                    number,
                    policy=self._site.policy,
                    keyring=self._site.keyring,
                    rules=self._site.rules,
                    sender=sender,
                    composer=self._site.composer,
                    bounce_domain=self._site.config.email.bounce_domain,
                    clock=self._clock,
                    worker="demo",
                    stop=stop,
                )
            finally:
                await sender.close()

    def _stand(self) -> tuple[int, datetime | None]:
        going = being_sent()
        dues = [next_due(number, now=self._clock.now()) for number in going]
        return len(going), min((due for due in dues if due is not None), default=None)

    async def _pass_time(self, upcoming: list[datetime]) -> None:
        """Let the virtual time run towards what comes next, but not further."""
        ahead = min(upcoming, default=None)
        if ahead is None:
            await asyncio.sleep(_LOOK)
            self._passed = self._real.monotonic()
            return
        gap = max(0.0, (ahead - self._clock.now()).total_seconds())
        # What was done meanwhile took time too: the days pass as fast on a machine that has much to do.
        spent = self._real.monotonic() - self._passed
        await asyncio.sleep(max(0.0, min(gap / self._speed, _LOOK) - spent))
        self._clock.jump_to(min(ahead, self._clock.now() + timedelta(seconds=max(spent, _LOOK) * self._speed)))
        self._passed = self._real.monotonic()
