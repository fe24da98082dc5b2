"""`/deliveries`: make, prepare, send, steer, look at."""

from dataclasses import replace
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Cursor, Limit, Number
from rebond.api.cursors import position, signed
from rebond.api.delivery_json import (
    Delivery,
    DeliveryPage,
    DeliveryState,
    ProofsSent,
    SavedDelivery,
    ToCreate,
    ToEdit,
    ToProve,
    ToSchedule,
)
from rebond.api.delivery_settings import APART, aim_of, read_settings, site_settings
from rebond.api.gate import caller_of, needs
from rebond.api.moments import Moment
from rebond.api.people_file import (
    FILE_BODY,
    DryRun,
    Encoding,
    ImportedFile,
    Mapping,
    NoAddress,
    file_options,
    imported_json,
    uploaded,
)
from rebond.core.permissions import Operation
from rebond.core.words import DeliveryStatus
from rebond.jobs import ask
from rebond.services.deliveries import (
    NewDelivery,
    cancel_delivery,
    create_delivery,
    get_delivery,
    pause_delivery,
    resume_delivery,
)
from rebond.services.delivery_edit import edit_delivery
from rebond.services.import_people import try_people
from rebond.services.prepare import begin_preparing, stop_preparing
from rebond.services.proof import Proofs, send_proof
from rebond.services.report import DeliveryPage as ListedPage
from rebond.services.report import page_of_deliveries
from rebond.services.schedule_delivery import schedule_delivery, unschedule_delivery
from rebond.services.send import begin_sending
from rebond.services.templates import get_template, use
from rebond.store.read.deliveries import DeliveryFilter, DeliveryRow
from rebond.web.current import current_site, now

router = Router(tags=["Deliveries"])


