"""`/quarantine/operations`: releasing or quarantining many addresses as one operation, with a dry run and undo."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Cursor, Given, Limit, Number, Told, Whole
from rebond.api.cursors import page, position
from rebond.api.gate import caller_of, needs
from rebond.api.moments import Moment
from rebond.api.people_file import FILE_BODY, BadLine, Encoding, uploaded
from rebond.core.permissions import Operation
from rebond.core.words import AddressStatus, Cause, Channel, ExclusionCause, Reason
from rebond.jobs import ask
from rebond.jobs.names import BULK
from rebond.services.bulk import begin, dry_run, undo
from rebond.services.bulk_steps import Acting
from rebond.services.errors import NotFoundError
from rebond.services.file_lines import BadRow
from rebond.services.import_suppressions import ReadingList, import_suppressions
from rebond.services.list_addresses import email_domain
from rebond.store.read.bulk import BulkKind, BulkOperation, BulkStep, find_bulk, list_bulk
from rebond.store.read.selection import Selection, selection_to_json
from rebond.store.read.state_pages import StateFilter
from rebond.web.current import current_site, now

router = Router(tags=["Quarantine"])


class Selecting(Given):
    """Which addresses: all that is given must be so; something must be."""

    status: AddressStatus | None = None
    channel: Channel | None = None
    reason: Reason | None = None
    cause: Cause | ExclusionCause | None = None
    provider: Annotated[str, Field(max_length=64)] = ""
    domain: Annotated[str, Field(max_length=255, description="Of email addresses.")] = ""
    text: Annotated[str, Field(max_length=200, description="In the error text, whatever the case.")] = ""
    since_from: Moment | None = None
    since_to: Moment | None = None
    qualification: Annotated[Whole | None, Field(description="With a failure of this text.")] = None
    rule: Annotated[str, Field(max_length=200, description="With a failure that this rule judged.")] = ""
    delivery: Annotated[Whole | None, Field(description="With a failure about this delivery.")] = None


class ToTry(Given):
    kind: Literal["release", "quarantine"]
    selection: Selecting


class ToBegin(ToTry):
    because: Annotated[str, Field(min_length=1, max_length=2000)]
    expected: Annotated[
        int,
        Field(strict=True, ge=0, le=2**63 - 1, description="`changed` of the dry run; 409 when many more."),
    ]


class ToUndo(Given):
    because: Annotated[str, Field(min_length=1, max_length=2000)]


class SampleAddress(Told):
    channel: Channel
    address: str
    status: AddressStatus
    provider: str


class Tried(Told):
    """`changes` and `left`: how many would change, and how many stay, by the status that they have."""

    count: int
    changed: int
    changes: dict[AddressStatus, int]
    left: dict[AddressStatus, int]
    providers: dict[str, int]
    sample: list[SampleAddress]


class ReadList(Told):
    """What an import found in its file; `kept_out_nobody`: rows of addresses that may be written to."""

    rows: int
    staged: int
    repeated: int
    kept_out_nobody: int
    rejected: int
    unmatched: int
    rejected_lines: list[BadLine]


class ManyChanged(Told):
    """An operation; `step` is `done` or `undone` at its end, and `put_back` how many were undone."""

    operation: int
    at: datetime
    actor: str
    kind: BulkKind
    because: str
    selection: dict[str, Any]
    file: str
    read: ReadList | None
    step: BulkStep
    expected: int
    changed: int
    passed: int
    put_back: int
    finished_at: datetime | None
    undone_at: datetime | None
    undone_by: str


class ManyChangedPage(Told):
    items: list[ManyChanged]
    next: str | None


@router.post(
    "/quarantine/operations/dry-run",
    response=Tried,
    summary="Tell what an operation on many addresses would do",
    **needs(Operation.READ_QUARANTINE),
)
def try_operation(request: HttpRequest, given: ToTry) -> dict[str, Any]:
    """Nothing is written."""
    found = dry_run(selection=_selection(given.selection), kind=BulkKind(given.kind))
    return {
        "count": found.count,
        "changed": found.changed,
        "changes": found.changes,
        "left": found.left,
        "providers": found.providers,
        "sample": [
            {"channel": one.about.channel, "address": one.text, "status": one.status, "provider": one.provider}
            for one in found.sample
        ],
    }


@router.post(
    "/quarantine/operations",
    response={202: ManyChanged},
    summary="Release or quarantine many addresses",
    **needs(Operation.WRITE_QUARANTINE),
)
def begin_operation(request: HttpRequest, given: ToBegin) -> Any:
    """A worker does it; `GET` tells how far it is. 409 when no address would change, or many more than was said."""
    begun = begin(
        selection=_selection(given.selection),
        kind=BulkKind(given.kind),
        because=given.because,
        expected=given.expected,
        acting=_acting(request),
    )
    ask(BULK)
    return Status(202, _row(begun))


@router.get(
    "/quarantine/operations",
    response=ManyChangedPage,
    summary="List operations on many addresses",
    **needs(Operation.READ_QUARANTINE),
)
def list_operations(request: HttpRequest, *, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """The latest first; imports of other systems' lists among them."""
    rows = list_bulk(before=position(request, cursor), limit=limit + 1)
    found = page(request, rows, limit=limit, place=lambda row: row.number)
    return {**found, "items": [_row(row) for row in found["items"]]}


