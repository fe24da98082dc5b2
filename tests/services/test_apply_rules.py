"""Operations that were interrupted, and people who change rules at the same time."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.services.event_fixtures import NOW
from tests.services.killing import KilledError, killed_before
from tests.services.practice_fixtures import decision, everything, moons, number_of, practice
from tests.services.sending_fixtures import JumpingClock

from rebond.core.words import FailureType, Reason
from rebond.services.apply_rules import ChangedMeanwhileError, begin, carry_on, carry_on_all, undo
from rebond.services.change_rules import Change
from rebond.services.decide import decide, prepare_decision
from rebond.services.errors import RefusedError
from rebond.store.models import AuditEntry, EvidenceRow, Qualification
from rebond.store.read.rules import Step, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
FULL: dict[str, Any] = {"type": FailureType.SOFT, "reason": Reason.MAILBOX_FULL, "name": "site-full", "again": True}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.apply_rules.PAGE", 2)


def interrupted(action: Callable[[Callable[[int], None]], object]) -> None:
    """Let an action that takes `on_progress` die as soon as failures changed."""

    def stop(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        action(stop)


def begun(change: Change) -> int:
    """Begin a change, and die amid the failures."""
    number = begin(practice(), change.plan, kind="decide", because="", rules=change.rules, seen=change.seen)
    interrupted(lambda stop: carry_on(practice(), number, on_progress=stop))
    return number


def verdicts() -> set[tuple[str, str]]:
    """Read what texts and failures are said to be; one verdict where all agree."""
    return {
        (rule, reason)
        for model in (Qualification, EvidenceRow)
        for rule, reason in model.objects.values_list("rule", "reason")
    }


def test_what_is_unfinished_is_done_before_the_next_begins() -> None:
    moons(5)
    first = begun(prepare_decision(practice(), decision(number_of("Zorglub"))))
    second = decide(practice("cli:bob"), decision(number_of("Zorglub"), **FULL))
    assert [(one.number, one.step) for one in list_operations()] == [(second.number, Step.DONE), (first, Step.DONE)]
    assert carry_on_all(practice()) == []
    assert verdicts() == {("site-full", "mailbox_full")}


def test_nothing_begins_beside_what_is_unfinished() -> None:
    moons(5)
    begun(prepare_decision(practice(), decision(number_of("Zorglub"))))
    change = prepare_decision(practice(), decision(number_of("Zorglub"), **FULL))
    with pytest.raises(ChangedMeanwhileError):
        begin(practice(), change.plan, kind="decide", because="", rules=change.rules, seen=change.seen)
    assert len(list_operations()) == 1


def test_an_interrupted_undoing_is_done_before_the_next_begins() -> None:
    moons(5)
    before = everything()
    first = decide(practice(), decision(number_of("Zorglub"))).number
    second = decide(practice(), decision(number_of("Zorglub"), **FULL)).number
    interrupted(lambda stop: undo(practice(), second, on_progress=stop))
    undo(practice(), first)
    assert [one.step for one in list_operations()] == [Step.UNDONE, Step.UNDONE]
    assert everything() == before


def test_an_interrupted_undoing_goes_on_when_it_is_undone_again() -> None:
    moons(5)
    before = everything()
    number = decide(practice(), decision(number_of("Zorglub"))).number
    interrupted(lambda stop: undo(practice(), number, on_progress=stop))
    assert undo(practice(), number).step is Step.UNDONE
    assert everything() == before
    assert len(AuditEntry.objects.filter(action="rules.undo")) == 1
    with pytest.raises(RefusedError, match="undone already"):
        undo(practice(), number)


def test_what_is_half_done_is_undone_without_being_finished_first() -> None:
    moons(5)
    before = everything()
    number = begun(prepare_decision(practice(), decision(number_of("Zorglub"))))
    undo(practice(), number)
    assert everything() == before
    assert carry_on_all(practice()) == []


def test_nothing_is_undone_beside_what_is_unfinished(monkeypatch: pytest.MonkeyPatch) -> None:
    moons(5)
    first = decide(practice(), decision(number_of("Zorglub"))).number
    before = everything()
    second = begun(prepare_decision(practice(), decision(number_of("Zorglub"), **FULL)))
    half_done = everything()
    seen = iter([[], [second]])  # it was begun after we looked, and before it was our turn
    with monkeypatch.context() as patch:
        patch.setattr("rebond.services.apply_rules.unfinished", lambda: next(seen))
        with pytest.raises(RefusedError, match="by somebody else"):
            undo(practice(), first)
    assert everything() == half_done
    undo(practice(), second)
    assert everything() == before


def test_each_time_written_is_the_time_of_the_writing() -> None:
    moons(5)
    clock = JumpingClock(NOW)

    def take_an_hour(done: int) -> None:
        clock.time = NOW + timedelta(hours=1)

    operation = decide(practice(clock=clock), decision(number_of("Zorglub")), on_progress=take_an_hour)
    assert (operation.at, operation.finished_at) == (NOW, NOW + timedelta(hours=1))
    clock.time = NOW + timedelta(hours=2)
    assert undo(practice(clock=clock), operation.number).undone_at == clock.time


def killed(write: int, action: Callable[[], object]) -> bool:
    """Let the process die before its nth write in an action; tells whether it came to that."""
    with killed_before(write) as seen, suppress(KilledError):
        action()
    return bool(seen["dead"])


def standing() -> list[int]:
    """List the operations that are done and not undone, the latest first."""
    return [one.number for one in list_operations() if one.step is Step.DONE]


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "every"])
def test_whoever_is_killed_between_any_two_writes_leaves_what_the_next_one_finishes(step: int) -> None:
    moons(5)
    text = number_of("Zorglub")
    nothing = everything()
    first = decide(practice(), decision(text)).number
    one = everything()
    write, deaths = 1 - step, 1
    while deaths:
        write += step
        deaths = killed(write, lambda: decide(practice(), decision(text, **FULL)))
        # Somebody else decides, and takes it back.
        third = decide(practice(), decision(text, **{**FULL, "reason": Reason.UNREACHABLE, "name": "site-away"}))
        assert verdicts() == {("site-away", "unreachable")}, write
        undo(practice(), third.number)
        if standing() == [first]:
            assert everything() == one, write
            decide(practice(), decision(text, **FULL))
        assert verdicts() == {("site-full", "mailbox_full")}, write
        deaths += killed(write, partial(undo, practice(), standing()[0]))
        # Somebody else undoes what came before it.
        with suppress(RefusedError):
            undo(practice(), first)
        if len(standing()) == 2:
            undo(practice(), standing()[0])
            assert everything() == one, write
        else:
            assert everything() == nothing, write
            first = decide(practice(), decision(text)).number
            assert everything() == one, write
        assert carry_on_all(practice()) == []
    assert write > 20


def test_what_there_is_no_time_for_is_left_for_who_goes_on() -> None:
    moons(5)
    hurried = practice(has_time=lambda: False)
    begun_only = decide(hurried, decision(number_of("Zorglub")))
    assert (begun_only.step, begun_only.failures) == (Step.REQUALIFY, 2)
    with pytest.raises(RefusedError, match="by somebody else"):
        decide(hurried, decision(number_of("Zorglub"), **FULL))
    assert carry_on(practice(), begun_only.number).step is Step.DONE
    half = undo(hurried, begun_only.number)
    assert half.step is Step.RESTORE
    assert carry_on(practice(), half.number).step is Step.UNDONE
