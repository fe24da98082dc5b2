"""What comes back, handed over by LMTP to a real server at its virtual time."""

import asyncio
import socket
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from rebond.simulate.behaviour import WorldSettings
from rebond.simulate.clock import SteppedClock
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.returns import Kind, Taken
from rebond.simulate.world import World
from tests.simulate.conftest import CONTENT, SENDER, START, Mailbox, Send

MINUTE = timedelta(minutes=1)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 120))


def take(world: World, recipient: str, *, sender: str = SENDER) -> str:
    """Give the world a message without a relay between."""
    at = world.clock.now()
    return world.answer_data([Taken(sender=sender, recipient=recipient, at=at, headers=b"Subject: x\r\n")])


def test_from_a_message_to_its_bounce(world: World, clock: SteppedClock, send: Send, mailbox: Mailbox) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay, mailbox:
            await send(relay, "later-unknown@orange.sim.example", mail=["ENVID=E1"])
            due = world.next_due()
            assert due is not None
            assert START + 2 * MINUTE <= due <= START + timedelta(hours=6)
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 0
            clock.jump_to(due)
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 1
        ((sender, recipient, _),) = mailbox.mails
        assert sender in ("", "<>")
        assert recipient == SENDER
        (mail,) = mailbox.messages()
        fields = mail.get_payload()[1].get_payload()
        assert fields[0]["Original-Envelope-Id"] == "E1"
        assert fields[1]["Status"] == "5.1.1"
        assert world.next_due() is None
        assert world.returned == {Kind.BOUNCE: 1}
        (entry,) = world.returns
        assert (entry.behaviour, entry.kind, entry.code, entry.at) == ("later-unknown", Kind.BOUNCE, 250, due)

    run(work())


@pytest.mark.parametrize(
    ("local", "kind"),
    [
        ("later-full", Kind.BOUNCE),
        ("forward", Kind.BOUNCE),
        ("delay", Kind.DELAY),
        ("complain", Kind.COMPLAINT),
        ("ooo", Kind.AUTO_REPLY),
    ],
)
def test_each_kind_comes_back_once(local: str, kind: Kind, world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    async def work() -> None:
        async with mailbox:
            assert take(world, f"{local}@there.example").startswith("250")
            await clock.sleep(86_400)
            await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port)
            await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port)
        assert len(mailbox.mails) == 1
        assert world.returned == {kind: 1}
        assert world.received == 1

    run(work())


