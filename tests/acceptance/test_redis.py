"""Several machines with Redis between them: it wakes workers, and nothing is lost when it dies with all calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.served_site import ServedSite, served_site, wait_for, with_people
from tests.jobs.redis_server import redis_server

pytestmark = [pytest.mark.either_database, pytest.mark.slow]
PEOPLE = 300
CALLS = """
import sys
from pathlib import Path
from rebond.wiring import open_site
site = open_site(Path(sys.argv[1]))
from rebond.jobs.asking import ask, use
from rebond.services.prepare import begin_preparing
from rebond.services.send import begin_sending
use(site)
{"prepare": begin_preparing, "send": begin_sending}[sys.argv[2]](int(sys.argv[3]), now=site.clock.now(), actor="test")
ask(sys.argv[2], delivery=int(sys.argv[3]))
"""


def test_redis_wakes_workers_and_may_die(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as redis, served_site(tmp_path) as made:
        made.more["REBOND_QUEUE__URL"] = redis.url
        delivery = with_people(made, PEOPLE)
        call(made, "prepare", delivery)
        worker = made.start("worker")
        # No beat runs: only the call can have woken the worker.
        wait_for(made, f"SELECT status FROM delivery WHERE id = {delivery}", "prepared")
        redis.kill()
        said = call(made, "send", delivery)
        assert "nobody could be woken for send, the sweep will" in said
        assert redis.url not in said
        redis.start()
        made.start("beat")
        wait_for(made, f"SELECT status FROM delivery WHERE id = {delivery}", "finished")
        assert worker.poll() is None, made.said()
        assert made.relay.taken == {f"p{number}@people.example": 1 for number in range(PEOPLE)}


def call(made: ServedSite, what: str, delivery: int) -> str:
    """Begin something and wake a worker for it, as the console does; returns what was logged."""
    done = subprocess.run(
        [sys.executable, "-c", CALLS, str(made.data), what, str(delivery)],
        env=made.environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()
