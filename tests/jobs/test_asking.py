"""Wake-up calls: they reach the queue of the site, and a queue that fails harms nobody."""

import json
import logging
import os
import sqlite3
from pathlib import Path

import pytest

from rebond.config import Config, ConfigError, load_config
from rebond.config_sections import DatabaseSection, QueueSection
from rebond.core.tokens import Keyring
from rebond.jobs import ask, asking, use
from rebond.jobs.queue import QUEUE_FILE, open_queue
from rebond.wiring import Site, SystemClock, load_policy
from tests.databases import own_database

KEYRING = Keyring({0: b"a key for these tests only"}, 0)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(asking, "_used", asking._Used())
    return make_site(tmp_path)


def make_site(data: Path, config: Config | None = None) -> Site:
    config = config or Config()
    return Site(data=data, config=config, policy=load_policy(config), keyring=KEYRING, clock=SystemClock())


def test_a_call_reaches_the_queue_of_the_site(site: Site) -> None:
    use(site)
    ask("prepare", delivery=5)
    ask("settle")
    assert open_queue(site).waiting() == {("prepare", (("delivery", 5),)), ("settle", ())}
    assert (site.data / QUEUE_FILE).exists()


def test_a_process_that_named_no_site_calls_nobody(site: Site) -> None:
    ask("settle")
    assert not list(site.data.iterdir())


def test_an_unknown_job_is_a_mistake_of_the_caller(site: Site) -> None:
    use(site)
    with pytest.raises(ValueError, match="no job 'setle': known are aggregates, bulk, cancel"):
        ask("setle")


def test_a_queue_that_fails_harms_nobody(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    (site.data / QUEUE_FILE).mkdir()
    use(site)
    with caplog.at_level(logging.WARNING):
        ask("settle")
    assert "nobody could be woken for settle, the sweep will" in caplog.text


def test_a_worker_is_told_each_call_once(site: Site) -> None:
    use(site)
    ask("send", delivery=7)
    queue, taken = open_queue(site), []
    queue.take(lambda name, about: taken.append((name, about)))
    task = queue.huey.dequeue()
    queue.huey.execute(task)
    assert taken == [("send", {"delivery": 7})]
    assert queue.huey.dequeue() is None


def test_calls_are_written_as_json_which_runs_nothing(site: Site) -> None:
    use(site)
    ask("send", delivery=7)
    with sqlite3.connect(site.data / QUEUE_FILE) as connection:
        ((data,),) = connection.execute("SELECT data FROM task")
    assert json.loads(data)[6] == ["send", {"delivery": 7}]


def test_calls_are_not_heaped_up_while_nobody_listens(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.jobs.queue.MOST_WAITING", 2)
    use(site)
    for _ in range(3):
        ask("settle")
    assert open_queue(site).size() == 2


def test_a_queue_of_another_kind_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"queue.url = 'amqp://x': 'amqp' is no known queue"):
        load_config(tmp_path, environ={"REBOND_QUEUE__URL": "amqp://x"})


def test_redis_without_its_library_names_the_extra(tmp_path: Path) -> None:
    pytest.importorskip("huey")
    config = Config(queue=QueueSection(url="redis://127.0.0.1:1/0"))
    try:
        import redis  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match=r"rebond\[redis\]"):
            open_queue(make_site(tmp_path, config))


@pytest.mark.skipif(os.environ.get("REBOND_TEST_DATABASE") != "postgresql", reason="for PostgreSQL")
def test_calls_lie_beside_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_used", asking._Used())
    with own_database() as url:
        site = make_site(tmp_path, Config(database=DatabaseSection(url=url)))
        use(site)
        ask("prepare", delivery=5)
        queue, taken = open_queue(site), []
        queue.take(lambda name, about: taken.append((name, about)))
        assert queue.waiting() == {("prepare", (("delivery", 5),))}
        queue.huey.execute(queue.huey.dequeue())
        assert taken == [("prepare", {"delivery": 5})]
        assert queue.size() == 0
        queue.huey.storage.close()
        asking._used.queue.huey.storage.close()  # type: ignore[union-attr]
    assert not list(tmp_path.iterdir())
