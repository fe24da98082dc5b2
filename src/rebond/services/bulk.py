"""Releasing or quarantining many addresses as one operation, that can be undone (specification 04, "Bulk and undo").

What is done is evidence of each address, in bounded transactions; whoever is interrupted leaves a number behind that
anybody can continue from. Undoing makes that evidence void, for the addresses that are as the operation left them.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rebond.core.failure import AddressState, Event, Evidence
from rebond.core.policy import Policy
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.people import after_all_that_is_known
from rebond.services.record import Occurrence, record
from rebond.store.read.bulk import (
    BulkItem,
    BulkKind,
    BulkOperation,
    BulkStep,
    Selected,
    Selection,
    bulk_items,
    changed_by,
    find_bulk,
    last_state,
    selected,
    selection_to_json,
    unfinished_bulk,
    walk,
)
from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of, states_of
from rebond.store.write.audit import add_audit
from rebond.store.write.bulk import (
    RunningBulk,
    add_bulk,
    add_items,
    begin_undo,
    end_bulk,
    left_state,
    lock_bulk,
    move_bulk,
)
from rebond.store.write.evidence import drop_plain_states, hold_addresses, lock_states

PAGE = 200
_LOOK = 5_000
_MOST_SAMPLES = 20
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
Progress = Callable[[BulkOperation], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts, under which policy, and the clock: a large operation ends long after it began."""

    policy: Policy
    actor: str
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What an operation would do: how many addresses it is about, and how many change, by the status they have.

    `left` counts those that stay as they are, by the status that they have.
    """

    kind: BulkKind
    selection: Selection
    count: int
    changes: Mapping[AddressStatus, int]
    left: Mapping[AddressStatus, int]
    providers: Mapping[str, int]
    sample: Sequence[Selected]

    @property
    def changed(self) -> int:
        """How many addresses would change."""
        return sum(self.changes.values())


def dry_run(*, selection: Selection, kind: BulkKind) -> DryRun:
    """Tell what a release or a quarantine of these addresses would do; nothing is written."""
    _refuse_unfit(selection, kind)
    changes, left, providers = Counter[AddressStatus](), Counter[AddressStatus](), Counter[str]()
    sample: list[Selected] = []
    for part in walk(selection, limit=_LOOK):
        for one in part:
            if takes(kind, one.status, selection):
                changes[one.status] += 1
                providers[one.provider] += 1
                if len(sample) < _MOST_SAMPLES:
                    sample.append(one)
            else:
                left[one.status] += 1
    return DryRun(
        kind=kind,
        selection=selection,
        count=changes.total() + left.total(),
        changes=dict(changes),
        left=dict(left),
        providers=dict(providers.most_common(5)),
        sample=sample,
    )


def takes(kind: BulkKind, status: AddressStatus, selection: Selection) -> bool:
    """Tell whether an operation changes addresses of this status."""
    return status in _TAKEN[kind] or (status is selection.states.status and status in _NAMED[kind])


def _refuse_unfit(selection: Selection, kind: BulkKind) -> None:
    if kind not in _EVENTS:
        raise InputError(f"many addresses are acted on by {' or '.join(_EVENTS)}")
    if selection.empty:
        raise InputError("say which addresses: by error text, text, provider, domain, reason, delivery, rule or time")


def begin(*, selection: Selection, kind: BulkKind, because: str, expected: int, acting: Acting) -> BulkOperation:
    """Begin a release or a quarantine; `expected` is how many addresses its dry run said that change.

    What is done comes with `carry_on`. RefusedError when many more would change than was said.
    """
    _refuse_unfit(selection, kind)
    if not because.strip():
        raise InputError("say why: it is kept with the change")
    found = dry_run(selection=selection, kind=kind)
    if not found.changed:
        raise RefusedError("no address would change: nothing was begun")
    if found.changed > expected + max(10, expected // 100):
        raise RefusedError(f"{found.changed:,} addresses would change by now, and not {expected:,}: look again")
    now = acting.now()
    asked = selection_to_json(selection)
    with transaction.atomic():
        number = add_bulk(
            kind=kind,
            actor=acting.actor,
            because=because,
            now=now,
            selection={**asked, "until": last_state()},
            expected=found.count,
        )
        after = {"selection": asked, "expected": found.changed}
        _audit(f"quarantine.bulk_{kind}", number, acting, now=now, after=after, because=because)
    return _operation(number)


def carry_on(
    number: int, *, acting: Acting, most: int | None = None, progress: Progress | None = None
) -> BulkOperation:
    """Do what is left of an operation, or of its undoing, in bounded transactions; again is harmless.

    `most`: at most so many of these transactions. NotFoundError when there is no such operation.
    """
    done = 0
    while most is None or done < most:
        with transaction.atomic():
            running = lock_bulk(number)
            if running is None:
                raise NotFoundError(f"there is no operation {number}: see rebond quarantine operations")
            step = running.operation.step
            if step.finished or (running.operation.kind is BulkKind.IMPORT and step is BulkStep.ACT):
                break
            (_act if step is BulkStep.ACT else _put_back)(running, acting)
        done += 1
        if progress is not None:
            progress(_operation(number))
    return _operation(number)


def carry_on_all(*, acting: Acting) -> list[BulkOperation]:
    """Do what interrupted operations left behind."""
    return [carry_on(number, acting=acting) for number in unfinished_bulk()]


def undo(number: int, *, because: str, acting: Acting) -> BulkOperation:
    """Begin to put back the addresses that are still as an operation left them; `carry_on` does it.

    RefusedError when it was undone already, or is being undone.
    """
    if not because.strip():
        raise InputError("say why: it is kept with the change")
    with transaction.atomic():
        running = lock_bulk(number)
        if running is None:
            raise NotFoundError(f"there is no operation {number}: see rebond quarantine operations")
        if running.operation.step in (BulkStep.UNDO, BulkStep.UNDONE):
            raise RefusedError(f"operation {number} was undone already")
        now = acting.now()
        begin_undo(number, actor=acting.actor, now=now)
        before = {"changed": running.operation.changed}
        _audit("quarantine.bulk_undo", number, acting, now=now, before=before, because=because)
    return _operation(number)


def _operation(number: int) -> BulkOperation:
    found = find_bulk(number)
    assert found is not None
    return found


def _audit(
    action: str,
    number: int,
    acting: Acting,
    *,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    because: str = "",
) -> None:
    subject = f"operation {number}"
    add_audit(action, subject=subject, actor=acting.actor, now=now, before=before, after=after, because=because)


def _act(running: RunningBulk, acting: Acting) -> None:
    """Do the next part; what is not as it was selected any more is passed over."""
    operation, now = running.operation, acting.now()
    found, cursor = selected(operation.selection, after=running.cursor, until=running.until, limit=PAGE)
    known = changed_by(operation.number, [one.about for one in found])
    texts = {one.about: one.text for one in found if one.about not in known}
    before = _locked(texts, acting)
    event = _EVENTS[operation.kind]
    chosen = {about: texts[about] for about in texts if takes(operation.kind, before[about], operation.selection)}
    act_on(operation.number, chosen, event=event, because=operation.because, actor=operation.actor, acting=acting)
    drop_plain_states(list(texts))
    move_bulk(operation.number, cursor=cursor, changed=len(chosen), passed=len(texts) - len(chosen))
    if cursor >= running.until:
        end_bulk(operation.number, step=BulkStep.DONE, now=now)


def _locked(texts: Mapping[AddressKey, str], acting: Acting) -> dict[AddressKey, AddressStatus]:
    """Lock addresses, and tell their status."""
    hold_addresses(texts.keys(), succeeding=())
    lock_states(dict(sorted(texts.items())), policy=acting.policy)
    rows = states_of(texts)
    return {about: rows[about].state.status if about in rows else AddressStatus.VALID for about in texts}


def act_on(
    operation: int, chosen: Mapping[AddressKey, str], *, event: Event, because: str, actor: str, acting: Acting
) -> Mapping[AddressKey, AddressState]:
    """Add what an operation does to the evidence of these addresses (with their text), and write down what it left."""
    if not chosen:
        return {}
    now, times = acting.now(), after_all_that_is_known(chosen)
    occurrences = [
        Occurrence(
            channel=about.channel,
            address=text,
            key=about.key,
            evidence=Evidence(
                identity=_identity("bulk", operation, about),
                event=event,
                at=max(now, times[about]),
                because=because,
                actor=actor,
            ),
        )
        for about, text in chosen.items()
    ]
    states = record(occurrences, policy=acting.policy, now=now).states
    add_items(
        operation,
        [
            (one.about, one.address, one.evidence.identity, left_state(states[one.about]))
            for one in occurrences
            if one.about in states
        ],
    )
    return states


def _identity(kind: str, operation: int, about: AddressKey) -> str:
    named = f"{about.channel}\0{about.key}".encode()
    return f"{kind}:{operation}:{hashlib.sha256(named).hexdigest()}"


def _put_back(running: RunningBulk, acting: Acting) -> None:
    """Make void what the operation did to the next addresses, where they are as it left them."""
    operation, now = running.operation, acting.now()
    items = bulk_items(operation.number, after=running.cursor, limit=PAGE)
    if not items:
        end_bulk(operation.number, step=BulkStep.UNDONE, now=now)
        _audit("quarantine.bulk_undone", operation.number, acting, now=now, after={"put_back": operation.put_back})
        return
    texts = {item.about: item.text for item in items}
    _locked(texts, acting)
    still = _as_left(items, acting.policy)
    times = after_all_that_is_known([item.about for item in still])
    occurrences = [
        Occurrence(
            channel=item.about.channel,
            address=item.text,
            key=item.about.key,
            evidence=Evidence(
                identity=_identity("bulk-undo", operation.number, item.about),
                event=Event.UNDO,
                at=max(now, times[item.about]),
                voids=frozenset({item.evidence}),
                because=f"operation {operation.number} undone",
                actor=operation.undone_by,
            ),
        )
        for item in still
    ]
    record(occurrences, policy=acting.policy, now=now)
    drop_plain_states(list(texts))
    move_bulk(operation.number, cursor=items[-1].id, put_back=len(still))


def _as_left(items: Sequence[BulkItem], policy: Policy) -> list[BulkItem]:
    """Find those that are as the operation left them; a row that cleanup removed since changes nothing."""
    addresses = [item.about for item in items]
    evidence, snapshots = evidence_of(addresses), snapshots_of(addresses)
    still = []
    for item in items:
        about = item.about
        known = evidence[about]
        state = fold(policy, snapshots.get(about), known, channel=about.channel)
        if left_state(state) == item.after and any(one.identity == item.evidence for one in known):
            still.append(item)
    return still
