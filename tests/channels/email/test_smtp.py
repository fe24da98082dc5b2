"""Handing over to relays that take, refuse, cut and speak nonsense: each message has one outcome."""

import asyncio
from dataclasses import replace

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from rebond.channels.email.smtp import SmtpSender, SmtpSettings
from rebond.core.ports import Outcome, OutcomeKind, Outgoing
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
    saying,
    send,
)

ACCEPTED, REFUSED, FAULT = OutcomeKind.ACCEPTED, OutcomeKind.REFUSED, OutcomeKind.FAULT
UNCERTAIN, UNSENT = OutcomeKind.UNCERTAIN, OutcomeKind.UNSENT


@WAYS
def test_what_is_taken(extensions: tuple[str, ...]) -> None:
    relay = Relay(extensions=extensions)
    outcomes = send(relay, outgoing(3))
    assert kinds(outcomes) == dict.fromkeys(range(3), ACCEPTED)
    assert {(o.phase, o.code, o.text, o.remote_id) for o in outcomes} == {
        (Phase.AFTER_DATA, 250, "250 2.0.0 Ok: queued as 4XyZ12", "4XyZ12")
    }
    assert [o.at.second for o in outcomes] == [1, 2, 3]
    assert relay.connections == 1
    assert relay.lines[1:4] == [
        "MAIL FROM:<b+tok0@bounce.example> RET=HDRS ENVID=tok0",
        "RCPT TO:<user0@example.com> NOTIFY=FAILURE ORCPT=rfc822;user0@example.com",
        "DATA",
    ]
    assert relay.lines[-1] == "QUIT"


@pytest.mark.parametrize(
    ("content", "on_the_wire"),
    [
        (b"A: b\r\n\r\nx\r\n", b"A: b\r\n\r\nx\r\n.\r\n"),
        (b"A: b\r\n\r\n.\r\n..\r\n.x\r\n", b"A: b\r\n\r\n..\r\n...\r\n..x\r\n.\r\n"),
        (b".x\r\ny", b"..x\r\ny\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x>\r.\r\n", b"a\r\n..\r\nMAIL FROM:<x>\r\n..\r\n.\r\n"),
    ],
)
def test_nothing_in_a_content_ends_it(content: bytes, on_the_wire: bytes) -> None:
    relay = Relay()
    assert kinds(send(relay, outgoing(1, content=content))) == {0: ACCEPTED}
    assert relay.messages == [on_the_wire]


REPLIES = [
    ("550 5.1.1 No such user", 550, "550 5.1.1 No such user"),
    ("450-4.2.0 Greylisted,\r\n450-4.2.0 come back\r\n450 4.2.0 later", 450, "450 4.2.0 Greylisted, come back later"),
    ("550-see\r\n550-\r\n550 there\t \x07now", 550, "550 see there now"),
    ("554", 554, "554"),
    ("550 caf\udce9 \u00e9", 550, "550 caf é"),
]


@WAYS
@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize(("step", "phase"), [("RCPT", Phase.RCPT), ("DATA", Phase.DATA), ("dot", Phase.AFTER_DATA)])
def test_a_refusal_keeps_its_phase_code_and_text(
    step: str, phase: Phase, reply: tuple[str, int, str], extensions: tuple[str, ...]
) -> None:
    relay = saying(**{step: reply[0]})
    relay.extensions = extensions
    outcomes = send(relay, outgoing(3))
    assert kinds(outcomes) == {0: ACCEPTED, 1: REFUSED, 2: ACCEPTED}
    refusal = outcomes[1]
    assert (refusal.phase, refusal.code, refusal.text) == (phase, *reply[1:])
    assert relay.connections == 1
    assert "RSET" in relay.lines


@WAYS
@pytest.mark.parametrize(("step", "phase"), [("RCPT", Phase.RCPT), ("DATA", Phase.DATA), ("dot", Phase.AFTER_DATA)])
@pytest.mark.parametrize("reply", ["421 4.3.2 Closing" + THEN_CUT, "421 4.3.2 Closing"])
def test_421_refuses_the_message_and_ends_the_connection(
    step: str, phase: Phase, reply: str, extensions: tuple[str, ...]
) -> None:
    relay = saying(**{step: reply})
    relay.extensions = extensions
    outcomes = send(relay, outgoing(3))
    assert kinds(outcomes) == {0: ACCEPTED, 1: REFUSED, 2: ACCEPTED}
    assert (outcomes[1].phase, outcomes[1].code) == (phase, 421)
    assert relay.connections == 2


