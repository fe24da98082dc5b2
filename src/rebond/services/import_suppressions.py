"""Taking in what another system knew of addresses: its suppression list as one operation, that can be undone.

The file is read first, line by line, into the operation; what it says is then done as any other act on many addresses:
in bounded transactions, by whoever goes on with the operation (`bulk.carry_on`).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from rebond.core.address import parse_address
from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.errors import InputError
from rebond.services.file_lines import BadRow
from rebond.services.import_acts import Told
from rebond.services.import_people import ImportProgress
from rebond.services.suppression_formats import Entry, Format, find_format
from rebond.services.table_file import CsvFile, open_table
from rebond.store.read.bulk import BulkKind, BulkOperation, BulkStep, find_bulk
from rebond.store.read.evidence import AddressKey
from rebond.store.read.known_addresses import known_addresses
from rebond.store.write.audit import add_audit
from rebond.store.write.bulk import add_bulk, describe_bulk, stage_items, step_bulk

MOST_ERRORS = 100
MOST_HASHES = 1_000_000
_PART = 1_000
_LENGTHS: Mapping[int, Callable[[bytes], Any]] = {
    64: hashlib.sha256,
    40: lambda key: hashlib.sha1(key, usedforsecurity=False),
    32: lambda key: hashlib.md5(key, usedforsecurity=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingList:
    """How a list is read: its encoding, the default region of phone numbers, and whether domains may have no dot."""

    encoding: str = "utf-8"
    region: str = ""
    allow_undotted: bool = False


@dataclass(slots=True)
class _Read:
    """How far the reading has come, what is to be stored next, and the hashes that wait for the end of the file."""

    rows: int = 0
    staged: int = 0
    repeated: int = 0
    kept_out_nobody: int = 0
    rejected: int = 0
    unmatched: int = 0
    errors: list[BadRow] = field(default_factory=list)
    part: dict[AddressKey, tuple[str, Told]] = field(default_factory=dict)
    hashes: dict[str, Entry] = field(default_factory=dict)

    def refuse(self, row: BadRow) -> None:
        self.rejected += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(row)

    def told(self) -> dict[str, Any]:
        """What is kept of it with the operation."""
        names = ("rows", "staged", "repeated", "kept_out_nobody", "rejected", "unmatched")
        errors = [[one.line, one.reason[:300]] for one in self.errors]
        return {**{name: getattr(self, name) for name in names}, "errors": errors}


def import_suppressions(
    path: Path,
    *,
    because: str,
    actor: str,
    now: Callable[[], Any],
    reading: ReadingList,
    name: str = "",
    progress: Callable[[ImportProgress], None] | None = None,
) -> BulkOperation:
    """Read a list into an operation; what it says is done with `bulk.carry_on`. Bad rows are told, the others kept.

    `name` is what the file is called. InputError, with nothing written, when the file or its columns cannot be used.
    """
    if not because.strip():
        raise InputError(said("say where the list comes from: it is kept with each change"))
    name = name or path.name
    with open_table(path, encoding=reading.encoding) as table:
        kind = find_format(table.columns)
        asked = {"file": name[:255], "format": kind.name}
        number = add_bulk(
            kind=BulkKind.IMPORT,
            actor=actor,
            because=because,
            now=now(),
            selection=asked,
            expected=0,
            step=BulkStep.READ,
        )
        done = _Read()
        for line, row in _rows(table, done):
            _take(line, row, kind=kind, done=done, reading=reading)
            if len(done.part) >= _PART:
                _stage(number, done)
                if progress is not None:
                    progress(ImportProgress(done.rows, table.position(), table.size))
        _stage(number, done)
    _match_hashes(number, done)
    with transaction.atomic():
        describe_bulk(number, {**asked, "read": done.told()}, expected=done.staged)
        step_bulk(number, step=BulkStep.ACT)
        after = {**asked, **done.told(), "errors": done.rejected}
        add_audit(
            "quarantine.import", subject=f"operation {number}", actor=actor, now=now(), after=after, because=because
        )
    found = find_bulk(number)
    assert found is not None
    return found


def _rows(table: Any, done: _Read) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line and cells, by the names of the columns in small letters."""
    names = [column.strip().lower() for column in table.columns]
    for row in table.rows():
        done.rows += 1
        if isinstance(row, BadRow):
            done.refuse(row)
            continue
        line, cells = row
        if isinstance(table, CsvFile):
            yield line, dict(zip(names, map(str.strip, cells), strict=True))
        else:
            said = {str(name).lower(): _text(value) for name, value in cells.items()}
            yield line, {**dict.fromkeys(names, ""), **said}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else json.dumps(value)


def _take(line: int, row: Mapping[str, str], *, kind: Format, done: _Read, reading: ReadingList) -> None:
    try:
        entry = kind.read(row)
    except ValueError as error:
        done.refuse(BadRow(line, str(error)))
        return
    if entry.status is None:
        done.kept_out_nobody += 1
    elif entry.hashed:
        if len(done.hashes) >= MOST_HASHES:
            raise InputError(said("the file holds more than {most_hashes:,} hashes: part it", most_hashes=MOST_HASHES))
        done.hashes.setdefault(entry.address, entry)
    else:
        _take_address(line, entry, done=done, reading=reading)


def _take_address(line: int, entry: Entry, *, done: _Read, reading: ReadingList) -> None:
    channel = entry.channel or (Channel.EMAIL if "@" in entry.address else Channel.SMS)
    address = parse_address(
        entry.address, channel=channel, region=reading.region, allow_undotted=reading.allow_undotted
    )
    if address.key is None:
        done.refuse(
            BadRow(
                line,
                said(
                    "{address_text!r} is not a possible {channel} address: {problem}",
                    address_text=address.text[:200],
                    channel=channel,
                    problem=address.problem,
                ),
            )
        )
        return
    about = AddressKey(channel, address.key)
    if about in done.part:
        done.repeated += 1
    else:
        done.part[about] = (address.text, Told.of(entry))


def _stage(number: int, done: _Read) -> None:
    part = done.part
    staged = stage_items(number, [(about, text, told.to_json()) for about, (text, told) in part.items()])
    done.staged += staged
    done.repeated += len(part) - staged
    part.clear()


def _match_hashes(number: int, done: _Read) -> None:
    """Find the addresses that the hashes are of, among those that are known here."""
    if not done.hashes:
        return
    makers = {length: _LENGTHS[length] for length in {len(found) for found in done.hashes}}
    met: set[str] = set()
    for page in known_addresses():
        for about, text in page.items():
            for make in makers.values():
                digest = make(about.key.encode()).hexdigest()
                entry = done.hashes.get(digest)
                if entry is not None and entry.channel in (None, about.channel):
                    met.add(digest)
                    done.part[about] = (text, Told.of(entry))
        _stage(number, done)
    done.unmatched = len(done.hashes) - len(met)
