"""A worker's hands: one at a time, again when called meanwhile, and rest after a fault."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from rebond.jobs import runner as runner_module
from rebond.jobs.presence import Presence
from rebond.jobs.runner import Runner
from rebond.jobs.schedule import Every
from rebond.jobs.table import Job
from rebond.jobs.work import Done, Ending, Work
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.jobs import HOLD, hold, let_go, renew, request_run
from rebond.store.models import JobHold, RunningProcess
from rebond.store.read.jobs import holds, last_finished, last_runs
from tests.jobs.job_fixtures import Desk, make_desk
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@contextmanager
def knowing(monkeypatch: pytest.MonkeyPatch, **jobs: Job) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(runner_module, "JOBS", jobs)
        yield


def make_runner(desk: Desk, *, worker: str = "worker-1", again: list[Any] | None = None) -> Runner:
    asked = again if again is not None else []
    return Runner(
        desk.site,
        worker=worker,
        ask_again=lambda name, about: asked.append((name, dict(about))),
        ending=threading.Event(),
    )


def test_a_run_is_written_down_with_its_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job(run=lambda work: Done(result={"told": work.about["delivery"]}), recorded=True)
    with knowing(monkeypatch, prepare=job):
        make_runner(desk).called("prepare", {"delivery": 5})
    (run,) = last_runs("prepare:5")
    assert run.result == {"told": 5}
    assert run.finished_at
    assert not holds(now=desk.clock.now())


def test_what_is_not_at_its_end_is_asked_for_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Any] = []
    with knowing(monkeypatch, settle=Job(run=lambda _: Done(more=True), alone=False)):
        make_runner(desk, again=again).called("settle", {})
    assert again == [("settle", {})]


def test_a_call_that_comes_meanwhile_is_not_forgotten(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    again: list[Any] = []
    runner = make_runner(desk, again=again)
    times: list[str] = []

    def run(work: Work) -> Done:
        times.append(work.worker)
        runner.called("settle", {})
        return Done()

    with knowing(monkeypatch, settle=Job(run=run, alone=False)):
        runner.called("settle", {})
    assert times == ["worker-1"]
    assert again == [("settle", {})]


def test_two_workers_do_not_carry_out_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def run(work: Work) -> Done:
        make_runner(desk, worker="worker-2").called("cleanup", {})
        done.append(work.worker)
        return Done()

    with knowing(monkeypatch, cleanup=Job(run=run)):
        make_runner(desk).called("cleanup", {})
    assert done == ["worker-1"]


def test_a_hold_lapses_when_its_worker_is_gone(desk: Desk) -> None:
    now = desk.clock.now()
    assert hold("prepare:5", worker="gone", now=now)
    assert not hold("prepare:5", worker="next", now=now)
    desk.clock.move(seconds=50)
    renew("gone", ["prepare:5"], now=desk.clock.now())
    desk.clock.move(seconds=50)
    assert not hold("prepare:5", worker="next", now=desk.clock.now())
    assert holds(now=desk.clock.now())["prepare:5"].worker == "gone"
    desk.clock.move(seconds=HOLD.total_seconds())
    assert holds(now=desk.clock.now())["prepare:5"].worker == ""
    assert hold("prepare:5", worker="next", now=desk.clock.now())
    let_go("prepare:5", worker="gone", done=True)  # it comes back too late
    assert holds(now=desk.clock.now())["prepare:5"].worker == "next"


def test_what_could_not_be_let_go_lapses_though_its_worker_lives_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As when the database is away at the end of a piece of work: nobody else could ever have taken it up."""

    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server closed the connection")

    presence = Presence(desk.site, kind="worker", every=0.01)
    runner, seen = make_runner(desk, worker=presence.name), list[str]()

    def run(_: Work) -> Done:
        seen.extend(runner.at_hand())
        desk.clock.move(seconds=50)
        until(lambda: _until() == desk.clock.now() + HOLD)
        monkeypatch.setattr(runner_module, "let_go", away)
        return Done()

    presence.begin(carries=runner.at_hand)
    try:
        with knowing(monkeypatch, cleanup=Job(run=run)):
            runner.called("cleanup", {})
        assert seen == ["cleanup"]
        assert runner.at_hand() == []
        assert "held a while longer" in caplog.text
        desk.clock.move(seconds=HOLD.total_seconds() + 1)
        now = desk.clock.now()
        until(lambda: RunningProcess.objects.filter(name=presence.name, seen_at=now).exists())
        assert hold("cleanup", worker="next", now=now)
    finally:
        presence.end()


