"""Writing how far a file of people is that was given on a page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rebond.core.words import UploadStatus
from rebond.store.models import PeopleUpload
from rebond.store.write.people import Into


def add_upload(
    name: str, *, path: str, options: Mapping[str, Any], size: int, into: Into, now: datetime, actor: str
) -> int:
    """Store that a file is to be read; returns its number."""
    made: int = PeopleUpload.objects.create(
        name=name,
        path=path,
        options=dict(options),
        size=size,
        delivery=into.delivery,
        people_list=into.people_list,
        service=into.service,
        status=UploadStatus.WAITING.value,
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


def purge_uploads(horizon: datetime) -> int:
    """Remove what is told of files that were read to their end before the horizon, bad rows too."""
    return PeopleUpload.objects.filter(ended_at__lte=horizon).delete()[0]
