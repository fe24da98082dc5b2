"""Header blocks: their fields, in order, and the content type that one of them holds (RFC 5322, RFC 2045)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from rebond.core.read.decode import Guesses, decode_words

MAX_HEADERS = 2000
MAX_VALUE = 64 * 1024
# The longest Content-Type whose reading is kept: mail systems write the same few over and over.
_MAX_KEPT_TYPE = 240

FIELD = re.compile(r"^([!-9;-~]{1,128}+)[ \t]*+:[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?", re.M)
_FOLD = re.compile(r"\n[ \t]++")
_PARAMETER = re.compile(r';\s*+([A-Za-z*0-9-]{1,40}+)\s*+=\s*+(?:"([^"]*+)"|([^\s;]*+))')
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]++/[a-z0-9!#$&^_.+-]++")


class Headers:
    """A header block: values by lower-case name, in order, not yet decoded; unfolded only when they are read.

    Blocks are many and of their values few are read, so that nothing is done for each value when a block is made.
    """

    __slots__ = ("_first", "_names", "_values")

    def __init__(self, names: Sequence[str] = (), values: Sequence[str] = ()) -> None:
        """Take names as they are written, each with the value of the same place."""
        self._names = [name.lower() for name in names]
        self._values = list(values)
        self._first = dict(zip(self._names[::-1], self._values[::-1], strict=True))

    def add(self, name: str, value: str) -> None:
        lowered = name.lower()
        self._first.setdefault(lowered, value)
        self._names.append(lowered)
        self._values.append(value)

    def merge(self, other: "Headers") -> None:
        """Add all fields of another block."""
        for name, value in other._first.items():
            self._first.setdefault(name, value)
        self._names += other._names
        self._values += other._values

    def first(self, name: str) -> str:
        """Give the first value of a name (in lower case), empty when there is none."""
        value = self._first.get(name, "")
        return value.rstrip() if len(value) < MAX_VALUE and "\n" not in value else _unfolded(value)

    def all(self, name: str) -> list[str]:
        if name not in self._first:
            return []
        if len(self._first) == len(self._names) or self._names.count(name) == 1:
            return [self.first(name)]
        return [_unfolded(value) for value in self._every(name)]

    def _every(self, name: str) -> list[str]:
        return [value for other, value in zip(self._names, self._values, strict=True) if other == name]

    def holding(self, name: str, *, words: str, limit: int) -> list[str]:
        """Give those of a name's first values, at most `limit`, that hold words without a space."""
        if name not in self._first:
            return []
        return [_unfolded(value) for value in self._every(name)[:limit] if words in value]

    def of(self, names: Collection[str], *, limit: int) -> list[str]:
        """Give the values of several names in their order, at most `limit` of each."""
        first, names_apart = self._first, len(self._first) == len(self._names)
        found: list[str] = []
        for name in names:
            if name in first:
                if names_apart or self._names.count(name) == 1:
                    found.append(self.first(name))
                else:
                    found += [_unfolded(value) for value in self._every(name)[:limit]]
        return found

    def any_of(self, names: Collection[str]) -> bool:
        """Tell whether one of several names is there."""
        return not self._first.keys().isdisjoint(names)

    def repeats(self, names: Collection[str]) -> bool:
        """Tell whether one of several names is there more than once."""
        if len(self._first) == len(self._names):
            return False
        return any(self._names.count(name) > 1 for name in names)

    def text(self, name: str, *, guesses: Guesses | None = None) -> str:
        """Give the first value of a name with its encoded words decoded."""
        value = self.first(name)
        return decode_words(value, guesses=guesses) if "=?" in value else value

    def names(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._names))

    @property
    def longest(self) -> int:
        """The length of the longest value as it is written."""
        return max(map(len, self._values), default=0)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._first


def _unfolded(value: str) -> str:
    return (_FOLD.sub(" ", value) if "\n" in value else value)[:MAX_VALUE].rstrip()


def parse_headers(text: str) -> tuple[Headers, int]:
    """Read a header block from the beginning of a text; gives it and where its body begins.

    A single line that is no header, between two that are, is passed over.
    """
    headers = Headers()
    position, count = 0, 0
    while count < MAX_HEADERS:
        found = FIELD.match(text, position)
        if found:
            headers.add(found.group(1), found.group(2))
            position, count = found.end(), count + 1
            continue
        end = text.find("\n", position) + 1
        if not end or end - position == 1:
            return headers, end or position
        escaped_from = text.startswith(("From ", ">From "), position)
        if not escaped_from and not (count and FIELD.match(text, end)):
            return headers, position
        position = end
    return headers, position


def plain_fields(text: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """Give names and values, still folded, of the fields in a text that holds nothing else; None when it does.

    Faster than `parse_headers`, which bears all.
    """
    pieces = FIELD.split(text, MAX_HEADERS)
    # Between the fields, and around them, stands what is none.
    return None if any(pieces[::3]) else (pieces[1::3], pieces[2::3])


def content_type_of(headers: Headers) -> tuple[str, Mapping[str, str]]:
    """Give the type in lower case and its parameters, from a header however badly written."""
    value = headers.first("content-type")
    if not value:
        return "", {}
    return _kept_type(value) if len(value) <= _MAX_KEPT_TYPE else _read_type(value)


@lru_cache(256)
def _kept_type(value: str) -> tuple[str, Mapping[str, str]]:
    return _read_type(value)


def _read_type(value: str) -> tuple[str, Mapping[str, str]]:
    found = _TYPE.match(value.strip().lower())
    parameters: dict[str, str] = {}
    if ";" in value or "=" in value:
        for name, quoted, plain in _PARAMETER.findall(value if ";" in value else ";" + value.partition(" ")[2]):
            parameters.setdefault(name.lower().rstrip("*"), quoted or plain)
    return (found.group() if found else "text/plain"), parameters
