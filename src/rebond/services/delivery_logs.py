"""A delivery's sending log and exclusion log, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rebond.core.address import parse_address
from rebond.core.words import Channel, ExclusionCause, MessageStatus, Reason
from rebond.services.dashboard import Overview, overview
from rebond.services.deliveries import get_delivery
from rebond.store.read.delivery_logs import LoggedExclusion, LoggedMessage
from rebond.store.read.log_pages import (
    ExclusionFilter,
    LogFilter,
    LogPage,
    Person,
    exclusion_log_page,
    sending_log_page,
)

__all__ = [
    "ExclusionLog",
    "SendingLog",
    "Who",
    "find_exclusions",
    "find_messages",
    "page_of_exclusions",
    "page_of_messages",
]

_MANY = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person as somebody wrote them: an address or an external id; the rest says how the site reads addresses."""

    text: str
    region: str = ""
    allow_undotted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingLog:
    """A delivery with a page of its sending log."""

    overview: Overview
    page: LogPage[LoggedMessage]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionLog:
    """A delivery with a page of its exclusion log."""

    overview: Overview
    page: LogPage[LoggedExclusion]


def page_of_messages(
    delivery_id: int,
    *,
    now: datetime,
    status: MessageStatus | None = None,
    returned: bool = False,
    reason: Reason | None = None,
    provider: str = "",
    who: Who | None = None,
    after: int = 0,
    limit: int = 50,
) -> SendingLog:
    """Return a page of the sending log with the messages that are wanted; NotFoundError without such a delivery."""
    found = overview(delivery_id, now=now)
    person = _person(who, found.delivery.channel)
    wanted = LogFilter(status=status, returned=returned, reason=reason, provider=provider, person=person)
    page = sending_log_page(delivery_id, wanted, after=after, limit=limit)
    return SendingLog(overview=found, page=page)


def page_of_exclusions(
    delivery_id: int,
    *,
    now: datetime,
    reason: Reason | None = None,
    cause: ExclusionCause | None = None,
    who: Who | None = None,
    after: int = 0,
    limit: int = 50,
) -> ExclusionLog:
    """Return a page of the exclusion log with those that are wanted; NotFoundError without such a delivery."""
    found = overview(delivery_id, now=now)
    wanted = ExclusionFilter(reason=reason, cause=cause, person=_person(who, found.delivery.channel))
    page = exclusion_log_page(delivery_id, wanted, after=after, limit=limit)
    return ExclusionLog(overview=found, page=page)


def find_messages(
    delivery_id: int,
    *,
    status: MessageStatus | None = None,
    returned: bool = False,
    reason: Reason | None = None,
    provider: str = "",
    who: Who | None = None,
) -> Iterator[LoggedMessage]:
    """Return all messages that are wanted, a page at a time; NotFoundError without such a delivery."""
    person = _person(who, get_delivery(delivery_id).channel)
    wanted = LogFilter(status=status, returned=returned, reason=reason, provider=provider, person=person)
    after: int | None = 0
    while after is not None:
        page = sending_log_page(delivery_id, wanted, after=after, limit=_MANY)
        yield from page.rows
        after = page.next


def find_exclusions(
    delivery_id: int, *, reason: Reason | None = None, cause: ExclusionCause | None = None, who: Who | None = None
) -> Iterator[LoggedExclusion]:
    """Return all exclusions that are wanted, a page at a time; NotFoundError without such a delivery."""
    person = _person(who, get_delivery(delivery_id).channel)
    wanted = ExclusionFilter(reason=reason, cause=cause, person=person)
    after: int | None = 0
    while after is not None:
        page = exclusion_log_page(delivery_id, wanted, after=after, limit=_MANY)
        yield from page.rows
        after = page.next


def _person(who: Who | None, channel: Channel) -> Person | None:
    if who is None:
        return None
    parsed = parse_address(who.text, channel=channel, region=who.region, allow_undotted=who.allow_undotted)
    return Person(key=parsed.key or "", external_id=who.text.strip())
