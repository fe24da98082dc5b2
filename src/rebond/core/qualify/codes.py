"""Reply codes: reading them in a text, patterns over them, and the tables that give a verdict when no rule speaks.

SMTP reply codes are those of RFC 5321, enhanced codes those of RFC 3463 and its registry; the verdicts are the
tables of specification 02, kept as data in `data/codes.toml`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rebond.core.failure import given_verdict
from rebond.core.said import said
from rebond.core.words import Cause, FailureType, Phase, Reason

# The class of a code, and the rest of a reply code, with its enhanced code if that follows, or of an enhanced code
# alone. What stands before is looked at apart: a pattern that begins with a digit is searched for many times faster.
_CODE = re.compile(
    r"([245])(?:([0-5]\d)(?:[ -]['\"#]?([245]\.\d{1,3}\.\d{1,3})(?![\w@]|\.\d)|(?![\w.@:/]))"
    r"|(\.[0-7]\.\d{1,3})(?![\w@]|\.\d))",
    re.ASCII,
)
# After these a reply may begin.
_MARKS = frozenset(":;<>\"'(")
_ANNOUNCING = ("said", "code", "error", "reply", "status")


class CodeError(ValueError):
    """A code, a code pattern or a row of the tables that cannot be used; the words say which and why."""


@dataclass(frozen=True, slots=True)
class Codes:
    """What a text says by numbers: reply code (0: none) and enhanced code (empty: none) of the innermost reply."""

    code: int = 0
    enhanced: str = ""


_NO_CODES = Codes()


@lru_cache(maxsize=4096)
def parts(enhanced: str) -> tuple[int, int, int] | None:
    """Split an enhanced code into its three numbers; None when it is not one."""
    pieces = enhanced.split(".")
    if len(pieces) != 3 or not all(piece.isascii() and piece.isdigit() and len(piece) <= 3 for piece in pieces):
        return None
    first, second, third = (int(piece) for piece in pieces)
    return (first, second, third) if first in (2, 4, 5) else None


@lru_cache(maxsize=4096)
def is_weak(enhanced: str) -> bool:
    """Tell whether a code never beats a code or a text inside: x.0.0, x.1.0 and x.4.7 (specification 02)."""
    found = parts(enhanced)
    return found is None or found[1] == 0 or found[1:] in ((1, 0), (4, 7))


def read_codes(text: str) -> Codes:
    """Read the reply that speaks in a text: the innermost one, which stands last; weak codes give way to any other."""
    code, enhanced = 0, ""
    for match in _CODE.finditer(text):
        kind, reply, found, alone = match.groups()
        start = match.start()
        before = text[start - 1] if start else " "
        if alone:
            found = kind + alone
        if before.isalnum() or before in "_.@=/":
            # Part of a host, an address or a version; but the code behind a number may well be one.
            if alone:
                continue
        elif reply and (found or _begins_reply(text, start, refusal=kind != "2")):
            code = int(kind + reply)
        if found and (not is_weak(found) or is_weak(enhanced)):
            enhanced = found
    return Codes(code, enhanced) if code or enhanced else _NO_CODES


def _begins_reply(text: str, start: int, *, refusal: bool) -> bool:
    """Tell whether a lone number stands where a reply begins; a success does so at the beginning of the text only."""
    if start == 0:
        return True
    if not refusal:
        return False
    if text[start - 1] in _MARKS:
        return True
    return text[start - 1].isspace() and (
        text[start - 2 : start - 1] in _MARKS or text[max(0, start - 7) : start - 1].endswith(_ANNOUNCING)
    )


@dataclass(frozen=True, slots=True)
class EnhancedPattern:
    """A pattern over enhanced codes: each part a number, `?` for any, or a range as `20-27`."""

    text: str
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> "EnhancedPattern":
        """Read a pattern; raises CodeError when it is not three parts of the allowed forms."""
        pieces = text.split(".")
        if len(pieces) != 3 or not all(re.fullmatch(r"\?|\d{1,3}(-\d{1,3})?", piece) for piece in pieces):
            raise CodeError(said("{text!r} is not an enhanced code such as 5.1.1, ?.2.2 or 5.7.20-27", text=text))
        return cls(text, tuple(_range(piece) for piece in pieces))

    def matches(self, enhanced: str) -> bool:
        found = parts(enhanced)
        if found is None:
            return False
        first, second, third = self.ranges
        return (
            first[0] <= found[0] <= first[1] and second[0] <= found[1] <= second[1] and third[0] <= found[2] <= third[1]
        )

    @property
    def names_temporary(self) -> bool:
        """Tell whether the pattern speaks of 4.x.x by name, not by `?`."""
        return self.ranges[0] == (4, 4)


def _range(piece: str) -> tuple[int, int]:
    if piece == "?":
        return 0, 999
    low, _, high = piece.partition("-")
    return int(low), int(high or low)


@dataclass(frozen=True, slots=True)
class ReplyPattern:
    """A pattern over SMTP reply codes: three characters, each a digit or `?` for any."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "ReplyPattern":
        """Read a pattern; raises CodeError when it is not of that form."""
        if not re.fullmatch(r"[245?][0-9?]{2}", text):
            raise CodeError(said("{text!r} is not an SMTP reply code such as 550 or 5??", text=text))
        return cls(text)

    def matches(self, code: int) -> bool:
        digits, text = str(code), self.text
        return (
            len(digits) == 3
            and (text[0] == digits[0] or text[0] == "?")
            and (text[1] == digits[1] or text[1] == "?")
            and (text[2] == digits[2] or text[2] == "?")
        )

    @property
    def names_temporary(self) -> bool:
        return self.text[0] == "4"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One row of a code table, tried in order.

    `phases` empty means any; `always` that the row beats a general rule on text, as the specification says of x.2.2.
    """

    patterns: tuple[EnhancedPattern | ReplyPattern, ...]
    type: FailureType
    reason: Reason
    cause: Cause
    phases: frozenset[Phase] = frozenset()
    always: bool = False
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The verdicts that codes alone give."""

    enhanced: tuple[CodeRow, ...]
    smtp: tuple[CodeRow, ...]

    def by_enhanced(self, enhanced: str, *, phase: Phase) -> CodeRow | None:
        """Find the row for an enhanced code answered in a phase; None when no row speaks."""
        for row in self.enhanced:
            if row.phases and phase not in row.phases:
                continue
            for pattern in row.patterns:
                if isinstance(pattern, EnhancedPattern) and pattern.matches(enhanced):
                    return row
        return None

    def by_smtp(self, code: int) -> CodeRow | None:
        """Find the row for an SMTP reply code; None when no row speaks."""
        for row in self.smtp:
            for pattern in row.patterns:
                if isinstance(pattern, ReplyPattern) and pattern.matches(code):
                    return row
        return None


