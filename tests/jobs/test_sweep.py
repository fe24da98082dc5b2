"""The sweep: what the database says is to be done is asked for, whatever became of earlier calls."""

from datetime import timedelta
from pathlib import Path

import pytest

from rebond.core.words import Channel, DeliveryStatus, MessageClass
from rebond.jobs import sweep as sweep_module
from rebond.jobs.state import job_states
from rebond.jobs.sweep import due_jobs, sweep
from rebond.jobs.table import TIMED
from rebond.services.accept import Incoming, accept_many
from rebond.services.deliveries import NewDelivery, create_delivery
from rebond.services.jobs import begin_run, break_off, end_run, hold, request_run
from rebond.services.prepare import begin_preparing
from rebond.store.models import Delivery, DeliveryCounts, Message
from tests.jobs.job_fixtures import Desk, make_desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = make_desk(tmp_path)
    ran(found, *TIMED)
    # Others are due every few minutes.
    daily = ("cleanup", "deliverability-update")
    monkeypatch.setattr(sweep_module, "TIMED", {name: TIMED[name] for name in daily})
    known = ("prepare", "send", "settle", "rules", *daily)
    monkeypatch.setattr(sweep_module, "JOBS", {name: sweep_module.JOBS[name] for name in known})
    return found


def ran(desk: Desk, *names: str) -> None:
    for name in names:
        end_run(begin_run(name, now=desk.clock.now()), result={}, now=desk.clock.now())


def make_delivery(desk: Desk) -> int:
    policy = desk.site.policy
    new = NewDelivery(
        name="News",
        channel=Channel.EMAIL,
        sender="news@shop.example",
        subject="News",
        text="Hello",
        html="",
        message_class=MessageClass.COMMERCIAL,
        validity=policy.validity,
        retries=policy.retries,
        retry_permanent=policy.retry_permanent,
    )
    return create_delivery(new, now=desk.clock.now(), actor="test").id


def test_nothing_to_do_asks_for_nothing(desk: Desk) -> None:
    make_delivery(desk)
    assert sweep(desk.site, desk.queue, thorough=True) == []
    assert desk.calls() == []


def test_a_preparation_that_stands_still_is_asked_for_once(desk: Desk) -> None:
    delivery = make_delivery(desk)
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    sweep(desk.site, desk.queue, thorough=False)
    sweep(desk.site, desk.queue, thorough=False)
    assert desk.calls() == [("prepare", {"delivery": delivery})]


def test_a_preparation_at_hand_is_left_alone(desk: Desk) -> None:
    delivery = make_delivery(desk)
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    hold(f"prepare:{delivery}", worker="worker-1", now=desk.clock.now())
    assert sweep(desk.site, desk.queue, thorough=False) == []
    desk.clock.move(minutes=3)  # it was lost
    ran(desk, *TIMED)
    sweep(desk.site, desk.queue, thorough=False)
    assert desk.calls() == [("prepare", {"delivery": delivery})]


def test_returns_that_wait_are_asked_for(desk: Desk) -> None:
    accept_many([Incoming(source="lmtp", raw=b"Subject: hello\n\nthere\n")], now=desk.clock.now())
    sweep(desk.site, desk.queue, thorough=False)
    assert desk.calls() == [("settle", {})]


def sending(desk: Desk, **message: object) -> int:
    delivery = make_delivery(desk)
    now = desk.clock.now()
    Delivery.objects.filter(id=delivery).update(
        status=DeliveryStatus.SENDING.value, ends_at=now + desk.site.policy.validity
    )
    values = {"channel": "email", "address": "a@x.example", "address_key": "a@x.example", "status": "pending"}
    Message.objects.create(delivery_id=delivery, profile=1, **{**values, **message})
    return delivery


def test_a_delivery_is_sent_when_a_message_is_due(desk: Desk) -> None:
    delivery = sending(desk)
    sweep(desk.site, desk.queue, thorough=False)
    assert desk.calls() == [("send", {"delivery": delivery})]


def test_a_retry_waits_for_its_time(desk: Desk) -> None:
    delivery = sending(desk, next_attempt_at=desk.clock.now() + timedelta(minutes=4))
    assert sweep(desk.site, desk.queue, thorough=True) == []
    desk.clock.move(minutes=4, seconds=30)
    sweep(desk.site, desk.queue, thorough=False)
    assert desk.calls() == [("send", {"delivery": delivery})]


def test_what_a_lost_worker_had_begun_is_found_by_a_thorough_look(desk: Desk) -> None:
    delivery = sending(desk, status="sending", fence=1, worker="gone", lease_until=desk.clock.now())
    desk.clock.at += timedelta(minutes=1)
    assert sweep(desk.site, desk.queue, thorough=False) == []
    sweep(desk.site, desk.queue, thorough=True)
    assert desk.calls() == [("send", {"delivery": delivery})]


def test_a_delivery_whose_validity_ended_while_it_was_paused_ends(desk: Desk) -> None:
    delivery = sending(desk)
    DeliveryCounts.objects.filter(delivery_id=delivery).update(target=1, messages=1, pending=1)
    Delivery.objects.filter(id=delivery).update(status=DeliveryStatus.PAUSED.value)
    desk.clock.move(days=6)
    sweep(desk.site, desk.queue, thorough=True)
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.FINISHED
    assert Message.objects.get(delivery_id=delivery).status == "failed"


def test_timed_jobs_are_due_once_their_time_has_come(desk: Desk) -> None:
    assert due_jobs(desk.site) == []
    desk.clock.move(hours=13)  # one o'clock at night
    assert due_jobs(desk.site) == []
    desk.clock.move(hours=1)
    assert due_jobs(desk.site) == ["deliverability-update"]
    ran(desk, "deliverability-update")
    assert due_jobs(desk.site) == []


def test_a_job_that_was_missed_is_made_up_for(desk: Desk) -> None:
    desk.clock.move(days=5, hours=1)
    assert due_jobs(desk.site) == ["cleanup", "deliverability-update"]


def test_a_job_that_broke_off_is_due_still(desk: Desk) -> None:
    desk.clock.move(hours=17)
    break_off("cleanup", began=desk.clock.now(), now=desk.clock.now(), problem="the disk was full")
    assert "cleanup" in due_jobs(desk.site)


def test_a_job_that_somebody_asked_for_is_due(desk: Desk) -> None:
    request_run("cleanup", now=desk.clock.now(), actor="console:ada")
    assert due_jobs(desk.site) == ["cleanup"]


def test_a_job_that_does_not_run_is_known(desk: Desk) -> None:
    assert not any(job.stale for job in job_states(desk.site))
    desk.clock.move(hours=49)
    stale = [job.name for job in job_states(desk.site) if job.stale]
    assert "cleanup" in stale
    assert "deliverability-update" not in stale  # there is nothing to update from
