"""The world beside a console: what there is is sent and comes back by itself, as the virtual days pass."""

import asyncio
from pathlib import Path

import pytest

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.words import DeliveryStatus
from rebond.services.import_people import import_people
from rebond.services.people_file import FileOptions
from rebond.services.prepare import begin_preparing
from rebond.services.send import begin_sending
from rebond.simulate.behaviour import WorldSettings
from rebond.simulate.clock import SteppedClock
from rebond.simulate.live import Stand, live
from rebond.simulate.world import World
from rebond.store.models import Delivery, DeliveryCounts, JobRun
from rebond.wiring import Site
from tests.jobs.job_fixtures import make_desk
from tests.jobs.test_sweep import make_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ADDRESSES = ["full-1", "unknown-1", "later-unknown-1", "grey-1", *(f"p{number}" for number in range(8))]


def test_a_delivery_is_prepared_sent_and_comes_back_by_itself(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, config=Config(email=EmailSection(bounce_domain="bounce.sim.example")))
    people = tmp_path / "people.csv"
    people.write_text("id,email\n" + "".join(f"{name},{name}@x.sim.example\n" for name in ADDRESSES))
    import_people(people, options=FileOptions(mapping={}), now=desk.clock.now(), actor="test")
    delivery = make_delivery(desk)
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    stands = asyncio.run(play(desk.site, SteppedClock(desk.clock.now()), delivery))
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.FINISHED
    counts = DeliveryCounts.objects.get(delivery_id=delivery)
    # The full mailbox and the unknown one refuse; one bounce comes later.
    assert (counts.pending, counts.failed, counts.returned) == (0, 2, 1)
    assert counts.delivered == len(ADDRESSES) - 2
    days = (stands[-1].now - stands[0].now).days
    assert 4 <= days <= 6
    assert JobRun.objects.filter(name="cleanup", finished_at__isnull=False).exists()


async def play(site: Site, clock: SteppedClock, delivery: int) -> list[Stand]:
    """Let the days pass at once; when the delivery is prepared, begin to send it, as somebody at the console does."""
    ending, stands = asyncio.Event(), []

    def looked(stand: Stand) -> None:
        stands.append(stand)
        if stand.quiet and sent:
            ending.set()

    sent: list[bool] = []
    world = World(WorldSettings(accepted=1.0), clock)
    opened = asyncio.Event()
    running = asyncio.create_task(
        live(
            site,
            world=world,
            clock=clock,
            speed=1e6,
            pause=0.0,
            ending=ending,
            opened=lambda _: opened.set(),
            on_look=looked,
        )
    )
    async with asyncio.timeout(120):
        await opened.wait()
        while not await asyncio.to_thread(is_prepared, delivery):  # noqa: ASYNC110 # the database rings no bell
            await asyncio.sleep(0.05)
        await asyncio.to_thread(begin_sending, delivery, now=clock.now(), actor="test")
        sent.append(True)
        await running
    return stands


def is_prepared(delivery: int) -> bool:
    from django.db import connections

    try:
        return Delivery.objects.filter(id=delivery, status=DeliveryStatus.PREPARED.value).exists()
    finally:
        connections.close_all()
