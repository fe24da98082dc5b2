"""What changing rules would do and did, as the API tells it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from rebond.api.base import Told
from rebond.jobs import ask
from rebond.services.backtest import Backtested
from rebond.store.read.rules import Operation as RuleOperation
from rebond.store.read.rules import Step

_MOST_TEXTS = 100


class TestedRules(Told):
    ok: bool
    problems: list[str]


class Effect(Told):
    failures: int
    leaving: int
    entering: int


class ChangedText(Told):
    qualification: int
    provider: str
    template: str
    before: str
    after: str
    failures: int


class BackTest(Told):
    stored_failures: int
    texts: int
    texts_changed: int
    failures_changed: int
    leaving_quarantine: int
    entering_quarantine: int
    by_provider: dict[str, Effect]
    by_delivery: dict[str, Effect]
    changes: Annotated[list[ChangedText], Field(description="The texts with the most failures, at most 100.")]


class RuleChange(Told):
    """A change of rules, with what it has done so far; `step` is `done` at its end."""

    operation: int
    at: datetime
    actor: str
    kind: str
    because: str
    step: Step
    rules: list[str]
    texts: int
    failures: int
    finished_at: datetime | None
    undone_at: datetime | None
    undone_by: str
    undone_because: str


class NothingNew(Told):
    operation: None
    step: Literal["done"]


def backtested(found: Backtested) -> dict[str, Any]:
    """Tell what a change would do."""
    changes = sorted(found.plan.changes, key=lambda change: -change.failures)
    return {
        "stored_failures": found.plan.failures,
        "texts": found.plan.texts,
        "texts_changed": len(changes),
        "failures_changed": found.total.failures,
        "leaving_quarantine": found.total.leaving,
        "entering_quarantine": found.total.entering,
        "by_provider": {name or "-": asdict(effect) for name, effect in found.by_provider.items()},
        "by_delivery": {str(number or "-"): asdict(effect) for number, effect in found.by_delivery.items()},
        "changes": [
            {
                "qualification": change.row.number,
                "provider": change.row.provider,
                "template": change.row.template,
                "before": f"{change.before.type} {change.before.reason}/{change.before.cause}",
                "after": f"{change.after.type} {change.after.reason}/{change.after.cause}",
                "failures": change.failures,
            }
            for change in changes[:_MOST_TEXTS]
        ],
    }


def operation_json(operation: RuleOperation) -> dict[str, Any]:
    """Tell of a change of rules; `operation` is the number that undoes it."""
    row = asdict(operation)
    return {"operation": row.pop("number"), **row}


def answer_with(operation: RuleOperation) -> tuple[int, dict[str, Any]]:
    """Give the status and the body that tell of a change; what it has left to do is for a worker."""
    if operation.step.finished:
        return 200, operation_json(operation)
    ask("rules", operation=operation.number)
    return 202, operation_json(operation)
