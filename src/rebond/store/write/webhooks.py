"""Outgoing webhooks are written here; events are in `outbox`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rebond.core.webhooks import EventType, WebhookState
from rebond.store.models import WebhookDelivery, WebhookEvent, WebhookSubscription
from rebond.store.write.text import storable

_WAITING = WebhookState.WAITING.value
_MOST_WORDS = 2_000


def add_subscription(*, name: str, url: str, events: Sequence[EventType], salt: str, now: datetime, actor: str) -> int:
    """Make a subscription; returns its number."""
    row = WebhookSubscription.objects.create(
        name=storable(name, 100),
        url=url,
        events=[one.value for one in events],
        salt=salt,
        created_at=now,
        created_by=storable(actor, 150),
    )
    return row.pk


def change_subscription(
    number: int,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[EventType] | None = None,
    active: bool | None = None,
    because: str = "",
) -> None:
    """Change what is not None; `because` says why it is no longer active."""
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = storable(name, 100)
    if url is not None:
        changes["url"] = url
    if events is not None:
        changes["events"] = [one.value for one in events]
    if active is not None:
        changes |= {"active": active, "ended_because": storable(because)}
    WebhookSubscription.objects.filter(id=number).update(**changes)


def change_salt(number: int, *, salt: str, old_until: datetime) -> None:
    """Give a subscription another secret; the one before signs as well for a while."""
    row = WebhookSubscription.objects.get(id=number)
    WebhookSubscription.objects.filter(id=number).update(salt=salt, old_salt=row.salt, old_until=old_until)


def drop_deliveries(number: int, *, limit: int) -> int:
    """Forget some of what a subscription was told."""
    rows = WebhookDelivery.objects.filter(subscription=number)
    return WebhookDelivery.objects.filter(id__in=list(rows.values_list("id", flat=True)[:limit])).delete()[0]


def drop_subscription(number: int) -> None:
    """Forget a subscription that was told nothing."""
    WebhookSubscription.objects.filter(id=number).delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedWebhook:
    """One event that is to be told now."""

    number: int
    event: int
    at: datetime
    body: bytes
    attempts: int


def claim_webhooks(subscription: int, *, now: datetime, lease_until: datetime, limit: int) -> list[ClaimedWebhook]:
    """Hold some of what is due for a subscription, for this worker alone."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    due = WebhookDelivery.objects.filter(free, subscription=subscription, state=_WAITING, due_at__lte=now)
    rows = list(due.select_for_update(skip_locked=True).order_by("due_at", "id")[:limit])
    WebhookDelivery.objects.filter(id__in=[row.pk for row in rows]).update(lease_until=lease_until)
    events = WebhookEvent.objects.in_bulk([row.event_id for row in rows])
    return [
        ClaimedWebhook(
            number=row.pk,
            event=row.event_id,
            at=events[row.event_id].at,
            body=events[row.event_id].body.encode(),
            attempts=row.attempts,
        )
        for row in rows
    ]


def settle_webhook(
    number: int,
    *,
    state: WebhookState,
    attempts: int,
    due_at: datetime,
    at: datetime,
    answer: int | None,
    problem: str,
) -> None:
    """Write down how an attempt went."""
    WebhookDelivery.objects.filter(id=number).update(
        state=state.value,
        attempts=attempts,
        due_at=due_at,
        last_at=at,
        answer=answer,
        problem=storable(problem, _MOST_WORDS),
        lease_until=None,
    )


def free_webhooks(numbers: Sequence[int], *, due_at: datetime) -> None:
    """Give back what was held and not tried."""
    WebhookDelivery.objects.filter(id__in=list(numbers)).update(lease_until=None, due_at=due_at)


def tell_again(subscription: int, *, now: datetime, number: int | None = None, since: datetime | None = None) -> int:
    """Let what was told, or given up, be told again: one line of the log, or all since a time; returns how many."""
    rows = WebhookDelivery.objects.filter(subscription=subscription).exclude(state=_WAITING)
    rows = rows.filter(id=number) if number is not None else rows.filter(event__at__gte=since)
    return rows.update(state=_WAITING, attempts=0, due_at=now, lease_until=None)


def drop_events_before(moment: datetime, *, limit: int) -> int:
    """Forget some of the events that are old enough, with what was told of them."""
    old = list(WebhookEvent.objects.filter(at__lt=moment).order_by("at").values_list("id", flat=True)[:limit])
    if not old:
        return 0
    WebhookDelivery.objects.filter(event__in=old).delete()
    return WebhookEvent.objects.filter(id__in=old).delete()[0]
