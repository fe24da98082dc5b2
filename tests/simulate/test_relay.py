"""The relay, over real sockets: each behaviour, in the dialect of the recipient's domain."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import aiosmtplib
import pytest

from rebond.simulate.behaviour import WorldSettings
from rebond.simulate.clock import SteppedClock
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.world import World
from tests.simulate.conftest import CONTENT, SENDER, START, Send


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 120))


@pytest.mark.parametrize(
    ("recipient", "code", "words"),
    [
        ("unknown@gmail.sim.example", 550, "5.1.1 The email account that you tried to reach does not exist"),
        ("unknown-12@orange.sim.example", 550, "5.1.1 Adresse d au moins un destinataire invalide"),
        ("unknown.marie@postfix.sim.example", 550, "5.1.1 <unknown.marie@postfix.sim.example>: Recipient address"),
        ("unknown@exchange.sim.example", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound"),
        ("full@gmail.sim.example", 452, "4.2.2 The recipient's inbox is out of storage space"),
        ("full@orange.sim.example", 552, "5.2.2 La boite du destinataire est pleine"),
        ("full@elsewhere.example", 452, "4.2.2 <full@elsewhere.example>: Mailbox full"),
        ("soft@yahoo.sim.example", 451, "4.3.2 Internal server error"),
        ("grey@free.sim.example", 451, "Greylisted"),
        ("disabled@gmail.sim.example", 550, "5.2.1 The email account that you tried to reach is inactive"),
        ("disabled@laposte.sim.example", 550, "5.2.1 Compte du destinataire desactive"),
        ("blocked@outlook.sim.example", 550, "5.7.1 Unfortunately, messages from [192.0.2.25] weren't sent"),
        ("spam@free.sim.example", 550, "spam detected"),
        ("spam@orange.sim.example", 550, "5.2.0 Mail rejete. Mail rejected. OFR_506 [506]"),
        ("weird@qmail.sim.example", 55, ""),
        ("someone@gmail.sim.example", 250, "2.0.0 OK"),
        ("later-full@gmail.sim.example", 250, "2.0.0 OK"),
        ("complain@yahoo.sim.example", 250, "ok dirdel"),
        ("ooo@exchange.sim.example", 250, "2.6.0"),
    ],
)
def test_each_behaviour_answers_in_its_dialect(
    recipient: str, code: int, words: str, clock: SteppedClock, send: Send
) -> None:
    world = World(WorldSettings(accepted=1.0), clock)

    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            answered, text = await send(relay, recipient)
        assert str(answered).startswith(str(code))
        assert words in text
        assert [(entry.recipient, entry.code, entry.at) for entry in world.log] == [(recipient, answered, START)]
        assert world.received + world.refused.total() == 1
        assert world.received_by(recipient.upper()) == world.received == (answered == 250)

    run(work())


def test_the_same_address_gets_the_same_answer_each_time(world: World, send: Send) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            answers = {(await send(relay, "weird@there.example"))[0] for _ in range(5)}
        assert len(answers) == 1
        assert world.refused == {"weird": 5}

    run(work())


def test_greylisting_opens_after_five_minutes_and_stays_open(world: World, clock: SteppedClock, send: Send) -> None:
    async def work() -> None:
        codes = []
        async with SimulatedRelay(world) as relay:
            for wait in (0, 240, 60, 86_400):
                await clock.sleep(wait)
                codes.append((await send(relay, "grey@postfix.sim.example"))[0])
        assert codes == [450, 450, 250, 250]

    run(work())


def test_a_throttled_address_is_refused_now_and_then_and_421_hangs_up(world: World, send: Send) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            codes = [(await send(relay, "throttle@yahoo.sim.example"))[0] for _ in range(40)]
            assert set(codes) == {250, 421}
            assert 10 <= codes.count(421) <= 30

            client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
            await client.connect()
            await client.mail(SENDER)

            async def insist() -> None:
                for _ in range(40):
                    await client.rcpt("slow@yahoo.sim.example")

            with pytest.raises(aiosmtplib.SMTPRecipientRefused, match="TSS04"):
                await insist()
            with pytest.raises(aiosmtplib.SMTPServerDisconnected):
                await client.noop()

    run(work())


def test_it_offers_what_a_sender_may_use_and_takes_all_dsn_options(world: World) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
            await client.connect()
            await client.ehlo()
            for extension in ("dsn", "smtputf8", "size", "pipelining", "8bitmime", "enhancedstatuscodes"):
                assert client.supports_extension(extension)
            answer = await client.mail(SENDER, options=["RET=HDRS", "ENVID=QQ+2B314", f"SIZE={len(CONTENT)}"])
            assert answer.code == 250
            long = "x" * 480
            answer = await client.rcpt(
                "later-unknown@there.example",
                options=["NOTIFY=FAILURE,DELAY", f"ORCPT=rfc822;Later+2BUnknown{long}@there.example"],
            )
            assert answer.code == 250
            await client.data(CONTENT)
            await client.quit()
        taken = world._due[0].what.taken
        assert taken.envelope_id == "QQ+314"
        assert taken.original_recipient == f"rfc822;Later+Unknown{long}@there.example"

    run(work())


def test_options_do_not_stay_for_the_next_message(world: World) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
            await client.connect()
            await client.sendmail(
                SENDER, "later-full-1@there.example", CONTENT, mail_options=["ENVID=one"], rcpt_options=["NOTIFY=NEVER"]
            )
            await client.sendmail(SENDER, "later-full-2@there.example", CONTENT)
            await client.quit()
        assert [(parcel.what.taken.recipient, parcel.what.taken.envelope_id) for parcel in world._due] == [
            ("later-full-2@there.example", "")
        ]

    run(work())


def test_pipelined_commands_are_answered_in_order(world: World) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            reader, writer = await asyncio.open_connection(relay.host, relay.port)
            writer.write(
                b"EHLO me\r\nMAIL FROM:<b@shop.example>\r\nRCPT TO:<unknown@there.example>\r\n"
                b"RCPT TO:<a@gmail.sim.example>\r\nRCPT TO:<nobody>\r\nDATA\r\n"
            )
            codes = []
            while not codes or codes[-1] != "354":
                line = (await reader.readline()).decode()
                if line[3] == " ":
                    codes.append(line[:3])
            writer.write(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
            rest = (await reader.read()).decode()
            writer.close()
        assert codes == ["220", "250", "250", "550", "250", "501", "354"]
        assert [line[:3] for line in rest.splitlines()] == ["250", "221"]

    run(work())


def test_broken_commands_get_an_answer(world: World) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            reader, writer = await asyncio.open_connection(relay.host, relay.port)
            writer.write(b"EHLO me\r\nMAIL\r\nMAIL FROM\r\nRCPT TO:<a@b.example>\r\nMAIL FROM:<> ENVID=\r\nQUIT\r\n")
            lines = (await reader.read()).decode().splitlines()
            writer.close()
        assert [line[:3] for line in lines if line[3] == " "] == ["220", "250", "501", "501", "503", "501", "221"]

    run(work())


def test_a_transaction_takes_a_hundred_recipients(world: World) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
            await client.connect()
            await client.mail(SENDER)
            for number in range(100):
                await client.rcpt(f"later-full-{number}@there.example")
            with pytest.raises(aiosmtplib.SMTPRecipientRefused, match="Too many recipients"):
                await client.rcpt("later-full-100@there.example")
            await client.data(CONTENT)
            await client.quit()
        assert world.received == world.waiting == 100

    run(work())


def test_a_relay_goes_down_and_comes_back_on_its_port(world: World, send: Send) -> None:
    async def work() -> None:
        relay = SimulatedRelay(world)
        await relay.start()
        port = relay.port
        client = aiosmtplib.SMTP(hostname=relay.host, port=relay.port, start_tls=False)
        await client.connect()
        await relay.stop()
        await relay.stop()
        with pytest.raises(aiosmtplib.SMTPException):
            await client.noop()
        with pytest.raises(aiosmtplib.SMTPConnectError):
            await send(relay, "a@there.example")
        await relay.start()
        assert relay.port == port
        await send(relay, "unknown@there.example")
        await relay.stop()

    run(work())


def test_an_address_beyond_ascii(world: World, send: Send) -> None:
    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            code, _ = await send(relay, "unknown.é@there.example", mail=["SMTPUTF8", "BODY=8BITMIME"])
        assert code == 550
        assert world.log[0].recipient == "unknown.é@there.example"

    run(work())


def test_two_runs_of_the_same_seed_are_the_same_world(send: Send) -> None:
    recipients = [f"p{number}@{name}.sim.example" for number in range(15) for name in ("gmail", "free", "other")]

    async def play(seed: int) -> list[tuple[str, str, int]]:
        world = World(WorldSettings(seed=seed, accepted=0.3), SteppedClock(START, ticks=lambda: 0.0))
        async with SimulatedRelay(world) as relay:
            for recipient in recipients:
                await send(relay, recipient)
        due = [(parcel.at, parcel.what) for parcel in sorted(world._due)]
        return [(entry.recipient, entry.behaviour, entry.code) for entry in world.log] + due  # type: ignore[return-value]

    assert asyncio.run(play(1)) == asyncio.run(play(1)) != asyncio.run(play(2))


def test_what_waits_is_bounded(clock: SteppedClock, send: Send) -> None:
    world = World(WorldSettings(most_due=2, remembered=3), clock)

    async def work() -> None:
        async with SimulatedRelay(world) as relay:
            answers = [(await send(relay, f"later-full-{number}@there.example"))[0] for number in range(5)]
        assert answers == [250, 250, 452, 452, 452]
        assert world.waiting == 2
        assert world.received_by("later-full-0@there.example") == 0
        assert len(world.log) <= 3
        assert clock.now() == START + timedelta(0)

    run(work())
