"""Reading files of people row by row, in bounded memory: CSV and JSON Lines; a bad row never costs the next one."""

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path

from rebond.core.said import said
from rebond.services.errors import InputError
from rebond.services.file_lines import MAX_CELL, MAX_ROW, MOST_COLUMNS, BadRow, Lines
from rebond.services.json_file import JsonFile

_DELIMITERS = ",;\t"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def open_table(path: Path, *, encoding: str = "utf-8", name: str = "") -> Iterator["CsvFile | JsonFile"]:
    """Open a file of rows, JSON Lines by its name, CSV otherwise; InputError when it cannot be read.

    `name` is what errors call it, when not its path.
    """
    name = name or str(path)
    try:
        utf8 = codecs.lookup(encoding).name == "utf-8"
        TextIOWrapper(BytesIO(), encoding=encoding)  # refuses what is no encoding of texts
    except (LookupError, ValueError):
        raise InputError(
            said("encoding {encoding!r} is unknown: write one such as utf-8, cp1252 or utf-16", encoding=encoding)
        ) from None
    try:
        binary = path.open("rb")
    except OSError as error:
        raise InputError(
            said("{path} cannot be read: {strerror}", path=name, strerror=error.strerror or error)
        ) from None
    with binary:
        if utf8:
            if binary.peek(2)[:2] in _UTF16:
                raise InputError(said("{path} is in UTF-16: say the encoding of the file, utf-16", path=name))
            encoding = "utf-8-sig"  # a mark at the beginning is no part of the first name
        lines = Lines(binary, encoding=encoding, name=name)
        size = path.stat().st_size
        json_lines = path.suffix.lower() in (".jsonl", ".ndjson")
        yield JsonFile(lines, size=size) if json_lines else CsvFile(lines, size=size)


class CsvFile:
    """Comma, semicolon or tab, told by the header."""

    def __init__(self, lines: Lines, *, size: int) -> None:
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
            raise InputError(said("{name}: the header cannot be read: {error}", name=name, error=error)) from None
        if not header or not any(cell.strip() for cell in header):
            raise InputError(said("{name}: the first line must name the columns, and it is empty", name=name))
        if len(header) > MOST_COLUMNS:
            raise InputError(
                said(
                    "{name}: the first line names {found:,} columns, and a file has at most {most:,}",
                    name=name,
                    found=len(header),
                    most=MOST_COLUMNS,
                )
            )
        if self._lines.problem:
            raise InputError(
                said(
                    "{name}: the header: {problem}: say the encoding of the file",
                    name=name,
                    problem=self._lines.problem,
                )
            )
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
        reason = said("a quote is never closed, or stands where none may") if "limit" not in error else error
        if lines.height == 1 and lines.length > MAX_ROW:
            reason = said("it is longer than {max_row} MiB", max_row=MAX_ROW >> 20)
        return self._several_lines(reason)

    def _miscounted(self, found: int) -> BadRow:
        return self._several_lines(
            said("it has {found} cells, and the header {columns}", found=found, columns=len(self.columns))
        )

    def _several_lines(self, reason: str) -> BadRow:
        # A quote left open swallows the lines behind it, which are rows of their own: they are read again.
        lines = self._lines
        bad, last = lines.first, lines.first + lines.height - 1
        if last == bad:
            reason = lines.problem or reason
        elif not lines.reread():
            reason = said("{reason} (the row runs to line {last})", reason=reason, last=last)
        self._reader = self._make_reader()
        return BadRow(bad, reason)

    def _long_cell(self, cells: list[str]) -> str:
        for name, cell in zip(self.columns, cells, strict=True):
            if len(cell.encode()) > MAX_CELL:
                return said("the cell {name!r} is over {max_cell} MiB", name=name, max_cell=MAX_CELL >> 20)
        return ""
