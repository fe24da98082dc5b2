"""The contract of the commands about addresses, through the real command line; what reads much, on either database."""

import csv
import json
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.intake.commands import answer, rebond, rows, site

NOW = datetime.now(UTC).replace(microsecond=0)
STATE = {"status", "reason", "error_count", "since", "until"}
EVIDENCE = {"at", "type", "reason", "cause", "owner", "counted", "why_not", "rule", "text"}
MakeData = Callable[[str], Path]


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def event(name: str, address: str, when: datetime | str, **fields: Any) -> dict[str, Any]:
    moment = when if isinstance(when, str) else when.isoformat()
    return {"channel": "email", "address": address, "event": name, "occurred_at": moment, **fields}


def soft(address: str, when: datetime, reason: str = "unreachable") -> dict[str, Any]:
    return event("failure", address, when, type="soft", reason=reason)


def take(data: Path, *events: dict[str, Any], code: int = 0) -> Any:
    lines = "\n".join(map(json.dumps, events)).encode()
    return answer(data, "intake", "events", "-", given=lines, code=code)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeData]:
    """Make a fresh, initialised data directory with a database of its own."""
    with ExitStack() as sites:
        yield lambda name: sites.enter_context(site(tmp_path_factory.mktemp(name) / "data"))


@pytest.fixture(scope="module")
def data(make: MakeData) -> Path:
    """One site for all tests that use addresses of their own."""
    return make("shared")


def test_init_again_keeps_the_keys_and_what_is_there(make: MakeData) -> None:
    folder = make("again")
    secret = (folder / "secrets.toml").read_text()
    assert stat.S_IMODE((folder / "secrets.toml").stat().st_mode) == 0o600
    take(folder, soft("anna@shop.example", ago(3)))
    answer(folder, "init")
    assert (folder / "secrets.toml").read_text() == secret
    assert answer(folder, "why", "anna@shop.example")["error_count"] == 1


def test_why_of_an_address_never_heard_of(data: Path) -> None:
    found = answer(data, "why", "nobody@shop.example")
    assert set(found) >= STATE
    assert (found["status"], found["error_count"], found["evidence"]) == ("valid", 0, [])


@pytest.mark.either_database
def test_five_soft_errors_in_five_days(data: Path) -> None:
    errors = [soft("five@shop.example", ago(10 - day)) for day in range(5)]
    taken = take(data, *errors[:4])
    assert taken == {"read": 4, "stored": 4, "duplicates": 0, "rejected": []}
    assert answer(data, "why", "five@shop.example")["status"] == "erroneous"
    take(data, *errors)
    found = answer(data, "why", "FIVE@shop.example")
    assert (found["status"], found["reason"], found["error_count"]) == ("quarantined", "unreachable", 5)
    assert found["since"] == ago(6).isoformat().replace("+00:00", "Z")
    assert found["until"] is None
    assert [set(one) >= EVIDENCE for one in found["evidence"]] == [True] * 5
    last = found["evidence"][-1]
    assert (last["counted"], last["why_not"], last["owner"], last["rule"]) == (True, None, "provider", "given")


def test_a_bad_event_is_reported_and_the_rest_is_kept(data: Path) -> None:
    naive = event("failure", "naive@shop.example", "2026-01-05T08:00:00", type="hard", reason="user_unknown")
    lines = "\n".join(map(json.dumps, [naive, soft("kept@shop.example", ago(1))])).encode()
    done = rebond(data, "intake", "events", "-", given=lines)
    assert done.returncode == 3
    assert done.stderr == b"rebond: 1 of 2 lines were rejected, the others are kept\n"
    taken = json.loads(done.stdout)
    assert (taken["read"], taken["stored"], taken["rejected"][0]["line"]) == (2, 1, 1)
    assert "no zone" in taken["rejected"][0]["reason"]
    assert answer(data, "why", "kept@shop.example")["status"] == "erroneous"


def test_check_keeps_the_order_and_gives_reasons(data: Path, tmp_path: Path) -> None:
    take(
        data,
        event("failure", "gone@shop.example", ago(2), text="550 5.1.1 No such user here"),
        event("complaint", "angry@shop.example", ago(2)),
    )
    people = tmp_path / "people.csv"
    people.write_text("id,email\nx1,Opted.Out@shop.example\n")
    answer(data, "profiles", "import", people)
    assert rebond(data, "profiles", "denylist", "x1", "--channel", "email").returncode == 0
    asked = [
        "new@shop.example",
        "Gone@shop.example",
        "angry@shop.example",
        "opted.out@SHOP.example",
        "nothing",
        'n"u\\l@x',
    ]
    many = [f"p{number}@shop.example" for number in range(20_000)]
    file = tmp_path / "addresses.txt"
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*asked, "", *many]).encode())
    answers = rows(data, "check", file)
    assert [one["address"] for one in answers] == [*asked, *many]
    assert [one["reason"] for one in answers[:6]] == [
        None,
        "quarantined",
        "denylisted",
        "denylisted",
        "invalid_address",
        "invalid_address",
    ]
    assert [one["allowed"] for one in answers[:6]] == [True, False, False, False, False, False]
    assert all(one == {"address": one["address"], "allowed": True, "reason": None} for one in answers[6:])
    piped = rebond(data, "check", "-", given=b"gone@shop.example")
    assert json.loads(piped.stdout) == {"address": "gone@shop.example", "allowed": False, "reason": "quarantined"}


