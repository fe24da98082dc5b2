"""Which addresses an act on many is about, and the operations that there were (specification 04, "Bulk and undo")."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Max

from rebond.core.words import AddressStatus, Channel, Reason
from rebond.store.dialect import domain_of, moment, unindexed
from rebond.store.models import AddressStateRow, QuarantineItem, QuarantineOperation
from rebond.store.read.evidence import AddressKey
from rebond.store.read.state_json import read_cause
from rebond.store.read.state_pages import StateFilter

_ANY = StateFilter()
_TIMES = ("since_from", "since_to", "until_from", "until_to")


class BulkKind(StrEnum):
    """What an operation does to each address."""

    RELEASE = "release"
    QUARANTINE = "quarantine"
    IMPORT = "import"


class BulkStep(StrEnum):
    """Where an operation stands; `read`: a file is being read into it."""

    READ = "read"
    ACT = "act"
    DONE = "done"
    UNDO = "undo"
    UNDONE = "undone"

    @property
    def finished(self) -> bool:
        return self in (BulkStep.DONE, BulkStep.UNDONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which addresses: by their states, and by a failure among their evidence.

    `qualification` is the number of its text, `rule` the id of the rule that judged it, `delivery` the number of the
    delivery that it was about; all that is given must be so of one and the same failure.
    """

    states: StateFilter = _ANY
    qualification: int | None = None
    rule: str = ""
    delivery: int | None = None

    @property
    def empty(self) -> bool:
        """Tell whether nothing narrows it."""
        return self == Selection()


@dataclass(frozen=True, slots=True)
class Selected:
    """An address that is selected: the number of its row, its status then, and what lists show."""

    id: int
    about: AddressKey
    text: str
    status: AddressStatus
    provider: str


def selected(
    selection: Selection, *, after: int, until: int, limit: int, every_scope: bool = False
) -> tuple[list[Selected], int]:
    """Read the next selected addresses behind a number, and where the following begin; that is `until` at the end.

    `every_scope`: their narrower states too.
    """
    conditions, values = _conditions(selection, every_scope=every_scope)
    with connection.cursor() as cursor:
        cursor.execute(_SELECT.format(where=" AND ".join(conditions)), [after, until, *values, limit])
        rows = cursor.fetchall()
    text = selection.states.text.casefold()
    found = [
        Selected(number, AddressKey(Channel(channel), key), address, AddressStatus(status), provider)
        for number, channel, key, address, status, provider, said in rows
        if text in said.casefold()
    ]
    return found, rows[-1][0] if len(rows) == limit else until


_SELECT = """
SELECT state.id, state.channel, state.address_key, state.address, state.status, state.provider, state.error_text
FROM address_state state WHERE state.id > %s AND state.id <= %s AND {where} ORDER BY state.id LIMIT %s
"""


def _conditions(selection: Selection, *, every_scope: bool) -> tuple[list[str], list[Any]]:
    # By number, whatever else there is an index for: the walk begins anew for each part.
    wanted, values = selection.states, list[Any]()
    conditions = ["state.since IS NOT NULL"] if every_scope else [f"{unindexed('state.scope')} = ''"]

    def add(condition: str, value: object) -> None:
        conditions.append(condition)
        values.append(value)

    for name in ("status", "channel", "reason", "cause"):
        if (value := getattr(wanted, name)) is not None:
            add(f"{unindexed(f'state.{name}')} = %s", value.value)
    if wanted.provider:
        add(f"{unindexed('state.provider')} = %s", wanted.provider)
    if wanted.domain:
        add(f"{unindexed('state.channel')} = %s", Channel.EMAIL.value)
        add(f"{unindexed(domain_of('state.address_key'))} = %s", wanted.domain)
    for name in _TIMES:
        if (at := getattr(wanted, name)) is not None:
            add(f"{unindexed(f'state.{name[:5]}')} {'>=' if name.endswith('from') else '<'} %s", moment(at))
    failed = _failure_conditions(selection)
    if failed:
        conditions.append(_FAILED.format(where=" AND ".join(failed)))
        values += failed.values()
    return conditions, values


def _failure_conditions(selection: Selection) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if selection.qualification is not None:
        found["failure.qualification = %s"] = selection.qualification
    if selection.rule:
        found["failure.rule = %s"] = selection.rule
    if selection.delivery is not None:
        found["(SELECT sent.delivery_id FROM message sent WHERE sent.id = failure.message) = %s"] = selection.delivery
    return found


_FAILED = """EXISTS (SELECT 1 FROM evidence failure WHERE failure.channel = state.channel
    AND failure.address_key = state.address_key AND failure.scope = '' AND failure.type IN ('hard', 'soft')
    AND {where})"""


