"""Landing pages, the requests that came by them, and what is to be done about those."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rebond.core.exclusion import CONFIRMATION_GAP, Ground
from rebond.core.landing import PageDefinition, PageField, PageLanguage, PageText
from rebond.core.words import Channel, LandingTheme, MessageClass, OptInStatus
from rebond.store.models import (
    AddressStateRow,
    ConfirmationRun,
    LandingPage,
    LandingText,
    Message,
    OptInRequest,
    ProfileAddress,
    Service,
    Subscription,
)
from rebond.store.read.erased import erased_grounds
from rebond.store.read.sending import ground_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """A page as it is stored; `offered` are the numbers and names of its services that there still are."""

    id: int
    definition: PageDefinition
    offered: Mapping[int, str]
    created_at: datetime
    updated_at: datetime
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One request, with the language and the words of the text that its person saw."""

    id: int
    page: int
    text: int
    language: str
    address: str
    key: str
    services: tuple[int, ...]
    fields: Mapping[str, str]
    source: str
    status: OptInStatus
    asked_at: datetime
    asked_from: str
    mailed_at: datetime | None
    expires_at: datetime | None
    signing: int
    message: int | None
    confirmed_at: datetime | None
    confirmed_from: str
    profile: int | None

    def state(self, now: datetime) -> OptInStatus:
        """Tell its status, with `expired` for one whose link no longer holds."""
        over = self.expires_at is not None and now > self.expires_at
        return OptInStatus.EXPIRED if self.status is OptInStatus.MAILED and over else self.status


def pages() -> list[PageRow]:
    """Read the pages by name."""
    rows = list(LandingPage.objects.filter(removed_at__isnull=True).order_by("name", "id"))
    names = _names([number for row in rows for number in row.services])
    return [_page(row, names) for row in rows]


def page_at(slug: str) -> PageRow | None:
    """Read the page at an address."""
    row = LandingPage.objects.filter(slug=slug, removed_at__isnull=True).first()
    return _page(row, _names(row.services)) if row else None


def page_numbered(number: int, *, lock: bool = False) -> PageRow | None:
    """Read a page by its number, also a removed one; `lock` holds it until the transaction ends."""
    rows = LandingPage.objects.select_for_update() if lock else LandingPage.objects
    row = rows.filter(id=number).first()
    return _page(row, _names(row.services)) if row else None


def _names(services: Collection[int]) -> dict[int, str]:
    return dict(Service.objects.filter(id__in=set(services)).values_list("id", "name"))


def _page(row: LandingPage, names: Mapping[int, str]) -> PageRow:
    offered = {number: names[number] for number in row.services if number in names}
    definition = PageDefinition(
        slug=row.slug,
        name=row.name,
        languages=tuple(map(PageLanguage, row.languages)),
        services=tuple(offered.values()),
        sender=row.sender,
        texts={language: PageText(**text) for language, text in row.texts.items()},
        fields=tuple(PageField(**one) for one in row.fields),
        theme=LandingTheme(row.theme),
        active=row.active,
    )
    return PageRow(
        id=row.pk,
        definition=definition,
        offered=offered,
        created_at=row.created_at,
        updated_at=row.updated_at,
        removed=row.removed_at is not None,
    )


def request_numbered(number: int, *, lock: bool = False) -> RequestRow | None:
    """Read a request; `lock` holds it until the transaction ends."""
    rows = OptInRequest.objects.select_related("text")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(id=number).first()
    return _request(row) if row else None


def requests_of(page: int, *, before: int | None = None, limit: int = 50) -> list[RequestRow]:
    """Read the requests of a page, the newest first."""
    rows = OptInRequest.objects.filter(page=page).select_related("text").order_by("-id")
    return [_request(row) for row in (rows.filter(id__lt=before) if before else rows)[:limit]]


def _request(row: Any) -> RequestRow:
    return RequestRow(
        id=row.pk,
        page=row.page_id,
        text=row.text_id,
        language=row.text.language,
        address=row.address,
        key=row.address_key,
        services=tuple(row.services),
        fields=row.fields,
        source=row.source,
        status=OptInStatus(row.status),
        asked_at=row.asked_at,
        asked_from=row.asked_from,
        mailed_at=row.mailed_at,
        expires_at=row.expires_at,
        signing=row.key,
        message=row.message,
        confirmed_at=row.confirmed_at,
        confirmed_from=row.confirmed_from,
        profile=row.profile,
    )


def asked_lately(key: str, *, since: datetime, most: int) -> int:
    """Count the requests for an address since then, up to `most`."""
    return len(OptInRequest.objects.filter(address_key=key, asked_at__gt=since).values_list("id")[:most])


def asked_from_network(network: str, *, since: datetime, most: int) -> int:
    """Count the requests from a network since then, up to `most`."""
    return len(OptInRequest.objects.filter(network=network, asked_at__gt=since).values_list("id")[:most])


