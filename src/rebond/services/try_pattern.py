"""A pattern as somebody writes it, held against texts: what it matches in them, and what is wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.pack_rules import LARGEST_PATTERN
from rebond.core.qualify.pattern_size import pattern_size
from rebond.core.qualify.probes import too_wide
from rebond.core.qualify.rule_form import unfit
from rebond.core.qualify.rules import Pack, Problem, Rule, RuleError
from rebond.core.said import said
from rebond.core.words import Cause, FailureType, Reason

_NAME = "tried"


@dataclass(frozen=True, slots=True)
class TriedText:
    """A text in three: before what the pattern matched, that, and behind it; without a match all of it is `before`."""

    before: str
    matched: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPattern:
    """What a pattern does: `problem` says why it is refused, `wide` what nobody means that it matches as well.

    `others` counts the further texts that it matches, of `among`.
    """

    problem: str = ""
    wide: str = ""
    texts: tuple[TriedText, ...] = ()
    others: int = 0
    among: int = 0

    @property
    def matched(self) -> int:
        """Count the texts that it matches."""
        return sum(bool(text.matched) for text in self.texts)


def try_pattern(
    pattern: str, texts: Sequence[str], *, others: Iterable[str] = (), reads_words: bool = False
) -> TriedPattern:
    """Hold a pattern against texts; never raises, and compiles nothing but this one pattern."""
    plain = tuple(TriedText(text) for text in texts)
    if not pattern.strip():
        return TriedPattern(texts=plain)
    try:
        engine = _engine(pattern, reads_words=reads_words)
    except RuleError as error:
        return TriedPattern(problem=error.problems[0].words, texts=plain)
    found = [bool(engine.found(fold(text).text)) for text in others]
    return TriedPattern(
        wide=too_wide(engine).get(_NAME, ""),
        texts=tuple(_tried(engine, text) for text in texts),
        others=sum(found),
        among=len(found),
    )


def _engine(pattern: str, *, reads_words: bool) -> RuleEngine:
    rule = Rule(
        id=_NAME,
        text=pattern,
        type=FailureType.SOFT,
        reason=Reason.NOT_DEFINED,
        cause=Cause.UNKNOWN,
        since=date.min,
        source=_NAME,
        words=reads_words,
    )
    words = unfit({"text": pattern})
    if not words and pattern_size(pattern) > LARGEST_PATTERN:
        words = said(
            "a pattern larger than {largest_pattern:,} signs, repeats written out", largest_pattern=LARGEST_PATTERN
        )
    if words:
        raise RuleError(
            [Problem(file="", line=0, rule=_NAME, words=said("the pattern is refused: it holds {words}", words=words))]
        )
    return RuleEngine(Pack.of([rule]))


def _tried(engine: RuleEngine, text: str) -> TriedText:
    folded = fold(text)
    span = engine.span(_NAME, folded) if engine.found(folded.text) else None
    if span is None:
        return TriedText(text)
    start, end = span
    return TriedText(text[:start], text[start:end], text[end:])
