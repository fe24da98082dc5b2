"""Workers are really killed in the midst of preparing and of sending; the sweep has others go on: nothing is lost."""

from pathlib import Path

import pytest

from tests.acceptance.served_site import ServedSite, kill, served_site, wait_for, with_people
from tests.waiting import until

pytestmark = [pytest.mark.either_database, pytest.mark.slow]
PEOPLE = 4_000
# What a worker has begun and not written down at any moment: two windows.
IN_FLIGHT = 50


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    with served_site(tmp_path) as made:
        delivery = with_people(made, PEOPLE)
        made.start("beat")
        prepare_with_a_kill(made, delivery)
        send_with_a_kill(made, delivery)


def prepare_with_a_kill(made: ServedSite, delivery: int) -> None:
    made.begin("prepare", delivery)
    worker = made.start("worker")
    until(lambda: made.value(f"SELECT cursor FROM delivery WHERE id = {delivery}"), what=made.said)
    kill(worker)
    assert made.value(f"SELECT status FROM delivery WHERE id = {delivery}") == "preparing"
    made.let_time_pass()
    made.start("worker")
    wait_for(made, f"SELECT status FROM delivery WHERE id = {delivery}", "prepared")
    assert made.rows(f"SELECT target, messages, excluded FROM delivery_counts WHERE delivery_id = {delivery}") == [
        (PEOPLE, PEOPLE, 0)
    ]
    assert made.value("SELECT count(DISTINCT profile) FROM message") == PEOPLE
    runs = made.rows(f"SELECT finished_at IS NULL FROM job_run WHERE name = 'prepare:{delivery}' ORDER BY id")
    assert [bool(cut_short) for (cut_short,) in runs] == [True, False]


def send_with_a_kill(made: ServedSite, delivery: int) -> None:
    made.begin("send", delivery)
    worker = made.running[-1]
    until(lambda: len(made.relay.taken) > PEOPLE // 10, what=made.said)
    kill(worker)
    assert len(made.relay.taken) < PEOPLE
    assert made.value("SELECT count(*) FROM message WHERE status = 'sending'") <= IN_FLIGHT
    made.let_time_pass()
    made.start("worker")
    wait_for(made, "SELECT pending FROM delivery_counts", 0, within=180)
    wait_for(made, f"SELECT status FROM delivery WHERE id = {delivery}", "finished")
    delivered = {address for (address,) in made.rows("SELECT address FROM message WHERE status = 'delivered'")}
    uncertain = {address for (address,) in made.rows("SELECT address FROM message WHERE uncertain")}
    twice = {address for address, times in made.relay.taken.items() if times > 1}
    assert set(made.relay.taken) >= delivered
    assert len(delivered | uncertain) == PEOPLE
    assert twice <= uncertain
    assert len(uncertain) <= IN_FLIGHT
