"""The form that rules of strangers must have before anything looks at what they say: all of it is cheap to check."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rebond.core.said import said

_DEEPEST = 4
_NUMBERS = 1 << 31
_MOST_DOTS = 16
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# They let a person read something else than what is there, also in what stands behind them.
_TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# What a dot means nothing in, as TOML ends it: strings of many lines and of one, and comments.
_DOTS_AND_LINES = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|[.\n]",
    re.DOTALL,
)


def parse_rules(text: str) -> dict[str, Any]:
    """Parse a rule file that anybody may have written; ValueError when it is not valid TOML."""
    import tomllib

    # The time to parse a key grows with the square of its dots, and no rule has a key with any.
    dots = 0
    for token in _DOTS_AND_LINES.finditer(text):
        dots = 0 if token[0] == "\n" else dots + (token[0] == ".")
        if dots > _MOST_DOTS:
            line = text.count("\n", 0, token.start()) + 1
            raise ValueError(
                said("line {line} holds more than {most_dots} dots outside of texts", line=line, most_dots=_MOST_DOTS)
            )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(said("it is nested too deeply")) from None


def is_storable(text: str) -> bool:
    """Tell a text that a pack can hold: no control characters but tabs and ends of lines, nothing that turns lines."""
    return _UNFIT.search(text) is None and _TURNING.search(text) is None


def unfit(table: Mapping[str, Any]) -> str:
    """Say what in the table of a rule no rule can hold, whatever it means; empty when there is nothing."""
    since = table.get("since", "")
    if type(since) is not date and not isinstance(since, str):
        return said("a date that is none")
    for name in ("id", "text"):
        if not isinstance(table.get(name, ""), str):
            return said("what is no text as its {name}", name=name)
    return next((words for key, value in table.items() if key != "since" for words in _unfit({key: value})), "")


def _unfit(value: object, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        yield said("values nested more than {deepest} deep", deepest=_DEEPEST)
    elif isinstance(value, str):
        if _UNFIT.search(value):
            yield said("signs that no text holds")
        if found := _TURNING.search(value):
            yield said("a sign that turns the direction of writing (U+{ord:04X})", ord=ord(found[0]))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _unfit(name, depth)
            yield from _unfit(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _unfit(inner, depth + 1)
    elif not isinstance(value, int):
        yield said("a value that no rule has ({kind})", kind=type(value).__name__)
    elif not -_NUMBERS <= value < _NUMBERS:
        yield said("a number beyond 32 bits")
