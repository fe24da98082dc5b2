"""What came of a delivery: its sending log, its exclusion log, and its report."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Cursor, Limit, Number, Told
from rebond.api.cursors import position, signed
from rebond.api.gate import needs
from rebond.core.permissions import Operation
from rebond.core.words import DeliveryStatus, ErrorFamily, ExclusionCause, FailureType, MessageStatus, Reason
from rebond.services.delivery_logs import Who, page_of_exclusions, page_of_messages
from rebond.services.report import report as report_on
from rebond.web.current import current_site, now

router = Router(tags=["Deliveries"])


class LoggedMessage(Told):
    profile: str
    address: str
    status: MessageStatus
    type: FailureType | None
    reason: Reason | None
    cause: str | None
    attempts: int
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    returned_at: datetime | None
    uncertain: bool
    text: str
    rule: str
    provider: str
    message: int
    message_id: str


class MessagePage(Told):
    items: list[LoggedMessage]
    next: str | None


class LoggedExclusion(Told):
    profile: str
    address: str
    reason: Reason
    cause: ExclusionCause | None
    late: bool


class ExclusionPage(Told):
    items: list[LoggedExclusion]
    next: str | None


class DeliveryReport(Told):
    """`target` = exclusions + `messages`; `messages` = production errors + failed + cancelled + delivered + pending."""

    status: DeliveryStatus
    target: int
    messages: int
    exclusions: dict[str, int]
    exclusions_by_cause: dict[str, int]
    delivered: int
    reached: int
    failed: int
    pending: int
    cancelled: int
    returned: int
    production_errors: int
    families: dict[ErrorFamily, int]
    reconciled: bool


@router.get(
    "/deliveries/{delivery}/messages",
    response=MessagePage,
    summary="Read the sending log",
    **needs(Operation.READ_DELIVERIES),
)
def messages(
    request: HttpRequest,
    delivery: Number,
    *,
    status: MessageStatus | None = None,
    returned: bool = False,
    reason: Reason | None = None,
    provider: Annotated[str, Field(max_length=64)] = "",
    who: Annotated[str, Field(max_length=2000, description="An address, or a profile's id.")] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """In the order of the profiles. With filters a page may come short, even empty, while `next` goes on."""
    log = page_of_messages(
        delivery,
        now=now(),
        status=status,
        returned=returned,
        reason=reason,
        provider=provider,
        who=_who(who),
        after=position(request, cursor) or 0,
        limit=limit,
    )
    return {"items": log.page.rows, "next": signed(request, log.page.next)}


@router.get(
    "/deliveries/{delivery}/exclusions",
    response=ExclusionPage,
    summary="Read the exclusion log",
    **needs(Operation.READ_DELIVERIES),
)
def exclusions(
    request: HttpRequest,
    delivery: Number,
    *,
    reason: Reason | None = None,
    cause: ExclusionCause | None = None,
    who: Annotated[str, Field(max_length=2000, description="An address, or a profile's id.")] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """In the order of the profiles. With filters a page may come short, even empty, while `next` goes on."""
    after = position(request, cursor) or 0
    log = page_of_exclusions(delivery, now=now(), reason=reason, cause=cause, who=_who(who), after=after, limit=limit)
    return {"items": log.page.rows, "next": signed(request, log.page.next)}


@router.get(
    "/deliveries/{delivery}/report",
    response=DeliveryReport,
    summary="Report on a delivery",
    **needs(Operation.READ_DELIVERIES),
)
def report(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """The figures, and the four families of errors; `reconciled` says that the sums agree."""
    figures = report_on(delivery)
    counts = figures.counts
    names = ("target", "messages", "delivered", "reached", "failed", "pending", "cancelled", "returned")
    return {
        "status": figures.status,
        **{name: getattr(counts, name) for name in names},
        "production_errors": counts.production_errors,
        "exclusions": figures.exclusions,
        "exclusions_by_cause": {
            f"{why}/{cause}" if cause else str(why): number for (why, cause), number in counts.exclusions.items()
        },
        "families": figures.families,
        "reconciled": figures.reconciled,
    }


def _who(text: str) -> Who | None:
    config = current_site().config
    region, undotted = config.site.default_region, config.email.allow_undotted
    return Who(text=text, region=region, allow_undotted=undotted) if text.strip() else None
