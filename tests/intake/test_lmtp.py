"""The LMTP listener: what is ours, one reply per recipient, 250 only for what is stored; and hostile peers."""

import asyncio
import threading
import tracemalloc

import pytest

from rebond.intake.session import Limits
from tests.intake.lmtp_peer import BOX, DOMAIN, MAIL, OURS, Listening, Memory, run, until
from tests.waiting import an_hour_passes


@pytest.mark.parametrize(
    "recipient",
    [
        f"b@{DOMAIN}",
        f"b+{'a2' * 20}@{DOMAIN}",
        f"B+ANY-THING@{DOMAIN.upper()}",
        f"b+x@{DOMAIN}.",
        f"unsubscribe+token@{DOMAIN}",
        f"unsubscribe@{DOMAIN}",
        f"complaints@{DOMAIN}",
        f"fbl@{DOMAIN}",
        f"postmaster@{DOMAIN}",
        f"Abuse@{DOMAIN}",
        "postmaster",
    ],
)
def test_what_is_ours(recipient: str) -> None:
    assert OURS.takes(recipient)


@pytest.mark.parametrize(
    "recipient",
    ["", "b", f"someone@{DOMAIN}", f"postmaster+x@{DOMAIN}", f"bb+x@{DOMAIN}", "b+x@other.example", f"b+x@a.{DOMAIN}"],
)
def test_what_is_not_ours(recipient: str) -> None:
    assert not OURS.takes(recipient)


def test_greeting_says_what_rfc_2033_asks() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            greeting = await peer.greet()
            for word in ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", f"SIZE {25 * 1024 * 1024}"):
                assert word in greeting
            assert (await peer.says("EHLO mx.example")).startswith("500")
            assert (await peer.says("HELO mx.example")).startswith("500")
            assert (await peer.says("VRFY postmaster")).startswith("252")
            assert (await peer.says("AUTH PLAIN AAAA")).startswith("500")
            assert (await peer.says("QUIT")).startswith("221")
            assert await peer.gone()

    run(talk)


def test_a_mail_is_stored_once_per_recipient_and_answered_in_order() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            answers = await peer.envelope(f"b+one@{DOMAIN}", "b+two@elsewhere.example", f"postmaster@{DOMAIN}")
            assert [answer[:9] for answer in answers] == ["250 2.1.5", "550 5.1.1", "250 2.1.5"]
            replies = await peer.data(MAIL, replies=2)
            assert [reply[:16] for reply in replies] == ["250 2.0.0 Stored"] * 2
            await peer.envelope(f"b+one@{DOMAIN}", f"b+three@{DOMAIN}", sender="someone@sender.example")
            replies = await peer.data(MAIL, replies=2)
            assert [reply[:13] for reply in replies] == ["250 2.0.0 Had", "250 2.0.0 Sto"]

    stored = run(talk).stored
    assert [(raw, to) for raw, to in stored] == [
        (MAIL, f"b+one@{DOMAIN}"),
        (MAIL, f"postmaster@{DOMAIN}"),
        (MAIL, f"b+three@{DOMAIN}"),
    ]
    senders = [item.envelope_from for item in stored.values()]
    assert senders == ["", "", "someone@sender.example"]
    assert {item.source for item in stored.values()} == {"lmtp"}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (b"", b""),
        (b"\r\n", b"\r\n"),
        (b"..\r\n", b".\r\n"),
        (b"..x\r\n...y\r\n.z\r\n", b".x\r\n..y\r\nz\r\n"),
        (b"a\n.\nb\r.\rc\r\n", b"a\n.\nb\r.\rc\r\n"),
        (b"\x00\xff\x80" * 50 + b"\r\n", b"\x00\xff\x80" * 50 + b"\r\n"),
        (b"x" * 300_000 + b"\r\n", b"x" * 300_000 + b"\r\n"),
        (b"\r\n" * 100_000, b"\r\n" * 100_000),
    ],
    ids=["empty", "empty-line", "dot", "dots", "lone-cr-lf", "nul", "long-line", "short-lines"],
)
def test_bytes_come_through_as_they_are(sent: bytes, stored: bytes) -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            for _ in range(2):
                await peer.envelope()
                assert (await peer.data(sent))[0].startswith("250")
            assert (await peer.says("NOOP")).startswith("250")

    assert [raw for raw, _ in run(talk).stored] == [stored]


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 65_535])
def test_bytes_may_come_in_any_pieces(piece: int) -> None:
    raw = b"Subject: x\r\n\r\n" + b"..line\r\n" * 20
    dialogue = f"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{BOX}>\r\nDATA\r\n".encode() + raw + b".\r\nQUIT\r\n"

    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            for start in range(0, len(dialogue), piece):
                await peer.send(dialogue[start : start + piece])
            said = await asyncio.wait_for(peer.reader.read(), 60)
            assert b"250 2.0.0 Stored" in said
            assert said.endswith(b"221 Bye\r\n")

    assert [raw for raw, _ in run(talk).stored] == [raw.replace(b"..", b".")]


