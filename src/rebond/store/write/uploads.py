"""Writing how far a file of people is that was given on a page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rebond.core.words import UploadStatus
from rebond.store.models import PeopleUpload
from rebond.store.write.people import Into


def add_upload(
    name: str,
    *,
    path: str,
    options: Mapping[str, Any],
    size: int,
    into: Into,
    now: datetime,
    actor: str,
    asking: bool = False,
) -> int:
    """Store that a file is to be read, at once or when its columns are settled; returns its number."""
    made: int = PeopleUpload.objects.create(
        name=name,
        path=path,
        options=dict(options),
        size=size,
        delivery=into.delivery,
        people_list=into.people_list,
        service=into.service,
        status=(UploadStatus.ASKING if asking else UploadStatus.WAITING).value,
        actor=actor,
        created_at=now,
        touched_at=now,
    ).pk
    return made


def move_upload(number: int, status: UploadStatus, *, now: datetime, **changes: Any) -> None:
    """Write how far it is, unless it has ended."""
    ended = (UploadStatus.DONE.value, UploadStatus.FAILED.value)
    rows = PeopleUpload.objects.filter(id=number).exclude(status__in=ended)
    rows.update(status=status.value, touched_at=now, **({"ended_at": now} if status in ended else {}), **changes)


def settle_upload(number: int, *, options: Mapping[str, Any], actor: str, now: datetime) -> bool:
    """Write what each column of a file is, and let it be read; False when somebody did so before."""
    rows = PeopleUpload.objects.filter(id=number, status=UploadStatus.ASKING.value)
    changes = {"status": UploadStatus.WAITING.value, "options": dict(options), "actor": actor, "touched_at": now}
    return bool(rows.update(**changes))


def drop_upload(number: int) -> bool:
    """Remove a file whose columns were never settled; False when they were."""
    return bool(PeopleUpload.objects.filter(id=number, status=UploadStatus.ASKING.value).delete()[0])


def drop_unsettled(horizon: datetime) -> int:
    """Remove the files whose columns nobody settled since the horizon."""
    rows = PeopleUpload.objects.filter(status=UploadStatus.ASKING.value, touched_at__lte=horizon)
    return rows.delete()[0]


def purge_uploads(horizon: datetime) -> int:
    """Remove what is told of files that were read to their end before the horizon, bad rows too."""
    return PeopleUpload.objects.filter(ended_at__lte=horizon).delete()[0]
