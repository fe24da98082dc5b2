"""`/alerts`: what the team is to know, and saying that somebody takes care of it."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Cursor, Given, Limit, Number, Told
from rebond.api.cursors import page, position
from rebond.api.gate import caller_of, needs
from rebond.core.permissions import Operation
from rebond.core.words import AlertKind
from rebond.services.alerts import acknowledge
from rebond.store.read.alerts import AlertRow, page_of_alerts
from rebond.web.current import now

router = Router(tags=["Alerts"])


class Alert(Told):
    id: int
    kind: AlertKind
    subject: Annotated[int, Field(description="The number of what it is about, as of a text; 0: it has a name.")]
    name: str
    words: Annotated[str, Field(description="The text that it is about, or what is the matter.")]
    count: int
    raised_at: datetime
    first_at: datetime
    last_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_because: str
    ended_at: datetime | None
    ended_because: str


class AlertPage(Told):
    items: list[Alert]
    next: str | None


class Acknowledging(Given):
    because: Annotated[str, Field(max_length=2000)] = ""


@router.get("/alerts", response=AlertPage, summary="List alerts", **needs(Operation.READ))
def list_alerts(
    request: HttpRequest, *, ended: bool = False, limit: Limit = 100, cursor: Cursor = ""
) -> dict[str, Any]:
    """Those that are open, acknowledged or not; with `ended` those that are over. The latest first."""
    rows = page_of_alerts(ended=ended, before=position(request, cursor), limit=limit + 1)
    found = page(request, rows, limit=limit, place=lambda row: row.number)
    return {**found, "items": [_row(row) for row in found["items"]]}


@router.post(
    "/alerts/{alert}/acknowledge",
    response=Alert,
    summary="Acknowledge an alert",
    **needs(Operation.ACKNOWLEDGE_ALERTS),
)
def acknowledge_alert(request: HttpRequest, alert: Number, given: Acknowledging) -> dict[str, Any]:
    """Somebody takes care of it; it ends when what it is about is settled."""
    return _row(acknowledge(alert, actor=caller_of(request).name, now=now(), because=given.because))


def _row(row: AlertRow) -> dict[str, Any]:
    names = Alert.model_fields.keys() - {"id", "words"}
    words = row.text.text if row.text else row.words
    return {"id": row.number, "words": words, **{name: getattr(row, name) for name in names}}