@router.get(
    "/quarantine/operations/{operation}",
    response=ManyChanged,
    summary="Show an operation on many addresses",
    **needs(Operation.READ_QUARANTINE),
)
def show_operation(request: HttpRequest, operation: Number) -> dict[str, Any]:
    """Tell how far it is."""
    found = find_bulk(operation)
    if found is None:
        raise NotFoundError(f"there is no operation {operation}")
    return _row(found)


@router.post(
    "/quarantine/operations/{operation}/undo",
    response={202: ManyChanged},
    summary="Undo an operation on many addresses",
    **needs(Operation.WRITE_QUARANTINE),
)
def undo_operation(request: HttpRequest, operation: Number, given: ToUndo) -> Any:
    """Exactly the addresses that are still as it left them are put back, by a worker."""
    undoing = undo(operation, because=given.because, acting=_acting(request))
    ask(BULK)
    return Status(202, _row(undoing))


@router.post(
    "/quarantine/imports",
    response={202: ManyChanged},
    summary="Take in another system's suppression list",
    **needs(Operation.WRITE_QUARANTINE, **FILE_BODY),
)
def import_list(
    request: HttpRequest,
    *,
    because: Annotated[str, Field(min_length=1, max_length=2000, description="Where the list comes from.")],
    encoding: Encoding = "utf-8",
) -> Any:
    """An export of another system, told by its columns, of at most 16 MiB; a worker does what it says."""
    config = current_site().config
    reading = ReadingList(
        encoding=encoding, region=config.site.default_region, allow_undotted=config.email.allow_undotted
    )
    with uploaded(request) as path:
        begun = import_suppressions(path, because=because, actor=caller_of(request).name, now=now, reading=reading)
    ask(BULK)
    return Status(202, _row(begun))


def _selection(given: Selecting) -> Selection:
    states = StateFilter(
        status=given.status,
        channel=given.channel,
        reason=given.reason,
        cause=given.cause,
        provider=given.provider,
        domain=email_domain(given.domain) if given.domain else "",
        text=given.text,
        since_from=given.since_from,
        since_to=given.since_to,
    )
    return Selection(states=states, qualification=given.qualification, rule=given.rule, delivery=given.delivery)


def _acting(request: HttpRequest) -> Acting:
    return Acting(policy=current_site().policy, actor=caller_of(request).name, now=now)


def _row(row: BulkOperation) -> dict[str, Any]:
    names = ManyChanged.model_fields.keys() - {"operation", "selection", "read"}
    told = {name: getattr(row, name) for name in names}
    read = row.read and {**asdict(row.read), "rejected_lines": [BadRow(*error) for error in row.read.errors]}
    return {"operation": row.number, "selection": selection_to_json(row.selection), "read": read, **told}
