"""The changes of rules, page by page, and one of them with the texts that it changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rebond.core.words import Cause, FailureType, QualificationStatus, Reason
from rebond.store.models import QualificationChange, RuleOperation
from rebond.store.read.qualifications import find_qualifications
from rebond.store.read.rules import Document, Operation, find_operation, operations_of

MOST_TEXTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a text was judged as, and its status."""

    type: FailureType
    reason: Reason
    cause: Cause
    rule: str
    status: QualificationStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedText:
    """A text before and after an operation."""

    number: int
    text: str
    before: Said
    after: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDetails:
    """An operation with the first texts that it changed, and its rules before and after (None: there was none)."""

    operation: Operation
    texts: tuple[ChangedText, ...]
    rules_before: Mapping[str, Document | None]
    rules_after: Mapping[str, Document | None]


def operation_details(number: int) -> OperationDetails | None:
    """Read one operation with what it changed; None when there is none of this number."""
    found = find_operation(number)
    if found is None:
        return None
    rules = RuleOperation.objects.filter(id=number).values_list("rules_before", "rules_after").get()
    changes = list(QualificationChange.objects.filter(operation=number).order_by("id")[:MOST_TEXTS])
    rows = {row.number: row for row in find_qualifications([change.qualification for change in changes])}
    texts = tuple(
        ChangedText(
            number=change.qualification,
            text=rows[change.qualification].text,
            before=_said(change.before),
            after=_said(change.after),
        )
        for change in changes
        if change.qualification in rows
    )
    return OperationDetails(operation=found, texts=texts, rules_before=rules[0], rules_after=rules[1])


def _said(kept: Mapping[str, Any]) -> Said:
    return Said(
        type=FailureType(kept["type"]),
        reason=Reason(kept["reason"]),
        cause=Cause(kept["cause"]),
        rule=kept["rule"],
        status=QualificationStatus(kept["status"]),
    )


def page_of_operations(*, before: int | None = None, packs: bool = False, limit: int = 50) -> list[Operation]:
    """Read some operations, the latest first, those before one; with `packs` only those that took a pack."""
    rows = RuleOperation.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if packs:
        rows = rows.filter(pack__isnull=False)
    return operations_of(list(rows[:limit]))