def _until() -> object:
    return JobHold.objects.values_list("until", flat=True).get()


def test_a_clock_that_was_put_back_does_not_hold_for_ever(desk: Desk) -> None:
    assert hold("cleanup", worker="ahead", now=desk.clock.now())
    desk.clock.move(days=-1)
    assert hold("cleanup", worker="next", now=desk.clock.now())


@pytest.mark.parametrize("error", [ValueError("it broke"), RefusedError("it broke")])
def test_a_fault_is_written_down_and_rests_longer_each_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    tries: list[float] = []

    def run(work: Work) -> Done:
        tries.append(desk.clock.monotonic())
        raise error

    runner, began = make_runner(desk), desk.clock.monotonic()
    with knowing(monkeypatch, cleanup=Job(run=run, schedule=Every(5))):
        for _ in range(20):
            runner.called("cleanup", {})
            desk.clock.move(seconds=1)
    assert [at - began for at in tries] == [0, 2, 6, 14]
    (run_seen,) = last_runs("cleanup")
    assert run_seen.problem == "it broke"
    assert run_seen.result is None
    assert last_finished("cleanup") is None
    assert not holds(now=desk.clock.now())


def test_a_run_that_broke_off_is_closed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from rebond.services.jobs import begin_run

    def run(work: Work) -> Done:
        begin_run("cleanup", now=work.now())
        raise ValueError("no more")

    with knowing(monkeypatch, cleanup=Job(run=run, schedule=Every(5))):
        make_runner(desk).called("cleanup", {})
    (seen,) = last_runs("cleanup", most=5)
    assert (seen.problem, bool(seen.finished_at)) == ("no more", True)


@pytest.mark.parametrize("error", [Ending(), NotFoundError("gone")])
def test_an_end_is_no_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run(work: Work) -> Done:
        raise error

    runner = make_runner(desk)
    with knowing(monkeypatch, cleanup=Job(run=run, schedule=Every(5))):
        runner.called("cleanup", {})
        runner.called("cleanup", {})
    assert not last_runs("cleanup")
    assert not holds(now=desk.clock.now())


def test_what_somebody_asks_for_stays_asked_for_until_it_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    request_run("cleanup", now=desk.clock.now(), actor="console:ada")
    desk.clock.move(seconds=1)
    with knowing(monkeypatch, cleanup=Job(run=_raising(Ending()))):
        make_runner(desk).called("cleanup", {})
    assert holds(now=desk.clock.now())["cleanup"].asked_by == "console:ada"
    with knowing(monkeypatch, cleanup=Job(run=lambda _: Done())):
        make_runner(desk).called("cleanup", {})
    assert not holds(now=desk.clock.now())


def test_what_is_running_is_not_asked_for(desk: Desk) -> None:
    assert hold("cleanup", worker="worker-1", now=desk.clock.now())
    with pytest.raises(RefusedError, match="is running, since 2026-03-02 12:00:00 UTC on worker-1"):
        request_run("cleanup", now=desk.clock.now(), actor="console:ada")


def test_a_job_of_a_newer_version_is_left_to_it(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    make_runner(desk).called("knitting", {})
    assert "nobody here knows a job 'knitting'" in caplog.text


def _raising(error: Exception) -> Callable[[Work], Done]:
    def run(work: Work) -> Done:
        raise error

    return run
