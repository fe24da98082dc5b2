"""Sending later: by itself at its time, never before, and not at all once its time was taken back."""

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.services.people_fixtures import NOW, Person, add_people, draft, run

from rebond.core.words import AlertKind, DeliveryStatus
from rebond.jobs import work
from rebond.services.deliveries import cancel_delivery, get_delivery
from rebond.services.delivery_edit import edit_delivery
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.prepare import begin_preparing
from rebond.services.schedule_delivery import begin_scheduled, schedule_delivery, unschedule_delivery
from rebond.services.send import begin_sending
from rebond.services.watch import Bounds, watch
from rebond.store.models import AuditEntry, Delivery
from rebond.store.read.alerts import list_alerts
from rebond.store.read.jobs import due_to_send

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
LATER = NOW + timedelta(hours=3)


def prepared() -> int:
    add_people([Person("a@shop.example")])
    number = draft()
    run(number)
    return number


def scheduled() -> int:
    number = prepared()
    assert schedule_delivery(number, LATER, now=NOW, actor="ann") is DeliveryStatus.SCHEDULED
    return number


def begin(number: int, *, at: Any = LATER) -> bool:
    return begin_scheduled(number, now=at, actor="worker")


def test_it_is_begun_at_its_time_and_not_before() -> None:
    number = scheduled()
    assert due_to_send(NOW, thorough=True) == []
    assert not begin(number, at=LATER - timedelta(seconds=1))
    assert get_delivery(number).status is DeliveryStatus.SCHEDULED
    assert due_to_send(LATER, thorough=False) == [number]
    assert begin(number)
    begun = get_delivery(number)
    assert (begun.status, begun.started_at, begun.scheduled_at) == (DeliveryStatus.SENDING, LATER, LATER)
    assert begun.ends_at == LATER + begun.validity
    assert AuditEntry.objects.latest("id").before == {"status": "scheduled"}
    # What goes on already is gone on with.
    assert begin(number)


def test_another_time_may_be_given_and_taken_back() -> None:
    number = scheduled()
    schedule_delivery(number, LATER + timedelta(days=1), now=NOW, actor="ann")
    assert not begin(number)
    assert unschedule_delivery(number, now=NOW, actor="ann") is DeliveryStatus.PREPARED
    assert get_delivery(number).scheduled_at is None
    # A worker that was woken for the time before begins nothing.
    assert not begin(number, at=LATER + timedelta(days=2))
    assert get_delivery(number).status is DeliveryStatus.PREPARED
    with pytest.raises(RefusedError, match="is prepared, so it cannot be asked to unschedule"):
        unschedule_delivery(number, now=NOW, actor="ann")


def test_a_worker_that_comes_up_late_begins_it_within_twelve_hours() -> None:
    number = scheduled()
    assert begin(number, at=LATER + timedelta(hours=12))
    begun = get_delivery(number)
    assert (begun.status, begun.problem) == (DeliveryStatus.SENDING, "")
    assert begun.ends_at == LATER + timedelta(hours=12) + begun.validity


def test_what_is_later_waits_for_a_person_and_an_alert_says_so() -> None:
    number, at = scheduled(), LATER + timedelta(hours=12, seconds=1)
    assert not begin(number, at=at)
    missed = get_delivery(number)
    assert (missed.status, missed.scheduled_at) == (DeliveryStatus.PREPARED, None)
    assert "no worker ran at its time, 2026-03-02 11:00 UTC" in missed.problem
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.actor, entry.because) == ("delivery.unschedule", "worker", missed.problem)
    assert due_to_send(at, thorough=True) == []
    watch(bounds=Bounds(jobs={}), now=at)
    (alert,) = list_alerts()
    assert (alert.kind, alert.name) == (AlertKind.DELIVERY_MISSED, f"delivery:{number}")
    assert missed.problem in alert.words
    # Another time is given: nothing is missed any more.
    schedule_delivery(number, at + timedelta(hours=1), now=at, actor="ann")
    assert get_delivery(number).problem == ""
    watch(bounds=Bounds(jobs={}), now=at)
    assert list_alerts() == []


@pytest.mark.parametrize("do", ["edit", "prepare", "cancel"])
def test_what_is_changed_loses_its_time(do: str) -> None:
    number = scheduled()
    if do == "edit":
        edit_delivery(number, {"subject": "New"}, now=NOW, actor="ann")
    elif do == "prepare":
        begin_preparing(number, now=NOW, actor="ann")
    else:
        cancel_delivery(number, now=NOW, actor="ann")
    assert due_to_send(LATER, thorough=True) == []
    if do != "cancel":
        assert get_delivery(number).scheduled_at is None


def test_it_may_be_sent_before_its_time() -> None:
    number = scheduled()
    begin_sending(number, now=NOW, actor="ann")
    assert get_delivery(number).status is DeliveryStatus.SENDING


@pytest.mark.parametrize(
    ("after", "words"), [(timedelta(), "is past"), (timedelta(hours=-1), "is past"), (timedelta(days=400), "a year")]
)
def test_a_time_that_cannot_be_is_refused(after: timedelta, words: str) -> None:
    number = prepared()
    with pytest.raises(InputError, match=words):
        schedule_delivery(number, NOW + after, now=NOW, actor="ann")
    assert get_delivery(number).status is DeliveryStatus.PREPARED


def test_only_what_is_prepared_is_scheduled() -> None:
    with pytest.raises(RefusedError, match="is draft, so it cannot be asked to schedule"):
        schedule_delivery(draft(), LATER, now=NOW, actor="ann")
    with pytest.raises(NotFoundError):
        schedule_delivery(99, LATER, now=NOW, actor="ann")


def test_a_worker_that_was_woken_for_nothing_sends_nothing() -> None:
    number = prepared()
    call = SimpleNamespace(about={"delivery": number}, now=lambda: NOW, actor="worker", ending=threading.Event())
    assert work.send(cast("Any", call)) == work.Done()
    assert Delivery.objects.get(id=number).status == "prepared"
