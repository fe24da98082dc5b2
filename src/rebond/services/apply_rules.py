"""A change of rules and all that follows from it, as one audited operation that can be undone (specification 03).

The rules change first, so that what comes meanwhile is judged by them; then the stored failures follow, some hundred a
transaction. Whoever is interrupted leaves a step behind that anybody can continue from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from rebond.core.failure import Verdict
from rebond.core.policy import Policy
from rebond.core.ports import Clock
from rebond.core.said import said
from rebond.core.words import QualificationStatus
from rebond.services.alerts import end_for_texts
from rebond.services.backtest import Plan
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.judge_text import same_verdict
from rebond.services.meanwhile import Meanwhile, rejudge_texts
from rebond.services.quarantine_bound import QuarantineBound
from rebond.services.recompute import fold_needed
from rebond.services.rules_in_force import MakeQualifier, keep_last
from rebond.store.read.evidence import AddressKey, states_of
from rebond.store.read.rules import Document, Operation, Step, console_documents, find_operation, unfinished
from rebond.store.write.alerts import reopen_alerts
from rebond.store.write.audit import add_audit
from rebond.store.write.requalify import (
    StoredFailure,
    add_verdict_changes,
    forget_verdicts,
    judge_failures,
    keep_verdicts,
    lock_failures,
    lock_failures_with,
    lock_requalified,
    next_verdict_change,
)
from rebond.store.write.rules import (
    Running,
    add_operation,
    begin_undoing,
    change_qualifications,
    changed_qualifications,
    finish_operation,
    later_operations,
    lock_operation,
    lock_qualifications,
    move_operation,
    put_rules,
    restore_qualifications,
    take_turn,
)
from rebond.store.write.states import hold_addresses

PAGE = 500
_UNDOING = (Step.RESTORE, Step.REFOLD_BACK, Step.REJUDGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What changing rules needs: the policy, and how to make the qualifier of a site with given rules of its own.

    With `anyway` a person means what would be refused otherwise: they have seen what it comes to. What is not done when
    `has_time` says no is left for `carry_on`.
    """

    policy: Policy
    make: MakeQualifier
    actor: str
    clock: Clock
    bound: QuarantineBound = field(default_factory=QuarantineBound)
    anyway: bool = False
    has_time: Callable[[], bool] = lambda: True

    @property
    def now(self) -> datetime:
        """Return the time: a large operation ends long after it began."""
        return self.clock.now()


class ChangedMeanwhileError(Exception):
    """Somebody changed the rules since they were looked at, or is at it: the plan is not what would happen."""


def begin(
    practice: Practice,
    plan: Plan,
    *,
    kind: str,
    because: str,
    rules: Mapping[str, Document | None],
    seen: Mapping[str, Document],
    pack: Mapping[str, Any] | None = None,
) -> int:
    """Change the rules and the qualifications in one transaction; `seen` are the rules that the plan was made with.

    Raises ChangedMeanwhileError when they are others now, and while an operation is unfinished (`carry_on_all`). What
    remains is for `carry_on`.
    """
    with transaction.atomic():
        running = add_operation(
            kind=kind, actor=practice.actor, because=because, now=practice.now, rules=rules, seen=seen, pack=pack
        )
        if running is None:
            raise ChangedMeanwhileError
        rows = {row.number: row for row in lock_qualifications([change.row.number for change in plan.changes])}
        for change in plan.changes:
            found = rows.get(change.row.number)
            if found is None or (found.verdict, found.status) != (change.row.verdict, change.row.status):
                raise ChangedMeanwhileError
        texts = [(change.row, change.after, change.status) for change in plan.changes]
        change_qualifications(running.number, texts)
        add_verdict_changes(running.number, list(plan.verdicts.items()))
        decided = [row.number for row, _, status in texts if status is not QualificationStatus.TO_QUALIFY]
        end_for_texts(decided, because="decided", now=practice.now, operation=running.number)
        _audit(practice, kind, running, plan, pack=pack)
    return running.number


def _audit(practice: Practice, kind: str, running: Running, plan: Plan, *, pack: Mapping[str, Any] | None) -> None:
    after = {"rules": dict(running.rules_after), "texts": len(plan.changes), "failures": plan.changed}
    if pack is not None:
        after["pack"] = dict(pack)
    add_audit(
        f"rules.{kind}",
        subject=f"operation {running.number}",
        actor=practice.actor,
        now=practice.now,
        before={"rules": dict(running.rules_before)},
        after=after,
        because=running.because,
    )


def carry_on(practice: Practice, number: int, *, on_progress: Callable[[int], None] | None = None) -> Operation:
    """Do what is left of an operation, or of its undoing, in bounded transactions; again is harmless."""
    done = 0
    practice = replace(practice, make=keep_last(practice.make))
    while True:
        with transaction.atomic():
            running = lock_operation(number)
            if running is None:
                raise NotFoundError(said("there is no operation {number}: see rebond rules operations", number=number))
            if running.step.finished:
                break
            done += _STEPS[running.step](practice, running)
        if on_progress:
            on_progress(done)
        if not practice.has_time():
            break
    found = find_operation(number)
    assert found is not None
    return found


def carry_on_all(practice: Practice, *, on_progress: Callable[[int], None] | None = None) -> list[Operation]:
    """Do what interrupted operations left behind."""
    return [carry_on(practice, number, on_progress=on_progress) for number in unfinished()]


