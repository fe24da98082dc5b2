"""Files of people given on a page: read in by a worker, told line by line, swept when nobody wants them."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from rebond.core.said import said
from rebond.core.words import UploadStatus
from rebond.services.errors import InputError, NotFoundError
from rebond.services.import_people import ImportProgress, load_people
from rebond.services.people_file import FileOptions, open_people
from rebond.store.read.uploads import UploadRow, last_upload_for, last_uploads, read_upload, upload_paths, uploads_open
from rebond.store.write.deliveries import complete_target, forget_members
from rebond.store.write.people import Into
from rebond.store.write.uploads import drop_unsettled, move_upload

__all__ = [
    "FOLDER",
    "Into",
    "UploadRow",
    "get_upload",
    "open_uploads",
    "read_in",
    "recent_uploads",
    "sweep_files",
    "upload_for",
]

# The folder of the files, below the data directory.
FOLDER = "uploads"
_BATCH = 5_000
_LISTED = 1_000
_RECENT = 50
# So long a file waits for its columns; and one that no row names yet, for its row.
_LEFT_ALONE = timedelta(days=2)


class StoppedError(Exception):
    """The reader ended before the file did; it is read again from its beginning."""


def read_in(number: int, *, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None:
    """Read a file in; what was cut short begins anew, which does no harm. `stopping`: whether to leave it for later."""
    upload = get_upload(number)
    if upload.status in {UploadStatus.DONE, UploadStatus.FAILED}:
        return
    path = Path(upload.path)
    move_upload(number, UploadStatus.RUNNING, now=now(), read=0, rows=0)

    def told(progress: ImportProgress) -> None:
        if stopping():
            raise StoppedError
        move_upload(number, UploadStatus.RUNNING, now=now(), read=progress.bytes, rows=progress.rows)

    try:
        with open_people(path, options=FileOptions(**upload.options), name=upload.name) as people:
            into = Into(delivery=upload.delivery, people_list=upload.people_list, service=upload.service)
            if into.delivery is not None:
                while forget_members(into.delivery, limit=_BATCH):
                    pass
            done = load_people(people, now=now(), actor=upload.actor, name=upload.name, into=into, progress=told)
    except InputError as error:
        move_upload(number, UploadStatus.FAILED, now=now(), problem=str(error))
        path.unlink(missing_ok=True)
        return
    if upload.delivery is not None:
        complete_target(upload.delivery)
    move_upload(
        number,
        UploadStatus.DONE,
        now=now(),
        read=upload.size,
        rows=done.rows,
        created=done.created,
        updated=done.updated,
        rejected_number=done.rejected_number,
        rejected=[(row.line, row.reason[:500]) for row in done.rejected[:_LISTED]],
    )
    path.unlink(missing_ok=True)


def get_upload(number: int) -> UploadRow:
    """Return a file's row; NotFoundError when there is none."""
    row = read_upload(number) if 0 < number < 2**63 else None
    if row is None:
        raise NotFoundError(said("there is no import {number}", number=number))
    return row


def upload_for(delivery: int) -> UploadRow | None:
    """Return the last file that was given for a delivery's target."""
    return last_upload_for(delivery)


def recent_uploads() -> Sequence[UploadRow]:
    """Return the last files, the newest first."""
    return last_uploads(limit=_RECENT)


def sweep_files(folder: Path, *, now: datetime) -> int:
    """Remove files that nobody settled the columns of, and those that no row names; returns how many."""
    horizon = now - _LEFT_ALONE
    drop_unsettled(horizon)
    named, swept = upload_paths(), 0
    for file in folder.glob("*") if folder.is_dir() else ():
        # Whoever reads a file in removes it, at this moment maybe.
        with suppress(FileNotFoundError):
            if str(file) not in named and file.stat().st_mtime < horizon.timestamp():
                file.unlink()
                swept += 1
    return swept


def open_uploads() -> list[int]:
    """List the files that are still to be read."""
    return uploads_open()
