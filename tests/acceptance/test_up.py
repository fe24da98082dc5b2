"""`rebond up`: one process tree, from an empty folder to a site that serves, and its orderly end."""

import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.served_site import ServedSite, alive, served_site, wait_for
from tests.intake.commands import rebond
from tests.waiting import until

pytestmark = pytest.mark.either_database


def test_up_serves_keeps_its_parts_running_and_ends_them_in_order(tmp_path: Path) -> None:
    with served_site(tmp_path) as made:
        up = made.start("up")
        until(lambda: "rebond: ready" in made.said(), within=120, what=made.said)
        assert_link_opens(made)
        assert_ready(made)
        worker = made.value("SELECT pid FROM running_process WHERE kind = 'worker'")
        os.kill(worker, signal.SIGKILL)
        until(lambda: "worker ended (killed by SIGKILL); it is started again in 1 s" in made.said(), what=made.said)
        wait_for(made, f"SELECT count(*) FROM running_process WHERE kind = 'worker' AND pid <> {worker}", 1)
        # The new one works: a job that is due has run.
        made.rows("DELETE FROM job_run")
        wait_for(made, "SELECT count(*) FROM job_run WHERE name = 'cleanup' AND finished_at IS NOT NULL", 1)
        pids = [pid for (pid,) in made.rows("SELECT pid FROM running_process")]
        up.send_signal(signal.SIGTERM)
        assert up.wait(90) == 0, made.said()
        ends = re.findall(r"rebond: (\w+) has ended", made.said())
        assert ends == ["intake", "beat", "worker", "web"]
        assert not any(alive(pid) for pid in pids)


def assert_link_opens(made: ServedSite) -> None:
    (link,) = re.findall(r"http://\S+", made.said().split("first administrator")[1])[:1]
    with urllib.request.urlopen(link, timeout=30) as answer:
        assert "password" in answer.read().decode()
    assert made.rows("SELECT username, role FROM person") == [("admin", "administrator")]


def assert_ready(made: ServedSite) -> None:
    base = f"http://127.0.0.1:{made.web_port}"
    with urllib.request.urlopen(f"{base}/health/ready", timeout=30) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{base}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    for kind in ("web", "worker", "intake", "beat"):
        assert f'rebond_processes{{kind="{kind}"}} 1.0' in text
    assert 'rebond_http_request_duration_seconds_count{method="GET"' in text


def test_up_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    done = rebond(tmp_path, "up")
    assert done.returncode == 2
    assert "holds something else than a Rebond" in done.stderr.decode()
