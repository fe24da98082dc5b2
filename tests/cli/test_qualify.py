"""`rebond qualify` and `rebond rules` (specification 09)."""

import json
import mailbox
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from rebond.cli import rules_in_force
from rebond.cli.qualify import register
from rebond.secrets_file import SECRETS_FILE
from tests.test_public_api import DSN

APP = typer.Typer()
register(APP)
rules_in_force.register(APP)
OTHER = b"From: anna@shop.example\nSubject: hello\n\nHow are you?\n"
COMPLAINT = b"""From: fbl@provider.example
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: FBL/1.0
Version: 1
Original-Rcpt-To: anna@shop.example
--b
Content-Type: message/rfc822

From: news@news.example
To: anna@shop.example
Subject: News

News.
--b--
"""


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(APP, [str(argument) for argument in arguments], input=stdin)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.eml").write_bytes(DSN)
    (tmp_path / "b.eml").write_bytes(OTHER)
    return tmp_path


def test_files_and_folders(folder: Path) -> None:
    result = run("qualify", folder / "a.eml", folder)
    assert result.exit_code == 0
    found = rows(result)
    assert [(Path(row["path"]).name, row["kind"]) for row in found] == [
        ("a.eml", "dsn"),
        ("a.eml", "dsn"),
        ("b.eml", "other"),
    ]
    assert found[0]["failures"] == [
        {
            "recipient": "anna@shop.example",
            "type": "hard",
            "reason": "user_unknown",
            "cause": "no_such_user",
            "owner": "recipient",
            "code": 550,
            "enhanced": "5.1.1",
            "provider": "other",
            "rule": found[0]["failures"][0]["rule"],
            "text": found[0]["failures"][0]["text"],
        }
    ]
    assert "User unknown" in found[0]["failures"][0]["text"]
    assert found[2]["failures"] == []


