"""What jobs do, called as a worker is: from the state in the database."""

import threading
from pathlib import Path

import pytest

from rebond.core.words import DeliveryStatus
from rebond.jobs.by_hand import holding, run_by_hand
from rebond.jobs.runner import Runner
from rebond.services.accept import Incoming, accept_many
from rebond.services.errors import InputError, RefusedError
from rebond.services.import_people import import_people
from rebond.services.jobs import hold
from rebond.services.people_file import FileOptions
from rebond.services.prepare import begin_preparing
from rebond.store.models import Delivery, Message, ReturnedMail
from rebond.store.read.jobs import holds, last_runs
from tests.jobs.job_fixtures import Desk, make_desk
from tests.jobs.test_sweep import make_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def call(desk: Desk, name: str, *, ending: bool = False, **about: int) -> None:
    runner = Runner(desk.site, worker="worker-1", ask_again=desk.queue.put, ending=threading.Event())
    if ending:
        runner._ending.set()
    runner.called(name, about)


def with_people(desk: Desk, number: int = 3) -> None:
    people = desk.site.data / "people.csv"
    people.write_text("id,email\n" + "".join(f"P{n},p{n}@people.example\n" for n in range(number)))
    import_people(people, options=FileOptions(mapping={}), now=desk.clock.now(), actor="test")


def test_a_preparation_is_done_and_written_down(desk: Desk) -> None:
    with_people(desk)
    delivery = make_delivery(desk)
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    call(desk, "prepare", delivery=delivery)
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.PREPARED
    assert Message.objects.filter(delivery_id=delivery).count() == 3
    (run,) = last_runs(f"prepare:{delivery}")
    assert run.result is not None
    assert (run.result["delivery"], run.result["messages"]) == (delivery, 3)


def test_a_preparation_ends_between_chunks_when_the_worker_does(desk: Desk) -> None:
    with_people(desk)
    delivery = make_delivery(desk)
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    call(desk, "prepare", ending=True, delivery=delivery)
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.PREPARING
    call(desk, "prepare", delivery=delivery)
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.PREPARED


def test_content_that_cannot_be_prepared_is_told_in_the_run(desk: Desk) -> None:
    delivery = make_delivery(desk)
    Delivery.objects.filter(id=delivery).update(text="{{ unclosed")
    begin_preparing(delivery, now=desk.clock.now(), actor="test")
    call(desk, "prepare", delivery=delivery)
    assert Delivery.objects.get(id=delivery).status == DeliveryStatus.PREPARE_FAILED
    (run,) = last_runs(f"prepare:{delivery}")
    assert f"delivery {delivery} cannot be prepared" in run.problem


def test_returns_are_settled(desk: Desk) -> None:
    accept_many([Incoming(source="lmtp", raw=b"Subject: hello\n\nthere\n")], now=desk.clock.now())
    call(desk, "settle")
    assert not ReturnedMail.objects.filter(state="stored").exists()


@pytest.mark.parametrize("name", ["cleanup", "deliverability-update", "aggregates"])
def test_timed_jobs_write_their_runs_down(desk: Desk, name: str) -> None:
    call(desk, name)
    (run,) = last_runs(name)
    assert run.finished_at is not None
    assert run.result is not None
    assert not run.problem


def test_a_job_by_hand_gives_its_result(desk: Desk) -> None:
    assert run_by_hand(desk.site, "cleanup", at=None, actor="test")["exits"] == 0
    assert not holds(now=desk.clock.now())


def test_a_job_by_hand_that_a_worker_is_at_is_refused(desk: Desk) -> None:
    hold("cleanup", worker="worker-1", now=desk.clock.now())
    with pytest.raises(RefusedError, match="the job cleanup is running, since"):
        run_by_hand(desk.site, "cleanup", at=None, actor="test")


@pytest.mark.parametrize("name", ["knitting", "prepare"])
def test_what_is_no_timed_job_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(InputError, match=f"there is no job '{name}': known are cleanup"):
        run_by_hand(desk.site, name, at=None, actor="test")


def test_what_is_done_by_hand_is_not_taken_up_by_workers(desk: Desk) -> None:
    with holding(desk.site, "prepare", delivery=5):
        assert not hold("prepare:5", worker="worker-1", now=desk.clock.now())
        with holding(desk.site, "prepare", delivery=5):
            pass  # a second one joins
        assert not hold("prepare:5", worker="worker-1", now=desk.clock.now())
    assert hold("prepare:5", worker="worker-1", now=desk.clock.now())
