"""Files of people that were given on a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rebond.core.words import UploadStatus
from rebond.store.models import PeopleUpload


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow:
    """A file and how far it was read; `rejected` lists the first bad rows as line and reason."""

    id: int
    name: str
    path: str
    options: Mapping[str, Any]
    delivery: int | None
    people_list: int | None
    service: int | None
    status: UploadStatus
    problem: str
    size: int
    read: int
    rows: int
    created: int
    updated: int
    rejected_number: int
    rejected: Sequence[tuple[int, str]]
    actor: str
    created_at: datetime
    ended_at: datetime | None

    @property
    def percent(self) -> int:
        return 100 if self.status is UploadStatus.DONE else round(100 * self.read / self.size) if self.size else 0


def read_upload(number: int) -> UploadRow | None:
    """Read a file's row, None when there is none."""
    row = PeopleUpload.objects.filter(id=number).first()
    return _upload(row) if row else None


def last_upload_for(delivery: int) -> UploadRow | None:
    """Read the last file that was given for a delivery's target."""
    row = PeopleUpload.objects.filter(delivery=delivery).order_by("-id").first()
    return _upload(row) if row else None


def last_uploads(*, limit: int) -> Sequence[UploadRow]:
    """Read the last files, the newest first."""
    return [_upload(row) for row in PeopleUpload.objects.order_by("-id")[:limit]]


def uploads_open() -> list[int]:
    """List the files that are still to be read, the oldest first."""
    open_ones = PeopleUpload.objects.filter(status__in=(UploadStatus.WAITING.value, UploadStatus.RUNNING.value))
    return list(open_ones.order_by("id").values_list("id", flat=True))


def upload_paths() -> set[str]:
    """List where the files are that are still to be read, or whose columns are to be settled."""
    rows = PeopleUpload.objects.exclude(status__in=(UploadStatus.DONE.value, UploadStatus.FAILED.value))
    return set(rows.values_list("path", flat=True))


def _upload(row: PeopleUpload) -> UploadRow:
    names = (
        "name", "path", "options", "delivery", "people_list", "service", "problem", "size", "read", "rows", "created",
        "updated", "rejected_number", "actor", "created_at", "ended_at",
    )  # fmt: skip
    return UploadRow(
        id=row.pk,
        status=UploadStatus(row.status),
        rejected=[(line, reason) for line, reason in row.rejected],
        **{name: getattr(row, name) for name in names},
    )
