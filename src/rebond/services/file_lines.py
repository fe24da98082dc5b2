"""The lines of a file, so that a row that is broken can be read again, in bounded memory."""

import csv
import re
from collections import deque
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO

from rebond.core.said import said
from rebond.services.errors import InputError

MAX_CELL = 1 << 20
MAX_ROW = 32 << 20  # characters
# Real files have dozens; each column is compared with the others, and may be named in an answer.
MOST_COLUMNS = 1_000
# How much may be read twice because of quotes that are never closed, beside four times what was read once.
_AGAIN = 64 << 20
UNDECODABLE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line in the file, and why."""

    line: int
    reason: str


class Lines:
    """The physical lines of a file, with those of the row being read kept, so that they can be read again."""

    def __init__(self, binary: BinaryIO, *, encoding: str, name: str) -> None:
        self.name = name
        self._binary = binary
        # What cannot be decoded becomes lone surrogates: the row that holds them is told apart, the others live.
        try:
            b"\xff".decode(encoding, "surrogateescape")
        except UnicodeError as error:
            raise InputError(
                said("the encoding {encoding!r} cannot be used: {error}", encoding=encoding, error=error)
            ) from None
        self._text = TextIOWrapper(binary, encoding=encoding, errors="surrogateescape", newline="")
        self._again: deque[str] = deque()
        self._held: list[str] = []
        self._length = 0
        self._spare = _AGAIN
        self.first = 1
        self.problem = ""

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._held.append(line)
        self._length += len(line)
        if not line.isascii() and UNDECODABLE.search(line):
            self.problem = self.problem or said("it holds bytes that are not of the file's encoding")
        if "\0" in line:
            self.problem = self.problem or said("it holds a NUL character")
        if self._length > MAX_ROW:
            raise csv.Error("a row is too long")
        return line

    def _read(self) -> str:
        try:
            line = self._text.readline(MAX_ROW)
            if len(line) == MAX_ROW and not line.endswith("\n"):
                while line and not line.endswith("\n"):
                    line = self._text.readline(MAX_ROW)
                self.problem = said("it is longer than {max_row} MiB", max_row=MAX_ROW >> 20)
                return "\n"
        except UnicodeError as error:  # UTF-16 without a mark at its beginning is no UnicodeDecodeError
            raise InputError(
                said("{name}: {error}: say the encoding of the file", name=self.name, error=error)
            ) from None
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
