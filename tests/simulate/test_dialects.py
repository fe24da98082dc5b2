import re
from datetime import UTC, datetime

import pytest

from rebond.simulate.behaviour import TAKEN, Behaviour
from rebond.simulate.dialects import Dialect, Reply, dialect_of, dialects
from rebond.simulate.returns import words

EVERY = [pytest.param(dialect, id=name) for name, dialect in dialects().items()]

HONEST = [pytest.param(dialect, id=name) for name, dialect in dialects().items() if not dialect.fickle]


def _words(dialect: Dialect) -> dict[str, str]:
    return words(
        dialect,
        "marie@there.example",
        sender="b@shop.example",
        sender_ip="192.0.2.25",
        at=datetime(2026, 1, 5, tzinfo=UTC),
        identity="0A1B2C3D4E5F",
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("a@gmail.sim.example", "gmail"),
        ("a@Hotmail.SIM.example", "outlook"),
        ("a@wanadoo.sim.example", "orange"),
        ("a@free.sim.example", "free"),
        ("a@postfix.sim.example", "postfix"),
        ("a@exchange.sim.example", "exchange"),
        ("a@shop.example", "generic"),
        ("a", "generic"),
    ],
)
def test_the_domain_chooses_the_dialect(address: str, name: str) -> None:
    assert dialect_of(address).name == name


@pytest.mark.parametrize("dialect", EVERY)
def test_a_dialect_answers_every_behaviour(dialect: Dialect) -> None:
    assert set(dialect.notices) == {"bounce", "delay", "auto_reply", "complaint"}
    for behaviour in set(Behaviour) - TAKEN | {Behaviour.DELAY, Behaviour.FORWARD}:
        assert dialect.replies[behaviour], behaviour


@pytest.mark.parametrize("dialect", EVERY)
def test_replies_are_smtp(dialect: Dialect) -> None:
    for behaviour, replies in dialect.replies.items():
        for reply in replies:
            text = reply.text(_words(dialect))
            assert text.isascii()
            for line in text.split("\r\n"):
                assert re.match(rf"{reply.code}[ -]", line)
                assert len(line) <= 510, (behaviour, line)
            assert 400 <= reply.code < 600
            assert dialect.fickle or not reply.enhanced or reply.enhanced[0] == str(reply.code)[0]
    accepted = dialect.accepted.format_map(_words(dialect))
    assert accepted.isascii()
    assert len(accepted) < 500


@pytest.mark.parametrize("dialect", HONEST)
def test_what_passes_is_said_at_rcpt_with_a_temporary_code(dialect: Dialect) -> None:
    for behaviour in ("grey", "throttle", "soft"):
        for reply in dialect.replies[behaviour]:
            assert reply.phase == "rcpt"
            assert reply.code < 500


@pytest.mark.parametrize("dialect", HONEST)
def test_a_soft_answer_counts_against_the_address(dialect: Dialect) -> None:
    """`soft` shows the fifth counting error, so nothing in it may speak of deferral or of the sender."""
    for reply in dialect.replies["soft"]:
        assert reply.code == 451
        assert not reply.enhanced.startswith("4.7")
        assert not re.search(r"(?i)grey|rate|too many|slow down|polic|reputation", reply.text(_words(dialect)))


def test_several_lines_repeat_the_codes() -> None:
    reply = Reply(code=550, enhanced="5.1.1", lines=("No {recipient}", "see below", " bye"))
    text = "550-5.1.1 No a@b.example\r\n550-5.1.1 see below\r\n550 5.1.1  bye"
    assert reply.text({"recipient": "a@b.example"}) == text