def test_nothing_comes_back_to_the_null_sender(world: World) -> None:
    take(world, "later-full@there.example", sender="")
    take(world, "ooo@there.example", sender="")
    assert world.waiting == 0
    assert world.received == 2


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_what_is_refused_for_now_comes_again(where: str, world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    answers = mailbox.rcpt_answers if where == "rcpt" else mailbox.data_answers
    answers += ["451 4.3.0 Disk full", "452 4.2.2 Still full"]

    async def work() -> None:
        async with mailbox:
            take(world, "later-full-1@there.example")
            take(world, "later-full-2@there.example")
            clock.jump_to(START + timedelta(hours=6))
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 0
            assert world.next_due() == clock.now() + MINUTE
            clock.jump_to(clock.now() + MINUTE)
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 2
        assert sorted(mail["Date"] for mail in mailbox.messages()) != []
        assert world.returned == {Kind.BOUNCE: 2}
        assert world.lost == 0

    run(work())


def test_the_wait_doubles_and_a_return_keeps_its_date(world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    mailbox.data_answers += ["451 4.3.0 Later"] * 8

    async def work() -> None:
        take(world, "later-full@there.example")
        due = world.next_due()
        assert due is not None
        waits = []
        async with mailbox:
            for _ in range(8):
                clock.jump_to(world.next_due() or START)
                await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port)
                waits.append(((world.next_due() or START) - clock.now()) // MINUTE)
            assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
            clock.jump_to(world.next_due() or START)
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 1
        assert mailbox.messages()[0]["Date"].startswith(due.strftime("%a, %d %b %Y %H:%M"))

    run(work())


def test_what_is_refused_for_ever_or_for_too_long_is_lost(world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    async def work() -> None:
        take(world, "later-full-1@there.example")
        await clock.sleep(86_400)
        async with mailbox:
            mailbox.rcpt_answers.append("550 5.1.1 not ours")
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 0
            assert [entry.code for entry in world.returns] == [550]
            take(world, "later-full-2@there.example")
            await clock.sleep(6 * 86_400)
            mailbox.rcpt_answers.append("451 4.3.0 Later")
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 0
        assert world.lost == 2
        assert world.waiting == 0
        assert not world.returned

    run(work())


def test_a_server_that_is_down_or_hangs_up_loses_nothing(world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    async def work() -> None:
        for number in range(3):
            take(world, f"later-full-{number}@there.example")
        await clock.sleep(86_400)
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            assert await world.deliver_due(clock.now(), "127.0.0.1", nobody.getsockname()[1]) == 0
        assert world.waiting == 3
        await clock.sleep(120)
        async with mailbox:
            mailbox.data_answers += ["250 ok", "421 4.3.2 Going down"]
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 1
            assert world.waiting == 2
            await clock.sleep(3_600)
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 2
        assert world.returned == {Kind.BOUNCE: 3}

    run(work())


def test_a_sender_beyond_ascii_whom_the_server_cannot_take(world: World, clock: SteppedClock, mailbox: Mailbox) -> None:
    async def work() -> None:
        take(world, "later-full@there.example", sender="rebonds-é@bounces.shop.example")
        await clock.sleep(86_400)
        async with mailbox:
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 0
        assert [entry.code for entry in world.returns] == [550]

    run(work())


def test_a_server_that_speaks_smtp_only_gets_its_returns_too(world: World, clock: SteppedClock) -> None:
    async def work() -> None:
        take(world, "later-full@there.example")
        await clock.sleep(86_400)
        other = World(WorldSettings(accepted=1.0), clock)
        async with SimulatedRelay(other) as relay:
            assert await world.deliver_due(clock.now(), relay.host, relay.port) == 1
        assert other.received_by(SENDER) == 1

    run(work())


def test_stopping_in_the_middle_loses_nothing(
    world: World, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: object, **__: object) -> list[int]:
        raise asyncio.CancelledError

    async def work() -> None:
        take(world, "later-full@there.example")
        await clock.sleep(86_400)
        monkeypatch.setattr("rebond.simulate.world.asyncio.to_thread", stopped)
        with pytest.raises(asyncio.CancelledError):
            await world.deliver_due(clock.now(), "127.0.0.1", 1)
        assert world.waiting == 1

    run(work())


def test_many_returns_are_handed_over_in_batches(clock: SteppedClock, mailbox: Mailbox) -> None:
    world = World(WorldSettings(), clock)

    async def work() -> None:
        for number in range(450):
            take(world, f"later-unknown-{number}@gmail.sim.example")
        await clock.sleep(86_400)
        async with mailbox:
            assert await world.deliver_due(clock.now(), "127.0.0.1", mailbox.port) == 450
        assert len(mailbox.mails) == 450

    run(work())


def test_what_was_seen_and_what_was_counted_agree(clock: SteppedClock, send: Send) -> None:
    world = World(WorldSettings(accepted=0.5), clock)

    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            for number in range(120):
                await send(relay, f"p{number}@{['gmail', 'exim', 'free'][number % 3]}.sim.example")
        assert len(world.log) == 120
        assert world.received == sum(entry.code == 250 for entry in world.log)
        assert world.refused.total() == sum(entry.code >= 400 for entry in world.log)
        assert {entry.at for entry in world.log} == {START}
        assert world.waiting > 0

    run(work())


def test_one_that_refuses_after_data_refuses_for_all(world: World) -> None:
    messages = [
        Taken(sender=SENDER, recipient=recipient, at=START, headers=CONTENT)
        for recipient in ("later-full@there.example", "spam@there.example")
    ]
    assert world.answer_data(messages).startswith("554 5.7.1")
    assert world.received == world.waiting == 0
    assert world.refused == {"spam": 1}


def test_a_fickle_receiver_says_something_else_each_time_and_others_never(clock: SteppedClock) -> None:
    world = World(WorldSettings(), clock)
    said = {
        domain: {world.answer_rcpt(f"full@{domain}.sim.example", sender=SENDER) for _ in range(20)}
        for domain in ("liar", "gmail", "postfix")
    }
    assert len(said["liar"]) > 2
    assert len({text[:3] for text in said["liar"] if text}) > 1
    assert all(len({text and text[:9] for text in said[name]}) == 1 for name in ("gmail", "postfix"))


def test_what_is_due_can_be_taken_by_a_caller_that_hands_it_over_itself(clock: SteppedClock) -> None:
    world = World(WorldSettings(), clock)
    for number in range(3):
        recipient = f"later-unknown-{number}@gmail.sim.example"
        world.answer_data([Taken(sender=SENDER, recipient=recipient, at=clock.now(), headers=b"Subject: S\r\n")])
    assert world.take_due(clock.now(), limit=10) == []
    clock.jump_to(clock.now() + timedelta(hours=7))
    first = world.take_due(clock.now(), limit=2)
    rest = world.take_due(clock.now(), limit=10)
    assert (len(first), len(rest), world.waiting, world.returned[Kind.BOUNCE]) == (2, 1, 0, 3)
    assert [due.at for due in first + rest] == sorted(due.at for due in first + rest)
