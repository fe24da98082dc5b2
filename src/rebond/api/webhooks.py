"""`/webhooks`: who is told of what happens here, and how that went."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Cursor, Flag, Given, Limit, Number, Told, Whole
from rebond.api.cursors import page, position
from rebond.api.gate import caller_of, needs
from rebond.api.moments import Moment
from rebond.core.permissions import Operation
from rebond.core.webhooks import EventType, WebhookState
from rebond.services.webhooks import (
    edit_subscription,
    existing_subscription,
    renew_secret,
    replay,
    send_test,
    subscribe,
    unsubscribe,
)
from rebond.store.read.webhooks import LoggedWebhook, SubscriptionRow, list_subscriptions, webhook_log
from rebond.web.chance import new_secret
from rebond.web.current import current_site, now

router = Router(tags=["Webhooks"])
Url = Annotated[str, Field(max_length=2000, description="An https:// address.")]
Name = Annotated[str, Field(max_length=100)]
Kinds = Annotated[list[EventType], Field(max_length=100, description="None: all.")]


class Webhook(Told):
    id: int
    name: str
    url: str
    events: list[EventType]
    active: bool
    ended_because: str
    created_at: datetime
    created_by: str


class WebhookList(Told):
    items: list[Webhook]


class NewWebhook(Webhook):
    secret: Annotated[str, Field(description="Signs what is posted; shown this once.")]


class ToSubscribe(Given):
    url: Url
    events: Annotated[Kinds, Field(default_factory=list)]
    name: Name = ""


class ToChange(Given):
    """What is not named stays."""

    url: Url | None = None
    events: Kinds | None = None
    name: Name | None = None
    active: Flag | None = None


class ToReplay(Given):
    """One line of the log, or all since a time."""

    line: Whole | None = None
    since: Moment | None = None


class Replayed(Told):
    again: int


class WebhookLine(Told):
    line: int
    event: int
    type: str
    at: datetime
    state: WebhookState
    attempts: int
    due_at: datetime | None
    last_at: datetime | None
    answer: int | None
    problem: str
    body: str


class WebhookLog(Told):
    items: list[WebhookLine]
    next: str | None


@router.get("/webhooks", response=WebhookList, summary="List webhooks", **needs(Operation.MANAGE_WEBHOOKS))
def list_webhooks(request: HttpRequest) -> dict[str, Any]:
    """Who is told of what."""
    return {"items": [_row(row) for row in list_subscriptions()]}


@router.post("/webhooks", response={201: NewWebhook}, summary="Add a webhook", **needs(Operation.MANAGE_WEBHOOKS))
def add(request: HttpRequest, given: ToSubscribe) -> Any:
    """Events are posted to it, signed by the Standard Webhooks scheme, and tried again for three days."""
    made = subscribe(
        given.url,
        events=given.events,
        name=given.name,
        salt=new_secret(),
        site=current_site().webhooks,
        now=now(),
        actor=caller_of(request).name,
    )
    return Status(201, {**_row(made.row), "secret": made.secret})


@router.get("/webhooks/{webhook}", response=Webhook, summary="Show a webhook", **needs(Operation.MANAGE_WEBHOOKS))
def show(request: HttpRequest, webhook: Number) -> dict[str, Any]:
    """Without its secret."""
    return _row(existing_subscription(webhook))


@router.patch("/webhooks/{webhook}", response=Webhook, summary="Edit a webhook", **needs(Operation.MANAGE_WEBHOOKS))
def edit(request: HttpRequest, webhook: Number, given: ToChange) -> dict[str, Any]:
    """Made active again, it is told what waited meanwhile."""
    changed = edit_subscription(
        webhook,
        site=current_site().webhooks,
        now=now(),
        actor=caller_of(request).name,
        url=given.url,
        events=given.events,
        name=given.name,
        active=given.active,
    )
    return _row(changed)


@router.delete(
    "/webhooks/{webhook}", response={204: None}, summary="Remove a webhook", **needs(Operation.MANAGE_WEBHOOKS)
)
def remove(request: HttpRequest, webhook: Number) -> HttpResponse:
    """With its log."""
    unsubscribe(webhook, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


@router.post(
    "/webhooks/{webhook}/secret",
    response=NewWebhook,
    summary="Give a webhook another secret",
    **needs(Operation.MANAGE_WEBHOOKS),
)
def secret(request: HttpRequest, webhook: Number) -> dict[str, Any]:
    """For 24 hours the one before signs as well."""
    site, actor = current_site().webhooks, caller_of(request).name
    made = renew_secret(webhook, salt=new_secret(), site=site, now=now(), actor=actor)
    return {**_row(made.row), "secret": made.secret}


@router.post(
    "/webhooks/{webhook}/test",
    response={202: Webhook},
    summary="Send a test event",
    **needs(Operation.MANAGE_WEBHOOKS),
)
def try_out(request: HttpRequest, webhook: Number) -> Any:
    """The log tells how it went."""
    send_test(webhook, now=now())
    return Status(202, _row(existing_subscription(webhook)))


@router.get("/webhooks/{webhook}/log", response=WebhookLog, summary="Read the log", **needs(Operation.MANAGE_WEBHOOKS))
def log(
    request: HttpRequest,
    webhook: Number,
    *,
    state: WebhookState | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """What it was told in the last 30 days, the latest first."""
    existing_subscription(webhook)
    rows = webhook_log(webhook, state=state, before=position(request, cursor), limit=limit + 1)
    found = page(request, rows, limit=limit, place=lambda row: row.number)
    return {**found, "items": [_line(row) for row in found["items"]]}


@router.post(
    "/webhooks/{webhook}/replay",
    response={202: Replayed},
    summary="Tell again",
    **needs(Operation.MANAGE_WEBHOOKS),
)
def tell_again(request: HttpRequest, webhook: Number, given: ToReplay) -> Any:
    """What was told or given up: one line of the log, or all since a time."""
    return Status(202, {"again": replay(webhook, now=now(), delivery=given.line, since=given.since)})


def _row(row: SubscriptionRow) -> dict[str, Any]:
    names = Webhook.model_fields.keys() - {"id"}
    return {"id": row.number, **{name: getattr(row, name) for name in names}}


def _line(row: LoggedWebhook) -> dict[str, Any]:
    names = WebhookLine.model_fields.keys() - {"line", "due_at"}
    waits = row.state is WebhookState.WAITING
    told = {name: getattr(row, name) for name in names}
    return {"line": row.number, "due_at": row.due_at if waits else None, **told}
