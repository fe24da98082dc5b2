"""Which part of an answer speaks."""

import pytest

from rebond.core.read import parse_reply
from rebond.core.read.smtp_reply import MAX_REPLY, begins_reply, from_reply, is_vague, most_telling, untyped


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.1.1 No such user", 550, "5.1.1"),
        ("550-5.1.1 No such\n550 5.1.1 user", 550, "5.1.1"),
        ("550 #5.1.1 No such user", 550, "5.1.1"),
        ("550 (5.1.1) No such user", 550, "5.1.1"),
        ("sorry, no mailbox here (#5.1.1)", 0, "5.1.1"),
        ("user at 550 Main Street", 0, ""),
        ("user at 550 Main Street, 5.2.2 full", 550, "5.2.2"),
        ("user at 421 Main Street, 5.2.2 full", 0, "5.2.2"),
        ("mail.2.550 x", 0, ""),
        ("250 2.0.0 Ok", 250, "2.0.0"),
        ("it says 250 Ok", 0, ""),
        ("554 5.1.1 rejected: host a said: 552 5.2.2 mailbox full", 552, "5.2.2"),
        ("550 5.0.0 rejected: host a said: 552 5.2.2 mailbox full", 552, "5.2.2"),
        ("554 4.4.7 expired <421 4.4.2 Connection timed out>", 421, "4.4.2"),
        ("550 5.1.0 Address rejected", 550, "5.1.0"),
        ("5.0.0 nothing known", 0, "5.0.0"),
        ("version 15.1.1.2 of x", 0, ""),
        ("", 0, ""),
    ],
)
def test_the_codes_that_speak(text: str, code: int, enhanced: str) -> None:
    reply = parse_reply(text)
    assert (reply.code, reply.enhanced) == (code, enhanced)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("550-5.1.1 one\r\n550-5.1.1 two\r\n550 5.1.1 three", "550-5.1.1 one two three"),
        ("550-one\n550-two\n550 three", "550-one two 550 three"),
        ("  a\t b  ", "a b"),
        ("plain", "plain"),
    ],
)
def test_lines_are_folded_in_one(text: str, folded: str) -> None:
    assert parse_reply(text).text == folded


def test_a_text_is_bounded() -> None:
    assert len(parse_reply("550 " + "x " * 50_000).text) <= MAX_REPLY


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Delivery failed. Host said: 550 5.1.1 unknown account", "550 5.1.1 unknown account"),
        ("The mailbox is full: 550 failed", "The mailbox is full: 550 failed"),
        ("It was 250 fine here", "It was 250 fine here"),
        ("no code", "no code"),
    ],
)
def test_what_stands_before_a_telling_reply_is_cut(text: str, cut: str) -> None:
    assert from_reply(text) == cut


def test_the_type_of_a_diagnostic_is_taken_off() -> None:
    assert untyped("smtp; 550 x") == "550 x"
    assert untyped("550 x") == "550 x"


def test_codes_that_say_little_give_way() -> None:
    assert all(map(is_vague, ("", "5.0.0", "4.4.7", "5.1.0")))
    assert not is_vague("5.1.1")
    assert most_telling(("5.0.0", "", "5.2.2")) == "5.2.2"
    assert most_telling(("", "5.0.0")) == "5.0.0"
    assert most_telling(("",)) == ""


def test_a_line_that_begins_with_a_refusal() -> None:
    assert begins_reply("550 x")
    assert not begins_reply("250 x")
    assert not begins_reply("x")
