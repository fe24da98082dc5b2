"""The columns of a file that was given on a page: shown with what each is taken for, and settled before it is read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from django.db import transaction

from rebond.core.said import said, words_of
from rebond.core.words import UploadStatus
from rebond.services.column_roles import Told, role_of
from rebond.services.errors import InputError, RefusedError
from rebond.services.people_columns import Column, check_names
from rebond.services.people_file import FileOptions, open_people, samples_of
from rebond.services.table_file import open_table
from rebond.services.uploads import get_upload
from rebond.store.read.uploads import UploadRow, last_upload_for
from rebond.store.write.people import NOTHING, Into
from rebond.store.write.uploads import add_upload, drop_upload, settle_upload


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadColumns:
    """A file with its columns as they would be read; `problem` says why they cannot be, '' when they can."""

    upload: UploadRow
    columns: tuple[Column, ...]
    problem: str


def hold(path: Path, *, name: str, options: FileOptions, now: datetime, actor: str, into: Into = NOTHING) -> int:
    """Write down a file whose columns are still to be settled; returns its number.

    InputError when it can be read in no way: what only its columns lack is told by `columns_of`.
    """
    look_at(path, name=name, options=options)
    size = path.stat().st_size
    kept = asdict(options)
    return add_upload(name[:255], path=str(path), options=kept, size=size, into=into, now=now, actor=actor, asking=True)


def columns_of(number: int, *, mapping: Mapping[str, str] | None = None) -> UploadColumns:
    """Show the columns of a file that waits for them; with a `mapping` as that says. NotFoundError, RefusedError."""
    upload = _asking(number)
    options = FileOptions(**upload.options)
    if mapping is not None:
        options = replace(options, mapping=dict(mapping))
    columns, problem = look_at(Path(upload.path), name=upload.name, options=options)
    return UploadColumns(upload=upload, columns=columns, problem=problem)


def settle(number: int, *, mapping: Mapping[str, str], no_address: bool, now: datetime, actor: str) -> UploadRow:
    """Say what each column is, and let the file be read in.

    InputError when it cannot be read so; RefusedError when somebody did before, or another file took its place.
    """
    upload = _asking(number)
    options = replace(FileOptions(**upload.options), mapping=dict(mapping), no_address=no_address)
    with open_people(Path(upload.path), options=options, name=upload.name):
        pass
    with transaction.atomic():
        if not settle_upload(number, options=asdict(options), actor=actor, now=now):
            raise _settled(number)
    return get_upload(number)


def forget(number: int) -> UploadRow:
    """Drop a file that waits for its columns. NotFoundError, RefusedError."""
    upload = _asking(number)
    if not drop_upload(number):
        raise _settled(number)
    Path(upload.path).unlink(missing_ok=True)
    return upload


def _asking(number: int) -> UploadRow:
    upload = get_upload(number)
    if upload.status is not UploadStatus.ASKING:
        raise _settled(number)
    last = last_upload_for(upload.delivery) if upload.delivery is not None else None
    if last is not None and last.id != number:
        raise RefusedError(
            said("another file took the place of import {number}: {name}", number=number, name=last.name)
        )
    return upload


def _settled(number: int) -> RefusedError:
    return RefusedError(said("the columns of import {number} are settled already: it is read in", number=number))


def look_at(path: Path, *, name: str, options: FileOptions) -> tuple[tuple[Column, ...], str]:
    """Read the columns as they would be taken, or bare with why they cannot be; InputError when there are none."""
    try:
        with open_people(path, options=options, name=name) as people:
            return tuple(people.columns.all), ""
    except InputError as error:
        problem = words_of(error)
    with open_table(path, encoding=options.encoding, name=name) as table:
        names, samples = samples_of(table)
        check_names(names, found=said("{name} has the columns {columns}", name=name, columns=tuple(names)))
    given = {column: field for field, column in options.mapping.items()}
    bare = (
        Column(
            place=place,
            name=one,
            role=role_of(given.get(one, one)),
            told=Told.MAPPED if one in given else Told.ITSELF,
            samples=tuple(filter(str.strip, samples.get(one, ())))[:3],
        )
        for place, one in enumerate(names, 1)
    )
    return tuple(bare), problem