@WAYS
@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [
        ("DATA", CUT, "closed the connection"),
        ("dot", CUT, "closed the connection"),
        ("DATA", HANG, "did not answer within"),
        ("dot", HANG, "did not answer within"),
        ("DATA", "hello?", "no SMTP reply: 'hello?'"),
        ("dot", "hello?", "no SMTP reply: 'hello?'"),
        ("DATA", "250 already", "250 already"),
        ("DATA", "354 go\r\n250 already", "what it was not asked"),
        ("dot", "354 more", "354 more"),
        ("dot", "250-never\r\n" * 4000, "does not end"),
        ("dot", "250 x\r\n" * 40, ""),
    ],
)
def test_lost_after_data_began_is_uncertain_for_that_message_only(
    step: str, answer: str, words: str, extensions: tuple[str, ...]
) -> None:
    relay = saying(**{step: answer})
    relay.extensions = extensions
    outcomes = send(relay, outgoing(3))
    if words:
        assert kinds(outcomes) == {0: ACCEPTED, 1: UNCERTAIN, 2: ACCEPTED}
        assert words in outcomes[1].text
    else:  # an answer and then too many: the answer holds, the connection does not
        assert kinds(outcomes) == dict.fromkeys(range(3), ACCEPTED)
    assert relay.connections == 2


@WAYS
@pytest.mark.parametrize(
    ("step", "answer", "found"),
    [
        ("MAIL", "550 5.1.1 We do not know you", (Phase.MAIL_FROM, 550, "550 5.1.1 We do not know you")),
        ("MAIL", "451 4.3.0 Later", (Phase.MAIL_FROM, 451, "451 4.3.0 Later")),
        ("MAIL", HANG, (Phase.MAIL_FROM, 0, "did not answer within 60 s")),
        ("MAIL", "what?", (Phase.MAIL_FROM, 0, "no SMTP reply")),
        ("RCPT", CUT, (Phase.RCPT, 0, "closed the connection")),
        ("RCPT", HANG, (Phase.RCPT, 0, "did not answer within 60 s")),
        ("RCPT", "what?", (Phase.RCPT, 0, "no SMTP reply")),
        ("RCPT", "354 what?", (Phase.RCPT, 354, "354 what?")),
    ],
)
def test_a_fault_before_the_recipient_was_answered_stops_the_window(
    step: str, answer: str, found: tuple[Phase, int, str], extensions: tuple[str, ...]
) -> None:
    relay = saying(**{step: answer})
    relay.extensions = extensions
    outcomes = send(relay, outgoing(4))
    assert kinds(outcomes) == {0: ACCEPTED, 1: FAULT, 2: UNSENT, 3: UNSENT}
    for outcome in outcomes[1:]:
        assert (outcome.phase, outcome.code) == found[:2]
        assert found[2] in outcome.text


def test_data_after_a_refused_recipient_sends_nothing_to_nobody() -> None:
    """A relay may say 354 to a pipelined DATA though it refused the recipient (RFC 2920 3.1)."""
    relay = Relay(say=lambda step, _: {"RCPT": "550 5.1.1 no", "DATA": "354 go", ".": "554 nobody"}.get(step, ""))
    outcomes = send(relay, outgoing(2))
    assert kinds(outcomes) == {0: REFUSED, 1: REFUSED}
    assert {outcome.phase for outcome in outcomes} == {Phase.RCPT}
    assert relay.messages == [b"\r\n.\r\n"] * 2
    assert relay.connections == 1


def test_dsn_parameters_only_where_offered() -> None:
    relay = Relay(extensions=("PIPELINING",))
    send(relay, outgoing(1))
    assert relay.lines[1:3] == ["MAIL FROM:<b+tok0@bounce.example>", "RCPT TO:<user0@example.com>"]
    relay = Relay()
    message = Outgoing(0, "b+t@bounce.example", '"a b+c=d"@example.com', b"x\r\n", "a+b=c")
    send(relay, [message, replace(message, message=1, envelope_id="", recipient="a" * 500 + "@example.com")])
    assert relay.lines[1:3] == [
        "MAIL FROM:<b+t@bounce.example> RET=HDRS ENVID=a+2Bb+3Dc",
        'RCPT TO:<"a b+c=d"@example.com> NOTIFY=FAILURE ORCPT=rfc822;"a+20b+2Bc+3Dd"@example.com',
    ]
    assert relay.lines[4:6] == [
        "MAIL FROM:<b+t@bounce.example> RET=HDRS",
        f"RCPT TO:<{'a' * 500}@example.com> NOTIFY=FAILURE",
    ]


