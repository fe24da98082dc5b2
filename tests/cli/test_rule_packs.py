"""`rebond rules keygen|export|import|update|updates` and the nightly job, through the real command line."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.intake.commands import answer, rebond, rows, site
from tests.services.pack_fixtures import KEY, STRANGER, packed, public, rule

pytestmark = pytest.mark.either_database
TEXT = "550 Zorglub finds the moon wrong for {}@shop.example"
SUN = rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A site with two addresses that failed with one unknown text, and a source of packs that is a file."""
    folder = tmp_path / "data"
    with site(folder):
        events = [
            {
                "channel": "email",
                "address": f"{name}@shop.example",
                "event": "failure",
                "occurred_at": "2026-03-01T08:00:00Z",
                "text": TEXT.format(name),
            }
            for name in ("anna", "bob")
        ]
        answer(folder, "intake", "events", "-", given="\n".join(map(json.dumps, events)).encode())
        with (folder / "rebond.toml").open("a") as file:
            file.write(f'[update.acme]\nsource = "{tmp_path}/acme.zip"\nkeys = ["{public(KEY)}"]\n')
        yield folder


def named(data: Path) -> None:
    text = (data / "rebond.toml").read_text()
    (data / "rebond.toml").write_text(text.replace("[packs]\n", '[packs]\nname = "ours"\nexport = "out"\n'))


def refused(data: Path, *arguments: str | Path) -> tuple[int, str]:
    done = rebond(data, *arguments)
    return done.returncode, done.stderr.decode()


def test_a_pack_is_looked_at_taken_and_undone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "acme.zip").write_bytes(packed(rule()))
    (tried,) = rows(data, "rules", "update", "--dry-run")
    assert (tried["outcome"], tried["entering_quarantine"]) == ("different", 2)
    assert rows(data, "rules", "updates") == []
    (taken,) = rows(data, "rules", "update")
    assert (taken["outcome"], taken["new"], taken["failures_changed"]) == ("taken", ["acme/moon"], 2)
    (listed,) = rows(data, "rules", "updates")
    assert (listed["operation"], listed["pack"], listed["source"]) == (taken["operation"], "acme", "acme")
    assert answer(data, "quarantine", "show", "bob@shop.example")["status"] == "quarantined"
    assert answer(data, "rules", "undo", str(taken["operation"]))["step"] == "undone"
    assert answer(data, "quarantine", "show", "bob@shop.example")["status"] != "quarantined"


@pytest.mark.slow
def test_a_key_is_made_and_a_pack_is_given_out(data: Path, tmp_path: Path) -> None:
    made = answer(data, "rules", "keygen")
    assert stat.S_IMODE(Path(made["file"]).stat().st_mode) == 0o600
    code, words = refused(data, "rules", "keygen")
    assert (code, made["public_key"] in words) == (4, True)
    file = tmp_path / "mine.zip"
    assert refused(data, "rules", "export", file)[0] == 2
    named(data)
    code, words = refused(data, "rules", "export", file)
    assert (code, "nothing to export" in words) == (2, True)
    answer(data, "qualifications", "decide", "1", "--reason", "user_unknown", "--id", "moon")
    assert answer(data, "rules", "export", "--dry-run")["rules"] == 1
    assert not file.exists()
    written = answer(data, "rules", "export", file)
    assert (written["written"], written["public_key"]) == (True, made["public_key"])
    assert b"anna" not in file.read_bytes()
    assert answer(data, "rules", "export", file)["written"] is False


@pytest.mark.slow
def test_the_job_reports_the_source_that_fails(data: Path, tmp_path: Path) -> None:
    answer(data, "rules", "keygen")
    named(data)
    with (data / "rebond.toml").open("a") as file:
        file.write('[update.other]\nsource = "nowhere.zip"\n')
    (tmp_path / "acme.zip").write_bytes(packed(rule()))
    done: Any = answer(data, "job", "run", "deliverability-update", "--now", "2026-03-02T02:00:00Z", code=3)
    assert [one["outcome"] for one in done["packs"]] == ["taken", "refused"]
    assert "nowhere.zip" in done["problem"]
    assert "export: " in done["problem"]
    listed = {one["job"]: one for one in rows(data, "job", "list")}
    assert listed["deliverability-update"]["problem"] == done["problem"]
    assert (listed["deliverability-update"]["schedule"], listed["cleanup"]["last_run"]) == ("daily at 02:00", None)
    told = {one["check"]: one for one in map(json.loads, rebond(data, "doctor").stdout.splitlines())}
    assert told["packs of rules"]["level"] == "yellow"
    code, words = refused(data, "job", "run", "nothing")
    assert (code, "known are cleanup, deliverability-update" in words) == (2, True)


@pytest.mark.slow
def test_a_pack_that_moves_very_many_is_held_back_until_a_person_takes_it(data: Path, tmp_path: Path) -> None:
    text = (data / "rebond.toml").read_text()
    (data / "rebond.toml").write_text(text.replace("# most_quarantined = 100", "most_quarantined = 1"))
    (tmp_path / "acme.zip").write_bytes(packed(rule()))
    done: Any = answer(data, "job", "run", "deliverability-update", code=3)
    assert [one["outcome"] for one in done["packs"]] == ["held"]
    (alert,) = rows(data, "alerts", "list")
    assert (alert["kind"], alert["about"], alert["text"]) == ("update_held", "acme", done["problem"])
    assert "look at rebond rules update acme --dry-run, then take it with --anyway" in done["problem"]
    assert answer(data, "rules", "import", tmp_path / "acme.zip", code=4)["outcome"] == "held"
    code, words = refused(data, "qualifications", "decide", "1", "--reason", "user_unknown")
    assert (code, "move 2 addresses into quarantine" in words) == (4, True)
    assert rows(data, "rules", "update", "acme", "--anyway")[0]["outcome"] == "taken"
    assert rows(data, "alerts", "list") == []


@pytest.mark.slow
def test_a_pack_that_somebody_brings(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "brought.zip"
    file.write_bytes(packed(SUN, key=STRANGER))
    done = answer(data, "rules", "import", file, code=4)
    assert "not configured" in done["words"]
    file.write_bytes(packed(SUN)[:-3])
    assert answer(data, "rules", "import", file, code=4)["outcome"] == "refused"
    code, words = refused(data, "rules", "import", tmp_path / "none.zip")
    assert (code, "none.zip cannot be read: No such file or directory" in words) == (2, True)
    file.write_bytes(packed(SUN))
    assert answer(data, "rules", "import", file, "--dry-run")["outcome"] == "different"
    taken = answer(data, "rules", "import", file, "--because", "they asked")
    assert (taken["outcome"], taken["source"]) == ("taken", "acme")
    answer(data, "rules", "undo", str(taken["operation"]))
    assert answer(data, "rules", "import", file)["outcome"] == "undone"
    assert answer(data, "rules", "import", file, "--again")["outcome"] == "taken"
    code, words = refused(data, "rules", "update", "unknown")
    assert (code, "known are acme" in words) == (2, True)
    assert rebond(data, "rules", "update", "acme").returncode == 3
