"""JSON Lines: one object a line."""

import json
import math
from collections.abc import Iterator
from typing import Any

from rebond.core.said import said
from rebond.services.errors import InputError
from rebond.services.file_lines import MAX_CELL, MOST_COLUMNS, UNDECODABLE, BadRow, Lines

_FIRST_ROWS = 100


class JsonFile:
    """One object a line. `columns` are the names in the first object; others may bring more."""

    def __init__(self, lines: Lines, *, size: int) -> None:
        self.size = size
        self._lines = lines
        self._rows = self._read()
        self._before: list[tuple[int, dict[str, Any]] | BadRow] = []
        self.columns: list[str] = []
        for row in self._rows:
            self._before.append(row)
            if not isinstance(row, BadRow):
                self.columns = list(row[1])
                break
            if len(self._before) == _FIRST_ROWS:
                raise InputError(
                    said(
                        "{lines_name}: its first {first_rows} lines are no JSON objects: {reason}",
                        lines_name=lines.name,
                        first_rows=_FIRST_ROWS,
                        reason=row.reason,
                    )
                )
        if not self.columns:
            raise InputError(
                said("{lines_name}: it holds no JSON object with a name in it, one a line", lines_name=lines.name)
            )

    def position(self) -> int:
        """Return how many bytes have been read."""
        return self._lines.position()

    def rows(self) -> Iterator[tuple[int, dict[str, Any]] | BadRow]:
        """Yield each row's line and members, or why it is bad; null members are left out."""
        while self._before:
            yield self._before.pop(0)
        yield from self._rows

    def _read(self) -> Iterator[tuple[int, dict[str, Any]] | BadRow]:
        lines = self._lines
        while True:
            lines.begin()
            text = next(lines, None)
            if text is None:
                return
            if lines.problem:
                yield BadRow(lines.first, lines.problem)
            elif text.strip():
                try:
                    yield lines.first, _members(text)
                except (ValueError, RecursionError) as error:
                    yield BadRow(lines.first, str(error))


def _members(text: str) -> dict[str, Any]:
    value = _decode(text.strip())
    if not isinstance(value, dict):
        raise ValueError(said("it is no JSON object"))
    members = {name.strip(): member for name, member in value.items() if member is not None}
    if len(members) > MOST_COLUMNS:
        raise ValueError(
            said("it has {found:,} names, and a row has at most {most:,}", found=len(members), most=MOST_COLUMNS)
        )
    for name, member in members.items():
        if isinstance(member, dict):
            raise ValueError(
                said("{name!r} is an object: only texts, numbers, truth values and lists are taken", name=name)
            )
        size = len(member) if isinstance(member, str) else 0
        if (size > MAX_CELL // 4 or len(text) > MAX_CELL // 4) and len(
            _encode(member).encode(errors="replace")
        ) > MAX_CELL:
            raise ValueError(said("the cell {name!r} is over {max_cell} MiB", name=name, max_cell=MAX_CELL >> 20))
    if "\\u" in text:
        whole = _encode(members)
        if UNDECODABLE.search(whole):
            raise ValueError(said("it holds half of a character"))
        if "\\u0000" in whole.replace("\\\\", ""):  # a backslash of the text comes as two
            raise ValueError(said("it holds a NUL character"))
    return members


def _no_constant(word: str) -> object:
    raise ValueError(said("{word} is no JSON", word=word))


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(said("the number {text} is too large", text=text[:40]))
    return number


_decode = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
