"""`rebond qualifications`: what a person sees and is asked, and what a program gets."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rebond.cli import qualifications, rules
from rebond.cli.practice import outdated_row
from rebond.core.failure import given_verdict
from rebond.core.qualify.suggest import Known, Neighbour, Suggestion
from rebond.core.words import Channel, FailureType, Reason
from rebond.services.apply_rules import Practice
from rebond.services.backtest import Effect
from rebond.services.errors import InputError
from rebond.store.read.rules import Operation, Step
from tests.services.practice_fixtures import practice

FULL = given_verdict(FailureType.SOFT, reason=Reason.MAILBOX_FULL)
NEIGHBOUR = Neighbour(Known(7, "a box is full", FULL), 0.8412)
ROW = SimpleNamespace(number=1, channel=Channel.EMAIL, provider="", template="the box is full", text="the box is full")


def listed(monkeypatch: pytest.MonkeyPatch, suggestion: Suggestion | None) -> None:
    cluster = SimpleNamespace(number=1, texts=(ROW,), addresses=2, count=3, badged=True, suggestion=suggestion)
    queue = SimpleNamespace(clusters=lambda: [cluster], rows=())
    monkeypatch.setattr(qualifications, "_queue", lambda data, channel: queue)
    monkeypatch.setenv("COLUMNS", "200")
    qualifications.list_()


@pytest.mark.parametrize(
    ("suggestion", "words"),
    [
        (Suggestion(FULL, 0.8412, (NEIGHBOUR,)), "soft mailbox_full/quota (0.84)"),
        (Suggestion(FULL, 0.06, (NEIGHBOUR,)), "soft mailbox_full/quota (0.06, weak)"),
        (None, "the box is full"),
    ],
)
def test_a_person_sees_the_verdict_and_how_near_it_is(
    suggestion: Suggestion | None, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    listed(monkeypatch, suggestion)
    shown = capsys.readouterr().out
    assert words in shown
    assert "neighbours" not in shown
    assert "a box is full" not in shown


def test_a_person_sees_why_an_operation_was_undone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    done = Operation(
        number=7,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        actor="cli:eve",
        kind="decide",
        because="their page",
        step=Step.UNDONE,
        rules=("site-moon",),
        pack=None,
        texts=1,
        failures=3,
        finished_at=None,
        undone_at=datetime(2026, 3, 2, tzinfo=UTC),
        undone_by="cli:bob",
        undone_because="it was an outage",
    )
    monkeypatch.setattr(rules, "open_practice", lambda data: None)
    monkeypatch.setattr("rebond.store.read.rules.list_operations", lambda: [done])
    rules.operations()
    shown = capsys.readouterr().out
    assert all(words in shown for words in ("their page", "cli:bob", "it was an outage"))


def test_a_person_is_told_what_is_left_to_be_judged_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    practice: Any = None
    for outdated, words in ((1200, "1,200 stored failures are not judged as the rules in force say"), (0, "")):
        monkeypatch.setattr("rebond.services.change_rules.outdated_failures", lambda *_, n=outdated, **__: n)
        assert outdated_row(practice) == {"outdated": outdated}
        said = capsys.readouterr().err
        assert (words in said, "rebond rules apply judges them again" in said) == (True, bool(outdated))


def test_a_program_gets_the_neighbours_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    listed(monkeypatch, Suggestion(FULL, 0.8412, (NEIGHBOUR,)))
    row = json.loads(capsys.readouterr().out)
    assert row["suggestion"]["neighbours"][0]["similarity"] == 0.841


@pytest.mark.parametrize(
    ("suggestion", "words"),
    [(None, "no suggestion for 1"), (Suggestion(FULL, 0.06, (NEIGHBOUR,)), "a guess, soft mailbox_full/quota")],
)
def test_a_guess_is_not_taken_unread(
    suggestion: Suggestion | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = SimpleNamespace(number=1, texts=(ROW,), suggestion=suggestion)
    queue = SimpleNamespace(row=lambda number: ROW, cluster_of=lambda row: cluster)
    monkeypatch.setattr(qualifications, "open_practice", lambda data, **more: None)
    monkeypatch.setattr(qualifications, "_queue_of", lambda practice: queue)
    with pytest.raises(InputError, match=words):
        qualifications.decide(1, as_suggested=True)


def test_a_person_is_asked_with_the_number_that_they_then_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    meant: list[bool] = []

    def decide(practice: Practice, *given: object, **more: object) -> SimpleNamespace:
        meant.append(practice.anyway)
        return SimpleNamespace(number=3)

    queue = SimpleNamespace(row=lambda number: ROW, cluster_of=lambda row: SimpleNamespace(texts=(ROW,)))
    effect = SimpleNamespace(total=Effect(failures=1500, entering=1200), no_effect=False)
    monkeypatch.setattr(qualifications, "open_practice", lambda data, **more: practice())
    monkeypatch.setattr(qualifications, "_queue_of", lambda practice: queue)
    monkeypatch.setattr(qualifications, "wants_json", lambda as_json: False)
    for name in ("backtest_row", "operation_row", "outdated_row"):
        monkeypatch.setattr(qualifications, name, lambda *_: {})
    monkeypatch.setattr("typer.confirm", lambda words, **_: asked.append(words))
    monkeypatch.setattr("rebond.services.change_rules.effect_of", lambda *_: effect)
    monkeypatch.setattr("rebond.services.decide.prepare_decision", lambda *_: None)
    monkeypatch.setattr("rebond.services.decide.decide", decide)
    qualifications.decide(1, reason=Reason.MAILBOX_FULL, text="box")
    assert asked == ["Save this rule and apply it? It moves 1,200 addresses into quarantine."]
    assert meant == [True]


def test_a_program_is_not_kept_waiting_for_a_back_test_that_nobody_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = SimpleNamespace(row=lambda number: ROW, cluster_of=lambda row: SimpleNamespace(texts=(ROW,)))
    done = SimpleNamespace(number=3)
    monkeypatch.setattr(qualifications, "open_practice", lambda data, **more: None)
    monkeypatch.setattr(qualifications, "_queue_of", lambda practice: queue)
    monkeypatch.setattr(qualifications, "operation_row", lambda operation: {"operation": operation.number})
    monkeypatch.setattr(qualifications, "outdated_row", lambda practice, operation: {"outdated": 0})
    monkeypatch.setattr("rebond.services.decide.prepare_decision", lambda *given: pytest.fail("tried for nothing"))
    monkeypatch.setattr("rebond.services.decide.decide", lambda *given, **more: done)
    qualifications.decide(1, reason=Reason.MAILBOX_FULL, text="box")
    assert json.loads(capsys.readouterr().out) == {"operation": 3, "outdated": 0, "pattern": "box"}
