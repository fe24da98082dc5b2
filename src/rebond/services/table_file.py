"""Reading files of people row by row, in bounded memory: CSV and JSON Lines; a bad row never costs the next one."""

import codecs
import csv
import json
import math
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from rebond.services.errors import InputError

MAX_CELL = 1 << 20
MAX_ROW = 32 << 20  # characters
# How much may be read twice because of quotes that are never closed, beside four times what was read once.
_AGAIN = 64 << 20
_DELIMITERS = ",;\t"
_UNDECODABLE = re.compile("[\ud800-\udfff]")
_FIRST_ROWS = 100
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line in the file, and why."""

    line: int
    reason: str


@contextmanager
def open_table(path: Path, *, encoding: str = "utf-8") -> Iterator["CsvFile | JsonFile"]:
    """Open a file of rows, JSON Lines by its name, CSV otherwise; InputError when it cannot be read."""
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
        TextIOWrapper(BytesIO(), encoding=encoding)  # refuses what is no encoding of texts
    except (LookupError, ValueError):
        raise InputError(f"encoding {encoding!r} is unknown: write one such as utf-8, cp1252 or utf-16") from None
    try:
        binary = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    with binary:
        if utf8:
            if binary.peek(2)[:2] in _UTF16:
                raise InputError(f"{path} is UTF-16: say so with --encoding utf-16")
            encoding = "utf-8-sig"  # a mark at the beginning is no part of the first name
        lines = _Lines(binary, encoding=encoding, name=str(path))
        size = path.stat().st_size
        json_lines = path.suffix.lower() in (".jsonl", ".ndjson")
        yield JsonFile(lines, size=size) if json_lines else CsvFile(lines, size=size)


class _Lines:
    """The physical lines of a file, with those of the row being read kept, so that they can be read again."""

    def __init__(self, binary: BinaryIO, *, encoding: str, name: str) -> None:
        self.name = name
        self._binary = binary
        # What cannot be decoded becomes lone surrogates: the row that holds them is told apart, the others live.
        self._text = TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")
        self._again: deque[str] = deque()
        self._held: list[str] = []
        self._length = 0
        self._spare = _AGAIN
        self.first = 1
        self.problem = ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._held.append(line)
        self._length += len(line)
        if not line.isascii() and _UNDECODABLE.search(line):
            self.problem = self.problem or "it holds bytes that are not of the file's encoding"
        if "\0" in line:
            self.problem = self.problem or "it holds a NUL character"
        if self._length > MAX_ROW:
            raise csv.Error("a row is too long")
        return line

    def _read(self) -> str:
        try:
            line = self._text.readline(MAX_ROW)
            if len(line) == MAX_ROW and not line.endswith("\n"):
                while line and not line.endswith("\n"):
                    line = self._text.readline(MAX_ROW)
                self.problem = f"it is longer than {MAX_ROW >> 20} MiB"
                return "\n"
        except UnicodeDecodeError as error:
            raise InputError(f"{self.name}: {error}: say its encoding with --encoding") from None
        self._spare += 4 * len(line)
        return line

    def peek(self) -> str:
        """Return the first line, which stays the next to be read; empty when there is none."""
        line = self._read()
        if line:
            self._again.append(line)
        return line

    def begin(self) -> None:
        """Let go of the lines of the last row: the next one begins."""
        self.first += len(self._held)
        self._held.clear()
        self._length = 0
        self.problem = ""

    @property
    def height(self) -> int:
        """How many lines the present row has."""
        return len(self._held)

    @property
    def length(self) -> int:
        """How many characters the present row has."""
        return self._length

    def reread(self) -> bool:
        """Read all but the first line of this row again, as rows of their own; False when that was done too often."""
        again = self._held[1:]
        length = self._length - len(self._held[0])
        if not again or length > self._spare:
            return False
        self._spare -= length
        self._again.extendleft(reversed(again))
        del self._held[1:]
        return True

    def position(self) -> int:
        """Return how many bytes have been read; 0 where that cannot be known."""
        return self._binary.tell() if self._binary.seekable() else 0


class CsvFile:
    """Comma, semicolon or tab, told by the header."""

    def __init__(self, lines: _Lines, *, size: int) -> None:
        csv.field_size_limit(MAX_ROW)  # cells are weighed here, so that a long one does not hide where its row ends
        self.size = size
        self._lines = lines
        self._delimiter = max(_DELIMITERS, key=lines.peek().count)
        self._reader = self._make_reader()
        self.columns = self._read_header()

    def _make_reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _read_header(self) -> list[str]:
        name = self._lines.name
        try:
            header = next(self._reader, None)
        except csv.Error as error:
            raise InputError(f"{name}: the header cannot be read: {error}") from None
        if not header or not any(cell.strip() for cell in header):
            raise InputError(f"{name}: the first line must name the columns, and it is empty")
        if self._lines.problem:
            raise InputError(f"{name}: the header: {self._lines.problem}: say the encoding with --encoding")
        return [cell.strip() for cell in header]

    def position(self) -> int:
        return self._lines.position()

    def rows(self) -> Iterator[tuple[int, list[str]] | BadRow]:
        lines, width = self._lines, len(self.columns)
        while True:
            lines.begin()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                yield self._broken(str(error))
                continue
            if cells is None:
                return
            if len(cells) != width:
                if cells or lines.problem:
                    yield self._miscounted(len(cells))
            elif lines.problem:
                yield BadRow(lines.first, lines.problem)
            elif lines.length > MAX_CELL // 4 and (long := self._long_cell(cells)):
                yield BadRow(lines.first, long)
            else:
                yield lines.first, cells

    def _broken(self, error: str) -> BadRow:
        lines = self._lines
        reason = "a quote is never closed, or stands where none may" if "limit" not in error else error
        if lines.height == 1 and lines.length > MAX_ROW:
            reason = f"it is longer than {MAX_ROW >> 20} MiB"
        return self._several_lines(reason)

    def _miscounted(self, found: int) -> BadRow:
        return self._several_lines(f"it has {found} cells, and the header {len(self.columns)}")

    def _several_lines(self, reason: str) -> BadRow:
        # A quote left open swallows the lines behind it, which are rows of their own: they are read again.
        lines = self._lines
        bad, last = lines.first, lines.first + lines.height - 1
        if last == bad:
            reason = lines.problem or reason
        elif not lines.reread():
            reason += f" (the row runs to line {last})"
        self._reader = self._make_reader()
        return BadRow(bad, reason)

    def _long_cell(self, cells: list[str]) -> str:
        for name, cell in zip(self.columns, cells, strict=True):
            if len(cell.encode()) > MAX_CELL:
                return f"the cell {name!r} is over {MAX_CELL >> 20} MiB"
        return ""


class JsonFile:
    """One object a line. `columns` are the names in the first object; others may bring more."""

    def __init__(self, lines: _Lines, *, size: int) -> None:
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
                raise InputError(f"{lines.name}: its first {_FIRST_ROWS} lines are no JSON objects: {row.reason}")
        if not self.columns:
            raise InputError(f"{lines.name}: it holds no JSON object with a name in it, one a line")

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
        raise ValueError("it is no JSON object")
    members = {name.strip(): member for name, member in value.items() if member is not None}
    for name, member in members.items():
        if isinstance(member, dict):
            raise ValueError(f"{name!r} is an object: only texts, numbers, truth values and lists are taken")
        size = len(member) if isinstance(member, str) else 0
        if (size > MAX_CELL // 4 or len(text) > MAX_CELL // 4) and len(
            _encode(member).encode(errors="replace")
        ) > MAX_CELL:
            raise ValueError(f"the cell {name!r} is over {MAX_CELL >> 20} MiB")
    if "\\u" in text:
        whole = _encode(members)
        if _UNDECODABLE.search(whole):
            raise ValueError("it holds half of a character")
        if "\\u0000" in whole:
            raise ValueError("it holds a NUL character")
    return members


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


_decode = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