def test_ten_thousand_recipients_are_taken_up_to_the_limit() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            assert (await peer.says("MAIL FROM:<>")).startswith("250")
            await peer.send(b"".join(b"RCPT TO:<b+%d@bounce.example>\r\n" % number for number in range(10_000)))
            answers = [await peer.reply() for _ in range(10_000)]
            assert [answer[:9] for answer in answers] == ["250 2.1.5"] * 100 + ["452 4.5.3"] * 9_900
            replies = await peer.data(MAIL, replies=100)
            assert all(reply.startswith("250") for reply in replies)
            assert (await peer.says("NOOP")).startswith("250")

    assert len(run(talk).stored) == 100


@pytest.mark.parametrize("line", [b"x" * 998 + b"\r\n", b"x" * 100_000], ids=["lines", "no-line-ends"])
def test_too_large_a_mail_is_refused_for_each_recipient_without_keeping_it(line: bytes) -> None:
    total = 40_000_000

    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope(f"b+1@{DOMAIN}", f"b+2@{DOMAIN}")
            assert (await peer.says("DATA")).startswith("354")
            tracemalloc.start()
            for _ in range(total // len(line)):
                await peer.send(line)
            await peer.send(b"\r\n.\r\n")
            replies = [await peer.reply() for _ in range(2)]
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert [reply[:9] for reply in replies] == ["552 5.3.4"] * 2
            assert peak < 8_000_000
            assert listener.intake.receiving.bytes == 0
            await peer.envelope()
            assert (await peer.data(MAIL))[0].startswith("250")

    assert len(run(talk, limits=Limits(max_size=1_000_000)).stored) == 1


def test_a_size_announced_too_large_is_refused_at_once() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            assert (await peer.says("MAIL FROM:<> SIZE=1000000000")).startswith("552")
            assert (await peer.says("MAIL FROM:<> SIZE=1000")).startswith("250")

    run(talk)


def test_a_mail_of_just_the_size_is_taken_and_one_byte_more_is_not() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            for size, answer in ((1000, "250"), (1001, "552")):
                await peer.envelope()
                assert (await peer.data(b"x" * (size - 2) + b"\r\n"))[0].startswith(answer)

    assert [len(raw) for raw, _ in run(talk, limits=Limits(max_size=1000)).stored] == [1000]


def test_what_all_connections_hold_together_is_bounded() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as one, listener.peer() as two:
            for peer in (one, two):
                await peer.greet()
                await peer.envelope()
                assert (await peer.says("DATA")).startswith("354")
            await one.send(b"x" * 600_000)
            await until(lambda: listener.intake.receiving.bytes >= 400_000)
            await two.send(b"y" * 900_000 + b"\r\n.\r\n")
            assert (await two.reply()).startswith("452 4.3.1")
            await one.send(b"\r\n.\r\n")
            assert (await one.reply()).startswith("250")
            assert listener.intake.receiving.bytes == 0

    run(talk, limits=Limits(max_receiving=1_000_000))


def test_too_many_connections_are_told_to_come_again() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as one, listener.peer() as two:
            await one.greet()
            await two.greet()
            async with listener.peer() as three:
                assert (await three.reply()).startswith("421 4.3.2")
                assert await three.gone()
            await one.says("QUIT")
            assert await one.gone()
        async with listener.peer() as four:
            await four.greet()

    run(talk, limits=Limits(max_connections=2))


@pytest.mark.parametrize("moment", ["idle", "data"])
def test_a_slow_peer_is_cut(moment: str) -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            if moment == "data":
                await peer.envelope()
                await peer.says("DATA")
                await peer.send(b"Subject: dri")
            await an_hour_passes()
            assert await peer.gone()

    assert not run(talk, limits=Limits(idle=60 if moment == "idle" else 1e6, mail=60)).stored


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n",
        b"\xff\xfe GET / HTTP/1.1\r\n",
        b"\r\n",
        b"MAIL FROM:<a\x00b@c>\r\n",
        b"MAIL FROM:" + b"<" * 500 + b"\r\n",
        b"MAIL FROM:<\xff\xfe@x>\r\nRCPT TO:<\xff@bounce.example>\r\n",
        b"RCPT TO:<" + BOX.encode() + b">\r\n",
        b"DATA\r\n",
        b"DATA now\r\n",
        b"LHLO\r\n",
        b"MAIL FROM:<> SIZE=x BODY=9 FOO\r\n",
        b"x" * 200_000 + b"\r\n",
        b"VRFY \xff\r\nHELP\r\nEXPN x\r\nSTARTTLS\r\n",
    ],
    ids=lambda garbage: repr(garbage[:16]),
)
def test_garbage_is_answered_with_an_error_and_the_next_peer_is_served(garbage: bytes) -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.send(garbage)
            if garbage.startswith(b"MAIL FROM:<\xff"):
                assert (await peer.reply()).startswith("250")
                assert (await peer.reply()).startswith("550")
            else:
                assert (await peer.reply())[0] in "25"
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            assert (await peer.data(MAIL))[0].startswith("250")

    assert len(run(talk).stored) == 1


