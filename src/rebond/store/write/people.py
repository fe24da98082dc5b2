"""Writing people: a chunk of an import at a time, and opt-outs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from rebond.core.words import Channel
from rebond.store.dialect import as_json, fill, merged_json, moment, prefer_indexes, take_turns, temporary_table
from rebond.store.models import JobRun
from rebond.store.write.restore_erased import restore_erased


class PersonRow(NamedTuple):
    """One row of an import. `fields` is JSON text; an address is None where the row has no such column.

    A key is None beside a text that is no possible address.
    """

    line: int
    external_id: str
    fields: str
    email: str | None = None
    email_key: str | None = None
    sms: str | None = None
    sms_key: str | None = None
    push: str | None = None
    push_key: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a chunk; `repeated` are (line, external id) of ids that came in an earlier chunk of the run."""

    created: int
    updated: int
    repeated: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Into:
    """What the people of a file become part of: a delivery's target, a list, the subscribers of a service."""

    delivery: int | None = None
    people_list: int | None = None
    service: int | None = None


NOTHING = Into()


def begin_import(*, now: datetime) -> int:
    """Open a run of the import; its number marks the profiles that it writes."""
    run: int = JobRun.objects.create(name="import", at=now).pk
    return run


def end_import(run: int, *, now: datetime, result: dict[str, int]) -> None:
    """Write down what a run did."""
    JobRun.objects.filter(id=run).update(finished_at=now, result=result)


def write_people(
    rows: Sequence[PersonRow],
    *,
    run: int,
    now: datetime,
    channels: Sequence[Channel],
    into: Into = NOTHING,
) -> Written:
    """Insert or update one chunk in one transaction; ids within it are distinct.

    `channels` are those that the rows hold addresses of.
    """
    at = moment(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(temporary_table("import_person", _COLUMNS))
        prefer_indexes(cursor)
        take_turns(cursor, _TURN)
        fill(cursor, "import_person", PersonRow._fields, rows)
        cursor.execute(_KNOWN, [run])
        known, repeated_number = cursor.fetchone()
        repeated: tuple[tuple[int, str], ...] = ()
        if repeated_number:
            cursor.execute(_REPEATED, [run])
            repeated = tuple(cursor.fetchall())
            cursor.execute(_DROP_REPEATED, [run])
        cursor.execute(
            _UPSERT.format(fields=as_json("s.fields"), merged=merged_json("profile.fields", "excluded.fields")),
            [at, at, run],
        )
        for channel in channels:
            cursor.execute(_ADDRESSES.format(channel=channel.value))
            restore_erased(channel, {key for row in rows if (key := getattr(row, f"{channel}_key"))}, now=now)
        if into.delivery is not None:
            cursor.execute(_MEMBERS, [into.delivery])
        if into.people_list is not None:
            cursor.execute(_LISTED, [into.people_list])
            cursor.execute(_COUNT_LISTED, [cursor.rowcount, into.people_list])
        if into.service is not None:
            cursor.execute(_SUBSCRIBED, [into.service, at])
            cursor.execute(_COUNT_SUBSCRIBED, [cursor.rowcount, into.service])
    updated = known - repeated_number
    return Written(created=len(rows) - known, updated=updated, repeated=repeated)


# Two imports at once would meet the same rows in different orders, and each wait for the other.
_TURN = 7201
_COLUMNS = (
    "line bigint, external_id text, fields text, email text, email_key text, sms text, sms_key text, push text,"
    " push_key text"
)
# CROSS JOIN: SQLite then keeps the order, the small table first.
_PAIRS = "FROM import_person s CROSS JOIN profile p WHERE p.external_id = s.external_id"
_KNOWN = f"SELECT count(*), coalesce(sum(CASE WHEN p.last_import = %s THEN 1 ELSE 0 END), 0) {_PAIRS}"
_REPEATED = f"SELECT s.line, s.external_id {_PAIRS} AND p.last_import = %s ORDER BY s.line"
_DROP_REPEATED = """
DELETE FROM import_person WHERE EXISTS (
    SELECT 1 FROM profile p WHERE p.external_id = import_person.external_id AND p.last_import = %s)
"""
# In the order of the file: of two people with one address, the first in the file is the first in a delivery.
_UPSERT = """
INSERT INTO profile (external_id, fields, created_at, updated_at, last_import)
SELECT s.external_id, {fields}, %s, %s, %s FROM import_person s WHERE true ORDER BY s.line
ON CONFLICT (external_id) DO UPDATE SET
    fields = {merged}, updated_at = excluded.updated_at, last_import = excluded.last_import
"""
_ADDRESSES = f"""
INSERT INTO profile_address (profile_id, channel, text, key)
SELECT p.id, '{{channel}}', s.{{channel}}, s.{{channel}}_key {_PAIRS} AND s.{{channel}} IS NOT NULL ORDER BY p.id
ON CONFLICT (profile_id, channel) DO UPDATE SET text = excluded.text, key = excluded.key
"""
_MEMBERS = f"""
INSERT INTO target_member (delivery_id, profile) SELECT %s, p.id {_PAIRS} ORDER BY p.id
ON CONFLICT (delivery_id, profile) DO NOTHING
"""
_LISTED = f"""
INSERT INTO list_member (people_list_id, profile) SELECT %s, p.id {_PAIRS} ORDER BY p.id
ON CONFLICT (people_list_id, profile) DO NOTHING
"""
_COUNT_LISTED = "UPDATE people_list SET members = members + %s WHERE id = %s"
_SUBSCRIBED = f"""
INSERT INTO subscription (service_id, profile, at, origin) SELECT %s, p.id, %s, 'import' {_PAIRS} ORDER BY p.id
ON CONFLICT (service_id, profile) DO NOTHING
"""
_COUNT_SUBSCRIBED = "UPDATE service SET subscribers = subscribers + %s WHERE id = %s"
