"""A pattern is made from the words that texts share."""

import re
from time import thread_time

import pytest

from rebond.core.qualify import generate
from rebond.core.qualify.generate import generate_pattern
from rebond.core.qualify.matchers import Matcher, PatternError, make_matcher


def made(*texts: str, others: tuple[str, ...] = ()) -> str:
    pattern = generate_pattern(texts, others=others)
    assert pattern is not None
    assert all(make_matcher([pattern]).find(text) for text in texts)
    assert not any(re.search(pattern, text) for text in others)
    return pattern


def test_what_texts_share_in_order_with_bounded_gaps() -> None:
    pattern = made(
        "550 Zorglub finds the moon wrong for anna@shop.example today",
        "550 zorglub, at 12:30, finds the moon wrong for bob@shop.example",
    )
    assert "zorglub" in pattern or "finds" in pattern
    assert ".{0," in pattern or " " in pattern


def test_as_many_words_as_tell_the_texts_from_the_others() -> None:
    text = "550 the mailbox of this person here is quite full now"
    others = ("550 the mailbox of this person here is quite dead now", "550 the mailbox of them is full")
    made(text, others=others)


def test_words_beyond_ascii_and_of_one_text() -> None:
    made("550 L'élève n'existe pas")
    made("550 Ящик переполнен", "451 Ящик переполнен")
    made("550 quota")


def test_none_when_nothing_is_shared_or_nothing_tells_apart() -> None:
    assert generate_pattern(["550 5.1.1"]) is None
    assert generate_pattern([]) is None
    assert generate_pattern(["one two", "three four"]) is None
    assert generate_pattern(["the same words"], others=["the same words again"]) is None
    far = "alpha " + "x9 " * 60 + "omega"
    assert generate_pattern([far]) is None
    assert generate_pattern(["anna is odd"], recipients=["Anna"]) == r"(?i)\bis\b \bodd\b"


def test_words_in_another_order_are_left_out() -> None:
    pattern = made("full is the box", "the box is full")
    assert pattern == r"(?i)\bthe\b \bbox\b"


def test_letters_that_change_their_length_in_lower_case_give_no_pattern() -> None:
    assert generate_pattern(["550 İptal edildi bugün"]) is None


def test_none_when_the_engine_takes_no_such_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(patterns: list[str]) -> Matcher:
        raise PatternError([(0, "too large")])

    monkeypatch.setattr(generate, "make_matcher", refusing)
    assert generate_pattern(["550 the box is full"]) is None


@pytest.mark.parametrize(
    ("texts", "others"),
    [
        (["no " * 40 + "İptal"] * 2, ()),
        (["no " * 240 + "İptal", "no " * 239 + "İptal"], ()),
        (["no no no no no no no such", "no no no no no no no such person"], ("no " * 2700,)),
        (["ab cd " * 1300, "cd ab " * 1300], ()),
    ],
)
def test_no_text_makes_it_try_every_combination(texts: list[str], others: tuple[str, ...]) -> None:
    started = thread_time()
    generate_pattern(texts, others=others)
    assert thread_time() - started < 3