def test_a_peer_of_nothing_but_garbage_is_sent_away() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.reply()
            await peer.send(b"FOO\r\n" * 50)
            assert b"too many" in (await asyncio.wait_for(peer.reader.read(), 60)).lower()

    run(talk)


def test_a_source_route_and_options_do_no_harm() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            assert (await peer.says("MAIL FROM:<> BODY=8BITMIME SMTPUTF8")).startswith("250")
            assert (await peer.says(f"RCPT TO:<@relay.example:{BOX}>")).startswith("250")
            assert (await peer.says(f"RCPT TO: <{BOX}>")).startswith("250")
            await peer.data(MAIL, replies=2)

    assert [to for _, to in run(talk).stored] == [BOX]


def test_a_peer_that_leaves_in_the_middle_of_a_mail_leaves_nothing_behind() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            await peer.says("DATA")
            await peer.send(MAIL * 10_000)
        async with listener.peer() as peer:
            await peer.greet()
            await until(lambda: not listener.intake.receiving.bytes)

    assert not run(talk).stored


def test_a_peer_that_leaves_before_its_answer_has_its_mail_stored_once() -> None:
    held = threading.Event()
    memory = Memory(before=lambda: held.wait(60))

    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            await peer.says("DATA")
            await peer.send(MAIL + b".\r\n")
            await until(lambda: listener.intake.receiving.bytes >= len(MAIL))
        held.set()
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            assert (await peer.data(MAIL))[0].startswith("250 2.0.0 Had")

    assert len(run(talk, memory=memory).stored) == 1