def test_maildir_and_mbox(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    box.add(DSN)
    one = mailbox.mbox(tmp_path / "mails.mbox")
    for raw in (DSN, OTHER):
        one.add(mailbox.mboxMessage(raw))
    one.close()
    result = run("qualify", tmp_path / "box", tmp_path / "mails.mbox")
    assert [row["kind"] for row in rows(result)] == ["dsn", "dsn", "other"]


def test_standard_input(tmp_path: Path) -> None:
    assert [(row["path"], row["kind"]) for row in rows(run("qualify", "-", stdin=DSN))] == [("-", "dsn")]
    many = (
        b"From a@b.example Mon Jan 12 10:11:12 2026\n" + DSN + b"\nFrom a@b.example Mon Jan 12 10:11:12 2026\n" + OTHER
    )
    found = rows(run("qualify", "-", "--json", stdin=many))
    assert [(row["path"], row["kind"]) for row in found] == [("-#1", "dsn"), ("-#2", "other")]
    empty = run("qualify", "-", stdin=b"")
    assert (empty.exit_code, "standard input is empty" in empty.stderr) == (2, True)


def test_a_complaint_has_no_type(tmp_path: Path) -> None:
    (tmp_path / "c.eml").write_bytes(COMPLAINT)
    (row,) = rows(run("qualify", tmp_path))
    (failure,) = row["failures"]
    assert (row["kind"], row["feedback_type"]) == ("complaint", "abuse")
    assert (failure["type"], failure["reason"], failure["recipient"]) == (None, "denylisted", "anna@shop.example")


def test_paths_that_cannot_be_read(folder: Path) -> None:
    nothing = run("qualify", folder / "none.eml")
    assert nothing.exit_code == 2
    assert f"{folder / 'none.eml'} cannot be read: No such file or directory" in nothing.stderr
    partly = run("qualify", folder / "none.eml", folder / "a.eml")
    assert (partly.exit_code, len(rows(partly))) == (3, 1)


def test_a_reply() -> None:
    (row,) = rows(run("qualify", "--text", "452 4.2.2 over quota", "--provider", "gmail"))
    assert row["path"] is None
    assert (row["failures"][0]["type"], row["failures"][0]["reason"]) == ("soft", "mailbox_full")
    assert (row["failures"][0]["provider"], row["failures"][0]["recipient"]) == ("gmail", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give the paths of mails"),
        (("a.eml", "--text", "550"), "give the paths of mails"),
        (("--text", "550", "--channel", "fax"), "it can be email, sms, push"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str) -> None:
    result = run("qualify", *arguments)
    assert (result.exit_code, words in result.stderr) == (2, True)


def test_without_a_site_the_shipped_rules_judge_and_nothing_of_a_site_is_loaded(tmp_path: Path) -> None:
    asked = ("qualify", "--text", "550 5.1.1 no such user")
    elsewhere = run(*asked, "--data", tmp_path)
    assert "judged by the shipped rules alone" in elsewhere.stderr
    (tmp_path / SECRETS_FILE).write_text("of a site that is not looked at")
    alone = run(*asked, "--data", tmp_path, "--shipped")
    assert rows(elsewhere) == rows(alone) == rows(run(*asked))
    code = f"import sys, rebond.cli; sys.argv[1:] = {asked}; sys.argv += ['--shipped']\ntry: rebond.cli.main()\n"
    code += "finally: print(sorted({'django', 'rebond.config'} & {*sys.modules}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stderr.split() == [b"[]"]


def test_people_get_it_readable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.cli.qualify.wants_json", lambda _: False)
    monkeypatch.setattr("rebond.cli.rules_in_force.wants_json", lambda _: False)
    shown = run("qualify", folder).stdout
    assert "a.eml: dsn" in shown
    assert "anna@shop.example: hard/user_unknown/no_such_user (recipient, " in shown
    assert (
        "text: bounce\n  unknown recipient: soft/not_defined/unknown (unknown, none)"
        in run("qualify", "--text", "").stdout
    )
    assert "rules, " in run("rules", "test").stdout


def test_rules_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = run("rules", "test")
    assert good.exit_code == 0
    assert rows(good)[0]["problems"] == 0
    own = tmp_path / "own.toml"
    own.write_text(
        '[[rule]]\nid = "ours"\ntext = "gone"\ntype = "soft"\nreason = "unreachable"\nsince = 2026-01-01\n'
        'source = "a test"\nexamples = ["away"]\n'
    )
    monkeypatch.setattr("rebond.packs.load_shipped_rules", lambda: ())
    bad = run("rules", "test", own)
    assert (bad.exit_code, rows(bad)[0]["problems"]) == (4, 2)
    assert "own.toml:1: rule ours: its example 'away' is matched by no rule" in bad.stderr
    own.write_text("[[rule]]\nid = 'ours'\n")
    refused = run("rules", "test", own)
    assert (refused.exit_code, "own.toml:1: rule ours: text is missing" in refused.stderr) == (4, True)
    missing = run("rules", "test", tmp_path / "none.toml")
    assert (missing.exit_code, "none.toml cannot be read: No such file" in missing.stderr) == (2, True)


def test_rules_list_and_show() -> None:
    listed = rows(run("rules", "list"))
    assert {"id", "type", "reason", "cause", "provider", "file"} <= set(listed[0])
    assert all(row["provider"] == "microsoft" for row in rows(run("rules", "list", "--provider", "microsoft")))
    (shown,) = rows(run("rules", "show", "gmail-no-such-user"))
    assert (shown["id"], shown["type"]) == ("gmail-no-such-user", "hard")
    assert shown["examples"]
    unknown = run("rules", "show", "gmail-no-such-usr")
    assert (unknown.exit_code, "did you mean 'gmail-no-such-user'?" in unknown.stderr) == (2, True)
    assert run("rules", "show", "zzzzzzzz").exit_code == 2
    assert {row["level"] for row in rows(run("rules", "list", "--level", "general"))} == {"general"}
    wrong = run("rules", "list", "--level", "site")
    assert (wrong.exit_code, "it can be console, imported, provider, general" in wrong.stderr) == (2, True)
    assert run("rules", "list", "--data", "no/such/folder").exit_code == 2


def test_score_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def handed(*arguments: object) -> int:
        asked.append(arguments)
        return 3

    monkeypatch.setattr("rebond.cli.score.run", handed)
    assert run("score", tmp_path, "--misses", "5", "--by", "kind", "--json").exit_code == 3
    assert asked == [(tmp_path, 5, "kind", True, None, None)]