def requests_due(now: datetime) -> bool:
    """Tell whether a mail is to be made."""
    return OptInRequest.objects.filter(due_at__lte=now).exists()


def due_requests(now: datetime, *, limit: int) -> list[RequestRow]:
    """Lock requests whose mail is to be made, the oldest first, until the transaction ends."""
    rows = OptInRequest.objects.filter(due_at__lte=now).order_by("due_at", "id").select_related("text")
    return sorted(
        (_request(row) for row in rows.select_for_update(of=("self",), skip_locked=True)[:limit]),
        key=lambda one: one.id,
    )


@dataclass(frozen=True, slots=True)
class Mailed:
    """That an address had a confirmation mail of a page, and whether its link still holds."""

    page: int
    at: datetime
    holds: bool


def mailed_to(keys: Collection[str], *, now: datetime) -> dict[str, list[Mailed]]:
    """Tell what was mailed to these addresses within the time in which it matters."""
    rows = OptInRequest.objects.filter(address_key__in=keys, status=OptInStatus.MAILED.value)
    found: dict[str, list[Mailed]] = {}
    for key, page, at, expires_at in rows.values_list("address_key", "page_id", "mailed_at", "expires_at"):
        if at is not None and expires_at is not None and (expires_at >= now or at > now - CONFIRMATION_GAP):
            found.setdefault(key, []).append(Mailed(page, at, expires_at >= now))
    # A confirmed one was mailed as well, and so was what another delivery confirmed.
    confirmed = OptInRequest.objects.filter(
        address_key__in=keys, status=OptInStatus.CONFIRMED.value, mailed_at__gt=now - CONFIRMATION_GAP
    )
    for key, page, at in confirmed.values_list("address_key", "page_id", "mailed_at"):
        if at is not None:
            found.setdefault(key, []).append(Mailed(page, at, False))
    others = Message.objects.filter(
        delivery__message_class=MessageClass.CONFIRMATION.value,
        channel=Channel.EMAIL.value,
        address_key__in=keys,
        delivered_at__gt=now - CONFIRMATION_GAP,
    )
    for key, at in others.values_list("address_key", "delivered_at"):
        if at is not None:
            found.setdefault(key, []).append(Mailed(0, at, False))
    return found


def grounds_against(keys: Collection[str]) -> dict[str, frozenset[Ground]]:
    """Tell what stands against writing to these email addresses, of the addresses alone."""
    rows = AddressStateRow.objects.filter(channel=Channel.EMAIL.value, scope="", address_key__in=keys)
    found = {key: frozenset({ground}) for key, ground in erased_grounds(Channel.EMAIL, sorted(keys)).items()}
    for key, status, origin in rows.values_list("address_key", "status", "origin"):
        ground = ground_of(status, origin)
        if ground is not None:
            found[key] = frozenset({ground})
    return found


def open_run(text: int, now: datetime) -> int | None:
    """Return the delivery that takes the confirmations of a text now; it may have ended."""
    rows = ConfirmationRun.objects.filter(text=text, open_until__gt=now).order_by("-open_until", "-delivery")
    found: int | None = rows.values_list("delivery", flat=True).first()
    return found


def text_content(text: int) -> Mapping[str, Any]:
    """Read what a page said."""
    content: Mapping[str, Any] = LandingText.objects.values_list("content", flat=True).get(id=text)
    return content


def profiles_with(key: str) -> list[int]:
    """List the profiles that have an email address and are not erased, the lowest number first."""
    rows = ProfileAddress.objects.filter(channel=Channel.EMAIL.value, key=key, profile__erased_at__isnull=True)
    return list(rows.order_by("profile_id").values_list("profile_id", flat=True)[:10])


def service_names(services: Collection[int]) -> dict[int, str]:
    """Name those of these services that there still are."""
    return _names(services)


def page_names(numbers: Collection[int]) -> dict[int, str]:
    """Name pages, removed ones too."""
    return dict(LandingPage.objects.filter(id__in=numbers).values_list("id", "name"))


def proofs_to_look_at(after: int, *, limit: int) -> list[tuple[int, int | None, tuple[int, ...], datetime | None]]:
    """List confirmed requests: number, profile, services, and since when none of its subscriptions is left."""
    rows = OptInRequest.objects.filter(status=OptInStatus.CONFIRMED.value, id__gt=after).order_by("id")
    return [
        (number, profile, tuple(services), ended_at)
        for number, profile, services, ended_at in rows.values_list("id", "profile", "services", "ended_at")[:limit]
    ]


def still_subscribed(profiles: Collection[int]) -> frozenset[tuple[int, int]]:
    """List which of these profiles subscribe to what."""
    return frozenset(Subscription.objects.filter(profile__in=profiles).values_list("profile", "service_id"))


VALID_FOR = timedelta(hours=48)