def load_codes(document: Mapping[str, Any]) -> CodeTable:
    """Make the code tables from parsed TOML with the arrays `enhanced` and `smtp`; raises CodeError with the row."""
    return CodeTable(
        enhanced=tuple(_row(table, EnhancedPattern.parse, "enhanced") for table in document.get("enhanced", ())),
        smtp=tuple(_row(table, ReplyPattern.parse, "smtp") for table in document.get("smtp", ())),
    )


def _row(table: Mapping[str, Any], parse: Any, kind: str) -> CodeRow:
    codes = table.get("codes", ())
    try:
        verdict = given_verdict(FailureType(table["type"]), reason=Reason(table["reason"]), cause=Cause(table["cause"]))
        return CodeRow(
            patterns=_patterns(codes, parse),
            type=verdict.type,
            reason=verdict.reason,
            cause=verdict.cause,
            phases=frozenset(Phase(phase) for phase in table.get("phases", ())),
            always=bool(table.get("always", False)),
            examples=tuple(table.get("examples", ())),
            counterexamples=tuple(table.get("counterexamples", ())),
        )
    except KeyError as error:
        raise CodeError(
            said("{kind} row {codes}: {args} is missing", kind=kind, codes=str(list(codes)), args=error.args[0])
        ) from None
    except ValueError as error:
        raise CodeError(said("{kind} row {codes}: {error}", kind=kind, codes=str(list(codes)), error=error)) from None


def _patterns(codes: Iterable[str], parse: Any) -> tuple[EnhancedPattern | ReplyPattern, ...]:
    patterns = tuple(parse(code) for code in codes)
    if not patterns:
        raise CodeError(said("it names no codes"))
    return patterns
