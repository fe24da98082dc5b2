"""Connections to relays: opened, kept, lost and replaced, and what fails before any message is asked about."""

import asyncio
from collections import Counter

import pytest

from rebond.channels.email.smtp import SmtpSender, SmtpSettings
from rebond.core.ports import Outcome, OutcomeKind
from rebond.core.words import Phase
from tests.channels.email.relay import (
    CUT,
    EXTENSIONS,
    HANG,
    THEN_CUT,
    WAYS,
    Relay,
    StillClock,
    hand_over,
    kinds,
    outgoing,
    running,
    send,
)

ACCEPTED, REFUSED, FAULT = OutcomeKind.ACCEPTED, OutcomeKind.REFUSED, OutcomeKind.FAULT
UNCERTAIN, UNSENT = OutcomeKind.UNCERTAIN, OutcomeKind.UNSENT


@pytest.mark.parametrize(
    ("step", "answer", "phase", "code", "words"),
    [
        ("banner", "554 5.3.2 Go away", Phase.CONNECT, 554, "554 5.3.2 Go away"),
        ("banner", "421 Busy" + THEN_CUT, Phase.CONNECT, 421, "421 Busy"),
        ("banner", "SSH-2.0-x", Phase.CONNECT, 0, "SSH-2.0-x"),
        ("banner", CUT, Phase.CONNECT, 0, "Error connecting"),
        ("banner", HANG, Phase.CONNECT, 0, "Timed out"),
        ("EHLO", "421 4.7.0 No", Phase.HELLO, 421, "421 4.7.0 No"),
        ("EHLO", CUT, Phase.HELLO, 0, ""),
        ("EHLO", HANG, Phase.HELLO, 0, "Timed out"),
    ],
)
def test_a_fault_before_anything_was_asked(step: str, answer: str, phase: Phase, code: int, words: str) -> None:
    relay = Relay(say=lambda at, _: answer if at == step else "")
    outcomes = send(relay, outgoing(3))
    assert kinds(outcomes) == {0: FAULT, 1: UNSENT, 2: UNSENT}
    assert (outcomes[0].phase, outcomes[0].code) == (phase, code)
    assert words in outcomes[0].text
    assert outcomes[0].text


def test_a_relay_that_is_not_there() -> None:
    async def run() -> list[Outcome]:
        async with running(Relay()) as relay:
            port = relay.port
        sender = SmtpSender(SmtpSettings.from_url(f"smtp://127.0.0.1:{port}"), clock=StillClock())
        return await hand_over(sender, outgoing(9))

    outcomes = asyncio.run(run())
    assert Counter(kinds(outcomes).values()) == {FAULT: 4, UNSENT: 5}
    assert "Error connecting to 127.0.0.1" in outcomes[0].text


def test_helo_for_those_who_do_not_know_ehlo() -> None:
    relay = Relay(say=lambda step, _: "502 what?" if step == "EHLO" else "")
    assert kinds(send(relay, outgoing(1))) == {0: ACCEPTED}
    assert [line.split()[0] for line in relay.lines] == ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_no_tls_where_tls_is_asked_for() -> None:
    outcomes = send(Relay(), outgoing(2), query="tls=starttls")
    assert kinds(outcomes) == {0: FAULT, 1: UNSENT}
    assert outcomes[0].phase is Phase.HELLO
    assert "offers no STARTTLS" in outcomes[0].text
    assert kinds(send(Relay(), outgoing(2), query="tls=opportunistic")) == {0: ACCEPTED, 1: ACCEPTED}


def test_a_password_is_not_sent_in_the_clear_unless_asked() -> None:
    async def run(query: str, relay: Relay) -> list[Outcome]:
        async with running(relay):
            sender = SmtpSender(relay.settings(query, user="me:secret@", connections=1), clock=StillClock())
            outcomes = await hand_over(sender, outgoing(1))
            await sender.close()
            return outcomes

    for extensions in (EXTENSIONS, (*EXTENSIONS, "AUTH PLAIN")):
        relay = Relay(extensions=extensions)
        (outcome,) = asyncio.run(run("tls=opportunistic", relay))
        assert (outcome.kind, outcome.phase) == (FAULT, Phase.HELLO)
        assert "not sent in the clear" in outcome.text
        assert not any("AUTH" in line for line in relay.lines)
    relay = Relay(say=lambda step, _: "235 ok" if step == "AUTH" else "", extensions=(*EXTENSIONS, "AUTH PLAIN"))
    assert kinds(asyncio.run(run("tls=none", relay))) == {0: ACCEPTED}
    relay = Relay(say=lambda step, _: "535 5.7.8 Wrong" if step == "AUTH" else "", extensions=("AUTH PLAIN LOGIN",))
    (outcome,) = asyncio.run(run("tls=none", relay))
    assert (outcome.kind, outcome.phase, outcome.code, outcome.text) == (FAULT, Phase.AUTH, 535, "535 5.7.8 Wrong")