@router.get("/deliveries", response=DeliveryPage, summary="List deliveries", **needs(Operation.READ_DELIVERIES))
def list_deliveries(
    request: HttpRequest,
    *,
    status: DeliveryStatus | None = None,
    name: Annotated[str, Field(max_length=255, description="A part of it, whatever the case.")] = "",
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """The newest first, with their counters."""
    wanted = DeliveryFilter(status=status, name=name, since=since, until=until)
    found: ListedPage = page_of_deliveries(wanted, before=position(request, cursor), limit=limit)
    return {"items": found.rows, "next": signed(request, found.next)}


@router.post(
    "/deliveries", response={201: SavedDelivery}, summary="Make a delivery", **needs(Operation.WRITE_DELIVERIES)
)
def create(request: HttpRequest, given: ToCreate) -> Any:
    """`red` and `yellow` say what preparation would say of its content."""
    actor, aim = caller_of(request).name, aim_of(given.target)
    if given.template is None:
        new = NewDelivery(**{**site_settings(), **read_settings(given.model_dump(exclude=APART))})
    else:
        template = get_template(given.template)
        changes = read_settings(given.model_dump(exclude_unset=True, exclude=APART))
        new = replace(use(template, name=given.name), **changes)
        aim = aim if given.target else template.aim
    created = create_delivery(new, aim=aim, template=given.template, now=now(), actor=actor)
    return Status(201, _saved(created.id))


@router.get("/deliveries/{delivery}", response=Delivery, summary="Show a delivery", **needs(Operation.READ_DELIVERIES))
def show(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """Its settings, content and state; `problem` says why it failed."""
    return _told(get_delivery(delivery))


@router.patch(
    "/deliveries/{delivery}", response=SavedDelivery, summary="Edit a delivery", **needs(Operation.WRITE_DELIVERIES)
)
def edit(request: HttpRequest, delivery: Number, given: ToEdit) -> dict[str, Any]:
    """It is a draft afterwards, to be prepared again; 409 once it is being sent."""
    changes = read_settings(given.model_dump(exclude_unset=True, exclude=APART))
    aim = aim_of(given.target) if given.target else None
    edit_delivery(delivery, changes, aim=aim, now=now(), actor=caller_of(request).name)
    return _saved(delivery)


@router.put(
    "/deliveries/{delivery}/target",
    response=ImportedFile,
    summary="Send to the people of a file",
    **needs(Operation.WRITE_DELIVERIES, **FILE_BODY),
)
def put_target(
    request: HttpRequest,
    delivery: Number,
    *,
    mapping: Mapping = "{}",
    encoding: Encoding = "utf-8",
    no_address: NoAddress = False,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """They are imported first, and are its whole target; at most 16 MiB. `dry_run` only tells how it would be read."""
    options = file_options(mapping, encoding, no_address=no_address)
    with uploaded(request) as path:
        if dry_run:
            get_delivery(delivery)
            return imported_json(try_people(path, options=options))
        actor = caller_of(request).name
        imported = edit_delivery(delivery, {}, target=path, options=options, now=now(), actor=actor)
    assert imported is not None
    return imported_json(imported)


@router.post(
    "/deliveries/{delivery}/prepare",
    response={202: DeliveryState},
    summary="Prepare a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def prepare(request: HttpRequest, delivery: Number) -> Any:
    """A worker computes messages and exclusions; nothing is sent. `GET` tells when it is `prepared`."""
    row = begin_preparing(delivery, now=now(), actor=caller_of(request).name)
    ask("prepare", delivery=delivery)
    return Status(202, row)


@router.post(
    "/deliveries/{delivery}/stop",
    response=DeliveryState,
    summary="Stop a preparation",
    **needs(Operation.WRITE_DELIVERIES),
)
def stop(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """It is a draft; prepared again without an edit, it goes on from where it was."""
    return {"id": delivery, "status": stop_preparing(delivery, now=now(), actor=caller_of(request).name)}


@router.post(
    "/deliveries/{delivery}/send",
    response={202: DeliveryState},
    summary="Send a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def send(request: HttpRequest, delivery: Number) -> Any:
    """A worker hands over all that is due, and goes on with the retries."""
    begin_sending(delivery, now=now(), actor=caller_of(request).name)
    ask("send", delivery=delivery)
    return Status(202, get_delivery(delivery))


@router.post(
    "/deliveries/{delivery}/proof",
    response=ProofsSent,
    summary="Send a proof of a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def prove(request: HttpRequest, delivery: Number, given: ToProve) -> Proofs:
    """One profile's message, handed over at once to addresses of your own: no counter and no state knows of it."""
    site = current_site()
    return send_proof(
        delivery,
        given.to,
        external_id=given.profile,
        content=site.content,
        sender=site.smtp_sender,
        now=now(),
        actor=caller_of(request).name,
        allow_undotted=site.config.email.allow_undotted,
    )


@router.post(
    "/deliveries/{delivery}/schedule",
    response=DeliveryState,
    summary="Send a delivery later",
    **needs(Operation.WRITE_DELIVERIES),
)
def schedule(request: HttpRequest, delivery: Number, given: ToSchedule) -> dict[str, Any]:
    """A worker sends it then, unless it is edited, prepared again or cancelled before; said again, it is that time.

    When no worker runs for 12 hours after it, it is `prepared` again, and its `problem` says so.
    """
    status = schedule_delivery(delivery, given.at, now=now(), actor=caller_of(request).name)
    return {"id": delivery, "status": status}


@router.post(
    "/deliveries/{delivery}/unschedule",
    response=DeliveryState,
    summary="Take a delivery's time back",
    **needs(Operation.WRITE_DELIVERIES),
)
def unschedule(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """It is prepared as before, and sent when somebody says so."""
    return {"id": delivery, "status": unschedule_delivery(delivery, now=now(), actor=caller_of(request).name)}


@router.post(
    "/deliveries/{delivery}/pause",
    response=DeliveryState,
    summary="Pause a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def pause(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """Nothing more is handed over until it is resumed; what is under way ends."""
    return {"id": delivery, "status": pause_delivery(delivery, now=now(), actor=caller_of(request).name)}


@router.post(
    "/deliveries/{delivery}/resume",
    response=DeliveryState,
    summary="Resume a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def resume(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """Let a paused one go on."""
    status = resume_delivery(delivery, now=now(), actor=caller_of(request).name)
    ask("send", delivery=delivery)
    return {"id": delivery, "status": status}


@router.post(
    "/deliveries/{delivery}/cancel",
    response=DeliveryState,
    summary="Cancel a delivery",
    **needs(Operation.WRITE_DELIVERIES),
)
def cancel(request: HttpRequest, delivery: Number) -> dict[str, Any]:
    """For good: what has not been handed over is cancelled."""
    return {"id": delivery, "status": cancel_delivery(delivery, now=now(), actor=caller_of(request).name)}


def _told(row: DeliveryRow) -> dict[str, Any]:
    names = Delivery.model_fields.keys() - {"validity_seconds", "retries_seconds", "verify"}
    return {
        **{name: getattr(row, name) for name in names},
        "validity_seconds": int(row.validity.total_seconds()),
        "retries_seconds": [int(step.total_seconds()) for step in row.retries],
        "verify": "all" if row.verify_all else "sample",
    }


def _saved(delivery: int) -> dict[str, Any]:
    row = get_delivery(delivery)
    problems = current_site().content.check(row)
    return {**_told(row), "red": problems.red, "yellow": problems.yellow}
