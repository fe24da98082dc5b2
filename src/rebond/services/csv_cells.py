"""CSV files: cells that no spreadsheet runs as formulas, and the form in which programs or spreadsheets read them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PHONE = re.compile(r"\+\d{4,15}")
_PART = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """How cells are parted, what stands before decimals, and whether a mark says that the file is UTF-8."""

    delimiter: str = ","
    point: str = "."
    mark: bool = False


PLAIN = CsvForm()
# Where decimals stand behind a comma, spreadsheets part cells by a semicolon; without the mark they guess the encoding.
_SPREADSHEETS = {"fr": CsvForm(delimiter=";", point=",", mark=True)}


def spreadsheet(language: str) -> CsvForm:
    """Return the form that a spreadsheet of a language opens by a double click."""
    return _SPREADSHEETS.get(language, CsvForm(mark=True))


def plain(value: object) -> object:
    """Return a value as JSON has it: times as RFC 3339, words as they are written, sets in order."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    return sorted(value) if isinstance(value, set | frozenset) else value


def defused(value: object, *, point: str = ".") -> str:
    """Write a cell so that a spreadsheet takes text as text: a quote before what could be a formula."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, int | float):
        return json.dumps(value).replace(".", point)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
    return "'" + text if text.startswith(_FORMULA) and not _PHONE.fullmatch(text) else text


def csv_lines(rows: Iterable[Iterable[object]], *, form: CsvForm = PLAIN) -> Iterator[str]:
    """Write each row as a line, the first one behind the mark if there is to be one."""
    text = io.StringIO()
    if form.mark:
        text.write("\ufeff")
    writer = csv.writer(text, delimiter=form.delimiter)
    for row in rows:
        writer.writerow([defused(value, point=form.point) for value in row])
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def in_parts(lines: Iterable[str]) -> Iterator[bytes]:
    """Gather lines into parts that are worth sending each."""
    part: list[str] = []
    size = 0
    for line in lines:
        part.append(line)
        size += len(line)
        if size >= _PART:
            yield "".join(part).encode()
            part, size = [], 0
    if part:
        yield "".join(part).encode()
