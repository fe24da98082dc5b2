"""`rebond qualifications` and `rebond rules` on what is stored, through the real command line, on either database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.intake.commands import answer, rebond, rows, site

pytestmark = pytest.mark.either_database
TEXT = "550 Zorglub finds the moon wrong for {}@shop.example"
ACTION = {"operation", "at", "actor", "kind", "because", "step", "rules", "texts", "failures", "finished_at"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A site with three addresses that failed with one unknown text."""
    folder = tmp_path_factory.mktemp("practice") / "data"
    with site(folder):
        settings = folder / "rebond.toml"
        settings.write_text(settings.read_text().replace("# unqualified_texts = 10", "unqualified_texts = 3"))
        events = [
            {
                "channel": "email",
                "address": f"{name}@shop.example",
                "event": "failure",
                "occurred_at": "2026-03-01T08:00:00Z",
                "text": TEXT.format(name),
            }
            for name in ("anna", "bob", "carl")
        ]
        answer(folder, "intake", "events", "-", given="\n".join(map(json.dumps, events)).encode())
        yield folder


def test_from_an_unknown_text_to_a_rule_and_back(data: Path) -> None:
    (waiting,) = rows(data, "qualifications", "list")
    assert (waiting["texts"], waiting["addresses"], waiting["count"], waiting["badge"]) == (1, 3, 3, True)
    counted = answer(data, "qualifications", "status")
    assert counted == {"to_qualify": 1, "keep": 0, "ignore": 0, "badge": 1, "alerts": 1, "acknowledged": 0}
    (alert,) = rows(data, "alerts", "list")
    assert (alert["kind"], alert["about"], alert["count"]) == ("unqualified_text", waiting["id"], 3)
    seen = answer(data, "alerts", "acknowledge", str(alert["id"]), "--because", "on it")
    assert seen["acknowledged_by"].startswith("cli")
    counted = answer(data, "qualifications", "status")
    assert (counted["alerts"], counted["acknowledged"]) == (len(rows(data, "alerts", "list")), 1)
    number = str(waiting["id"])
    shown = answer(data, "qualifications", "show", number)
    assert (shown["status"], shown["raison"]) == ("to_qualify", "Non définie")
    assert shown["pattern"].startswith("(?i)")
    decision = ("qualifications", "decide", number, "--reason", "user_unknown", "--because", "they told us")
    tried = answer(data, *decision, "--dry-run")
    assert (tried["failures_changed"], tried["entering_quarantine"]) == (3, 3)
    assert rows(data, "rules", "operations") == []
    done = answer(data, *decision)
    assert rows(data, "alerts", "list") == []
    assert set(done) >= ACTION
    assert (done["step"], done["failures"]) == ("done", 3)
    assert answer(data, "quarantine", "show", "bob@shop.example")["status"] == "quarantined"
    (kept,) = rows(data, "qualifications", "list", "--status", "keep")
    assert kept["rule"] == done["rules"][0]
    text = ("qualify", "--text", TEXT.format("dora"))
    judged = [answer(data, *text, *more)["failures"][0]["reason"] for more in ((), ("--shipped",))]
    assert judged == ["user_unknown", "not_defined"]
    (rule,) = rows(data, "rules", "list", "--level", "console")
    assert (rule["id"], rule["reason"]) == (kept["rule"], "user_unknown")
    assert answer(data, "rules", "show", rule["id"])["examples"] == [kept["text"]]
    tested = answer(data, "rules", "test")
    assert (tested["own"], tested["problems"]) == (1, 0)
    again = rebond(data, *decision)
    assert again.returncode == 4
    assert b"decided already" in again.stderr
    without = answer(data, "rules", "backtest", "--remove", rule["id"])
    assert (without["leaving_quarantine"], without["by_delivery"]["-"]["leaving"]) == (3, 3)
    anew = answer(data, *decision[:3], "--reason", "mailbox_full", "--again", "--id", "site-anew")
    tested = answer(data, "rules", "test")
    assert (tested["own"], tested["superseded"], tested["problems"]) == (2, [rule["id"]], 0)
    answer(data, "rules", "undo", str(anew["operation"]))
    undone = answer(data, "rules", "undo", str(done["operation"]))
    assert (undone["step"], undone["outdated"], done["outdated"]) == ("undone", 0, 0)
    assert answer(data, "quarantine", "show", "bob@shop.example")["status"] != "quarantined"


@pytest.mark.slow
def test_a_file_of_rules_is_tested_on_the_past_applied_and_undone(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[rule]]\nid = "site-moon"\ntext = "(?i)moon wrong"\ntype = "soft"\nreason = "mailbox_full"\n'
        'since = 2026-03-01\nsource = "a test"\nexamples = ["550 the moon wrong"]\n'
    )
    tried = answer(data, "rules", "backtest", str(file))
    assert (tried["failures_changed"], tried["changes"][0]["after"]) == (3, "soft mailbox_full/quota")
    told = ("--text", "moon wrong", "--reason", "mailbox_full")
    assert answer(data, "rules", "backtest", *told)["failures_changed"] == 3
    done = answer(data, "rules", "apply", str(file), "--because", "we know them")
    assert done["rules"] == ["site-moon"]
    for what in ("site-moon", file):
        nothing = answer(data, "rules", "apply", what)
        assert (nothing["operation"], nothing["texts"], nothing["failures"]) == (None, 0, 0)
    latest = rows(data, "rules", "operations")[0]
    assert latest["operation"] == done["operation"]
    assert answer(data, "rules", "undo", str(done["operation"]))["step"] == "undone"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rules", "undo", "99"), "there is no operation 99"),
        (("rules", "backtest", "no-such-rule"), "no rule is called 'no-such-rule'"),
        (("rules", "apply", "--remove", "no-such-rule"), "no rule of this site is called"),
        (("rules", "backtest", "none.toml"), "none.toml cannot be read: No such file or directory"),
        (("rules", "apply", "none.toml"), "none.toml cannot be read: No such file or directory"),
        (("rules", "backtest", "none.toml", "--text", "x"), "tried alone: leave none.toml out"),
        (("qualifications", "show", "99"), "there is no qualification 99"),
        (("qualifications", "decide", "1"), "give --reason"),
        (("qualifications", "decide", "1", "--reason", "denylisted"), "'denylisted' is not a reason"),
        (("qualifications", "decide", "1", "--as-suggested"), "no suggestion"),
    ],
)
def test_what_cannot_be_done_is_said(data: Path, arguments: tuple[str, ...], words: str) -> None:
    done = rebond(data, *arguments)
    assert (done.returncode, words in done.stderr.decode()) == (2, True), done.stderr


@pytest.mark.slow
def test_a_text_is_ignored_and_its_count_reset(data: Path) -> None:
    number = str(rows(data, "qualifications", "list")[0]["id"])
    reset: Any = answer(data, "qualifications", "reset", number)
    assert reset["count"] == 0
    answer(data, "rules", "undo", str(reset["operation"]))
    assert answer(data, "qualifications", "show", number)["count"] == 3
    tried: Any = answer(data, "qualifications", "ignore", number, "--dry-run")
    assert rows(data, "qualifications", "list", "--status", "ignore") == []
    ignored = answer(data, "qualifications", "ignore", number, "--because", "theirs")
    assert tried == {name: ignored[name] for name in tried}
    assert (tried["texts"], tried["stored_failures"]) == (1, 3)
    assert rows(data, "qualifications", "list", "--status", "ignore")[0]["id"] == int(number)
    answer(data, "rules", "undo", str(ignored["operation"]))
    assert rows(data, "qualifications", "list", "--single")[0]["status"] == "to_qualify"
