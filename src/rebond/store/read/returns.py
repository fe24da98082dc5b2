"""Returned mails and what could not be attributed, as values."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from rebond.core.words import Trust
from rebond.store.models import RawMail, ReturnedMail, Unattributed
from rebond.store.read.leases import is_over

_PAGE = 500


class ReturnState(StrEnum):
    """Where a returned mail stands: waiting, dealt with, given up, or without effect for want of trust."""

    STORED = "stored"
    SETTLED = "settled"
    DEAD = "dead"
    UNATTRIBUTED = "unattributed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReturn:
    """A returned mail taken for settling.

    `envelope_from` is None when it is not known and empty for the null sender; `envelope_to` is empty when it is not
    known. `tries` counts the times that it was taken, this one included. `digest` is the SHA-256 of its bytes.
    """

    id: int
    identity: str
    raw: bytes
    digest: str
    source: str
    envelope_from: str | None
    envelope_to: str
    received_at: datetime
    required_trust: Trust
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSummary:
    """A returned mail without its bytes."""

    id: int
    state: ReturnState
    kind: str
    source: str
    envelope_from: str | None
    envelope_to: str
    received_at: datetime
    required_trust: Trust
    tries: int
    problem: str
    size: int | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattributedSummary:
    """A failure or complaint that acted on nothing, and why.

    `return_id` is the number of the returned mail that said it, None when that is not kept any more.
    """

    id: int
    return_id: int | None
    at: datetime
    source: str
    channel: str
    address: str
    trust: str
    required: str
    why: str
    detail: str
    returned_mail: str
    accepted_at: datetime | None
    accepted_by: str


def list_returns(states: Collection[ReturnState] = tuple(ReturnState)) -> Iterator[ReturnSummary]:
    """Yield the returned mails in these states, oldest first."""
    size = RawMail.objects.filter(digest=OuterRef("raw")).values("size")
    rows = ReturnedMail.objects.filter(state__in=states).annotate(size=Subquery(size)).order_by("id")
    for row in rows.iterator():
        yield ReturnSummary(
            id=row.id,
            state=ReturnState(row.state),
            kind=row.kind,
            source=row.source,
            envelope_from=row.envelope_from,
            envelope_to=row.envelope_to,
            received_at=row.received_at,
            required_trust=Trust(row.required_trust),
            tries=row.tries,
            problem=row.problem,
            size=row.size,
            digest=row.raw,
        )


def count_returns() -> Mapping[ReturnState, int]:
    """Count the returned mails in each state."""
    counted = dict(ReturnedMail.objects.values_list("state").annotate(Count("id")))
    return {state: counted.get(state, 0) for state in ReturnState}


def returns_waiting(now: datetime) -> bool:
    """Tell whether a returned mail could be taken for settling now."""
    free = Q(lease_until__isnull=True) | Q(lease_until=now) | is_over(now)
    return ReturnedMail.objects.filter(free, state=ReturnState.STORED).exists()


def raw_mail(return_id: int) -> bytes | None:
    """Return a returned mail as it came; None when there is none of that number, or when its retention is over."""
    digest = ReturnedMail.objects.filter(id=return_id).values_list("raw", flat=True).first()
    body = RawMail.objects.filter(digest=digest).values_list("body", flat=True).first()
    return None if body is None else zlib.decompress(bytes(body))


def list_unattributed(*, accepted: bool = False) -> Iterator[UnattributedSummary]:
    """Yield what acted on nothing, oldest first; with `accepted` also what a person has accepted since."""
    rows = Unattributed.objects.order_by("id")
    if not accepted:
        rows = rows.filter(accepted_at__isnull=True)
    last = 0
    while page := list(rows.filter(id__gt=last)[:_PAGE]):
        last = page[-1].id
        numbers = kept_returns({row.returned_mail for row in page if row.returned_mail})
        for row in page:
            yield UnattributedSummary(
                id=row.id,
                return_id=numbers.get(row.returned_mail),
                at=row.at,
                source=row.source,
                channel=row.channel,
                address=row.address,
                trust=row.trust,
                required=row.required,
                why=row.why,
                detail=row.detail,
                returned_mail=row.returned_mail,
                accepted_at=row.accepted_at,
                accepted_by=row.accepted_by,
            )


def kept_returns(identities: Collection[str]) -> Mapping[str, int]:
    """Find the numbers of those returned mails whose bytes are still kept."""
    raws = RawMail.objects.filter(digest=OuterRef("raw"))
    rows = ReturnedMail.objects.filter(Exists(raws), identity__in=identities)
    return dict(rows.values_list("identity", "id"))


def unaccepted(*, source: str = "") -> Iterator[list[int]]:
    """Page through the numbers of what acted on nothing and nobody has accepted; of one source, unless empty."""
    rows = Unattributed.objects.filter(accepted_at__isnull=True).order_by("id")
    if source:
        rows = rows.filter(source=source)
    last = 0
    while page := list(rows.filter(id__gt=last).values_list("id", flat=True)[:_PAGE]):
        last = page[-1]
        yield page


@dataclass(frozen=True, slots=True)
class UnattributedCount:
    """How many times one source told what acted on nothing for one reason."""

    source: str
    why: str
    number: int


def count_unattributed(*, accepted: bool = False) -> tuple[UnattributedCount, ...]:
    """Count what acted on nothing by its source and why; with `accepted` also what a person has accepted since."""
    rows = Unattributed.objects.all() if accepted else Unattributed.objects.filter(accepted_at__isnull=True)
    counted = rows.values_list("source", "why").annotate(Count("id")).order_by("source", "why")
    return tuple(UnattributedCount(*row) for row in counted)


def count_unaccepted(returned_mails: Sequence[str]) -> int:
    """Count which of these returned mails, by identity, said something that acted on nothing until now."""
    rows = Unattributed.objects.filter(accepted_at__isnull=True, returned_mail__in=returned_mails)
    return rows.values("returned_mail").distinct().count()
