"""Releasing or quarantining many addresses as one operation, that can be undone (specification 04, "Bulk and undo").

What is done is evidence of each address, in bounded transactions; whoever is interrupted leaves a number behind that
anybody can continue from. Undoing makes that evidence void, for the addresses that are as the operation left them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import transaction

from rebond.core.said import said
from rebond.core.words import AddressStatus
from rebond.services.bulk_steps import Acting, do_part, takes
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.bulk import BulkKind, BulkOperation, BulkStep, find_bulk, unfinished_bulk
from rebond.store.read.selection import Selected, Selection, last_state, selection_to_json, tally, walk
from rebond.store.write.audit import add_audit
from rebond.store.write.bulk import (
    add_bulk,
    begin_undo,
    lock_bulk,
)

_LOOK = 5_000
_MOST_SAMPLES = 20
Progress = Callable[[BulkOperation], None]


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
    for (status, provider), number in tally(selection, part=_LOOK).items():
        if takes(kind, status, selection):
            changes[status] += number
            providers[provider] += number
        else:
            left[status] += number
    taken = (one for part in walk(selection, limit=_LOOK) for one in part if takes(kind, one.status, selection))
    return DryRun(
        kind=kind,
        selection=selection,
        count=changes.total() + left.total(),
        changes=dict(changes),
        left=dict(left),
        providers=dict(providers.most_common(5)),
        sample=list(islice(taken, _MOST_SAMPLES)) if changes else (),
    )


def _refuse_unfit(selection: Selection, kind: BulkKind) -> None:
    if kind is BulkKind.IMPORT:
        raise InputError(said("many addresses are acted on by release or quarantine"))
    if selection.empty:
        raise InputError(
            said("say which addresses: by error text, text, provider, domain, reason, delivery, rule or time")
        )


def begin(*, selection: Selection, kind: BulkKind, because: str, expected: int, acting: Acting) -> BulkOperation:
    """Begin a release or a quarantine; `expected` is how many addresses its dry run said that change.

    What is done comes with `carry_on`. RefusedError when many more would change than was said.
    """
    _refuse_unfit(selection, kind)
    if not because.strip():
        raise InputError(said("say why: it is kept with the change"))
    found = dry_run(selection=selection, kind=kind)
    if not found.changed:
        raise RefusedError(said("no address would change: nothing was begun"))
    if found.changed > expected + max(10, expected // 100):
        raise RefusedError(
            said(
                "{changed:,} addresses would change by now, and not {expected:,}: look again",
                changed=found.changed,
                expected=expected,
            )
        )
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
                raise NotFoundError(
                    said("there is no operation {number}: see rebond quarantine operations", number=number)
                )
            step = running.operation.step
            if step.finished or step is BulkStep.READ:
                break
            do_part(running, acting)
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
        raise InputError(said("say why: it is kept with the change"))
    with transaction.atomic():
        running = lock_bulk(number)
        if running is None:
            raise NotFoundError(said("there is no operation {number}: see rebond quarantine operations", number=number))
        if running.operation.step in (BulkStep.UNDO, BulkStep.UNDONE):
            raise RefusedError(said("operation {number} was undone already", number=number))
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