@pytest.mark.either_database
def test_add_list_release_and_export(data: Path, tmp_path: Path) -> None:
    address = "=cmd|formula@shop.example"
    told = answer(data, "quarantine", "add", address, "--status", "denylisted", "--because", "by letter")
    assert (told["address"], told["status"]) == (address, "denylisted")
    listed = [row for row in rows(data, "quarantine", "list", "--status", "denylisted") if row["address"] == address]
    assert [set(row) >= {*STATE, "channel", "address"} for row in listed] == [True]
    (first,) = rows(data, "quarantine", "list", "--sort", "address", "--limit", "1")
    assert first["address"] == min(row["address"] for row in rows(data, "quarantine", "list"))
    out = tmp_path / "out.csv"
    answer(data, "quarantine", "export", out)
    with out.open(newline="") as file:
        exported = [row["address"] for row in csv.DictReader(file)]
    assert f"'{address}" in exported
    answer(data, "quarantine", "export", tmp_path / "out.jsonl")
    assert address in {json.loads(line)["address"] for line in (tmp_path / "out.jsonl").read_text().splitlines()}
    assert answer(data, "quarantine", "release", address, "--because", "by phone")["status"] == "valid"
    assert rebond(data, "quarantine", "release", address, "--because", "again").returncode == 4
    assert answer(data, "quarantine", "show", address)["status"] == "valid"
    assert rows(data, "quarantine", "list", "--channel", "push") == []


def test_an_export_of_those_not_to_be_written_to(make: MakeData, tmp_path: Path) -> None:
    data = make("export")
    take(
        data,
        soft("shaky@shop.example", ago(3)),
        event("complaint", "angry@shop.example", ago(3)),
        event("failure", "gone@shop.example", ago(3), type="hard", reason="user_unknown"),
    )

    def exported(*options: str) -> set[str]:
        file = tmp_path / "list.csv"
        answer(data, "quarantine", "export", file, *options)
        with file.open(newline="") as lines:
            return {row["address"].partition("@")[0] for row in csv.DictReader(lines)}

    assert exported() == {"shaky", "angry", "gone"}
    assert exported("--status", "quarantined,denylisted") == {"angry", "gone"}
    assert exported("--status", "quarantined", "--status", "erroneous") == {"shaky", "gone"}


def test_what_a_profile_opted_out_of_is_told(data: Path, tmp_path: Path) -> None:
    address = "quiet@shop.example"
    people = tmp_path / "people.csv"
    people.write_text(f"id,email\nP5,{address}\n")
    answer(data, "profiles", "import", people)
    assert answer(data, "why", address)["denials"] == []
    denied = ("profiles", "denylist", "P5", "--channel", "email", "--because", "asked by telephone")
    assert rebond(data, *denied).returncode == 0
    found = answer(data, "why", address)
    (denial,) = found["denials"]
    assert (found["status"], found["error_count"], found["evidence"]) == ("valid", 0, [])
    assert {**denial, "at": None} == {
        "profile": "P5",
        "channel": "email",
        "at": None,
        "origin": "person",
        "proof": "asked by telephone",
    }
    released = rebond(data, "quarantine", "release", address, "--because", "x")
    assert released.returncode == 4
    assert "rebond profiles allow P5 --channel email" in released.stderr.decode()
    for act in (("add", address, "--status", "allowlisted"), ("release", address)):
        warned = rebond(data, "quarantine", *act, "--because", "x")
        assert warned.returncode == 0
        assert "the profile P5 opted out of email" in warned.stderr.decode()


def test_why_tells_what_retention_has_kept(make: MakeData) -> None:
    data = make("snapshot")
    address = "old@shop.example"
    take(data, event("failure", address, ago(3), text="550 5.1.1 No such user here"))
    assert "snapshot" not in answer(data, "why", address)
    later = NOW + timedelta(days=400)
    answer(data, "job", "run", "cleanup", "--now", later.isoformat())
    found = answer(data, "why", address)
    assert found["evidence"] == []
    kept = found["snapshot"]
    assert set(kept) == {"horizon", "status", "reason", "error_count", "text"}
    assert (kept["status"], kept["reason"]) == (found["status"], found["reason"]) == ("quarantined", "user_unknown")
    assert "No such user" in kept["text"]


