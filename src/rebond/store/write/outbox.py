"""Events for outgoing webhooks, written in the transaction that causes them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rebond.core.webhooks import EventType, WebhookState
from rebond.store.models import WebhookDelivery, WebhookEvent, WebhookSubscription


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, and what is told of it."""

    type: EventType
    data: Mapping[str, Any]


def add_events(events: Sequence[NewEvent], *, now: datetime, only: int | None = None) -> None:
    """Write events for those who want them (or for one subscription `only`); nothing for nobody."""
    wanting = WebhookSubscription.objects.filter(active=True).values_list("id", "events")
    wanted = [(number, frozenset(types)) for number, types in (wanting if only is None else wanting.filter(id=only))]
    told = [(event, [n for n, types in wanted if not types or event.type in types or only]) for event in events]
    told = [(event, numbers) for event, numbers in told if numbers]
    if not told:
        return
    rows = [WebhookEvent(type=event.type.value, at=now, body=_body(event, now)) for event, _ in told]
    WebhookEvent.objects.bulk_create(rows, batch_size=_BATCH)
    deliveries = [
        WebhookDelivery(subscription_id=number, event=row, state=WebhookState.WAITING.value, due_at=now)
        for row, (_, numbers) in zip(rows, told, strict=True)
        for number in numbers
    ]
    WebhookDelivery.objects.bulk_create(deliveries, batch_size=_BATCH)


_BATCH = 100


def _body(event: NewEvent, now: datetime) -> str:
    told = {"type": event.type.value, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": event.data}
    return json.dumps(told, separators=(",", ":"), default=str)
