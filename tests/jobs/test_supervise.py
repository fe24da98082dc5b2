"""One process tree: started in order, kept running, ended in order."""

import os
import signal
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rebond.jobs.supervise import Part, Supervisor
from tests.waiting import until

# A part that writes down what happens to it; what is after `name` says how it behaves.
PART = """
import os, signal, sys, time
from rebond.jobs.supervised import tell_ready
name, log, how = sys.argv[1:4]
def note(what):
    with open(log, "a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")
def end(*_):
    note("ends")
    if how != "stubborn":
        sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("starts")
if how == "slow":
    time.sleep(0.5)
while how == "never ready":
    time.sleep(0.05)
if how == "broken":
    sys.exit(3)
note("ready")
tell_ready()
while True:
    time.sleep(0.05)
"""


@dataclass
class Tree:
    folder: Path
    said: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self, **parts: str) -> None:
        script = self.folder / "part.py"
        script.write_text(textwrap.dedent(PART))
        self.log.touch()
        made = [
            Part(
                name=name,
                command=[sys.executable, str(script), name, str(self.log), how],
                ready_within=60.0,
                end_within=1.0 if how == "stubborn" else 60.0,
            )
            for name, how in parts.items()
        ]
        supervisor = Supervisor(
            made, ending_order=("intake", "worker", "web"), environment=os.environ, say=self.said.append
        )
        self.ready = threading.Event()
        self.thread = threading.Thread(target=supervisor.run, args=(self.ending,), kwargs={"ready": self.ready.set})
        self.thread.start()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def events(self) -> list[str]:
        return [" ".join(line.split()[:2]) for line in self.log.read_text().splitlines()]

    def pids(self, name: str) -> list[int]:
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [int(pid) for who, what, pid in lines if (who, what) == (name, "ready")]

    def end(self) -> None:
        self.ending.set()
        if self.thread:
            self.thread.join(60)
            assert not self.thread.is_alive()


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    found = Tree(tmp_path)
    yield found
    found.end()


def test_parts_start_when_the_one_before_is_ready_and_end_in_their_order(tree: Tree) -> None:
    tree.start(web="slow", worker="slow", intake="")
    assert tree.ready.wait(60)
    assert tree.events() == [
        "web starts",
        "web ready",
        "worker starts",
        "worker ready",
        "intake starts",
        "intake ready",
    ]
    tree.end()
    assert tree.events()[6:] == ["intake ends", "worker ends", "web ends"]


def test_a_part_that_dies_is_started_again_and_it_is_said(tree: Tree) -> None:
    tree.start(web="", worker="")
    assert tree.ready.wait(60)
    (first,) = tree.pids("worker")
    os.kill(first, signal.SIGKILL)
    until(lambda: len(tree.pids("worker")) == 2)
    assert "worker ended (killed by SIGKILL); it is started again in 1 s" in tree.said
    os.kill(tree.pids("worker")[1], signal.SIGKILL)
    until(lambda: "worker ended (killed by SIGKILL); it is started again in 2 s" in tree.said)
    assert len(tree.pids("web")) == 1


def test_a_part_that_cannot_start_does_not_keep_the_others_from_it(tree: Tree) -> None:
    tree.start(web="broken", worker="")
    until(lambda: "worker ready" in tree.events())
    until(lambda: tree.events().count("web starts") >= 2)
    assert not tree.ready.is_set()  # nobody is told that the console is there
    assert "web ended (code 3); it is started again in 1 s" in tree.said


def test_a_part_that_does_not_end_is_killed(tree: Tree) -> None:
    tree.start(web="", worker="stubborn")
    assert tree.ready.wait(60)
    tree.end()
    assert "worker did not end within 1 s: it is killed" in tree.said
    assert tree.events()[-1] == "web ends"


def test_an_end_while_it_starts_ends_what_has_started(tree: Tree) -> None:
    tree.start(web="never ready", worker="", intake="")
    until(lambda: "web starts" in tree.events())
    tree.end()
    assert "worker starts" not in tree.events()
    assert tree.events()[-1] == "web ends"


def test_parts_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    import subprocess

    script = tmp_path / "part.py"
    script.write_text(textwrap.dedent(PART))
    log = tmp_path / "log"
    log.touch()
    parent = f"""
import os, sys, threading
from rebond.jobs.supervise import Part, Supervisor
part = Part(name="web", command=[sys.executable, {str(script)!r}, "web", {str(log)!r}, ""])
Supervisor([part], ending_order=["web"], environment=os.environ, say=print).run(threading.Event())
"""
    running = subprocess.Popen([sys.executable, "-c", parent])
    try:
        until(lambda: "web ready" in log.read_text())
    finally:
        running.kill()
        running.wait()
    until(lambda: "web ends" in log.read_text())
