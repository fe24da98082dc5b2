"""Whom deliveries can go to: segments, lists, services, and how each is asked of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.segment import Group, read_group
from rebond.store.models import PeopleList, Profile, Segment, Service
from rebond.store.read.deliveries import Aim, Target
from rebond.store.segment_sql import filter_sql


@dataclass(frozen=True, slots=True)
class TargetSql:
    """Whom a delivery goes to, as SQL: the tables with the profiles as `p`, a condition on them, its parameters.

    `number` is the column with the profile's number by which the rows are in order.
    """

    people: str
    condition: str
    parameters: tuple[Any, ...]
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    id: int
    name: str
    filter: Group
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A list or a service; `number`: of its members or subscribers."""

    id: int
    name: str
    number: int
    created_at: datetime


_TABLES: Mapping[Target, tuple[str, str]] = {
    Target.MEMBERS: ("target_member", "delivery_id"),
    Target.LIST: ("list_member", "people_list_id"),
    Target.SERVICE: ("subscription", "service_id"),
}


def target_sql(aim: Aim, *, delivery: int) -> TargetSql:
    """Say whom a delivery goes to, as SQL. A segment that is gone is nobody."""
    if aim.target is Target.ALL:
        return TargetSql("profile p", "", (), "p.id")
    if aim.target is Target.SEGMENT:
        segment = read_segment(aim.ref or 0)
        condition, parameters = filter_sql(segment.filter) if segment else ("1 = 0", ())
        return TargetSql("profile p", f"({condition}) AND", parameters, "p.id")
    table, column = _TABLES[aim.target]
    ref = delivery if aim.target is Target.MEMBERS else aim.ref
    return TargetSql(f"{table} t JOIN profile p ON p.id = t.profile", f"t.{column} = %s AND", (ref,), "t.profile")


def last_of_target(aim: Aim, *, delivery: int) -> int | None:
    """Return the last profile that preparation can come to, None when there is none."""
    if aim.target not in _TABLES:
        newest: int | None = Profile.objects.order_by("-id").values_list("id", flat=True).first()
        return newest
    table, column = _TABLES[aim.target]
    ref = delivery if aim.target is Target.MEMBERS else aim.ref
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(profile) FROM {table} WHERE {column} = %s", [ref])
        last: int | None = cursor.fetchone()[0]
    return last


def aim_exists(aim: Aim) -> bool:
    """Tell whether what a target names exists."""
    models = {Target.SEGMENT: Segment, Target.LIST: PeopleList, Target.SERVICE: Service}
    model: Any = models.get(aim.target)
    return model is None or model.objects.filter(id=aim.ref).exists()


def aim_name(aim: Aim) -> str:
    """Return the name of the segment, list or service that a target names; empty for others and when it is gone."""
    models = {Target.SEGMENT: Segment, Target.LIST: PeopleList, Target.SERVICE: Service}
    model: Any = models.get(aim.target)
    if model is None:
        return ""
    return str(model.objects.filter(id=aim.ref).values_list("name", flat=True).first() or "")


def read_segment(number: int) -> SegmentRow | None:
    """Read a segment, None when there is no such."""
    row = Segment.objects.filter(id=number).first()
    return _segment(row) if row else None


def segments() -> Sequence[SegmentRow]:
    """Read all segments by name."""
    return [_segment(row) for row in Segment.objects.order_by("name")]


def _segment(row: Segment) -> SegmentRow:
    return SegmentRow(
        id=row.pk,
        name=row.name,
        filter=read_group(row.filter),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def people_lists() -> Sequence[Audience]:
    """Read all lists by name."""
    return [
        Audience(id=row.pk, name=row.name, number=row.members, created_at=row.created_at)
        for row in PeopleList.objects.order_by("name")
    ]


def services() -> Sequence[Audience]:
    """Read all services by name."""
    return [
        Audience(id=row.pk, name=row.name, number=row.subscribers, created_at=row.created_at)
        for row in Service.objects.order_by("name")
    ]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of the first profiles meet a filter: all of them, when there are no more than were looked through."""

    number: int
    looked_through: int
    whole: bool
    some: tuple[tuple[int, str], ...]


def count_segment(group: Group, *, look: int, show: int) -> Counted:
    """Count the profiles that a filter takes among the first `look`, and read some of them: number and external id."""
    condition, parameters = filter_sql(group)
    first = f"SELECT id, external_id, fields FROM profile WHERE erased_at IS NULL ORDER BY id LIMIT {int(look)}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({first}) x")
        (looked,) = cursor.fetchone()
        cursor.execute(f"SELECT count(*) FROM ({first}) p WHERE {condition}", parameters)
        (number,) = cursor.fetchone()
        cursor.execute(
            f"SELECT p.id, p.external_id FROM ({first}) p WHERE {condition} ORDER BY p.id LIMIT {int(show)}", parameters
        )
        some = tuple(cursor.fetchall())
    return Counted(number, looked, looked < look, some)
