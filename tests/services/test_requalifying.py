"""The rules in force, held against what is stored: whatever is applied comes to rest."""

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.services.event_fixtures import took
from tests.services.practice_fixtures import MOON, came_later, failed, moons, practice

from rebond.services.apply_rules import undo
from rebond.services.change_rules import apply_change, apply_if_new, prepare_requalifying, prepare_rules
from rebond.store.models import EvidenceRow, Qualification
from rebond.store.read.rules import Operation, console_documents, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def applied(name: str, **fields: Any) -> None:
    """Take a rule about the moon into the site."""
    rule = {"id": name, "text": "(?i)zorglub", "type": "hard", "reason": "user_unknown", "examples": [], **fields}
    rules = {name: {**rule, "since": "2026-01-01", "source": "t"}}
    prepare = partial(prepare_rules, practice(), rules, with_examples=False)
    apply_change(practice(), prepare, kind="apply", because="")


def requalified(*rules: str) -> Operation:
    operation = apply_if_new(practice(), lambda: prepare_requalifying(practice(), rules))
    assert operation
    return operation


def at_rest() -> bool:
    return prepare_requalifying(practice()).plan.changes == ()


def moon_in_two_circumstances() -> None:
    """Let two addresses fail with 550 and three with 452, with one text."""
    codes = {"a": (550, 2), "b": (452, 3)}
    took(
        *(
            failed(MOON[4:].format(f"{name}{number}@shop.example"), f"{name}{number}@shop.example", code=code)
            for name, (code, count) in codes.items()
            for number in range(count)
        )
    )
    applied("site-full", smtp="452", type="soft", reason="mailbox_full")
    applied("site-gone", smtp="550")


def stored() -> set[tuple[int, str, str]]:
    return set(EvidenceRow.objects.values_list("code", "rule", "reason"))


def test_a_text_that_wants_confirmation_is_at_rest() -> None:
    moons()
    applied("site-twice", type="hard", confirm=2)
    assert at_rest()
    EvidenceRow.objects.update(confirm=1)
    assert prepare_requalifying(practice()).plan.changed == 3
    assert requalified().failures == 3
    assert set(EvidenceRow.objects.values_list("confirm", flat=True)) == {2}
    assert at_rest()


def test_where_all_is_judged_so_already_no_operation_is_written() -> None:
    moons()
    applied("site-gone")
    before = list_operations()
    again = {"site-gone": console_documents()["site-gone"]}
    for prepare in (
        partial(prepare_requalifying, practice()),
        partial(prepare_requalifying, practice(), ["site-gone"]),
        partial(prepare_rules, practice(), again, with_examples=False),
    ):
        assert apply_if_new(practice(), prepare) is None
    assert list_operations() == before
    changed = {"site-gone": {**again["site-gone"], "source": "their page"}}
    assert apply_if_new(practice(), partial(prepare_rules, practice(), changed, with_examples=False))


def test_a_text_judged_otherwise_in_another_circumstance_is_at_rest() -> None:
    moon_in_two_circumstances()
    before = stored()
    assert before == {(550, "site-gone", "user_unknown"), (452, "site-full", "mailbox_full")}
    assert at_rest()
    assert prepare_requalifying(practice(), ["site-full"]).plan.changes == ()
    EvidenceRow.objects.filter(address__startswith="b1").update(type="hard", reason="user_unknown")
    assert prepare_requalifying(practice(), ["site-full"]).plan.changed == 1
    assert requalified().failures == 1
    assert stored() == before
    assert at_rest()


def test_a_text_that_stands_for_none_of_its_failures_is_mended_alone() -> None:
    moon_in_two_circumstances()
    before = stored()
    Qualification.objects.update(type="soft", reason="not_defined", cause="unknown", rule="none", status="to_qualify")
    (change,) = prepare_requalifying(practice()).plan.changes
    assert (change.before.rule, change.after.rule, change.failures) == ("none", "site-full", 0)
    operation = requalified()
    assert (operation.texts, operation.failures) == (1, 0)
    assert Qualification.objects.values_list("rule", "status").get() == ("site-full", "keep")
    assert stored() == before
    assert at_rest()


def test_a_text_whose_failures_are_gone_is_judged_by_its_words() -> None:
    moons()
    applied("site-twice", type="hard", confirm=2)
    EvidenceRow.objects.all().delete()
    assert at_rest()
    Qualification.objects.update(rule="none")
    assert requalified().texts == 1
    assert Qualification.objects.get().rule == "site-twice"
    assert at_rest()


def test_many_texts_cost_few_statements() -> None:
    texts = [f"Zorglub finds {'the moon ' * number}wrong for {{}}" for number in range(1, 21)]
    took(*(failed(text.format("a@shop.example"), "a@shop.example", day=day) for day, text in enumerate(texts)))
    assert Qualification.objects.count() == 20
    with CaptureQueriesContext(connection) as seen:
        applied("site-gone")
    assert len(_of(seen, "UPDATE qualification")) == 1
    assert len(_of(seen, "UPDATE evidence")) == 20
    assert len(_of(seen, "COMMIT")) in (0, 1 + 20 + 1 + 1 + 1)  # PostgreSQL's driver commits without a statement
    operation = list_operations()[0].number
    new = [f"Zorglub finds {'no moon ' * number}here for {{}}" for number in range(1, 4)]
    came_later(*(failed(text.format("b@shop.example"), "b@shop.example", day=30) for text in texts + new))
    assert set(Qualification.objects.values_list("rule", "status")) == {("site-gone", "keep")}
    with CaptureQueriesContext(connection) as seen:
        undo(practice(), operation)
    assert len(_of(seen, "UPDATE qualification")) == 2  # those that were there, and those that came meanwhile
    assert set(Qualification.objects.values_list("rule", "status")) == {("none", "to_qualify")}
    assert set(EvidenceRow.objects.values_list("rule", flat=True)) == {"none"}


def _of(seen: CaptureQueriesContext, beginning: str) -> list[str]:
    return [query["sql"] for query in seen if query["sql"].startswith(beginning)]
