"""Profiles a page at a time, and what one profile is part of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.words import Channel, MessageStatus
from rebond.store.models import Delivery, ListMember, Message, PeopleList, Profile, ProfileAddress, Subscription

_MOST = 1_000
# Messages are found by delivery and profile: those of so many deliveries are looked at.
DELIVERIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProfile:
    """One line of the list of profiles."""

    id: int
    external_id: str
    addresses: Mapping[Channel, str]
    created_at: datetime
    updated_at: datetime
    erased: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A list that a profile is on, or a service that it subscribes to; `at`: since when, where that is kept."""

    id: int
    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """One message of a profile."""

    delivery: int
    name: str
    address: str
    status: MessageStatus
    returned_at: datetime | None
    last_attempt_at: datetime | None


def profile_page(
    *, external_id: str = "", keys: Sequence[str] = (), before: int | None = None, limit: int = 50
) -> list[ListedProfile]:
    """Read profiles, the newest first; with an id or keys those of that id or with one of these addresses."""
    rows = Profile.objects.order_by("-id")
    if external_id or keys:
        found = set(Profile.objects.filter(external_id=external_id).values_list("id", flat=True))
        owners = ProfileAddress.objects.filter(channel__in=[one.value for one in Channel], key__in=list(keys))
        rows = rows.filter(id__in=found | set(owners.values_list("profile_id", flat=True)[:_MOST]))
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows.defer("fields")[:limit])
    texts: dict[int, dict[Channel, str]] = {row.pk: {} for row in page}
    known = ProfileAddress.objects.filter(profile__in=list(texts)).values_list("profile_id", "channel", "text")
    for number, channel, text in known:
        texts[number][Channel(channel)] = text
    return [
        ListedProfile(
            id=row.pk,
            external_id=row.external_id,
            addresses=texts[row.pk],
            created_at=row.created_at,
            updated_at=row.updated_at,
            erased=row.erased_at is not None,
        )
        for row in page
    ]


def lists_of(profile: int) -> Sequence[Membership]:
    """Read the lists that a profile is on."""
    # Members are found by list and profile.
    names = dict(PeopleList.objects.order_by("name").values_list("id", "name"))
    on = set(
        ListMember.objects.filter(people_list__in=list(names), profile=profile).values_list("people_list_id", flat=True)
    )
    return [Membership(number, name) for number, name in names.items() if number in on]


def subscriptions_of(profile: int) -> Sequence[Membership]:
    """Read the services that a profile subscribes to."""
    rows = Subscription.objects.filter(profile=profile).select_related("service").order_by("service__name")
    return [Membership(row.service.pk, row.service.name, row.at) for row in rows[:_MOST]]


def messages_of(profile: int) -> Sequence[SentMessage]:
    """Read a profile's messages of the latest deliveries, the newest first."""
    latest = dict(Delivery.objects.order_by("-id").values_list("id", "name")[:DELIVERIES])
    rows = Message.objects.filter(delivery__in=list(latest), profile=profile).order_by("-delivery_id")
    return [
        SentMessage(
            delivery=row.delivery_id,
            name=latest[row.delivery_id],
            address=row.address,
            status=MessageStatus(row.status),
            returned_at=row.returned_at,
            last_attempt_at=row.last_attempt_at,
        )
        for row in rows
    ]
