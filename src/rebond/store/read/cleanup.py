"""What cleanup looks for, in pages."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from rebond.core.words import AddressStatus, Channel
from rebond.store.dialect import moment
from rebond.store.models import AddressStateRow, JobRun, Message, SnapshotRow
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


# What lies before the horizon goes when all of it was also stored before: history brought in lately can still be read.
# Where our own log holds a success from before the horizon, it goes all the same: that log goes too, and a state must
# not change for want of it.
_OLD = """
SELECT DISTINCT old.channel, old.address_key, {scope} FROM {table} old
WHERE (old.channel, old.address_key, {scope}) > (%s, %s, %s) AND old.at <= %s AND (
    NOT EXISTS (SELECT 1 FROM evidence late WHERE late.channel = old.channel
        AND late.address_key = old.address_key AND late.at <= %s AND late.stored_at > %s)
    AND NOT EXISTS (SELECT 1 FROM told_success late WHERE late.channel = old.channel
        AND late.address_key = old.address_key AND late.at <= %s AND late.stored_at > %s)
    OR EXISTS (SELECT 1 FROM message WHERE message.channel = old.channel
        AND message.address_key = old.address_key AND message.delivered_at <= %s)
) ORDER BY 1, 2, 3 LIMIT %s
"""


def addresses_before(horizon: datetime) -> Iterator[list[AddressKey]]:
    """Page through the addresses whose evidence or told successes up to a horizon may go."""
    for table, scope in (("evidence", "old.scope"), ("told_success", "''")):
        last = ("", "", "")
        while page := _addresses_after(last, horizon, table=table, scope=scope):
            last = page[-1]
            yield sorted(AddressKey(Channel(channel), key, scope) for channel, key, scope in page)


def _addresses_after(
    last: tuple[str, str, str], horizon: datetime, *, table: str, scope: str
) -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_OLD.format(table=table, scope=scope), [*last, *[moment(horizon)] * 6, MOST_KEYS])
        return list(cursor.fetchall())


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


def last_problem(job: str) -> str:
    """Tell what went wrong when a job last ran to its end; empty when nothing did."""
    row = JobRun.objects.filter(name=job, finished_at__isnull=False).order_by("-id").first()
    return row.problem if row else ""


def last_run(job: str) -> datetime | None:
    """Tell when a job last finished: the run begun last, even when one before it was told a later time."""
    row = JobRun.objects.filter(name=job, finished_at__isnull=False).order_by("-id").first()
    return row.at if row else None
