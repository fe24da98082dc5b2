"""All profiles, one after another, with their addresses and opt-outs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rebond.store.dialect import each_key
from rebond.store.models import ListMember, Profile, ProfileAddress, ProfileDenial

_PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedProfile:
    """A profile as a file has it: addresses and opt-outs by channel."""

    external_id: str
    addresses: Mapping[str, str]
    denied: tuple[str, ...]
    fields: Mapping[str, Any]


def field_names(*, people_list: int | None = None, most: int) -> list[str]:
    """List the names of the fields that these profiles have, in order, up to so many."""
    among = (
        "" if people_list is None else " AND profile.id IN (SELECT profile FROM list_member WHERE people_list_id = %s)"
    )
    given = [] if people_list is None else [people_list]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT names.key FROM profile CROSS JOIN {each_key('profile.fields')}"
            f" WHERE profile.erased_at IS NULL{among} ORDER BY 1 LIMIT %s",
            [*given, most],
        )
        return [name for (name,) in cursor.fetchall()]


def exported_profiles(*, people_list: int | None = None) -> Iterator[ExportedProfile]:
    """Read all profiles that are not erased, or those of a list, in the order of their numbers, a page at a time."""
    last = 0
    while True:
        rows = Profile.objects.filter(erased_at__isnull=True)
        if people_list is None:
            page = list(rows.filter(id__gt=last).order_by("id")[:_PAGE])
            if not page:
                return
            last = page[-1].pk
        else:
            members = ListMember.objects.filter(people_list=people_list, profile__gt=last).order_by("profile")
            numbers = list(members.values_list("profile", flat=True)[:_PAGE])
            if not numbers:
                return
            last = numbers[-1]
            page = list(rows.filter(id__in=numbers).order_by("id"))
        yield from _exported(page)


def _exported(page: list[Profile]) -> Iterator[ExportedProfile]:
    numbers = [row.pk for row in page]
    addresses: dict[int, dict[str, str]] = {}
    texts = ProfileAddress.objects.filter(profile__in=numbers).order_by("profile", "channel")
    for number, channel, text in texts.values_list("profile_id", "channel", "text"):
        addresses.setdefault(number, {})[channel] = text
    denied: dict[int, list[str]] = {}
    denials = ProfileDenial.objects.filter(profile__in=numbers).order_by("profile", "channel")
    for number, channel in denials.values_list("profile_id", "channel"):
        denied.setdefault(number, []).append(channel)
    for row in page:
        yield ExportedProfile(
            external_id=row.external_id,
            addresses=addresses.get(row.pk, {}),
            denied=tuple(denied.get(row.pk, ())),
            fields=row.fields,
        )