@pytest.mark.parametrize(
    "line", ["id;email", "7\tanna@shop.example", "a@shop.example b@shop.example", "id,mail", "E-Mail"]
)
def test_a_file_of_columns_is_refused(data: Path, line: str) -> None:
    done = rebond(data, "check", "-", given=f"\n{line}\nanna@shop.example\n".encode())
    assert (done.returncode, done.stdout) == (2, b"")
    assert "one address a line" in done.stderr.decode()


@pytest.mark.parametrize(
    ("line", "channel"), [('"a;b@c"@shop.example', "email"), ("nothing", "email"), ("a;b,c@d@e", "push")]
)
def test_what_only_looks_like_columns_is_answered(data: Path, line: str, channel: str) -> None:
    done = rebond(data, "check", "-", "--channel", channel, given=line.encode())
    assert json.loads(done.stdout)["address"] == line


REFUSED = {
    "no address": (("why", "anna@"), 2, "not a possible email address"),
    "nothing to release": (("quarantine", "release", "never@shop.example", "--because", "x"), 4, "nothing to release"),
    "no reason": (("quarantine", "add", "n@shop.example", "--status", "quarantined", "--because", " "), 2, "say why"),
    "not a status to tell": (
        ("quarantine", "add", "n@shop.example", "--status", "valid", "--because", "x"),
        2,
        "allowlisted",
    ),
    "a word": (("why", "zzz"), 2, "--channel push"),
    "an unknown status to export": (("quarantine", "export", "x.csv", "--status", "bad"), 2, "allowlisted"),
    "an unknown job": (("job", "run", "tidy"), 2, "known are cleanup"),
    "a naive time": (("job", "run", "cleanup", "--now", "2026-03-01T00:00:00"), 2, "no zone"),
    "no such file": (("check", "/nowhere/at/all"), 2, "/nowhere/at/all"),
    "an unknown status": (
        ("quarantine", "export", "x.csv", "--status", "lost"),
        2,
        "--status 'lost' is unknown: write",
    ),
    "no message number": (("token", "sign", "abc"), 2, "no message number"),
    "a message number out of range": (("token", "sign", "0"), 2, "no message number"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_says_why(data: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = rebond(data, *arguments)
    assert done.returncode == code
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_directory_that_holds_no_site(tmp_path: Path) -> None:
    done = rebond(tmp_path / "none", "why", "anna@shop.example")
    assert done.returncode == 2
    assert b"rebond init" in done.stderr


@pytest.mark.either_database
def test_cleanup_lets_a_full_mailbox_out_on_its_day(make: MakeData) -> None:
    data = make("cleanup")
    take(data, *(soft("full@shop.example", ago(40 - day), "mailbox_full") for day in range(5)))
    take(data, soft("ok@shop.example", ago(40)), event("delivered", "ok@shop.example", ago(39)))
    due = ago(36) + timedelta(days=30)

    def cleaned(when: datetime) -> Any:
        return answer(data, "job", "run", "cleanup", "--now", when.isoformat().replace("+00:00", "Z"))

    assert cleaned(ago(38))["rows_removed"] == 0
    assert cleaned(ago(37))["rows_removed"] == 1
    assert cleaned(due - timedelta(seconds=1))["exits"] == 0
    assert answer(data, "why", "full@shop.example")["until"] == due.isoformat().replace("+00:00", "Z")
    assert cleaned(due)["exits"] == 1
    assert answer(data, "why", "full@shop.example")["status"] == "valid"
    assert [row["address"] for row in rows(data, "quarantine", "list")] == ["full@shop.example"]
    assert cleaned(due)["rows_removed"] == 1
    assert rows(data, "quarantine", "list") == []
    assert [job["job"] for job in rows(data, "job", "list") if job["last_run"]] == ["cleanup"]


@pytest.mark.either_database
def test_recompute_under_another_policy(make: MakeData) -> None:
    data = make("recompute")
    take(data, *(soft("two@shop.example", ago(9 - day)) for day in range(2)))
    file = data / "rebond.toml"
    before, _, rest = file.read_text().partition("\n[policy]\n")
    file.write_text(f"{before}\n[policy]\nemail = {{ threshold = 2 }}\n{rest}")
    done = answer(data, "quarantine", "recompute", "--dry-run")
    assert (done["written"], done["changed"]) == (False, {"erroneous → quarantined": 1})
    outdated = rebond(data, "why", "two@shop.example")
    assert b"recompute" in outdated.stderr
    assert json.loads(outdated.stdout)["status"] == "erroneous"
    assert answer(data, "quarantine", "recompute")["written"]
    assert answer(data, "why", "two@shop.example")["status"] == "quarantined"


def test_tokens(data: Path) -> None:
    made = answer(data, "token", "sign", "42")
    assert made["return_path"] == f"b+{made['token']}@bounce.example"
    for text in (made["token"], made["return_path"].upper()):
        read = answer(data, "token", "read", text)
        assert (read["valid"], read["message"], read["problem"]) == (True, 42, None)
    false = made["token"][:-1] + ("a" if made["token"][-1] != "a" else "b")
    assert answer(data, "token", "read", false, code=4)["valid"] is False
