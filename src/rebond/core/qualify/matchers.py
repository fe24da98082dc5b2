"""All patterns at once, in linear time: hyperscan, or google-re2 where hyperscan has no wheels.

Both take UTF-8 and tell which patterns match somewhere; which of these wins is decided by the engine.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rebond.core.qualify.byte_patterns import byte_pattern
from rebond.core.said import foreign, said

# Enough for the automaton of a thousand patterns; past it RE2 refuses instead of growing.
_RE2_MEMORY = 64 << 20


# What the engines say of a pattern.
EXPECTED = foreign(
    "it matches the empty text",
    "Missing close parenthesis for group started at index {place}.",
    "Unmatched closing parenthesis at index {place}.",
    "Unterminated character class starting at index {place}.",
    "Invalid repeat at index {place}.",
    "Pattern matches empty buffer; use HS_FLAG_ALLOWEMPTY to enable support.",
    "Pattern is too large.",
    "Expression is not valid UTF-8.",
    "Back-references are not supported.",
    "missing ): {pattern}",
    "unexpected ): {pattern}",
    "missing ]: {pattern}",
    "no argument for repetition operator: {pattern}",
    "invalid escape sequence: {pattern}",
    "pattern too large - compile failed",
)


class PatternError(ValueError):
    """Patterns that the engine cannot take: (index, reason) each."""

    def __init__(self, refused: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"pattern {index}: {reason}" for index, reason in refused))
        self.refused = tuple(refused)


class Matcher(Protocol):
    """A compiled set of patterns."""

    name: str

    def find(self, text: str) -> list[int]:
        """Return the indexes of the patterns that match, in no order."""

    def span(self, index: int, text: str) -> tuple[int, int] | None:
        """Return where one pattern matches first, in characters."""

    def dump(self) -> bytes:
        """Return the compiled form, or nothing when it is made anew as quickly."""


class HyperscanMatcher:
    """Patterns compiled into one hyperscan database; safe to use from several threads."""

    name = "hyperscan"

    def __init__(self, patterns: Sequence[str], *, dumped: bytes = b"") -> None:
        import hyperscan

        self._hyperscan = hyperscan
        self._patterns = tuple(patterns)
        self._database = self._load(dumped) if dumped else self._compile(self._patterns)
        self._scratches = threading.local()
        self._spans: dict[int, Any] = {}

    def _load(self, dumped: bytes) -> Any:
        try:
            return self._hyperscan.loadb(dumped, self._hyperscan.HS_MODE_BLOCK)
        except self._hyperscan.error as error:
            raise ValueError(said("the compiled patterns cannot be loaded: {error}", error=error)) from error

    def _compile(self, patterns: Sequence[str]) -> Any:
        try:
            return self._compiled(patterns)
        except self._hyperscan.error:
            refused = []
            for index, pattern in enumerate(patterns):
                try:
                    self._compiled((pattern,))
                except self._hyperscan.error as error:
                    refused.append((index, str(error)))
            raise PatternError(refused) from None

    def _compiled(self, patterns: Sequence[str]) -> Any:
        over_bytes = [byte_pattern(pattern) for pattern in patterns]
        once, utf8 = self._hyperscan.HS_FLAG_SINGLEMATCH, self._hyperscan.HS_FLAG_UTF8
        database = self._hyperscan.Database(mode=self._hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[
                (bytewise or pattern).encode() for bytewise, pattern in zip(over_bytes, patterns, strict=True)
            ],
            ids=list(range(len(patterns))),
            elements=len(patterns),
            flags=[once if bytewise else once | utf8 for bytewise in over_bytes],
        )
        return database

    def find(self, text: str) -> list[int]:
        scratch = getattr(self._scratches, "main", None)
        if scratch is None:
            # hyperscan's working memory may be used by one scan at a time.
            scratch = self._scratches.main = self._hyperscan.Scratch(self._database)
        return _scan(self._database, text, scratch)

    def span(self, index: int, text: str) -> tuple[int, int] | None:
        # hyperscan can report where a match starts, but then slows down and, in some builds, crashes. Nobody asks
        # often, so the span is closed in on by halving: the shortest beginning that matches, then its shortest end.
        database = self._spans.get(index)
        if database is None:
            database = self._spans[index] = self._compile((self._patterns[index],))
        scratch = self._hyperscan.Scratch(database)

        def matches(part: str) -> bool:
            return bool(_scan(database, part, scratch))

        if not matches(text):
            return None
        end = _smallest(len(text), lambda length: matches(text[:length]))
        start = end - _smallest(end, lambda length: matches(text[end - length : end]))
        return start, end

    def dump(self) -> bytes:
        dumped: bytes = self._hyperscan.dumpb(self._database)
        return dumped


def _scan(database: Any, text: str, scratch: Any) -> list[int]:
    found: list[int] = []
    database.scan(
        text.encode(errors="replace"), match_event_handler=lambda index, *_: found.append(index), scratch=scratch
    )
    return found


def _smallest(limit: int, holds: Callable[[int], bool]) -> int:
    """Find by halving the smallest number up to a limit for which a condition holds that holds for the limit."""
    low, high = 0, limit
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return high


class Re2Matcher:
    """Patterns compiled into one RE2 set."""

    name = "re2"

    def __init__(self, patterns: Sequence[str]) -> None:
        import re2

        self._re2 = re2
        self._patterns = tuple(patterns)
        self._options = re2.Options()
        self._options.max_mem = _RE2_MEMORY
        self._options.log_errors = False
        self._set = re2.Set.SearchSet(self._options)
        refused = []
        for index, pattern in enumerate(self._patterns):
            try:
                self._set.Add(pattern)
                if re2.compile(pattern, options=self._options).search(""):
                    refused.append((index, "it matches the empty text"))
            except re2.error as error:
                refused.append((index, str(error)))
        if refused:
            raise PatternError(refused)
        self._set.Compile()

    def find(self, text: str) -> list[int]:
        return list(self._set.Match(_valid(text)) or ())

    def span(self, index: int, text: str) -> tuple[int, int] | None:
        found = self._re2.compile(self._patterns[index], options=self._options).search(_valid(text))
        return found.span() if found else None

    def dump(self) -> bytes:
        return b""


class JoinedMatcher:
    """Several sets of patterns as one, each compiled by itself, with the place that each of its patterns has in all."""

    def __init__(self, parts: Sequence[tuple[Matcher, Sequence[int]]]) -> None:
        self.name = parts[-1][0].name
        self._parts = tuple(parts)

    def find(self, text: str) -> list[int]:
        return [places[index] for matcher, places in self._parts for index in matcher.find(text)]

    def span(self, index: int, text: str) -> tuple[int, int] | None:
        matcher, places = next(part for part in self._parts if index in part[1])
        return matcher.span(places.index(index), text)

    def dump(self) -> bytes:
        return b""


def _valid(text: str) -> str:
    return text.encode(errors="replace").decode()


def make_matcher(patterns: Sequence[str], *, name: str = "", dumped: bytes = b"") -> Matcher:
    """Compile patterns with the named engine, or with the first that is installed.

    `dumped` is what `dump` gave for the same patterns. Raises PatternError for patterns it cannot take, ValueError
    for a dumped form that does not fit, ImportError when no engine is installed.
    """
    if name != Re2Matcher.name:
        try:
            return HyperscanMatcher(patterns, dumped=dumped)
        except ImportError:
            if name:
                raise
    return Re2Matcher(patterns)
