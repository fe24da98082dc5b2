"""Which database a command looks at, and the program's own name and version."""

import subprocess
import sys
from pathlib import Path

import pytest

from rebond.cli.demo_views import own_command
from rebond.store.connect import without_password
from tests.intake.commands import PROGRAM, environment


def rebond(*arguments: str, data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, as only one database is open in each."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(
        command, env=environment(data, **settings), capture_output=True, text=True, check=False, timeout=60
    )


def test_a_database_without_tables_is_named(tmp_path: Path) -> None:
    first = tmp_path / "first"
    assert rebond("init", data=first).returncode == 0
    assert rebond("delivery", "list", data=first).returncode == 0
    database = first / "rebond.sqlite3"
    database.unlink()
    missing = rebond("delivery", "list", data=first)
    assert missing.returncode == 2
    assert missing.stderr == (
        f"rebond: {database} has no tables of Rebond: set REBOND_DATABASE_URL if its data is in another database;"
        f" run rebond init --data {first} to make them there\n"
    )
    assert not database.exists()
    elsewhere = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    named = rebond("delivery", "list", data=first, REBOND_DATABASE_URL=elsewhere)
    assert named.returncode == 2
    assert named.stderr.startswith(f"rebond: {tmp_path / 'other.sqlite3'} has no tables of Rebond: run rebond init")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:////srv/a%20b/rebond.sqlite3", "/srv/a b/rebond.sqlite3"),
        ("postgresql://me:secret@db.example:5433/rebond", "postgresql://me@db.example:5433/rebond"),
        ("postgresql://db.example/rebond?password=secret", "postgresql://db.example/rebond"),
        ("postgresql:///rebond", "postgresql:///rebond"),
        ("postgresql://:p@ss@db.example/rebond", "postgresql://@db.example/rebond"),
    ],
)
def test_a_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_the_version(tmp_path: Path) -> None:
    result = rebond("--version", data=tmp_path)
    assert (result.returncode, result.stdout.split()[0]) == (0, "rebond")


def test_a_command_to_repeat_is_written_as_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "some where" / "rebond"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", [str(program), "demo"])
    assert own_command() == f"'{program}'"
    monkeypatch.setenv("PATH", str(program.parent))
    assert own_command() == "rebond"
