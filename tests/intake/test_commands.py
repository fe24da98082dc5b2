"""The commands that take returns in and show them, on a fresh data directory."""

import json
import mailbox
import os
import resource
import signal
import smtplib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.commands import answer, lmtp, rebond, rows, site

BOUNCE = b"""From: MAILER-DAEMON@mx.example
To: b@bounce.example
Subject: Undelivered mail returned to sender
Date: Thu, 05 Mar 2026 09:12:33 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=b"

--=b
Content-Type: text/plain

It did not arrive.
--=b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; anna@people.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--=b--
"""
COUNTS = {"read", "stored", "duplicates", "settled", "unattributed", "dead", "rejected"}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with site(tmp_path / "data") as made:
        yield made


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    box = mailbox.Maildir(tmp_path / "box", create=True)
    for number in range(3):
        box.add(BOUNCE.replace(b"anna", b"anna%d" % number))
    return tmp_path / "box"


def returned(data: Path) -> list[tuple[bytes, str]]:
    with sqlite3.connect(data / "rebond-returns.sqlite3") as store:
        return store.execute("select envelope_to, state from returned_mail order by id").fetchall()


def test_the_same_maildir_twice_has_one_effect_and_stays_as_it_is(data: Path, maildir: Path) -> None:
    before = sorted(maildir.rglob("*"))
    first = answer(data, "intake", "maildir", maildir)
    assert set(first) == COUNTS
    assert (first["read"], first["stored"], first["duplicates"], first["unattributed"]) == (3, 3, 0, 3)
    again = answer(data, "intake", "maildir", maildir)
    assert (again["read"], again["stored"], again["duplicates"], again["unattributed"]) == (3, 0, 3, 0)
    assert sorted(maildir.rglob("*")) == before
    listed = rows(data, "returns", "unattributed")
    assert sorted(row["address"] for row in listed) == [f"anna{number}@people.example" for number in range(3)]
    assert {(row["source"], row["trust"], row["required"]) for row in listed} == {("maildir", "unverified", "matched")}


def test_lowered_trust_acts_and_is_audited(data: Path, maildir: Path) -> None:
    done = answer(data, "intake", "maildir", maildir, "--trust", "unverified")
    assert (done["settled"], done["unattributed"]) == (3, 0)
    with sqlite3.connect(data / "rebond.sqlite3") as store:
        assert store.execute("select action, object, after from audit").fetchall() == [
            ("intake.trust", "maildir", '"unverified"')
        ]
        assert store.execute("select count(*) from address_state where status = 'quarantined'").fetchone() == (3,)