def undo(
    practice: Practice, number: int, *, because: str = "", on_progress: Callable[[int], None] | None = None
) -> Operation:
    """Put rules, verdicts and states back as they were before an operation; what others left unfinished comes first.

    The operation itself need not be finished, and an interrupted undoing goes on. RefusedError when it was undone
    already, or when a later one touches the same: that is undone first.
    """
    for other in _others(number):
        carry_on(practice, other, on_progress=on_progress)
    with transaction.atomic():
        take_turn()
        running = lock_operation(number)
        if running is None:
            raise NotFoundError(said("there is no operation {number}: see rebond rules operations", number=number))
        if running.step is Step.UNDONE:
            raise RefusedError(said("operation {number} was undone already", number=number))
        if running.step not in _UNDOING:
            _begin_undoing(practice, running, because=because)
    return carry_on(practice, number, on_progress=on_progress)


def _others(number: int) -> list[int]:
    return [other for other in unfinished() if other != number]


def _begin_undoing(practice: Practice, running: Running, *, because: str) -> None:
    number = running.number
    if _others(number):
        raise RefusedError(said("the rules are being changed by somebody else: try again"))
    if later := later_operations(number):
        first = ", ".join(map(str, reversed(later)))
        raise RefusedError(
            said("later operations touch the same texts or rules: undo them first ({first})", first=first)
        )
    put_rules(running.rules_before, operation=number)
    lock_qualifications(changed_qualifications(number))
    restore_qualifications(number)
    reopen_alerts(number)
    now = practice.now  # one for both: by it the reason is found in the trail
    begin_undoing(number, actor=practice.actor, now=now)
    add_audit(
        "rules.undo",
        subject=f"operation {number}",
        actor=practice.actor,
        now=now,
        before={"rules": dict(running.rules_after)},
        after={"rules": dict(running.rules_before)},
        because=because,
    )


def _requalify(practice: Practice, running: Running) -> int:
    """Give the next failures their new verdict; `cursor`: the change at hand, and the last failure looked at."""
    change, failure = map(int, running.cursor or (0, 0))
    found = next_verdict_change(running.number, after=change - 1 if failure else change)
    if found is None:
        move_operation(running.number, step=Step.REFOLD)
        return 0
    change, about, verdict = found
    failures = lock_failures(about, after=failure, limit=PAGE)
    moving = [item for item in failures if not same_verdict(item.verdict, verdict)]
    keep_verdicts(running.number, moving)
    _judge(practice, moving, {item.id: verdict for item in moving})
    last = failures[-1].id if len(failures) == PAGE else 0  # 0: on to the next change
    move_operation(running.number, step=Step.REQUALIFY, cursor=(change, last))
    return len(moving)


def _refold(practice: Practice, running: Running) -> int:
    """Fold the addresses whose texts became ignored, or are no longer."""
    texts = [number for number, moved in changed_qualifications(running.number).items() if moved]
    failures = lock_failures_with(texts, after=running.cursor, limit=PAGE)
    if failures:
        addresses = {item.about: item.address for item in failures}
        hold_addresses(addresses)
        _fold(practice, addresses)
        move_operation(running.number, step=running.step, cursor=failures[-1].place)
    elif running.step is Step.REFOLD:
        finish_operation(running.number, now=practice.now)
    else:
        move_operation(running.number, step=Step.REJUDGE)
    return 0


def _restore(practice: Practice, running: Running) -> int:
    """Give the next failures back the verdict that they had."""
    failures = lock_requalified(running.number, limit=PAGE)
    if not failures:
        forget_verdicts(running.number)  # what retention took meanwhile
        move_operation(running.number, step=Step.REFOLD_BACK)
        return 0
    _judge(practice, failures, {item.id: item.verdict for item in failures})
    forget_verdicts(running.number, failures=[item.id for item in failures])
    return len(failures)


def _rejudge(practice: Practice, running: Running) -> int:
    """Judge by the present rules what came while others were in force."""
    meanwhile = Meanwhile.of(running)
    texts = meanwhile.texts()
    failures = lock_failures_with({*texts, *meanwhile.left_to}, after=running.cursor, limit=PAGE)
    if not failures:
        if texts:
            rejudge_texts(practice.make(console_documents()), texts)
        move_operation(running.number, step=Step.UNDONE)
        return 0
    verdicts = meanwhile.verdicts(practice.make(console_documents()), failures)
    _judge(practice, [item for item in failures if item.id in verdicts], verdicts)
    move_operation(running.number, step=Step.REJUDGE, cursor=failures[-1].place)
    return len(verdicts)


_STEPS: Mapping[Step, Callable[[Practice, Running], int]] = {
    Step.REQUALIFY: _requalify,
    Step.REFOLD: _refold,
    Step.RESTORE: _restore,
    Step.REFOLD_BACK: _refold,
    Step.REJUDGE: _rejudge,
}


def _judge(practice: Practice, failures: Sequence[StoredFailure], verdicts: Mapping[int, Verdict]) -> None:
    """Give failures these verdicts, and fold whose they are; nobody else folds them meanwhile."""
    if not failures:
        return
    addresses = {item.about: item.address for item in failures}
    hold_addresses(addresses)
    judge_failures(verdicts)
    _fold(practice, addresses)


def _fold(practice: Practice, addresses: dict[AddressKey, str]) -> None:
    before = {address: row.state for address, row in states_of(addresses).items()}
    fold_needed(addresses, before, policy=practice.policy, now=practice.now)
