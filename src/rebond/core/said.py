"""Sentences for people that can be said again in another language.

`said("there is no delivery {number}", number=7)` is that sentence in English, as text, which also knows its template
and its values: whoever shows it to a reader of another language fills the translated template with the same values. A
text that was stored, or came from another process, is taken apart again by its template (`read`).

Between the braces stands a name and perhaps how its value is written: `{name!r}` quotes it, `{count:,}` groups its
digits, `{at:%Y-%m-%d %H:%M}` is a time, `{status:DeliveryStatus}` a value of that list of words, `{names:or}` the
members of a list with "or" between them, `{words:lines}` one a line.
"""

import re
from ast import literal_eval
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from string import Formatter
from typing import Any, NamedTuple, Self

_PLAIN = (str, int, float, date, bool, type(None))
JOINED = {"": ", ", "or": " or ", "and": " and ", "lines": "\n"}


class Piece(NamedTuple):
    """What stands before a value, and the value: its name and how it is written. The last piece may have none."""

    before: str
    name: str
    quoted: bool
    spec: str


class Said(str):
    """A sentence in English with what it was made of: its template (and the one for many), number and values."""

    __slots__ = ("many", "number", "template", "values")

    template: str
    many: str
    number: int
    values: Mapping[str, Any]

    def __new__(cls, template: str, values: Mapping[str, Any], many: str = "", number: int = 1) -> Self:
        """Write the sentence."""
        kept = {name: _kept(value) for name, value in values.items()}
        self = super().__new__(cls, written(many if many and number != 1 else template, kept, in_english))
        for name, value in (("template", template), ("many", many), ("number", number), ("values", kept)):
            object.__setattr__(self, name, value)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a sentence is not changed: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.template, self.values, self.many, self.number)


def said(template: str, /, **values: object) -> Said:
    """Say a sentence."""
    return Said(template, values)


def said_n(one: str, many: str, number: int, /, **values: object) -> Said:
    """Say a sentence about a number of things; `{n}` is the number."""
    return Said(one, {"n": number, **values}, many, number)


def foreign(*templates: str) -> tuple[str, ...]:
    """Name sentences of libraries that people come to read: they are known by their templates alone."""
    return templates


def words_of(error: BaseException) -> str:
    """Return what an error says, as a sentence that can be translated when it is one."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Said) and first == str(error) else str(error)


class Shown(str):
    """A thing as Python shows it, which is its text in quotes and without."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _kept(value: object) -> object:
    """Return a value as a sentence can hold it, whatever happens to the thing afterwards."""
    if isinstance(value, BaseException):
        return words_of(value)
    if isinstance(value, list | tuple):
        return tuple(_kept(one) for one in value)
    return value if isinstance(value, _PLAIN) else Shown(value)


@lru_cache(maxsize=2048)
def pieces(template: str) -> tuple[Piece, ...]:
    """Take a template apart."""
    parts = Formatter().parse(template)
    return tuple(Piece(before, name or "", conversion == "r", spec or "") for before, name, spec, conversion in parts)


# Writes a value: it, whether in quotes, and how.
Write = Callable[[Any, bool, str], str]


def written(template: str, values: Mapping[str, Any], write: Write) -> str:
    """Fill a template."""
    return "".join(
        piece.before + (write(values[piece.name], piece.quoted, piece.spec) if piece.name else "")
        for piece in pieces(template)
    )


def in_english(value: Any, quoted: bool, spec: str) -> str:
    """Write a value as an English sentence has it."""
    if isinstance(value, tuple):
        return JOINED.get(spec, ", ").join(in_english(one, quoted, "") for one in value)
    if quoted:
        return repr(value.value if isinstance(value, StrEnum) else value)
    return str(value) if is_list_of_words(spec) or isinstance(value, str) else format(value, spec)


def is_list_of_words(spec: str) -> bool:
    """Tell whether a value is written as one of the vocabulary's lists of words."""
    return spec[:1].isupper()


def read(template: str, text: str) -> Mapping[str, Any] | None:
    """Return the values that make this English text of a template, None when none do."""
    found: dict[str, Any] = {}
    parts = pieces(template)
    if not text.startswith(parts[0].before):
        return None
    place = len(parts[0].before)
    for piece, after in zip(parts, (*parts[1:], None), strict=True):
        if not piece.name:
            break
        end = _end(text, place, after)
        value = text[place:end] if end >= place else None
        if value is None or (taken := _taken(value, piece)) is None:
            return None
        if found.setdefault(piece.name, taken) != taken:
            return None
        place = end + len(after.before if after else "")
    return found if place == len(text) else None


def _end(text: str, place: int, after: Piece | None) -> int:
    """Find where a value ends; below `place` when it does not."""
    if after is None:
        return len(text)
    if not after.name:
        return len(text) - len(after.before) if text.endswith(after.before) else -1
    return text.find(after.before, place) if after.before else -1


def _taken(value: str, piece: Piece) -> Any:
    """Read a value as it was written; None when it was not written so."""
    try:
        if piece.spec in ("or", "and", "lines"):
            parts = value.split(JOINED[piece.spec])
            return tuple(_shown(one) if piece.quoted else one for one in parts)
        if piece.quoted:
            return _shown(value)
        if piece.spec in (",", "d"):
            return int(value.replace(",", ""))
        if piece.spec == "g" or piece.spec.startswith("."):
            return float(value)
        if piece.spec.startswith("%"):
            return datetime.strptime(value, piece.spec).replace(tzinfo=UTC)
    except ValueError:
        return None
    return value


def _shown(value: str) -> Any:
    """Read a value in quotes as Python shows it; ValueError for another text, which the parser would warn of."""
    if not _SHOWN.fullmatch(value):
        raise ValueError(value)
    return literal_eval(value)


_ESCAPED = r"\\[\\'\"ntr]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U00(?:0[0-9a-f]|10)[0-9a-f]{4}"
_SHOWN = re.compile(
    rf"'(?:[^'\\\n\r\0]|{_ESCAPED})*+'|\"(?:[^\"\\\n\r\0]|{_ESCAPED})*+\""
    r"|-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,999})?(?:e[+-]?[0-9]{1,3})?|True|False"
)
