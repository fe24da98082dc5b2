"""`rebond demo`: a console on the simulated world, whose data moves while one looks."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import PATIENCE, Desk, _listen
from tests.intake.commands import PROGRAM, environment

pytestmark = pytest.mark.slow


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "demo",
        "--people",
        "1500",
        "--port",
        "0",
        "--data",
        str(tmp_path / "demo"),
    ]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        yield running
        running.kill()


def test_the_console_of_the_demonstration_shows_data_that_moves(demo: subprocess.Popen[str], chromium: Any) -> None:
    assert demo.stdout is not None
    told = json.loads(demo.stdout.readline())
    context = chromium.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    window = Desk(page=context.new_page(), url=told["console"].rstrip("/"), problems=[])
    _listen(window)
    page = window.page
    page.goto(told["console"])
    page.fill("input[name=login]", told["user"])
    page.fill("input[name=password]", told["password"])
    window.click("button.main")
    page.wait_for_selector(".sidebar")
    window.open("/deliveries/1/")
    before = page.inner_text(".figures")
    # By itself: nobody reloads the page.
    page.wait_for_function("before => document.querySelector('.figures').innerText !== before", arg=before)
    for link in [one.get_attribute("href") for one in page.query_selector_all(".sidebar a")]:
        answer = page.goto(window.url + link)
        assert answer.status == 200, link
    context.close()
    assert not window.problems
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["reconciled"] is True
