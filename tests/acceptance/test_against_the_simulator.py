"""One delivery against the simulated receivers, over real sockets and in stepped time, from sending to settling."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.failure import AddressState, Origin
from rebond.core.tokens import Keyring
from rebond.core.words import AddressStatus, Channel, MessageClass, MessageStatus, Reason
from rebond.simulate.behaviour import WorldSettings
from rebond.simulate.clock import SteppedClock
from rebond.simulate.world import World
from rebond.wiring import Site, load_policy

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Play:
    """A site, a world and a clock, with shortcuts for what these tests do."""

    folder: Path
    clock: SteppedClock
    world: World
    site: Site = field(init=False)

    def __post_init__(self) -> None:
        config = Config(email=EmailSection(bounce_domain="bounce.sim.example"))
        keyring = Keyring({0: b"a key for these tests only"}, 0)
        self.site = Site(data=self.folder, config=config, policy=load_policy(config), keyring=keyring, clock=self.clock)

    def people(self, *addresses: str) -> None:
        from rebond.services.import_people import import_people
        from rebond.services.people_file import FileOptions

        path = self.folder / "people.jsonl"
        rows = [{"id": address.lower(), "email": address, "first_name": "Ada"} for address in addresses]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        import_people(path, options=FileOptions(mapping={}), now=self.clock.now(), actor="test")

    def prepare(self, *, validity: timedelta = timedelta(days=5)) -> int:
        from rebond.services.deliveries import NewDelivery, create_delivery
        from rebond.services.prepare import prepare

        new = NewDelivery(
            name="A test",
            channel=Channel.EMAIL,
            sender="Shop <news@shop.sim.example>",
            subject="Hello {{ first_name }}",
            text="Hello {{ first_name }}, {{ unsubscribe_url }}",
            html="",
            message_class=MessageClass.COMMERCIAL,
            validity=validity,
            retries=self.site.policy.retries,
            retry_permanent=self.site.policy.retry_permanent,
        )
        delivery = create_delivery(new, now=self.clock.now(), actor="test").id
        site = self.site
        self.prepared = prepare(
            delivery,
            content=site.content,
            providers=site.providers,
            policy=site.policy,
            now=self.clock.now(),
            actor="test",
        )
        return delivery

    def send(self, delivery: int, *, on_step: Callable[..., None] = lambda step: None) -> None:
        from rebond.simulate.demo import play

        asyncio.run(play(self.site, delivery=delivery, world=self.world, clock=self.clock, on_step=on_step))

    def status(self, address: str) -> tuple[AddressStatus, int]:
        from rebond.services.people import read_address
        from rebond.services.why import why

        state = why(read_address(address), policy=self.site.policy).state
        return state.status, state.error_count

    def counted_hours(self, address: str) -> list[int]:
        """Hours after the start at which an error of this address was counted."""
        from rebond.services.people import read_address
        from rebond.services.why import why

        found = why(read_address(address), policy=self.site.policy)
        return [
            round((judgement.evidence.at - START) / timedelta(hours=1))
            for judgement in found.judgements
            if judgement.counted and judgement.evidence.verdict
        ]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    clock = SteppedClock(START)
    return Play(tmp_path, clock, World(WorldSettings(seed=7, accepted=1.0), clock))


def _counts(delivery: int) -> dict[str, int]:
    from rebond.services.report import recount, report

    counts = report(delivery).counts
    assert not counts.problems()
    assert not recount(delivery).problems
    names = ("messages", "delivered", "failed", "pending", "returned", "production_errors")
    return {name: getattr(counts, name) for name in names}


def test_a_delivery_that_meets_soft_failures_only_counts_five_and_quarantines_at_its_last_attempt(play: Play) -> None:
    play.people("soft-1@generic.sim.example", "soft-2@postfix.sim.example", "plain@generic.sim.example")
    delivery = play.prepare()
    play.send(delivery)
    for address in ("soft-1@generic.sim.example", "soft-2@postfix.sim.example"):
        assert play.status(address) == (AddressStatus.QUARANTINED, 5)
        # The jitter adds up to at most 10 min an attempt, and the worker's own delays.
        assert play.counted_hours(address) == pytest.approx([0, 29, 53, 77, 101], abs=2)
    assert _counts(delivery) == {
        "messages": 3, "delivered": 1, "failed": 2, "pending": 0, "returned": 0, "production_errors": 0,
    }  # fmt: skip


def test_with_a_validity_of_84_hours_it_counts_four_and_says_so_beforehand(play: Play) -> None:
    play.people("soft-1@generic.sim.example")
    delivery = play.prepare(validity=timedelta(hours=84))
    assert any("84" in warning or "4" in warning for warning in play.prepared.warnings)
    play.send(delivery)
    assert play.status("soft-1@generic.sim.example") == (AddressStatus.ERRONEOUS, 4)


def test_what_bounces_later_is_attributed_by_its_return_path_and_left_out_of_the_next_preparation(play: Play) -> None:
    from rebond.services.report import report

    gone = ["unknown-1@gmail.sim.example", "later-unknown-2@exchange.sim.example", "later-unknown-3@qmail.sim.example"]
    kept = ["plain-4@orange.sim.example", "ooo-5@gmail.sim.example", "delay-6@postfix.sim.example"]
    play.people(*gone, *kept, "complain-7@yahoo.sim.example", "Complain-8@outlook.sim.example")
    first = play.prepare()
    play.send(first)
    assert _counts(first) == {
        "messages": 8, "delivered": 7, "failed": 1, "pending": 0, "returned": 2, "production_errors": 0,
    }  # fmt: skip
    assert [play.status(address)[0] for address in kept] == [AddressStatus.VALID] * 3
    second = play.prepare()
    counts = report(second).counts
    assert counts.by_reason() == {Reason.QUARANTINED: 3, Reason.DENYLISTED: 2}
    assert counts.messages == 3


def test_a_forward_that_fails_is_told_of_the_address_that_was_written_to(play: Play) -> None:
    play.people("forward-1@postfix.sim.example")
    play.send(play.prepare())
    assert play.status("forward-1@postfix.sim.example")[0] is AddressStatus.QUARANTINED


def test_a_greylisting_receiver_takes_the_second_attempt_and_nothing_counts(play: Play) -> None:
    from rebond.store.models import Message

    play.people("grey-1@generic.sim.example")
    play.send(play.prepare())
    message = Message.objects.get()
    assert (message.status, message.attempts) == (MessageStatus.DELIVERED, 2)
    assert play.status("grey-1@generic.sim.example") == (AddressStatus.VALID, 0)


def test_a_relay_that_is_down_for_five_days_quarantines_nobody_and_loses_nothing(play: Play) -> None:
    from rebond.channels.email.settings import SmtpSettings
    from rebond.channels.email.smtp import SmtpSender
    from rebond.services.send import send_due
    from rebond.store.models import AddressStateRow, EvidenceRow

    play.people("plain-1@generic.sim.example", "plain-2@generic.sim.example")
    delivery = play.prepare()
    settings = SmtpSettings.from_url("smtp://127.0.0.1:1", connections=1, messages_per_connection=10, timeout=1.0)

    rules = play.site.rules

    async def go() -> None:
        sender, site = SmtpSender(settings, clock=play.clock), play.site
        for turn in range(100):
            result = await send_due(
                delivery,
                policy=site.policy,
                keyring=site.keyring,
                rules=rules,
                sender=sender,
                composer=site.composer,
                bounce_domain="bounce.sim.example",
                clock=play.clock,
                worker="test",
            )
            if result.next_due is None:
                return
            # The pauses have grown to their longest after some: then not every one is looked at.
            at_least = timedelta(hours=3) * (turn > 8)
            play.clock.jump_to(max(result.next_due, play.clock.now() + at_least))

    asyncio.run(go())
    assert _counts(delivery)["failed"] == 2
    assert not AddressStateRow.objects.exists()
    assert not EvidenceRow.objects.exists()
    assert play.clock.now() - START >= timedelta(days=5)


def test_someone_who_opts_out_between_two_attempts_is_not_tried_again(play: Play) -> None:
    from rebond.services.denylist_profile import denylist_profile
    from rebond.store.models import Message

    address = "soft-1@generic.sim.example"
    play.people(address)
    delivery = play.prepare()
    steps: list[object] = []

    def opt_out(step: object) -> None:
        steps.append(step)
        if len(steps) == 1:
            from concurrent.futures import ThreadPoolExecutor

            # Django refuses the database to a thread that runs an event loop.
            with ThreadPoolExecutor(1) as pool:
                pool.submit(_deny_and_close, address, play.clock.now()).result()

    def _deny_and_close(profile: str, now: datetime) -> None:
        from rebond.store.connect import disconnect

        denylist_profile(profile, channel="email", now=now, actor="test")
        disconnect()

    play.send(delivery, on_step=opt_out)
    message = Message.objects.get()
    assert (message.status, message.attempts) == (MessageStatus.CANCELLED, 1)
    assert not any(state.origin is Origin.SOFT and state.error_count > 1 for state in _states())


def _states() -> list[AddressState]:
    from rebond.store.read.evidence import list_states

    return [row.state for row in list_states()]
