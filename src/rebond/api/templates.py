"""`/templates`: deliveries' defaults, to copy from."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Number, Told
from rebond.api.delivery_settings import Aiming, Settings, aim_of, read_settings, site_settings
from rebond.api.gate import caller_of, needs
from rebond.core.permissions import Operation
from rebond.core.words import Channel, MessageClass
from rebond.services.deliveries import NewDelivery
from rebond.services.templates import TemplateRow, delete_template, get_template, list_templates, save_template
from rebond.store.read.deliveries import Target
from rebond.web.current import now

router = Router(tags=["Deliveries"])


class Template(Told):
    id: int
    name: str
    channel: Channel
    message_class: MessageClass
    sender: str
    subject: str
    text: str
    html: str
    target: Target
    target_ref: int | None
    validity_seconds: int
    retries_seconds: list[int]
    duplicates: bool
    verify: Literal["sample", "all"]
    created_at: datetime
    updated_at: datetime


class Templates(Told):
    items: list[Template]


class ToKeep(Settings):
    """A delivery's settings, content and target, under a name."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    channel: Channel = Channel.EMAIL
    target: Aiming | None = None


@router.get("/templates", response=Templates, summary="List templates", **needs(Operation.READ_DELIVERIES))
def list_all(request: HttpRequest) -> dict[str, Any]:
    """By name."""
    return {"items": [_row(row) for row in list_templates()]}


@router.post("/templates", response={201: Template}, summary="Make a template", **needs(Operation.WRITE_DELIVERIES))
def add(request: HttpRequest, given: ToKeep) -> Any:
    """`POST /deliveries` with its number copies from it."""
    return Status(201, _saved(request, given, number=None))


@router.get("/templates/{template}", response=Template, summary="Show a template", **needs(Operation.READ_DELIVERIES))
def show(request: HttpRequest, template: Number) -> dict[str, Any]:
    """Its settings and content."""
    return _row(get_template(template))


@router.put(
    "/templates/{template}", response=Template, summary="Replace a template", **needs(Operation.WRITE_DELIVERIES)
)
def put(request: HttpRequest, template: Number, given: ToKeep) -> dict[str, Any]:
    """Deliveries made from it stay as they are."""
    return _saved(request, given, number=template)


@router.delete(
    "/templates/{template}", response={204: None}, summary="Remove a template", **needs(Operation.WRITE_DELIVERIES)
)
def drop(request: HttpRequest, template: Number) -> HttpResponse:
    """Deliveries made from it stay."""
    delete_template(template, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


def _saved(request: HttpRequest, given: ToKeep, *, number: int | None) -> dict[str, Any]:
    settings = NewDelivery(**{**site_settings(), **read_settings(given.model_dump(exclude={"target"}))})
    aim = aim_of(given.target)
    return _row(get_template(save_template(settings, aim, now=now(), actor=caller_of(request).name, number=number)))


def _row(row: TemplateRow) -> dict[str, Any]:
    names = ("id", "name", "channel", "message_class", "sender", "subject", "text", "html", "duplicates")
    return {
        **{name: getattr(row, name) for name in (*names, "created_at", "updated_at")},
        "target": row.aim.target,
        "target_ref": row.aim.ref,
        "validity_seconds": int(row.validity.total_seconds()),
        "retries_seconds": [int(step.total_seconds()) for step in row.retries],
        "verify": "all" if row.verify_all else "sample",
    }
