"""A worker goes on with acts on many addresses that were begun, and makes room when it ends."""

import threading
from pathlib import Path

import pytest

from rebond.core.policy import Policy
from rebond.core.words import AddressStatus
from rebond.jobs import names
from rebond.jobs.table import JOBS
from rebond.jobs.work import Work
from rebond.services.bulk import begin
from rebond.services.bulk_steps import Acting
from rebond.services.people import read_address, tell
from rebond.store.read.bulk import BulkKind, BulkStep, list_bulk
from rebond.store.read.selection import Selection
from rebond.store.read.state_pages import StateFilter
from tests.jobs.job_fixtures import Desk, make_desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
JOB = JOBS[names.BULK]


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An operation on five addresses, in parts of two, of which two are one piece of a worker's work."""
    monkeypatch.setattr("rebond.services.bulk_steps.PAGE", 2)
    monkeypatch.setattr("rebond.jobs.quarantining._PARTS", 2)
    desk = make_desk(tmp_path)
    policy: Policy = desk.site.policy
    for number in range(5):
        told = read_address(f"a{number}@shop.example")
        tell(
            told,
            status=AddressStatus.QUARANTINED,
            because="x",
            actor="cli:eve",
            policy=policy,
            now=desk.clock.now(),
        )
    acting = Acting(policy=policy, actor="cli:eve", now=desk.clock.now)
    selection = Selection(states=StateFilter(domain="shop.example"))
    begin(selection=selection, kind=BulkKind.RELEASE, because="x", expected=5, acting=acting)
    return desk


def work(desk: Desk, *, ending: bool = False) -> Work:
    event = threading.Event()
    if ending:
        event.set()
    return Work(site=desk.site, about={}, worker="w", actor="job:bulk", ending=event)


def test_it_goes_on_piece_by_piece_until_nothing_is_left(begun: Desk) -> None:
    assert JOB.unfinished is not None
    assert JOB.unfinished(begun.clock.now(), False) == [{}]
    assert JOB.run(work(begun)).more
    assert list_bulk()[0].changed == 4
    assert not JOB.run(work(begun)).more
    assert (list_bulk()[0].changed, list_bulk()[0].step) == (5, BulkStep.DONE)
    assert JOB.unfinished(begun.clock.now(), False) == []


def test_a_worker_that_ends_leaves_it_to_others(begun: Desk) -> None:
    assert JOB.run(work(begun, ending=True)).more
    assert list_bulk()[0].changed == 0
