"""Segments, lists and services, and who is on them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from rebond.core.segment import Group, written
from rebond.store.dialect import moment
from rebond.store.models import DeliveryTemplate, ListMember, PeopleList, Segment, Service, Subscription
from rebond.store.read.deliveries import Aim
from rebond.store.write.deliveries import NewDelivery, columns_of


def save_segment(name: str, group: Group, *, now: datetime, number: int | None = None) -> int:
    """Store a new segment, or another filter and name for one; returns its number."""
    values: dict[str, Any] = {"name": name, "filter": written(group), "updated_at": now}
    if number is not None:
        Segment.objects.filter(id=number).update(**values)
        return number
    made: int = Segment.objects.create(**values, created_at=now).pk
    return made


def delete_segment(number: int) -> bool:
    """Forget a segment; false when there is none."""
    return bool(Segment.objects.filter(id=number).delete()[0])


def add_list(name: str, *, now: datetime) -> int:
    """Store an empty list; returns its number."""
    made: int = PeopleList.objects.create(name=name, created_at=now).pk
    return made


def add_service(name: str, *, now: datetime) -> int:
    """Store a service without subscribers; returns its number."""
    made: int = Service.objects.create(name=name, created_at=now).pk
    return made


def delete_audience(kind: str, number: int, *, limit: int) -> bool:
    """Take up to `limit` people off a `list` or `service`, and forget it when none is left; true when it is gone."""
    members, column = _MEMBERS[kind]
    some = members.objects.filter(**{column: number}).values_list("id", flat=True)[:limit]
    if members.objects.filter(id__in=list(some)).delete()[0]:
        return False
    model: Any = PeopleList if kind == "list" else Service
    model.objects.filter(id=number).delete()
    return True


_MEMBERS: dict[str, tuple[Any, str]] = {
    "list": (ListMember, "people_list"),
    "service": (Subscription, "service"),
}


def enlist(people_list: int, profiles: Collection[int]) -> int:
    """Put profiles on a list; returns how many were not on it."""
    known = set(
        ListMember.objects.filter(people_list=people_list, profile__in=profiles).values_list("profile", flat=True)
    )
    new = [ListMember(people_list_id=people_list, profile=one) for one in sorted(set(profiles) - known)]
    ListMember.objects.bulk_create(new)
    PeopleList.objects.filter(id=people_list).update(members=F("members") + len(new))
    return len(new)


def delist(people_list: int, profiles: Collection[int]) -> int:
    """Take profiles off a list; returns how many were on it."""
    gone = ListMember.objects.filter(people_list=people_list, profile__in=profiles).delete()[0]
    PeopleList.objects.filter(id=people_list).update(members=F("members") - gone)
    return gone


def subscribe(service: int, profile: int, *, now: datetime, origin: str) -> bool:
    """Subscribe a profile to a service; false when it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO subscription (service_id, profile, at, origin) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (service_id, profile) DO NOTHING",
            [service, profile, moment(now), origin],
        )
        new = bool(cursor.rowcount == 1)
    if new:
        Service.objects.filter(id=service).update(subscribers=F("subscribers") + 1)
    return new


def unsubscribe(service: int, profile: int) -> bool:
    """End a profile's subscription to a service; false when there was none."""
    ended = bool(Subscription.objects.filter(service=service, profile=profile).delete()[0])
    if ended:
        Service.objects.filter(id=service).update(subscribers=F("subscribers") - 1)
    return ended


def save_template(settings: NewDelivery, aim: Aim, *, now: datetime, number: int | None = None) -> int:
    """Store a new template, or other settings for one; returns its number."""
    values: dict[str, Any] = {
        **columns_of(settings), "target": aim.target.value, "target_ref": aim.ref, "updated_at": now
    }  # fmt: skip
    if number is not None:
        DeliveryTemplate.objects.filter(id=number).update(**values)
        return number
    made: int = DeliveryTemplate.objects.create(**values, created_at=now).pk
    return made


def delete_template(number: int) -> bool:
    """Forget a template; false when there is none."""
    return bool(DeliveryTemplate.objects.filter(id=number).delete()[0])
