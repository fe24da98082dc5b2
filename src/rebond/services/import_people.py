"""Importing people from a file, row by row, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from rebond.core.said import said
from rebond.services.file_lines import BadRow
from rebond.services.people_columns import Column
from rebond.services.people_file import FileOptions, PeopleFile, open_people
from rebond.store.write.audit import add_audit
from rebond.store.write.people import NOTHING, Into, PersonRow, begin_import, end_import, write_people

CHUNK = 5_000
MAX_LISTED = 100_000
TRIED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file; `rejected` lists the first of the `rejected_number` bad rows, in order.

    `columns` says what each column was taken for. `dry`: only the first rows were looked at, and nothing was written.
    """

    rows: int
    created: int
    updated: int
    rejected_number: int
    rejected: tuple[BadRow, ...]
    columns: tuple[Column, ...] = ()
    dry: bool = False

    @property
    def notes(self) -> list[str]:
        """What should be known of the columns, a sentence each."""
        return [note for column in self.columns if (note := column.note())]


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: rows read, and bytes of how many."""

    rows: int
    bytes: int
    size: int


def import_people(
    path: Path,
    *,
    options: FileOptions,
    now: datetime,
    actor: str,
    progress: Callable[[ImportProgress], None] | None = None,
    chunk: int = CHUNK,
) -> Imported:
    """Insert or update the people of a CSV or JSON Lines file; bad rows are told, the others kept.

    InputError, with nothing written, when the file or its columns cannot be used.
    """
    with open_people(path, options=options) as people:
        return load_people(people, now=now, actor=actor, name=path.name, progress=progress, chunk=chunk)


def try_people(path: Path, *, options: FileOptions) -> Imported:
    """Look at a file as an import would take it, without writing anything: its columns, and its first rows.

    InputError when the file or its columns cannot be used.
    """
    with open_people(path, options=options) as people:
        rows = list(islice(people.people(), TRIED))
        bad = tuple(row for row in rows if isinstance(row, BadRow))
        return Imported(
            rows=len(rows),
            created=0,
            updated=0,
            rejected_number=len(bad),
            rejected=bad,
            columns=tuple(people.columns.all),
            dry=True,
        )


def load_people(
    people: PeopleFile,
    *,
    now: datetime,
    actor: str,
    name: str,
    into: Into = NOTHING,
    progress: Callable[[ImportProgress], None] | None = None,
    chunk: int = CHUNK,
) -> Imported:
    """Write an open file of people, a transaction a chunk; they become part of what `into` says."""
    run = begin_import(now=now)
    rows = created = updated = 0
    bad: list[BadRow] = []
    bad_number = 0
    for part, refused in _chunks(people.people(), size=chunk):
        written = write_people(part, run=run, now=now, channels=people.channels, into=into)
        refused += [BadRow(line, _repeated(external_id)) for line, external_id in written.repeated]
        rows += len(part) + len(refused) - len(written.repeated)
        created += written.created
        updated += written.updated
        bad_number += len(refused)
        bad += sorted(refused, key=lambda row: row.line)[: MAX_LISTED - len(bad)]
        if progress is not None:
            progress(ImportProgress(rows, people.position(), people.size))
    result = {"rows": rows, "created": created, "updated": updated, "rejected": bad_number}
    end_import(run, now=now, result=result)
    add_audit("profiles.import", subject=name, actor=actor, now=now, after=result)
    return Imported(
        rows=rows,
        created=created,
        updated=updated,
        rejected_number=bad_number,
        rejected=tuple(bad),
        columns=tuple(people.columns.all),
    )


def _chunks(rows: Iterator[PersonRow | BadRow], *, size: int) -> Iterator[tuple[list[PersonRow], list[BadRow]]]:
    """Gather rows; the second of two with one id is bad within a chunk, and found by the store across chunks."""
    part: dict[str, PersonRow] = {}
    refused: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            refused.append(row)
        elif row.external_id in part:
            refused.append(BadRow(row.line, _repeated(row.external_id)))
        else:
            part[row.external_id] = row
        if len(part) + len(refused) >= size:
            yield list(part.values()), refused
            part, refused = {}, []
    if part or refused:
        yield list(part.values()), refused


def _repeated(external_id: str) -> str:
    return said("its id {external_id!r} came before in this file", external_id=external_id)
