"""The job of outgoing webhooks: found by the sweep when something is due, and done by a worker."""

import threading
from pathlib import Path
from typing import Any

import pytest

from rebond.jobs.table import JOBS
from rebond.jobs.work import Work
from rebond.post import Poster
from rebond.secrets_file import new_secrets
from rebond.services.webhooks import send_test, subscribe
from tests.jobs.job_fixtures import make_desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_what_is_due_is_told_by_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = make_desk(tmp_path).site
    secrets = site.data / "secrets.toml"
    secrets.write_text(new_secrets())
    secrets.chmod(0o600)
    got: list[Any] = []
    monkeypatch.setattr(Poster, "post", lambda _, *posted: got.append(posted) or 200)
    job, now = JOBS["webhooks"], site.clock.now()
    assert job.unfinished
    made = subscribe("https://shop.example/", events=(), salt="x", site=site.webhooks, now=now, actor="test")
    assert job.unfinished(now, False) == []
    send_test(made.row.number, now=now)
    assert job.unfinished(now, False) == [{}]
    done = job.run(Work(site=site, about={}, worker="test", actor="test", ending=threading.Event()))
    assert (len(got), done.more) == (1, False)
    assert job.unfinished(now, False) == []
