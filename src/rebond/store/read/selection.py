"""Which addresses an act on many is about (specification 04, "Bulk and undo")."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Max

from rebond.core.words import AddressStatus, Channel, Reason
from rebond.store.dialect import domain_of, moment, unindexed
from rebond.store.models import AddressStateRow
from rebond.store.read.evidence import AddressKey
from rebond.store.read.state_json import read_cause
from rebond.store.read.state_pages import StateFilter

_ANY = StateFilter()
_TIMES = ("since_from", "since_to", "until_from", "until_to")


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


def tally(selection: Selection, *, part: int) -> Counter[tuple[AddressStatus, str]]:
    """Count what is selected by status and provider.

    `part`: so many are looked at in one go where a text is asked for.
    """
    counts: Counter[tuple[AddressStatus, str]] = Counter()
    if selection.states.text:
        for rows in walk(selection, limit=part):
            counts.update((one.status, one.provider) for one in rows)
        return counts
    conditions, values = _conditions(selection, every_scope=False)
    with connection.cursor() as cursor:
        cursor.execute(_TALLY.format(where=" AND ".join(conditions)), values)
        for status, provider, number in cursor.fetchall():
            counts[AddressStatus(status), provider] = number
    return counts


_TALLY = """
SELECT state.status, state.provider, count(*) FROM address_state state WHERE {where}
GROUP BY state.status, state.provider
"""


def walk(selection: Selection, *, limit: int) -> Iterator[list[Selected]]:
    """Read all that is selected, a part at a time."""
    after, until = 0, last_state()
    while after < until:
        part, after = selected(selection, after=after, until=until, limit=limit)
        yield part
