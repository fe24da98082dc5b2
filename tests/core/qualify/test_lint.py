"""What lint says of rules that pass their own tests."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rebond.core.qualify import lint
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.lint import HABITS, lint_pack
from rebond.core.qualify.matchers import HyperscanMatcher, PatternError
from rebond.core.qualify.rules import Pack
from tests.core.qualify.making import engine, table

TODAY = date(2026, 6, 1)
GOOD: dict[str, Any] = {"text": "over quota", "since": date(2025, 1, 1), "source": "their page of errors"}


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    lint._in_hyperscan.cache_clear()


def said(made: RuleEngine) -> list[tuple[str, str]]:
    return [(habit.problem.rule, habit.name) for habit in lint_pack(made, today=TODAY)]


def test_a_good_rule_has_no_bad_habit() -> None:
    assert not lint_pack(engine(table(**GOOD)), today=TODAY)


@pytest.mark.parametrize(
    ("change", "habit", "words"),
    [
        ({"text": "over quota|full", "examples": ["over quota"]}, "short-words", "'full' is 4 letters long"),
        (
            {"text": "(?i)over quota|[a|b]ful(l|k)?|x", "examples": ["over quota"]},
            "short-words",
            "'x' is 1 letters long",
        ),
        ({"text": "over.*quota"}, "wide-gap", "'.*' joins"),
        ({"since": date(2019, 1, 1)}, "old", "7 years ago"),
        ({"since": date(2027, 1, 1)}, "old", "still to come"),
        ({"source": "seen"}, "unsourced", "'seen' does not say"),
        ({"examples": ["over quota by 1 MB", "over quota by 7 MB"]}, "near-examples", "nearly the same"),
        (
            {"examples": ["the mailbox is over quota", "the mailbox  is over quota!"]},
            "near-examples",
            "nearly the same",
        ),
    ],
)
def test_a_bad_habit_is_told(change: dict[str, Any], habit: str, words: str) -> None:
    (told,) = {each.name: each for each in lint_pack(engine(table(**{**GOOD, **change})), today=TODAY)}.values()
    assert told.name == habit
    assert words in told.problem.words
    assert not told.fault


@pytest.mark.parametrize(
    "text",
    [
        r"\bfull\b|over quota",
        "over quota|满了",
        r"over.{0,60}quota|over quota",
        r"over quota|\.*full of mail",
        r"over quota|(?:a|b)(c|d) mailbox \|x",
    ],
)
def test_what_is_no_bad_habit(text: str) -> None:
    assert not said(engine(table(**{**GOOD, "text": text, "examples": ["over quota"]})))


def test_a_rule_that_speaks_by_its_codes_alone() -> None:
    assert not said(engine(table(**{**GOOD, "text": r"\S", "smtp": "552", "examples": ["552 over quota"]})))


@pytest.mark.parametrize("text", ["over.{0,900}quota", "over.{1,}quota"])
def test_a_counted_gap_is_told(text: str) -> None:
    (rule,) = engine(table(**GOOD)).pack.rules
    # Not compiled here: that takes minutes.
    assert list(lint._wide_gaps(replace(rule, text=text)))


def test_a_needless_rule_is_told() -> None:
    narrow = table(**{**GOOD, "id": "narrow", "text": "is over quota", "examples": ["it is over quota"]})
    wide = table(**{**GOOD, "id": "wide"})
    assert said(engine(narrow, wide)) == [("narrow", "needless")]
    other = table(**{**GOOD, "id": "other", "reason": "unreachable", "cause": "system"})
    assert not said(engine(narrow, other))


def test_a_pattern_that_one_engine_refuses_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, patterns: list[str]) -> None:
            raise PatternError([(0, "too large")])

    made = engine(table(**GOOD))
    monkeypatch.setattr(lint, "Re2Matcher", Refusing)
    (told,) = lint_pack(made, today=TODAY)
    assert (told.name, told.fault) == ("one-engine", True)
    assert "re2 refuses the pattern: too large" in told.problem.words


def test_an_engine_that_is_not_installed_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(patterns: list[str]) -> HyperscanMatcher:
        raise ImportError("no wheel")

    made = engine(table(**GOOD))
    monkeypatch.setattr(lint, "HyperscanMatcher", missing)
    assert not said(made)


def test_a_pattern_that_compiles_to_much_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "MOST_COMPILED", 10)
    assert said(engine(table(**GOOD))) == [("full", "large")]


def test_all_habits_have_names() -> None:
    assert len(set(HABITS)) == len(HABITS) == 8


def test_examples_that_differ_and_rules_without_any() -> None:
    two = table(**{**GOOD, "examples": ["over quota", "she is over quota since last week, write by post"]})
    assert not said(engine(two))
    (rule,) = engine(two).pack.rules
    assert not lint_pack(RuleEngine(Pack.of([replace(rule, examples=())])), today=TODAY)
