"""One delivery against the simulated world, in one process and stepped time: sent, retried, returned, settled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rebond.config import Config
from rebond.core.words import DeliveryStatus, Trust
from rebond.intake.lmtp import LmtpIntake, Ours
from rebond.intake.session import Limits
from rebond.intake.writer import GroupWriter
from rebond.services.accept import Accepted, Incoming, accept_many
from rebond.services.database_thread import DatabaseThread
from rebond.services.send import send_due
from rebond.services.settle import Settler
from rebond.simulate.clock import SteppedClock
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.world import World
from rebond.store.connect import disconnect
from rebond.wiring import Site

_HOST = "127.0.0.1"
# Returns that come later than this after the end of sending are not waited for.
_AFTER = timedelta(days=1)
# Even a world in which something is always due ends.
MOST_STEPS = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """Where the play stands: virtual time, open messages, returns settled so far, returns still under way."""

    now: datetime
    pending: int
    settled: int
    under_way: int


async def play(
    site: Site, *, delivery: int, world: World, clock: SteppedClock, on_step: Callable[[Step], None]
) -> Step:
    """Send a prepared delivery until it is settled and all has come back; the clock jumps when nothing is due."""
    relay = SimulatedRelay(world)
    await relay.start()
    site = replace(site, clock=clock, config=with_relay(site, port=relay.port))
    writer = GroupWriter(lambda batch: _accept(batch, now=clock.now()), forget=disconnect)
    email = site.config.email
    lmtp = LmtpIntake(
        writer, ours=Ours(email.bounce_domain, email.return_prefix), required_trust=Trust.MATCHED, limits=Limits()
    )
    writer.start()
    database = DatabaseThread(clock)
    try:
        _, port = await lmtp.start(_HOST, 0)
        return await _steps(site, delivery, world=world, clock=clock, port=port, database=database, on_step=on_step)
    finally:
        await lmtp.stop()
        writer.stop()
        await database.close()
        await relay.stop()


async def _steps(
    site: Site,
    delivery: int,
    *,
    world: World,
    clock: SteppedClock,
    port: int,
    database: DatabaseThread,
    on_step: Callable[[Step], None],
) -> Step:
    rules = await database.call(lambda: site.rules)
    settler = Settler(policy=site.policy, rules=rules, keyring=site.keyring, worker="demo")
    sender = site.smtp_sender(clock=clock)
    settled, finished_at = 0, None
    step = Step(clock.now(), 0, 0, 0)
    try:
        for _ in range(MOST_STEPS):
            pending, due = 0, None
            if finished_at is None:
                result = await send_due(
                    delivery,
                    policy=site.policy,
                    keyring=site.keyring,
                    rules=rules,
                    sender=sender,
                    composer=site.composer,
                    bounce_domain=site.config.email.bounce_domain,
                    clock=clock,
                    worker="demo",
                )
                pending, due = result.pending, result.next_due
                finished_at = None if result.status is DeliveryStatus.SENDING else clock.now()
            await world.deliver_due(clock.now(), _HOST, port)
            settled += (await database.call(settler.settle_all, clock.now)).taken
            step = Step(clock.now(), pending, settled, world.waiting)
            on_step(step)
            upcoming = _next(due, world.next_due(), until=finished_at and finished_at + _AFTER)
            if upcoming is None:
                break
            clock.jump_to(upcoming)
    finally:
        await sender.close()
    return step


def _next(*times: datetime | None, until: datetime | None) -> datetime | None:
    known = [at for at in times if at is not None]
    first = min(known, default=None)
    return None if first is None or (until is not None and first > until) else first


def _accept(batch: Sequence[Incoming], *, now: datetime) -> Sequence[Accepted]:
    return accept_many(batch, now=now)


def with_relay(site: Site, *, port: int) -> Config:
    """Return the configuration of a site that hands over to a relay on this port."""
    url = f"smtp://{_HOST}:{port}?tls=none"
    return site.config.model_copy(update={"email": site.config.email.model_copy(update={"smtp_url": url})})
