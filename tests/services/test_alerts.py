"""A text that nobody has qualified raises an alert when it comes too often."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db.models import F
from tests.core.given import at
from tests.services.event_fixtures import FOR_EVER, KEPT, cleaned
from tests.services.mail_fixtures import CAME, accept, dsn, sent, settle, verp
from tests.services.practice_fixtures import MOON, came_later, decision, failed, moons, number_of, practice

from rebond.core.words import AlertKind
from rebond.services.alerts import OftenUnqualified, acknowledge
from rebond.services.apply_rules import undo
from rebond.services.decide import decide, ignore
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.qualifications import reset
from rebond.store.models import Alert, AuditEntry, Qualification
from rebond.store.read.alerts import count_open, find_alert, list_alerts
from rebond.store.read.rules import Step, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def came(number: int, *, hours: float = 0, apart: float = 0, first: int = 0, text: str = MOON) -> None:
    """Let so many addresses fail with one unknown text, so many hours apart."""
    lines = []
    for place in range(number):
        who = f"b{first + place}@shop.example"
        when = at(hours=hours + place * apart)
        lines.append(failed(text.format(who), who, day=(when - at()) / timedelta(days=1)))
    came_later(*lines)


def test_the_tenth_in_a_day_raises_one_and_further_ones_no_more() -> None:
    came(9)
    assert list_alerts() == []
    came(1, hours=24, first=9)
    (alert,) = list_alerts()
    assert (alert.kind, alert.count) == (AlertKind.UNQUALIFIED_TEXT, 10)
    assert (alert.first_at, alert.last_at) == (at(), at(hours=24))
    assert alert.text is not None
    assert (alert.text.number, alert.text.count) == (alert.subject, 10)
    came(15, hours=25, first=20)
    (again,) = list_alerts()
    assert (again.number, again.count) == (alert.number, 10)
    assert again.text is not None
    assert again.text.count == 25


@pytest.mark.parametrize("in_one", [True, False])
def test_what_comes_slowly_raises_none_however_it_is_settled(in_one: bool) -> None:
    if in_one:
        came(30, apart=3)
    else:
        for place in range(30):
            came(1, hours=place * 3, first=place)
    assert Qualification.objects.get().count == 30
    assert not list_alerts()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_burst_is_found_whenever_it_is_told_and_in_whatever_order(order: tuple[int, int]) -> None:
    for part in order:
        came(6, hours=part * 12, first=part * 6)
        if part == order[0]:
            came(3, hours=400, first=50)
    (alert,) = list_alerts()
    assert (alert.count, alert.first_at, alert.last_at) == (12, at(), at(hours=12))


def test_a_burst_within_a_batch_that_goes_on_for_weeks_is_found() -> None:
    lines = [failed(MOON.format(f"c{n}@x.example"), f"c{n}@x.example", day=day) for n, day in enumerate([3.0] * 11)]
    lines += [failed(MOON.format(f"d{day}@x.example"), f"d{day}@x.example", day=day) for day in range(20)]
    came_later(*lines)
    (alert,) = list_alerts()
    assert (alert.count, alert.last_at) == (13, at(days=4))


def test_returned_mail_raises_one_too() -> None:
    for row in sent(10):
        accept(dsn(row.address, status="5.0.0", text=MOON.format(row.address)), to=verp(row))
    settle()
    (alert,) = list_alerts()
    assert (alert.count, alert.raised_at) == (10, CAME)


def test_texts_that_somebody_has_qualified_raise_none() -> None:
    came(12, text="550 5.1.1 user unknown")
    came(3)
    ignore(practice(), [number_of("Zorglub")], because="")
    came(20, first=30)
    assert not Alert.objects.exists()


def test_a_decision_ends_it_and_its_undoing_opens_it_again() -> None:
    moons(12)
    (alert,) = list_alerts()
    operation = decide(practice(hours=5), decision(alert.subject))
    assert not list_alerts()
    (ended,) = list_alerts(ended=True)
    assert (ended.ended_because, ended.ended_at) == ("decided", practice(hours=5).now)
    undo(practice(), operation.number)
    assert list_alerts() == [alert]
    ignore(practice(), [alert.subject], because="")
    assert not list_alerts()


def test_after_a_reset_it_takes_ten_new_ones() -> None:
    moons(12)
    (alert,) = list_alerts()
    reset(alert.subject, actor="cli:eve", now=practice().now, because="seen to")
    assert list_alerts(ended=True)[0].ended_because == "reset"
    came(9, first=100)
    assert not list_alerts()
    came(1, first=200)
    (second,) = list_alerts()
    assert (second.number, second.count) == (alert.number + 1, 10)


def test_a_reset_is_undone_beside_what_came_since() -> None:
    moons(12)
    (alert,) = list_alerts()
    number = alert.subject
    done = reset(number, actor="cli:eve", now=practice().now, because="seen to")
    assert (done.row.count, done.operation is not None) == (0, True)
    assert reset(number, actor="cli:eve", now=practice().now, because="").operation is None
    came(4, first=100)
    (operation,) = list_operations()
    assert (operation.kind, operation.step, operation.because, operation.texts) == ("reset", "done", "seen to", 1)
    assert undo(practice(), operation.number).step is Step.UNDONE
    assert Qualification.objects.get().count == 16
    assert list_alerts() == [replace(alert, text=list_alerts()[0].text)]
    with pytest.raises(RefusedError, match="was undone already"):
        undo(practice(), operation.number)


def test_a_reset_stands_in_nobodys_way() -> None:
    moons(12)
    number = number_of("Zorglub")
    decided = decide(practice(), decision(number))
    first = reset(number, actor="cli:eve", now=practice().now, because="")
    with pytest.raises(RefusedError, match=rf"decided already by cli:eve .*\(operation {decided.number}\)"):
        decide(practice(), decision(number))
    assert undo(practice(), decided.number).step is Step.UNDONE
    again = decide(practice(), decision(number))
    assert first.operation is not None
    undo(practice(), first.operation)
    text = Qualification.objects.get()
    assert (text.count, text.status, text.rule) == (12, "keep", again.rules[0])


def test_a_person_acknowledges_it_once() -> None:
    moons(12)
    (alert,) = list_alerts()
    assert count_open() == (1, 0)
    seen = acknowledge(alert.number, actor="cli:eve", now=practice().now, because="on it")
    assert (seen.acknowledged_by, seen.acknowledged_at) == ("cli:eve", practice().now)
    assert count_open() == (1, 1)
    assert list_alerts() == [seen]
    assert seen.acknowledged_because == "on it"
    entry = AuditEntry.objects.get(action="alert.acknowledge")
    assert (entry.actor, entry.because, entry.object) == ("cli:eve", "on it", f"alert {alert.number}")
    with pytest.raises(RefusedError, match=r"acknowledged at .* by cli:eve"):
        acknowledge(alert.number, actor="cli:bob", now=practice().now)
    with pytest.raises(NotFoundError, match="no alert 99"):
        acknowledge(99, actor="cli:bob", now=practice().now)
    decide(practice(), decision(alert.subject))
    with pytest.raises(RefusedError, match=r"ended at .*: decided"):
        acknowledge(alert.number, actor="cli:bob", now=practice().now)


def test_the_numbers_are_settings() -> None:
    from tests.core.given import policy

    from rebond.packs import default_qualifier
    from rebond.services.events import take_events

    often = OftenUnqualified(count=2, within=timedelta(hours=1))
    for minute, expected in ((0, 0), (61, 0), (121, 1)):
        when: datetime = at(minutes=minute)
        line = failed(MOON.format("a@b.example"), "a@b.example", day=(when - at()) / timedelta(days=1))
        take_events([line], policy=policy(), qualifier=default_qualifier(), now=when, often=often)
        assert len(list_alerts()) == expected


def test_cleanup_removes_what_ended_long_ago_and_no_open_one() -> None:
    moons(12)
    came(12, text="550 Zorglub finds the sun wrong for {}")
    moon = number_of("moon")
    decide(practice(), decision(moon))
    assert cleaned(practice().now + KEPT.audit - timedelta(days=1), FOR_EVER).alerts_purged == 0
    done = cleaned(practice().now + KEPT.audit, KEPT)
    assert done.alerts_purged == 1
    (left,) = list_alerts(ended=True)
    assert left.subject != moon
    Alert.objects.update(subject=F("subject") + 1000)
    gone = find_alert(left.number)
    assert gone is not None
    assert gone.text is None
