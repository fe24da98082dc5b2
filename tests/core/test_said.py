"""Sentences that know what they were made of: writing them, and reading them back."""

import copy
import pickle
import warnings
from datetime import UTC, date, datetime

import pytest

from rebond.core.said import Said, foreign, pieces, read, said, said_n, words_of, written
from rebond.core.words import DeliveryStatus

AT = datetime(2026, 5, 3, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sentence", "english"),
    [
        (said("nothing to fill"), "nothing to fill"),
        (said("{{ braces }} stay"), "{ braces } stay"),
        (said("{name!r} of {count:,}", name="it's", count=12345), '"it\'s" of 12,345'),
        (said("{share:.1f} %", share=12.25), "12.2 %"),
        (said("at {at:%Y-%m-%d %H:%M} UTC", at=AT), "at 2026-05-03 08:05 UTC"),
        (said("the day {day}", day=date(2026, 5, 3)), "the day 2026-05-03"),
        (said("is {status:DeliveryStatus}", status=DeliveryStatus.PAUSED), "is paused"),
        (said("is {status}", status=DeliveryStatus.PAUSED), "is paused"),
        (said("is {status!r}", status=DeliveryStatus.PAUSED), "is 'paused'"),
        (said("write {known}", known=["a", "b"]), "write a, b"),
        (said("write {known!r}", known=("a", "b")), "write 'a', 'b'"),
        (said("needs {known:or}", known=("a", "b")), "needs a or b"),
        (said("needs {known:and}", known=("a", "b")), "needs a and b"),
        (said("no:\n{words:lines}", words=("a", said("b"))), "no:\na\nb"),
        (said("{flag} and {nothing}", flag=True, nothing=None), "True and None"),
        (said("{thing!r} is {thing}", thing={"a": 1}), "{'a': 1} is {'a': 1}"),
        (said_n("{n} line", "{n:,} lines", 1), "1 line"),
        (said_n("{n} line of {name}", "{n:,} lines of {name}", 2000, name="f"), "2,000 lines of f"),
        (said_n("{n} line", "{n:,} lines", 0), "0 lines"),
    ],
)
def test_a_sentence_is_its_english_text(sentence: Said, english: str) -> None:
    assert sentence == english
    assert str(sentence) == english


def test_sentences_of_libraries_are_named_as_they_are() -> None:
    assert foreign("unexpected {found!r}", "{{") == ("unexpected {found!r}", "{{")


def test_a_sentence_travels_and_does_not_change() -> None:
    sentence = said_n("{n} of {what}", "{n} of {what}s", 2, what=said("line {n}", n=3))
    for other in (pickle.loads(pickle.dumps(sentence)), copy.deepcopy(sentence)):  # our own
        assert other == sentence
        assert (other.template, other.many, other.number) == (sentence.template, sentence.many, 2)
        assert other.values["what"].template == "line {n}"
    with pytest.raises(AttributeError, match="not changed"):
        sentence.template = "other"


def test_an_error_gives_back_its_sentence() -> None:
    sentence = said("no {thing}", thing="bread")
    assert words_of(ValueError(sentence)) is sentence
    assert words_of(ValueError("plain")) == "plain"
    assert words_of(ValueError()) == ""
    assert words_of(KeyError(sentence)) == repr(sentence), "what adds to the words is no longer that sentence"
    nested = said("line 3: {error}", error=ValueError(sentence))
    assert isinstance(nested.values["error"], Said)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("nothing to fill", {}),
        ("{name!r} of {count:,} at {at:%Y-%m-%d %H:%M}", {"name": 'it\'s "so"\n', "count": 12345, "at": AT}),
        ("{share:.1f} % of {whole:,}", {"share": 12.5, "whole": 3}),
        ("{a} and {b}", {"a": "one", "b": "two and three"}),
        ("{known:or}.", {"known": ("a", "b")}),
        ("{known!r:and}.", {"known": ("a", "b")}),
        ("no:\n{words:lines}", {"words": ("a", "b")}),
        ("{name}: {name} again", {"name": "f"}),
        ("{number:d} of {hours:g} h", {"number": 12, "hours": 1.5}),
        ("{name!r}", {"name": "\\ \t\r\0\x7f\xad é \u2028 \ud800 \U0001f600 \U0010ffff \" '"}),
        ("{a!r}, {b!r}, {d!r}", {"a": -12, "b": 1.5e300, "d": True}),
    ],
)
def test_a_text_is_read_back_by_its_template(template: str, values: dict[str, object]) -> None:
    assert read(template, said(template, **values)) == values


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("there is no {thing}", "here is no bread"),
        ("{thing} is there", "bread is here"),
        ("{a} or {b}", "bread"),
        ("{name!r} is there", "bread is there"),
        ("{name!r} is there", "'bread is there"),
        ("{name!r} is there", "f'{1}' is there"),
        ("{name!r} is there", r"'\d' is there"),
        ("{name!r} is there", "1or is there"),
        ("{name!r} is there", "'\ud800' is there"),
        ("{names!r:or} are there", r"'a' or '\-' are there"),
        ("{count:,} lines", "some lines"),
        ("{share:.1f} %", "half %"),
        ("at {at:%H:%M}", "at noon"),
        ("{a}{b}", "bread"),
        ("{name}: {name} again", "a: b again"),
        ("exactly", "exactly so"),
    ],
)
def test_another_text_is_not_read_nor_warned_of(template: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(template, text) is None


def test_a_hostile_text_is_read_in_line_with_its_length() -> None:
    assert read("{a} and {b} and {c}!", "x and " * 20_000) is None
    assert read("{name!r} is there", "(" * 50_000 + " is there") is None


def test_a_template_is_filled_by_whoever_writes() -> None:
    assert pieces("{a!r:or} b")[0] == ("", "a", True, "or")
    assert written("<{a}>", {"a": 1}, lambda value, quoted, spec: f"{value}{quoted}{spec}") == "<1False>"
