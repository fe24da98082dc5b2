"""A delivery's logs a page at a time, for people who look for something among millions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from rebond.core.words import ExclusionCause, MessageStatus, Reason
from rebond.store.models import DeliveryCounts, Exclusion, Message, Profile, ProfileAddress
from rebond.store.models.deliveries import TROUBLE
from rebond.store.read.delivery_logs import (
    LoggedExclusion,
    LoggedMessage,
    external_ids,
    logged_exclusion,
    logged_message,
)
from rebond.store.read.sending import OPEN, open_messages

# What has no index of its own is looked for among so many rows at a time, and so often for one page.
LOOK = 20_000
_LOOKS = 2
_MOST_PROFILES = 1_000
# In the words of the partial index: SQLite takes it only when the statement itself shows its condition.
_TROUBLE = "(message.status IN ({}) OR message.returned_at IS NOT NULL)".format(
    ", ".join(f"'{one}'" for one in TROUBLE)
)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is looked for: an address as it is compared, or an external id; either is enough."""

    key: str
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which messages are wanted; what is empty asks for nothing. `returned`: came back after it was taken."""

    status: MessageStatus | None = None
    returned: bool = False
    reason: Reason | None = None
    provider: str = ""
    person: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionFilter:
    """Which exclusions are wanted; what is empty asks for nothing."""

    reason: Reason | None = None
    cause: ExclusionCause | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage(Generic[Row]):
    """Some rows in the order of the profiles. `next` is where the next page begins, None at the end.

    `looked_through` tells how many rows were looked through when a page came short for it.
    """

    rows: Sequence[Row]
    next: int | None
    looked_through: int = 0


# Somebody who has yet to confirm a subscription has a number below zero, and no profile.
_FIRST = -(2**63)


def sending_log_page(
    delivery_id: int, wanted: LogFilter, *, after: int = 0, limit: int = 50, look: int = LOOK
) -> LogPage[LoggedMessage]:
    """Read the messages that are wanted behind a profile; behind 0: from the first."""
    after = after or _FIRST
    rows = Message.objects.filter(delivery_id=delivery_id)
    condition = Q()
    if wanted.returned:
        condition &= Q(returned_at__isnull=False)
    if wanted.status:
        condition &= Q(status=wanted.status.value)
    else:
        condition &= ~Q(status=MessageStatus.EXCLUDED_LATE.value)
    if wanted.reason:
        # That of the return where there is one, as the log shows it.
        told = Q(returned_at__isnull=True, reason=wanted.reason.value)
        condition &= told | Q(returned_at__isnull=False, return_reason=wanted.reason.value)
    if wanted.provider:
        condition &= Q(provider=wanted.provider)
    if wanted.person is not None:
        found = rows.filter(condition).filter(_is(wanted.person, Q(dedupe_key=wanted.person.key)))
        return _page(found, logged_message, after=after, limit=limit)
    pending = DeliveryCounts.objects.filter(delivery_id=delivery_id).values_list("pending", flat=True).first() or 0
    trouble = wanted.returned or wanted.status in TROUBLE or (wanted.reason is not None and not pending)
    if trouble:
        rows = rows.extra(where=[_TROUBLE])  # noqa: S610 # constants
    elif wanted.status in OPEN and pending <= look:
        return _page(open_messages(delivery_id).filter(condition), logged_message, after=after, limit=limit)
    if wanted == LogFilter():
        return _page(rows.filter(condition), logged_message, after=after, limit=limit)
    return _searched(rows, condition, logged_message, after=after, limit=limit, look=look)


def exclusion_log_page(
    delivery_id: int, wanted: ExclusionFilter, *, after: int = 0, limit: int = 50, look: int = LOOK
) -> LogPage[LoggedExclusion]:
    """Read the exclusions that are wanted behind a profile; behind 0: from the first."""
    after = after or _FIRST
    rows = Exclusion.objects.filter(delivery_id=delivery_id)
    condition = Q()
    if wanted.reason:
        condition &= Q(reason=wanted.reason.value)
    if wanted.cause:
        condition &= Q(cause=wanted.cause.value)
    if wanted.person is not None:
        found = rows.filter(condition).filter(_is(wanted.person))
        return _page(found, logged_exclusion, after=after, limit=limit)
    if wanted == ExclusionFilter():
        return _page(rows, logged_exclusion, after=after, limit=limit)
    return _searched(rows, condition, logged_exclusion, after=after, limit=limit, look=look)


def _is(person: Person, also: Q | None = None) -> Q:
    """The profiles that a person may be: of this id, or with this address now."""
    ids = set(Profile.objects.filter(external_id=person.external_id).values_list("id", flat=True))
    if not person.key:
        return Q(profile__in=ids)
    ids.update(ProfileAddress.objects.filter(key=person.key).values_list("profile_id", flat=True)[:_MOST_PROFILES])
    return Q(profile__in=ids) | also if also is not None else Q(profile__in=ids)


def _page(rows: QuerySet[Any], make: Callable[[Any, str], Row], *, after: int, limit: int) -> LogPage[Row]:
    page = list(rows.filter(profile__gt=after).order_by("profile")[: limit + 1])
    return LogPage(rows=_made(page[:limit], make), next=page[limit - 1].profile if len(page) > limit else None)


def _searched(
    rows: QuerySet[Any], condition: Q, make: Callable[[Any, str], Row], *, after: int, limit: int, look: int
) -> LogPage[Row]:
    """Look for rows through so many at a time, and give up for this page before it takes long."""
    found: list[Any] = []
    for _ in range(_LOOKS):
        ahead = rows.filter(profile__gt=after).order_by("profile").values_list("profile", flat=True)
        end = next(iter(ahead[look - 1 : look]), None)
        part = rows.filter(condition, profile__gt=after)
        if end is not None:
            part = part.filter(profile__lte=end)
        found += part.order_by("profile")[: limit + 1 - len(found)]
        if len(found) > limit:
            return LogPage(rows=_made(found[:limit], make), next=found[limit - 1].profile)
        if end is None:
            return LogPage(rows=_made(found, make), next=None)
        after = end
    return LogPage(rows=_made(found, make), next=after, looked_through=_LOOKS * look)


def _made(rows: Sequence[Any], make: Callable[[Any, str], Row]) -> Sequence[Row]:
    names = external_ids([row.profile for row in rows])
    return [make(row, names.get(row.profile, "")) for row in rows]