def test_unreadable_files_are_listed_and_the_rest_is_taken(data: Path, tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_bytes(BOUNCE)
    (tmp_path / "empty.eml").write_bytes(b"")
    done = answer(data, "intake", "files", tmp_path / "good.eml", tmp_path / "empty.eml", tmp_path / "none", code=3)
    assert done["stored"] == 1
    assert [one["reason"] for one in done["rejected"]] == ["it is empty", "No such file or directory"]
    assert rebond(data, "intake", "maildir", tmp_path).returncode == 2
    assert b"no folders new and cur" in rebond(data, "intake", "maildir", tmp_path).stderr


def test_storing_and_settling_can_be_apart(data: Path, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "mbox")
    for number in range(2):
        box.add(BOUNCE.replace(b"anna", b"anna%d" % number))
    box.close()
    stored = answer(data, "intake", "mbox", tmp_path / "mbox", "--no-settle")
    assert (stored["stored"], stored["settled"], stored["unattributed"]) == (2, 0, 0)
    assert [row["state"] for row in rows(data, "returns", "list", "--state", "stored")] == ["stored"] * 2
    settled = answer(data, "intake", "mbox", tmp_path / "mbox")
    assert (settled["duplicates"], settled["unattributed"]) == (2, 2)


def test_one_mail_by_standard_input_with_its_envelope(data: Path) -> None:
    mail = b"From MAILER-DAEMON Thu Mar  5 09:12:33 2026\n" + BOUNCE
    done = answer(data, "intake", "stdin", "--recipient", "b+x@bounce.example", "--sender", "", given=mail)
    assert (done["read"], done["stored"]) == (1, 1)
    (row,) = rows(data, "returns", "list")
    assert (row["envelope_from"], row["envelope_to"], row["source"]) == ("", "b+x@bounce.example", "stdin")
    shown = rebond(data, "returns", "show", str(row["id"]))
    assert shown.stdout == BOUNCE


def test_a_pipe_is_told_to_try_again_whenever_a_mail_is_not_stored(tmp_path: Path) -> None:
    done = rebond(tmp_path / "nothing", "intake", "stdin", given=BOUNCE * 1000)
    assert done.returncode == 75
    assert b"rebond init" in done.stderr


def test_what_could_act_on_a_terminal_is_written_out(data: Path) -> None:
    answer(data, "intake", "stdin", given=b"Subject: \x1b]0;gotcha\x07\r\n\r\n\xff\xe2\x80\xaex\r\n")
    assert rebond(data, "returns", "show", "1").stdout == b"Subject: \\x1b]0;gotcha\\x07\n\n\\xff\\u202ex\n"
    assert rebond(data, "returns", "show", "2").returncode == 2


def test_a_person_accepts_what_could_not_be_attributed(data: Path) -> None:
    answer(data, "intake", "stdin", given=BOUNCE)
    (row,) = rows(data, "returns", "unattributed")
    done = answer(data, "returns", "accept", str(row["id"]), "--because", "seen in the log of the sender")
    assert (done["address"], done["status"], done["reason"]) == ("anna@people.example", "quarantined", "user_unknown")
    assert rows(data, "returns", "unattributed") == []
    assert rebond(data, "returns", "accept", str(row["id"]), "--because", "again").returncode == 4
    assert rebond(data, "returns", "accept", "99", "--because", "x").returncode == 2


def test_another_senders_returns_are_told_how_to_act(data: Path, maildir: Path) -> None:
    first = rebond(data, "intake", "maildir", maildir).stderr.decode()
    assert "3 could not be attributed" in first
    assert "is a folder: rebond intake maildir" in rebond(data, "intake", "mbox", maildir).stderr.decode()
    assert "--trust unverified" in first
    again = rebond(data, "intake", "maildir", maildir, "--trust", "unverified").stderr.decode()
    assert "3 that came before still act on nothing" in again
    assert "returns accept --all --source maildir --because" in again
    assert answer(data, "returns", "accept", "--all", "--because", "ours") == {"accepted": 3, "skipped": 0}
    assert rebond(data, "intake", "maildir", maildir).stderr == b""
    assert answer(data, "why", "anna1@people.example")["status"] == "quarantined"


def test_accepting_all_of_one_source(data: Path, maildir: Path) -> None:
    answer(data, "intake", "maildir", maildir)
    answer(data, "intake", "stdin", given=BOUNCE)
    done = answer(data, "returns", "accept", "--all", "--source", "stdin", "--because", "seen")
    assert done == {"accepted": 1, "skipped": 0}
    assert {row["source"] for row in rows(data, "returns", "unattributed")} == {"maildir"}
    for wrong in (("1", "--all"), (), ("1", "--source", "stdin")):
        assert rebond(data, "returns", "accept", *wrong, "--because", "x").returncode == 2


def test_one_can_look_at_a_return_before_accepting_it(data: Path) -> None:
    answer(data, "intake", "stdin", given=b"Subject: nothing\n\nto see\n")
    answer(data, "intake", "stdin", given=BOUNCE)
    (row,) = rows(data, "returns", "unattributed")
    assert list(row)[:2] == ["id", "return"]
    assert rebond(data, "returns", "show", str(row["return"])).stdout == BOUNCE
    with sqlite3.connect(data / "rebond-returns.sqlite3") as store:
        store.execute("delete from raw_mail")
    store.close()
    assert [one["return"] for one in rows(data, "returns", "unattributed")] == [None]


def test_dead_letters_are_listed_and_run_again(data: Path) -> None:
    answer(data, "intake", "stdin", "--no-settle", given=BOUNCE)
    with sqlite3.connect(data / "rebond-returns.sqlite3") as store:
        store.execute("update returned_mail set state = 'dead', problem = 'it broke'")
    store.close()
    (row,) = rows(data, "returns", "dead")
    assert row["problem"] == "it broke"
    assert rebond(data, "returns", "retry").returncode == 2
    assert b"99" in rebond(data, "returns", "retry", str(row["id"]), "99").stderr
    done = answer(data, "returns", "retry", "--all")
    assert (done["retried"], done["unattributed"], done["dead"]) == (1, 1, 0)
    assert rows(data, "returns", "dead") == []


def test_events_by_standard_input_are_taken_and_bad_lines_listed(data: Path) -> None:
    good = {
        "channel": "email",
        "address": "anna@people.example",
        "event": "failure",
        "text": "550 5.1.1 no such user",
        "occurred_at": "2026-03-05T09:12:33Z",
    }
    lines = f"{json.dumps(good)}\nno json\n\n".encode() + b"x" * 3_000_000 + f"\n{json.dumps(good)}\n".encode()
    done = answer(data, "intake", "events", "-", given=lines, code=3)
    assert (done["read"], done["stored"], done["duplicates"]) == (4, 1, 1)
    assert [bad["line"] for bad in done["rejected"]] == [2, 4]
    assert rebond(data, "intake", "events", "missing.jsonl").returncode == 2


def test_listening_settling_and_stopping(data: Path) -> None:
    with lmtp(data) as (process, port):
        with smtplib.LMTP("127.0.0.1", port) as peer:
            assert not peer.sendmail("", ["b+x@bounce.example"], BOUNCE)
            assert process.poll() is None
            while not rows(data, "returns", "unattributed"):
                pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
def test_a_rule_that_cannot_be_used_keeps_no_return_away(data: Path) -> None:
    with sqlite3.connect(data / "rebond.sqlite3") as store:
        store.execute("insert into console_rule (name, document, operation) values ('bad one', '5', 0)")
    with lmtp(data) as (process, port):
        with smtplib.LMTP("127.0.0.1", port) as peer:
            assert not peer.sendmail("", ["b+x@bounce.example"], BOUNCE)
        assert process.stderr is not None
        while b"could not be settled" not in (line := process.stderr.readline()):
            assert line
        assert b"rebond rules apply --remove 'bad one' takes what is refused away" in line
        assert [state for _, state in returned(data)] == ["stored"]
        told = {one["check"]: one for one in map(json.loads, rebond(data, "doctor").stdout.splitlines())}
        assert (told["rules"]["level"], "rule bad one: its row holds no rule" in told["rules"]["text"]) == ("red", True)
        assert rebond(data, "rules", "list").returncode == 4
        answer(data, "rules", "apply", "--remove", "bad one")
        while not rows(data, "returns", "unattributed"):
            assert process.poll() is None
    told = {one["check"]: one for one in map(json.loads, rebond(data, "doctor").stdout.splitlines())}
    assert told["rules"]["level"] == "green"


def test_a_port_that_is_taken_and_a_wrong_one_are_told(data: Path) -> None:
    with lmtp(data, "--no-settle") as (_, port):
        taken = rebond(data, "intake", "lmtp", "--listen", f"127.0.0.1:{port}")
        assert (taken.returncode, b"in use" in taken.stderr) == (1, True)
    assert rebond(data, "intake", "lmtp", "--listen", "24").returncode == 2


def test_what_was_acknowledged_survives_a_kill(data: Path) -> None:
    acknowledged = []
    with lmtp(data) as (process, port), smtplib.LMTP("127.0.0.1", port) as peer:
        for number in range(60):
            recipient = f"b+{number}@bounce.example"
            if not peer.sendmail("", [recipient], BOUNCE):
                acknowledged.append(recipient)
        process.kill()
    assert [recipient for recipient, _ in returned(data)] == acknowledged
    assert len(acknowledged) == 60
    answer(data, "intake", "stdin", given=b"Subject: x\n\nx\n")
    states = {state for _, state in returned(data)}
    assert states <= {"unattributed", "settled", "stored"}


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can lift another process's limit")
def test_a_full_disk_is_answered_with_try_again_and_loses_nothing(data: Path) -> None:
    acknowledged, codes = [], []
    with lmtp(data, "--no-settle") as (process, port):
        with smtplib.LMTP("127.0.0.1", port) as peer:
            peer.sendmail("", ["b@bounce.example"], BOUNCE)
            acknowledged.append("b@bounce.example")
            size = (data / "rebond-returns.sqlite3-wal").stat().st_size
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size + 200_000, resource.RLIM_INFINITY))
            for number in range(20):
                recipient = f"b+{number}@bounce.example"
                try:
                    peer.sendmail("", [recipient], BOUNCE + os.urandom(50_000).hex().encode())
                    acknowledged.append(recipient)
                except smtplib.SMTPDataError as error:
                    codes.append(error.smtp_code)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            peer.sendmail("", ["b+last@bounce.example"], BOUNCE)
            acknowledged.append("b+last@bounce.example")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert len(codes) > 5
    assert set(codes) == {451}
    assert [recipient for recipient, _ in returned(data)] == acknowledged
    with sqlite3.connect(data / "rebond-returns.sqlite3") as store:
        missing = "select count(*) from returned_mail where raw not in (select digest from raw_mail)"
        assert store.execute(missing).fetchone() == (0,)
        assert store.execute("pragma integrity_check").fetchone() == ("ok",)