def last_state() -> int:
    """Return the highest number of a state: what comes later is in no selection made now."""
    return AddressStateRow.objects.aggregate(last=Max("id"))["last"] or 0


def selection_to_json(selection: Selection) -> dict[str, Any]:
    """Write a selection, without what it does not ask for."""
    wanted = {field.name: getattr(selection.states, field.name) for field in fields(StateFilter)}
    wanted |= {name: getattr(selection, name) for name in ("qualification", "rule", "delivery")}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in wanted.items()
        if value not in (None, "")
    }


def selection_from_json(values: Mapping[str, Any]) -> Selection:
    """Read a selection; ValueError for what is none."""
    given = dict(values)
    more = {name: given.pop(name) for name in ("qualification", "rule", "delivery") if name in given}
    kinds: dict[str, Any] = {"status": AddressStatus, "channel": Channel, "reason": Reason, "cause": read_cause}
    kinds |= dict.fromkeys(_TIMES, datetime.fromisoformat)
    return Selection(
        states=replace(StateFilter(), **{name: kinds.get(name, str)(value) for name, value in given.items()}), **more
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """What was found in a list: `errors` are the first of the `rejected` rows, with their lines.

    `kept_out_nobody` counts rows of addresses that may be written to, `unmatched` the hashes of nobody known here.
    """

    rows: int
    staged: int
    repeated: int
    kept_out_nobody: int
    rejected: int
    unmatched: int
    errors: Sequence[tuple[int, str]]


def _list_read(values: Mapping[str, Any]) -> ListRead:
    counts = {name: value for name, value in values.items() if name != "errors"}
    return ListRead(**counts, errors=[(line, reason) for line, reason in values["errors"]])


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOperation:
    """An act on many addresses. `file` names what an import was read from, and `read` what was found in it."""

    number: int
    at: datetime
    actor: str
    kind: BulkKind
    because: str
    selection: Selection
    file: str
    format: str
    read: "ListRead | None"
    step: BulkStep
    expected: int
    changed: int
    passed: int
    put_back: int
    finished_at: datetime | None
    undone_at: datetime | None
    undone_by: str

    @property
    def looked_at(self) -> int:
        """How many addresses it has dealt with."""
        return self.changed + self.passed


def find_bulk(number: int) -> BulkOperation | None:
    """Find an operation by its number."""
    row = QuarantineOperation.objects.filter(id=number).first()
    return bulk_operation(row) if row else None


def list_bulk(*, before: int | None = None, limit: int = 50) -> list[BulkOperation]:
    """List operations, the latest first."""
    rows = QuarantineOperation.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [bulk_operation(row) for row in rows[:limit]]


def unfinished_bulk() -> list[int]:
    """List the operations that have something left to do."""
    rows = QuarantineOperation.objects.filter(step__in=(BulkStep.ACT.value, BulkStep.UNDO.value))
    return list(rows.order_by("id").values_list("id", flat=True))


def bulk_operation(row: QuarantineOperation) -> BulkOperation:
    """Make the value of a row."""
    asked = dict(row.selection)
    named = {name: asked.pop(name, "") for name in ("file", "format", "until", "read")}
    return BulkOperation(
        number=row.pk,
        at=row.at,
        actor=row.actor,
        kind=BulkKind(row.kind),
        because=row.because,
        selection=selection_from_json(asked),
        file=named["file"],
        format=named["format"],
        read=_list_read(named["read"]) if named["read"] else None,
        step=BulkStep(row.step),
        expected=row.expected,
        changed=row.changed,
        passed=row.passed,
        put_back=row.put_back,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


@dataclass(frozen=True, slots=True)
class BulkItem:
    """An address that an operation changed: by which evidence, and the state that this left."""

    id: int
    about: AddressKey
    text: str
    evidence: str
    after: Mapping[str, Any]


def bulk_items(operation: int, *, after: int, limit: int) -> list[BulkItem]:
    """Read the next addresses that an operation changed."""
    rows = QuarantineItem.objects.filter(operation=operation, id__gt=after).order_by("id")[:limit]
    return [
        BulkItem(row.pk, AddressKey(Channel(row.channel), row.address_key), row.address, row.evidence, row.after)
        for row in rows
    ]


def changed_by(operation: int, addresses: Sequence[AddressKey]) -> frozenset[AddressKey]:
    """Tell which of these addresses an operation has changed already."""
    rows = QuarantineItem.objects.filter(operation=operation, address_key__in=[one.key for one in addresses])
    return frozenset(AddressKey(Channel(channel), key) for channel, key in rows.values_list("channel", "address_key"))


def walk(selection: Selection, *, limit: int) -> Iterator[list[Selected]]:
    """Read all that is selected, a part at a time."""
    after, until = 0, last_state()
    while after < until:
        part, after = selected(selection, after=after, until=until, limit=limit)
        yield part