def test_international_addresses_need_smtputf8() -> None:
    relay = Relay()
    window = outgoing(2, recipient="zoé{}\\@example.com", content="To: zoé\r\n\r\nx\r\n".encode())
    assert kinds(send(relay, window)) == {0: ACCEPTED, 1: ACCEPTED}
    assert relay.lines[1:3] == [
        "MAIL FROM:<b+tok0@bounce.example> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=tok0",
        "RCPT TO:<zoé0\\@example.com> NOTIFY=FAILURE ORCPT=utf-8;zo\\x{E9}0\\x{5C}@example.com",
    ]
    relay = Relay(extensions=("SMTPUTF8",))
    send(relay, outgoing(1, content="From: zoé@x.example\r\n\r\nx\r\n".encode()))
    assert relay.lines[1] == "MAIL FROM:<b+tok0@bounce.example> SMTPUTF8"
    plain = outgoing(1)[0]
    outcomes = send(Relay(extensions=("DSN",)), [*window, replace(plain, message=7)])
    assert kinds(outcomes) == {0: REFUSED, 1: REFUSED, 7: ACCEPTED}
    assert (outcomes[0].phase, outcomes[0].code) == (Phase.RCPT, 553)
    assert outcomes[0].text.startswith("553 5.6.7 ")


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\x00", "\x7f"])
def test_no_address_can_end_a_command(bad: str) -> None:
    relay = Relay()
    with pytest.raises(ValueError, match="control character"):
        send(relay, outgoing(2, recipient=f"user{{}}@example.com>{bad}DATA"))
    assert relay.connections == 0


def test_an_empty_window() -> None:
    assert send(Relay(), []) == []


ANSWERS = st.sampled_from(
    [
        *("", "", "", "250 ok", "354 go", "250 ok\r\n250 ok", "250 ok" + THEN_CUT),
        *("421 4.3.2 no", "450 4.2.1 later", "550 5.1.1 no", "550-5.1.1 no\r\n550 5.1.1 no", "550 5.1.1 no" + THEN_CUT),
        *("garbage", "2", "99 x", CUT),
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    script=st.lists(ANSWERS, max_size=25),
    count=st.integers(0, 12),
    connections=st.integers(1, 3),
    pipelining=st.booleans(),
    spent=st.integers(1, 4),
)
def test_whatever_a_relay_does_each_message_has_one_outcome(
    script: list[str], count: int, connections: int, pipelining: bool, spent: int
) -> None:
    left = list(script)
    relay = Relay(
        say=lambda step, _: left.pop(0) if left and step not in {"EHLO", "QUIT"} else "",
        extensions=EXTENSIONS if pipelining else (),
    )
    outcomes = send(relay, outgoing(count), connections=connections, messages_per_connection=spent)
    found = kinds(outcomes)
    assert list(found) == list(range(count))
    if UNSENT in found.values():
        assert FAULT in found.values()
    accepted = sum(kind is ACCEPTED for kind in found.values())
    uncertain = sum(kind is UNCERTAIN for kind in found.values())
    assert accepted <= len(relay.messages) + uncertain
    for outcome in outcomes:
        assert (outcome.kind is not REFUSED) or (
            outcome.code >= 400 and outcome.phase in {Phase.RCPT, Phase.DATA, Phase.AFTER_DATA}
        )


class Mailbox:
    """An aiosmtpd handler that keeps what it takes."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 2.0.0 Ok: queued as A1"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("user", ["", "me:s%40cret@"])
def test_against_aiosmtpd(user: str) -> None:
    mailbox = Mailbox()

    def authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", b"") == b"s@cret")

    async def run() -> list[Outcome]:
        def protocol() -> SMTP:
            return SMTP(mailbox, authenticator=authenticate, auth_require_tls=False, auth_required=bool(user))

        server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            sender = SmtpSender(SmtpSettings.from_url(f"smtp://{user}127.0.0.1:{port}?tls=none"), clock=StillClock())
            outcomes = await hand_over(sender, outgoing(30, content=b"Subject: x\r\n\r\n.dot\r\n"))
            await sender.close()
            return outcomes

    assert kinds(asyncio.run(run())) == dict.fromkeys(range(30), ACCEPTED)
    recipients = {envelope.rcpt_tos[0] for envelope in mailbox.envelopes}
    assert recipients == {f"user{n}@example.com" for n in range(30)}
    assert {envelope.content for envelope in mailbox.envelopes} == {b"Subject: x\r\n\r\n.dot\r\n"}