def test_a_connection_lost_between_messages_is_replaced_quietly() -> None:
    for answer in ("250 2.0.0 Ok" + THEN_CUT, "250 2.0.0 Ok\r\n421 4.4.2 Idle too long" + THEN_CUT):
        relay = Relay(say=lambda step, _, answer=answer: answer if step == "." else "")  # type: ignore[misc]
        assert kinds(send(relay, outgoing(3))) == dict.fromkeys(range(3), ACCEPTED)
        assert relay.connections == 3


@WAYS
@pytest.mark.parametrize("answer", [CUT, "421 4.3.2 Enough" + THEN_CUT, "421 4.3.2 Enough"])
def test_a_relay_that_takes_one_message_a_connection(answer: str, extensions: tuple[str, ...]) -> None:
    seen: Counter[int] = Counter()
    relay = Relay(extensions=extensions)

    def say(step: str, _line: str) -> str:
        if step == "MAIL":
            seen[relay.connections] += 1
            return answer if seen[relay.connections] > 1 else ""
        return ""

    relay.say = say
    assert kinds(send(relay, outgoing(3))) == dict.fromkeys(range(3), ACCEPTED)
    assert relay.connections == 3


def test_a_relay_that_refuses_to_start_over() -> None:
    relay = Relay(say=lambda step, _: {"RCPT": "550 5.1.1 no", "RSET": "500 what?"}.get(step, ""))
    outcomes = send(relay, outgoing(3))
    assert kinds(outcomes) == {0: REFUSED, 1: FAULT, 2: UNSENT}
    assert (outcomes[1].phase, outcomes[1].text) == (Phase.MAIL_FROM, "500 what?")


def test_421_to_mail_on_a_new_connection_is_a_fault() -> None:
    relay = Relay(say=lambda step, _: "421 4.7.0 Not now" if step == "MAIL" else "")
    outcomes = send(relay, outgoing(2))
    assert kinds(outcomes) == {0: FAULT, 1: UNSENT}
    assert outcomes[0].code == 421


def test_connections_are_kept_between_windows_and_replaced_when_they_served_enough() -> None:
    async def run() -> Relay:
        async with running(Relay()) as relay:
            sender = SmtpSender(relay.settings(connections=2, messages_per_connection=4), clock=StillClock())
            for _ in range(4):
                assert len(await hand_over(sender, outgoing(4))) == 4
            await sender.close()
            await sender.close()
            return relay

    relay = asyncio.run(run())
    assert relay.connections == 4
    assert relay.lines.count("QUIT") == 4


def test_a_sender_outlives_its_loop() -> None:
    async def start(relay: Relay) -> tuple[SmtpSender, list[Outcome]]:
        async with running(relay):
            sender = SmtpSender(relay.settings(connections=1), clock=StillClock())
            return sender, await hand_over(sender, outgoing(1))

    async def go_on(sender: SmtpSender, port: int) -> list[Outcome]:
        async with running(Relay(), port=port):
            outcomes = await hand_over(sender, outgoing(1))
            await sender.close()
            return outcomes

    first = Relay()
    sender, outcomes = asyncio.run(start(first))
    assert kinds(outcomes) == {0: ACCEPTED}
    assert kinds(asyncio.run(go_on(sender, first.port))) == {0: ACCEPTED}


def test_leaving_a_window_early_ends_what_is_in_flight() -> None:
    async def run() -> Relay:
        relay = Relay(say=lambda step, line: HANG if step == "RCPT" and "user2@" in line else "")
        async with running(relay):
            sender = SmtpSender(relay.settings(connections=1), clock=StillClock())
            async for outcome in (window := sender.send(outgoing(5))):
                if outcome.message == 1:
                    break
            await window.aclose()  # type: ignore[attr-defined]
            relay.say = lambda _step, _line: ""
            assert kinds(await hand_over(sender, outgoing(1))) == {0: ACCEPTED}
            await sender.close()
        return relay

    assert asyncio.run(run()).connections == 2


def test_a_mistake_of_ours_is_raised_and_does_not_hang() -> None:
    class BrokenClock(StillClock):
        def now(self) -> "None":  # type: ignore[override]
            raise RuntimeError("no time")

    async def run() -> None:
        async with running(Relay()) as relay:
            await hand_over(SmtpSender(relay.settings(connections=2), clock=BrokenClock()), outgoing(5))  # type: ignore[arg-type]

    with pytest.raises(RuntimeError, match="no time"):
        asyncio.run(run())
