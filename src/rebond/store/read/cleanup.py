"""What cleanup looks for, in pages."""

from collections.abc import Iterator
from datetime import datetime

from rebond.core.words import AddressStatus, Channel
from rebond.store.models import AddressStateRow, EvidenceRow, JobRun
from rebond.store.read.evidence import MOST_KEYS, AddressKey, StateRow, state_row


def valid_rows() -> Iterator[list[StateRow]]:
    """Page through the rows of addresses that are valid again."""
    last = 0
    rows = AddressStateRow.objects.filter(status=AddressStatus.VALID.value).order_by("id")
    while page := list(rows.filter(id__gt=last)[:MOST_KEYS]):
        last = page[-1].pk
        yield [state_row(row) for row in page]


def due_exits(now: datetime) -> Iterator[list[StateRow]]:
    """Page through the addresses whose exit has come."""
    last = 0
    rows = AddressStateRow.objects.filter(until__lte=now).order_by("id")
    while page := list(rows.filter(id__gt=last)[:MOST_KEYS]):
        last = page[-1].pk
        yield [state_row(row) for row in page]


def evidence_before(horizon: datetime) -> Iterator[list[AddressKey]]:
    """Page through the addresses that have evidence up to a horizon, until none has (the caller removes it)."""
    names = ("channel", "address_key", "scope")
    while page := list(EvidenceRow.objects.filter(at__lte=horizon).values_list(*names).distinct()[:MOST_KEYS]):
        yield [AddressKey(Channel(channel), key, scope) for channel, key, scope in page]


def last_run(job: str) -> datetime | None:
    """Tell when a job last finished."""
    row = JobRun.objects.filter(name=job, finished_at__isnull=False).order_by("-at").first()
    return row.at if row else None
