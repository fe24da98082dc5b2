"""Habits of rules that age badly, although each rule passes its own tests (specification 03, section 3)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.matchers import HyperscanMatcher, Matcher, PatternError, Re2Matcher
from rebond.core.qualify.normalise import fold, template
from rebond.core.qualify.rules import Problem, Rule

SHORTEST_WORDS = 5
WIDEST_GAP = 200
OLDEST_YEARS = 6
SHORTEST_SOURCE = 8
NEAREST_EXAMPLES = 0.93
MOST_COMPILED = 512 * 1024
# A sign of these scripts says as much as three letters.
_DENSE = re.compile("[\u2e80-\ud7ff\uf900-\ufaff]")
_NO_LETTERS = re.compile(r"\\[a-zA-Z]|\[(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|\(\?[a-z]*[:)]|\W")
_OPTIONAL = re.compile(r"\((?:[^()\\]|\\.)*\)(?:\?|\*|\{0,\d*\})|(?:\\.|[^()\\])(?:\?|\*|\{0,\d*\})")
_GAP = re.compile(r"(?<!\\)\.(?:[*+]|\{\d+,(\d*)\})")
_ANCHORS = ("\\b", "^", "$", "\\d", "\\W")


@dataclass(frozen=True, slots=True)
class Habit:
    """One thing that lint says of a rule: `fault` when the rule must change, advice otherwise."""

    name: str
    problem: Problem
    fault: bool = False


def lint_pack(engine: RuleEngine, *, today: date) -> tuple[Habit, ...]:
    """Say what is doubtful in a pack's rules, rule by rule; the pack must have passed `check_pack`."""
    return tuple(
        Habit(name, Problem(file=rule.file, line=rule.line, rule=rule.id, words=words), fault)
        for rule in engine.pack.rules
        for name, fault, look in _LOOKS
        for words in look(rule, engine, today)
    )


def _short_words(rule: Rule, *_: object) -> Iterator[str]:
    for choice in _choices(rule.text):
        letters = _letters(choice)
        if not letters and rule.constraints > 1:
            continue  # it speaks by its codes, on any text
        if letters < SHORTEST_WORDS and not any(anchor in choice for anchor in _ANCHORS):
            yield f"{choice!r} is {letters} letters long and matches inside other words; anchor it with \\b"


def _wide_gaps(rule: Rule, *_: object) -> Iterator[str]:
    for gap in _GAP.finditer(rule.text):
        most = gap.group(1)
        if not most or int(most) > WIDEST_GAP:
            yield f"{gap.group()!r} joins words of different sentences; bound it, as in .{{0,60}}"


def _one_engine_only(rule: Rule, *_: object) -> Iterator[str]:
    for name, look in (("hyperscan", _in_hyperscan), ("re2", _in_re2)):
        if reason := look(rule.text).refusal:
            yield f"{name} refuses the pattern: {reason}"


def _large_when_compiled(rule: Rule, *_: object) -> Iterator[str]:
    size = _in_hyperscan(rule.text).size
    if size > MOST_COMPILED:
        yield f"its pattern takes {size // 1024:,} KiB compiled, more than {MOST_COMPILED // 1024:,}; bound its gaps"


@dataclass(frozen=True, slots=True)
class _Compiled:
    size: int = 0
    refusal: str = ""


@lru_cache(1)  # asked twice for a rule, and long to answer
def _in_hyperscan(pattern: str) -> _Compiled:
    return _compiled(HyperscanMatcher, pattern)


def _in_re2(pattern: str) -> _Compiled:
    return _compiled(Re2Matcher, pattern)


def _compiled(made: Callable[[list[str]], Matcher], pattern: str) -> _Compiled:
    try:
        return _Compiled(size=len(made([pattern]).dump()))
    except PatternError as error:
        return _Compiled(refusal=error.refused[0][1])
    except ImportError:  # not installed here: the other engine judges alone
        return _Compiled()


def _needless(rule: Rule, engine: RuleEngine, *_: object) -> Iterator[str]:
    """Say when every example would get the same verdict without the rule."""
    instead = set()
    for example in rule.examples:
        found = engine.matching(fold(example.text), example.situation)
        other = next((each for each in found if each is not rule), None)
        if other is None or _verdict(other) != _verdict(rule):
            return
        instead.add(other.id)
    if instead:
        yield f"each of its examples would get the same verdict from {', '.join(sorted(instead))}"


def _old(rule: Rule, _: object, today: date) -> Iterator[str]:
    if (years := (today - rule.since).days // 365) >= OLDEST_YEARS:
        yield f"its wording was last seen {years} years ago ({rule.since}); look whether it is still used"
    if rule.since > today:
        yield f"its date {rule.since} is still to come"


def _unsourced(rule: Rule, *_: object) -> Iterator[str]:
    if len(rule.source.strip()) < SHORTEST_SOURCE:
        yield f"its source {rule.source!r} does not say where the wording was seen"


def _near_examples(rule: Rule, *_: object) -> Iterator[str]:
    templates = [(example.text, template(example.text)) for example in rule.examples]
    for (text, one), (other, two) in combinations(templates, 2):
        if one == two or SequenceMatcher(None, one, two).ratio() >= NEAREST_EXAMPLES:
            yield f"its examples {text!r} and {other!r} are nearly the same"


_LOOKS: tuple[tuple[str, bool, Callable[[Rule, RuleEngine, date], Iterator[str]]], ...] = (
    ("short-words", False, _short_words),
    ("wide-gap", False, _wide_gaps),
    ("one-engine", True, _one_engine_only),
    ("large", False, _large_when_compiled),
    ("needless", False, _needless),
    ("old", False, _old),
    ("unsourced", False, _unsourced),
    ("near-examples", False, _near_examples),
)
HABITS = tuple(name for name, *_ in _LOOKS)


def _verdict(rule: Rule) -> tuple[object, ...]:
    return rule.type, rule.reason, rule.cause, rule.confirm, rule.retry


def _choices(pattern: str) -> list[str]:
    """Split a pattern at the bars outside all groups."""
    body = pattern.removeprefix("(?i)")
    choices, start, depth, inside, position = [], 0, 0, False, 0
    while position < len(body):
        sign = body[position]
        if sign == "\\":
            position += 1
        elif inside or sign == "[":
            inside = sign != "]"
        elif sign == "|" and depth == 0:
            choices.append(body[start:position])
            start = position + 1
        else:
            depth += (sign == "(") - (sign == ")")
        position += 1
    return [*choices, body[start:]]


def _letters(choice: str) -> int:
    """Count the letters that a choice cannot do without; of a group all its letters, which is generous."""
    sure = _OPTIONAL.sub("", choice)
    return len(_NO_LETTERS.sub("", sure)) + 2 * len(_DENSE.findall(sure))
