"""Operations that were interrupted, and people who change rules at the same time."""

from collections.abc import Callable

import pytest
from tests.services.practice_fixtures import decision, moons, number_of, practice

from rebond.core.words import FailureType, Reason
from rebond.services.apply_rules import ChangedMeanwhileError, begin, carry_on, carry_on_all
from rebond.services.decide import Change, decide, prepare_decision
from rebond.store.models import EvidenceRow, Qualification
from rebond.store.read.rules import Step, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
FULL = {"type": FailureType.SOFT, "reason": Reason.MAILBOX_FULL, "name": "site-full", "again": True}


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
        for rule, reason in model.objects.values_list("rule", "reason")  # type: ignore[attr-defined]
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
