"""The parts of an operation on many addresses, each a bounded piece of a transaction (`bulk.carry_on`)."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.failure import Event, Evidence
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus
from rebond.services.import_acts import act_of, is_so_already
from rebond.services.people import after_all_that_is_known
from rebond.services.record import Occurrence, record
from rebond.store.read.bulk import BulkItem, BulkKind, BulkOperation, BulkStep, bulk_items, changed_by
from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of, states_of
from rebond.store.read.selection import Selection, selected
from rebond.store.write.audit import add_audit
from rebond.store.write.bulk import RunningBulk, add_items, end_bulk, left_state, move_bulk, settle_items
from rebond.store.write.states import hold_addresses

PAGE = 200
_EVENTS = {BulkKind.RELEASE: Event.RELEASED, BulkKind.QUARANTINE: Event.QUARANTINED}
_TAKEN = {
    BulkKind.RELEASE: frozenset({AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED}),
    BulkKind.QUARANTINE: frozenset({AddressStatus.VALID, AddressStatus.ERRONEOUS}),
}
# What a person put there, or a complaint: only where the selection names that status.
_NAMED = {
    BulkKind.RELEASE: frozenset({AddressStatus.DENYLISTED, AddressStatus.ALLOWLISTED}),
    BulkKind.QUARANTINE: frozenset({AddressStatus.ALLOWLISTED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts, under which policy, and the clock: a large operation ends long after it began."""

    policy: Policy
    actor: str
    now: Callable[[], datetime]


def takes(kind: BulkKind, status: AddressStatus, selection: Selection) -> bool:
    """Tell whether an operation changes addresses of this status."""
    return status in _TAKEN[kind] or (status is selection.states.status and status in _NAMED[kind])


def do_part(running: RunningBulk, acting: Acting) -> None:
    """Do the next part of an operation that is locked, or of its undoing."""
    if running.operation.step is BulkStep.UNDO:
        _put_back(running, acting)
    elif running.operation.kind is BulkKind.IMPORT:
        _act_as_told(running, acting)
    else:
        _act(running, acting)


def _act(running: RunningBulk, acting: Acting) -> None:
    """Do the next part; what is not as it was selected any more is passed over."""
    operation, now = running.operation, acting.now()
    found, cursor = selected(operation.selection, after=running.cursor, until=running.until, limit=PAGE)
    known = changed_by(operation.number, [one.about for one in found])
    texts = {one.about: one.text for one in found if one.about not in known}
    before = _held(texts)
    chosen = [about for about in texts if takes(operation.kind, before[about], operation.selection)]
    times = after_all_that_is_known(chosen)
    acts = [_told(operation, about, texts[about], at=max(now, times[about])) for about in chosen]
    states = record(acts, policy=acting.policy, now=now).states
    add_items(
        operation.number,
        [
            (act.about, act.address, act.evidence.identity, left_state(states[act.about]))
            for act in acts
            if act.about in states
        ],
    )
    move_bulk(operation.number, cursor=cursor, changed=len(chosen), passed=len(texts) - len(chosen))
    if cursor >= running.until:
        end_bulk(operation.number, step=BulkStep.DONE, now=now)


def _told(operation: BulkOperation, about: AddressKey, text: str, *, at: datetime) -> Occurrence:
    evidence = Evidence(
        identity=_identity("bulk", operation.number, about),
        event=_EVENTS[operation.kind],
        at=at,
        because=operation.because,
        actor=operation.actor,
    )
    return Occurrence(channel=about.channel, address=text, key=about.key, evidence=evidence)


def _act_as_told(running: RunningBulk, acting: Acting) -> None:
    """Do the next part of what a list says; what is so already is passed over."""
    operation, now = running.operation, acting.now()
    items = bulk_items(operation.number, after=running.cursor, limit=PAGE)
    if not items:
        end_bulk(operation.number, step=BulkStep.DONE, now=now)
        return
    texts = {item.about: item.text for item in items}
    before = _held(texts)
    chosen = [item for item in items if not is_so_already(before[item.about], item)]
    times = after_all_that_is_known([item.about for item in chosen])
    acts = [
        act_of(
            operation,
            item,
            identity=_identity("import", operation.number, item.about),
            now=now,
            after=times[item.about],
        )
        for item in chosen
    ]
    states = record(acts, policy=acting.policy, now=now).states
    settle_items(
        [
            (item.id, act.evidence.identity, left_state(states[act.about]) | {"before": before[act.about].value})
            for item, act in zip(chosen, acts, strict=True)
            if act.about in states
        ]
    )
    # What was heard of an address later than the list says may stand against it.
    done = sum(state.status is not before[about] for about, state in states.items())
    move_bulk(operation.number, cursor=items[-1].id, changed=done, passed=len(items) - done)


def _held(texts: Collection[AddressKey]) -> dict[AddressKey, AddressStatus]:
    """Hold addresses until the transaction ends, and tell their status."""
    hold_addresses(texts)
    rows = states_of(texts)
    return {about: rows[about].state.status if about in rows else AddressStatus.VALID for about in texts}


def _identity(kind: str, operation: int, about: AddressKey) -> str:
    """Make the identity of what an operation does to an address: to do it again adds nothing."""
    named = f"{about.channel}\0{about.key}".encode()
    return f"{kind}:{operation}:{hashlib.sha256(named).hexdigest()}"


def _put_back(running: RunningBulk, acting: Acting) -> None:
    """Make void what the operation did to the next addresses, where they are as it left them."""
    operation, now = running.operation, acting.now()
    items = bulk_items(operation.number, after=running.cursor, limit=PAGE)
    if not items:
        end_bulk(operation.number, step=BulkStep.UNDONE, now=now)
        add_audit(
            "quarantine.bulk_undone",
            subject=f"operation {operation.number}",
            actor=operation.undone_by,
            now=now,
            after={"put_back": operation.put_back},
        )
        return
    texts = {item.about: item.text for item in items}
    _held(texts)
    voids = _as_left(items, acting.policy)
    times = after_all_that_is_known([item.about for item, _ in voids])
    acts = [
        Occurrence(
            channel=item.about.channel,
            address=item.text,
            key=item.about.key,
            evidence=Evidence(
                identity=_identity("bulk-undo", operation.number, item.about),
                event=event,
                at=max(now, times[item.about]),
                voids=frozenset({item.evidence} if event is Event.UNDO else ()),
                because=f"operation {operation.number} undone",
                actor=operation.undone_by,
            ),
        )
        for item, event in voids
    ]
    record(acts, policy=acting.policy, now=now)
    move_bulk(operation.number, cursor=items[-1].id, put_back=len(acts))


def _as_left(items: Sequence[BulkItem], policy: Policy) -> list[tuple[BulkItem, Event]]:
    """Find those that are as the operation left them, and what undoes it.

    A row that cleanup removed since changes nothing. Where retention has summed up what a list said, which is as old
    as the list says, an address that was valid before is released.
    """
    addresses = [item.about for item in items]
    evidence, snapshots = evidence_of(addresses), snapshots_of(addresses)
    found = []
    for item in items:
        left = dict(item.after)
        before = left.pop("before", "")
        known = evidence[item.about]
        state = fold(policy, snapshots.get(item.about), known, channel=item.about.channel)
        if not item.evidence or left_state(state) != left:
            continue
        if any(one.identity == item.evidence for one in known):
            found.append((item, Event.UNDO))
        elif before == AddressStatus.VALID:
            found.append((item, Event.RELEASED))
    return found
