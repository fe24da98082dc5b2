"""What cleanup looks for, in pages."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from rebond.core.words import AddressStatus, Channel
from rebond.store.models import AddressStateRow, EvidenceRow, JobRun, Message, SnapshotRow, ToldSuccess
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


def addresses_before(horizon: datetime, *, but: Collection[AddressKey]) -> list[AddressKey]:
    """Find some addresses with evidence or told successes up to a horizon, but for these; empty when there are none."""
    names = ("channel", "address_key", "scope")
    most = MOST_KEYS + len(but)
    evidence = EvidenceRow.objects.filter(at__lte=horizon).values_list(*names).distinct()[:most]
    found = {AddressKey(Channel(channel), key, scope) for channel, key, scope in evidence}
    told = ToldSuccess.objects.filter(at__lte=horizon).values_list("channel", "address_key").distinct()[:most]
    found |= {AddressKey(Channel(channel), key) for channel, key in told}
    return sorted(found.difference(but))


def moved_snapshots(horizon: datetime) -> Iterator[list[AddressKey]]:
    """Page through the addresses whose snapshot lies before the horizon and that took a message of ours since."""
    last = 0
    since = Message.objects.filter(
        channel=OuterRef("channel"),
        address_key=OuterRef("address_key"),
        delivered_at__gt=OuterRef("horizon"),
        delivered_at__lte=horizon,
    )
    rows = SnapshotRow.objects.filter(Exists(since), horizon__lt=horizon, scope="").order_by("id")
    while page := list(rows.filter(id__gt=last)[:MOST_KEYS]):
        last = page[-1].pk
        yield sorted(AddressKey(Channel(row.channel), row.address_key) for row in page)


def last_run(job: str) -> datetime | None:
    """Tell when a job last finished."""
    row = JobRun.objects.filter(name=job, finished_at__isnull=False).order_by("-at").first()
    return row.at if row else None
