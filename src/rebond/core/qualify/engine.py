"""The rule engine: which rule of a pack speaks on a text in a situation, and how to keep the compiled form."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rebond.core.qualify.masking import masked
from rebond.core.qualify.matchers import JoinedMatcher, Matcher, PatternError, make_matcher
from rebond.core.qualify.normalise import FoldedText
from rebond.core.qualify.rules import Pack, Problem, Rule, RuleError, Situation
from rebond.core.said import said
from rebond.core.words import Channel

RUNNERS_UP = 5
# A pattern with gaps takes a tenth of a second to compile, and each part a microsecond to look through a text.
PART, MOST_PARTS = 16, 64
# Masked texts whose rules are kept: those of the many recipients of a mail differ in nothing but names.
CACHED_MASKED = 1024
_SHOWN = 200
_MAGIC = b"rebond-engine-1"
# A pack may be empty, a compiled set may not.
_NEVER = r"\x00\x00"


@dataclass(frozen=True, slots=True)
class Match:
    """The rule that wins on a text, and those that would have spoken after it, best first."""

    rule: Rule
    runners_up: tuple[Rule, ...] = ()


class RuleEngine:
    """A pack with its patterns compiled."""

    def __init__(
        self, pack: Pack, *, matcher: str = "", dumped: bytes = b"", joined: JoinedMatcher | None = None
    ) -> None:
        """Compile a pack (unless `joined` holds its patterns); raises RuleError for patterns that it cannot take."""
        self.pack = pack
        self._indexes = {rule.id: index for index, rule in enumerate(pack.rules)}
        self._free = frozenset(index for index, rule in enumerate(pack.rules) if rule.is_free)
        self._of_words = frozenset(index for index, rule in enumerate(pack.rules) if rule.words)
        self._found_masked = lru_cache(CACHED_MASKED)(self._find_masked)
        if joined is not None:
            self._matcher: Matcher = joined
            return
        try:
            self._matcher = make_matcher(
                [rule.text for rule in pack.rules] or [_NEVER], name=matcher, dumped=_unwrapped(dumped, pack)
            )
        except PatternError as error:
            raise RuleError([_refused(pack.rules[index], reason) for index, reason in error.refused]) from None

    @classmethod
    def before(
        cls, rules: Iterable[Rule], engine: "RuleEngine", *, make: "Callable[[Pack], RuleEngine] | None" = None
    ) -> "RuleEngine":
        """Put a site's rules, its own and the imported ones, to those of an engine, without compiling these again.

        They are compiled some at a time (by `make`), so that a changed one lets the others be as they are. Raises
        RuleError for patterns that are refused, and for an id that is taken.
        """
        first = Pack.of(rules)
        if not first.rules:
            return engine
        joined = Pack.of([*first.rules, *engine.pack.rules])
        own: list[RuleEngine] = []
        problems: list[Problem] = []
        for part in _parts(first.rules):
            try:
                own.append(make(part) if make else cls(part, matcher=engine.matcher_name))
            except RuleError as error:
                problems += error.problems
        if problems:
            raise RuleError(problems)
        places = {rule.id: place for place, rule in enumerate(joined.rules)}
        parts = [(part._matcher, [places[rule.id] for rule in part.pack.rules]) for part in (*own, engine)]
        return cls(joined, joined=JoinedMatcher(parts))

    @property
    def matcher_name(self) -> str:
        return self._matcher.name

    def match(self, text: FoldedText, situation: Situation) -> Match | None:
        """Find the rule that speaks; None when none does."""
        return self.choose(self.found(text.text), situation)

    def matching(self, text: FoldedText, situation: Situation) -> tuple[Rule, ...]:
        """Find all rules that could speak, best first."""
        return self._admitted(self.found(text.text), situation)

    def found(self, text: str) -> tuple[int, ...]:
        """Find which rules' patterns match a folded text, best first, whatever else the rules ask."""
        found = self._matcher.find(text)
        if not self._of_words.isdisjoint(found) and (words := masked(text)) != text:
            kept = self._found_masked(words)
            found = [index for index in found if index in kept or index not in self._of_words]
        return tuple(sorted(found))

    def _find_masked(self, words: str) -> frozenset[int]:
        return self._of_words.intersection(self._matcher.find(words))

    def choose(self, found: Iterable[int], situation: Situation) -> Match | None:
        """Choose the rule that speaks of those that `found` gave; None when none does."""
        rules = self._admitted(found, situation)
        return Match(rules[0], rules[1 : 1 + RUNNERS_UP]) if rules else None

    def _admitted(self, found: Iterable[int], situation: Situation) -> tuple[Rule, ...]:
        rules, free = self.pack.rules, self._free if situation.channel is Channel.EMAIL else ()
        return tuple([rules[index] for index in found if index in free or rules[index].admits(situation)])

    def span(self, rule: str, text: FoldedText) -> tuple[int, int] | None:
        """Tell which characters of the text as received a rule matches; None when it does not, or is not here."""
        index = self._indexes.get(rule)
        span = None if index is None else self._matcher.span(index, self._read(index, text.text))
        return text.raw_span(*span) if span else None

    def _read(self, index: int, text: str) -> str:
        return masked(text) if index in self._of_words else text

    def serialise(self) -> bytes:
        """Return the compiled form, which only the same pack, library and processor can use."""
        dumped = self._matcher.dump()
        return b"\n".join((_MAGIC, self.pack.digest.encode(), hashlib.sha256(dumped).hexdigest().encode(), dumped))

    @classmethod
    def deserialise(cls, pack: Pack, data: bytes, *, matcher: str = "") -> "RuleEngine":
        """Make the engine from what `serialise` gave; raises ValueError when it is damaged or of another pack."""
        if not data:
            raise ValueError("the compiled patterns are empty")
        return cls(pack, matcher=matcher, dumped=data)


def _parts(rules: Iterable[Rule]) -> list[Pack]:
    """Part rules by their ids; the digest of a part is that of its patterns alone."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    number = 1
    while number < MOST_PARTS and number * PART < len(ordered):
        number *= 2
    parts: dict[int, list[Rule]] = {}
    for rule in ordered:
        parts.setdefault(int(hashlib.sha256(rule.id.encode()).hexdigest()[:8], 16) % number, []).append(rule)
    return [Pack(tuple(part), "", _digest([rule.text for rule in part])) for part in parts.values()]


def _digest(patterns: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(patterns).encode()).hexdigest()


def _unwrapped(data: bytes, pack: Pack) -> bytes:
    if not data:
        return b""
    pieces = data.split(b"\n", 3)
    if len(pieces) != 4 or pieces[0] != _MAGIC or pieces[1] != pack.digest.encode():
        raise ValueError("the compiled patterns are those of another pack or version")
    if hashlib.sha256(pieces[3]).hexdigest().encode() != pieces[2]:
        raise ValueError("the compiled patterns are damaged")
    return pieces[3]


def _refused(rule: Rule, reason: str) -> Problem:
    shown = rule.text if len(rule.text) <= _SHOWN else rule.text[: _SHOWN - 1] + "…"
    return Problem(
        file=rule.file,
        line=rule.line,
        rule=rule.id,
        words=said("the pattern {shown!r} is refused: {reason}", shown=shown, reason=reason),
    )
