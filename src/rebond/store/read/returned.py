"""Returned mails and what could not be attributed, page by page, the latest first."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Subquery

from rebond.core.words import Trust
from rebond.store.models import RawMail, ReturnedMail, Unattributed
from rebond.store.read.returns import ReturnState, ReturnSummary, UnattributedSummary

MOST_COUNTED = 1_000


def page_of_returns(
    *, state: ReturnState | None = None, source: str = "", kind: str = "", before: int | None = None, limit: int = 50
) -> list[ReturnSummary]:
    """Read some returned mails, those before one."""
    rows = ReturnedMail.objects.order_by("-id")
    if state is not None:
        rows = rows.filter(state=state.value)
    if source:
        rows = rows.filter(source=source)
    if kind:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _summaries(rows, limit=limit)


def find_return(number: int) -> ReturnSummary | None:
    """Read one returned mail; its bytes are apart (`raw_mail`)."""
    return next(iter(_summaries(ReturnedMail.objects.filter(id=number), limit=1)), None)


def _summaries(rows: "Iterable[ReturnedMail]", *, limit: int) -> list[ReturnSummary]:
    size = RawMail.objects.filter(digest=OuterRef("raw")).values("size")
    found = rows.annotate(size=Subquery(size))[:limit]  # type: ignore[attr-defined]
    return [
        ReturnSummary(
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
        for row in found
    ]


def page_of_unattributed(
    *,
    source: str = "",
    why: str = "",
    address: str = "",
    accepted: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[UnattributedSummary]:
    """Read some of what acted on nothing (with `accepted`: of what a person has accepted), those before one."""
    rows = Unattributed.objects.order_by("-id").filter(accepted_at__isnull=not accepted)
    for name, value in (("source", source), ("why", why), ("address", address)):
        if value:
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _entries(list(rows[:limit]))


def find_entry(number: int) -> UnattributedSummary | None:
    """Read one failure or complaint that acted on nothing."""
    return next(iter(_entries(list(Unattributed.objects.filter(id=number)))), None)


def entries_of(return_id: int) -> list[UnattributedSummary]:
    """Read what a returned mail said that acted on nothing."""
    identity = ReturnedMail.objects.filter(id=return_id).values_list("identity", flat=True).first()
    return _entries(list(Unattributed.objects.filter(returned_mail=identity).order_by("id"))) if identity else []


def count_some_unattributed(*, source: str = "") -> int:
    """Count what acted on nothing and nobody has accepted, up to a bound: the list is read no further."""
    rows = Unattributed.objects.filter(accepted_at__isnull=True).values_list("id", flat=True)
    if source:
        rows = rows.filter(source=source)
    return len(rows[: MOST_COUNTED + 1])


def count_some_dead() -> int:
    """Count the dead letters, up to a bound."""
    rows = ReturnedMail.objects.filter(state=ReturnState.DEAD.value).values_list("id", flat=True)
    return len(rows[: MOST_COUNTED + 1])


def _entries(rows: list[Unattributed]) -> list[UnattributedSummary]:
    kept = ReturnedMail.objects.filter(
        Exists(RawMail.objects.filter(digest=OuterRef("raw"))), identity__in={row.returned_mail for row in rows}
    )
    numbers = dict(kept.values_list("identity", "id"))
    return [
        UnattributedSummary(
            id=row.pk,
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
        for row in rows
    ]
