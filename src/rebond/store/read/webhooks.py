"""Outgoing webhooks: subscriptions, and the log of what was told them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rebond.core.webhooks import EventType, WebhookState
from rebond.store.models import WebhookDelivery, WebhookSubscription


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """Who is told of which events (none: all); `salts` make the secrets that sign, the present one first."""

    number: int
    name: str
    url: str
    events: tuple[EventType, ...]
    active: bool
    ended_because: str
    created_at: datetime
    created_by: str
    salts: tuple[str, ...]


def list_subscriptions() -> list[SubscriptionRow]:
    """Read all subscriptions, the latest first."""
    return [_row(row, None) for row in WebhookSubscription.objects.order_by("-id")]


def count_subscriptions() -> int:
    """Count the subscriptions."""
    return WebhookSubscription.objects.count()


def find_subscription(number: int, *, now: datetime | None = None, lock: bool = False) -> SubscriptionRow | None:
    """Read a subscription; at a time, with the secret that was replaced shortly before it."""
    rows = WebhookSubscription.objects.select_for_update() if lock else WebhookSubscription.objects
    row = rows.filter(id=number).first()
    return _row(row, now) if row else None


def active_subscriptions(now: datetime) -> list[SubscriptionRow]:
    """Read those that are to be told."""
    return [_row(row, now) for row in WebhookSubscription.objects.filter(active=True).order_by("id")]


_KNOWN = frozenset(EventType)


def _row(row: WebhookSubscription, now: datetime | None) -> SubscriptionRow:
    old = bool(row.old_salt and now and row.old_until and now < row.old_until)
    return SubscriptionRow(
        number=row.pk,
        name=row.name,
        url=row.url,
        events=tuple(EventType(name) for name in row.events if name in _KNOWN),
        active=row.active,
        ended_because=row.ended_because,
        created_at=row.created_at,
        created_by=row.created_by,
        salts=(row.salt, row.old_salt) if old else (row.salt,),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedWebhook:
    """One line of the delivery log; `answer` is the last HTTP status, None where there was none."""

    number: int
    event: int
    type: str
    at: datetime
    body: str
    state: WebhookState
    attempts: int
    due_at: datetime
    last_at: datetime | None
    answer: int | None
    problem: str


def webhook_log(
    subscription: int, *, state: WebhookState | None = None, before: int | None = None, limit: int = 50
) -> list[LoggedWebhook]:
    """Read some of what a subscription was told, the latest first, behind the line that the last page ended at."""
    wanted = Q(subscription=subscription)
    wanted &= Q(state=state.value) if state else Q()
    wanted &= Q(id__lt=before) if before is not None else Q()
    rows = WebhookDelivery.objects.filter(wanted).select_related("event").order_by("-id")
    return [
        LoggedWebhook(
            number=row.pk,
            event=row.event.pk,
            type=row.event.type,
            at=row.event.at,
            body=row.event.body,
            state=WebhookState(row.state),
            attempts=row.attempts,
            due_at=row.due_at,
            last_at=row.last_at,
            answer=row.answer,
            problem=row.problem,
        )
        for row in rows[:limit]
    ]


def webhooks_due(now: datetime) -> bool:
    """Tell whether anybody is to be told something now."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    due = WebhookDelivery.objects.filter(free, state=WebhookState.WAITING.value, due_at__lte=now)
    numbers = WebhookSubscription.objects.filter(active=True).values_list("id", flat=True)
    return any(due.filter(subscription=number).exists() for number in numbers)
