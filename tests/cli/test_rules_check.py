"""`rebond rules lint`, `rebond rules coverage`, and scoring without the rules of one source."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from rebond.cli.app import build_app
from rebond.cli.output import Exit


def run(*words: object) -> Result:
    return CliRunner().invoke(build_app(), [str(word) for word in words])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    replies: list[dict[str, Any]] = [
        {"id": "a/1", "source": "a", "text": "550 5.1.1 user unknown", "type": "hard", "reason": "user_unknown"},
        {"id": "b/1", "source": "b", "text": "550 5.1.1 user unknown", "type": "hard", "reason": "user_unknown"},
        {"id": "b/2", "source": "b", "text": "451 greylisted, try later", "type": "soft", "reason": "unreachable"},
    ]
    (tmp_path / "labels.jsonl").write_text("")
    (tmp_path / "replies.jsonl").write_text("\n".join(map(json.dumps, replies)))
    return tmp_path


def test_coverage_tells_what_each_rule_wins(corpus: Path) -> None:
    told = json.loads(run("rules", "coverage", corpus, "--samples", corpus, "--json").stdout)
    assert told["only_by"]["a"] == []
    (alone,) = told["only_by"]["b"]
    assert alone in told["one_sample"]
    assert {"no_such_user", "greylisted"} <= set(told["causes"]["reached_on_real"])
    assert "transport" in told["causes"]["reached"]
    listed = run("rules", "coverage", corpus, "--samples", corpus, "--only-by", "b", "--json")
    assert alone in listed.stdout
    missing = run("rules", "coverage", corpus, "--samples", corpus, "--only-by", "c")
    assert missing.exit_code == Exit.USAGE
    assert "there are: a, b" in missing.stderr


def test_a_source_is_scored_without_its_rules(corpus: Path) -> None:
    whole = json.loads(run("score", corpus, "--source", "b", "--json").stdout)
    assert whole["replies"] == 2
    less = run("score", corpus, "--source", "b", "--leave-out-rules-of", "b", "--json")
    assert less.exit_code == 0
    assert "without the 1 rules that win on b alone" in less.stderr
    unknown = run("score", corpus, "--source", "c")
    assert "there are: a, b" in unknown.stderr


def test_lint_looks_at_the_rules_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.packs.load_shipped_rules", lambda: ())
    own = tmp_path / "own.toml"
    own.write_text(
        '[[rule]]\nid = "mine"\ntext = "over.*quota"\ntype = "soft"\nreason = "mailbox_full"\n'
        'since = 2026-01-01\nsource = "their page of errors"\nexamples = ["over my quota"]\n'
    )
    (told,) = [json.loads(line) for line in run("rules", "lint", own, "--json").stdout.splitlines()]
    assert (told["habit"], told["rule"], told["fault"]) == ("wide-gap", "mine", False)
    assert run("rules", "lint", own).exit_code == 0
    assert run("rules", "lint", own, "--strict").exit_code == Exit.REFUSED
    for unreadable, words in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        refused = run("rules", "lint", unreadable)
        assert (refused.exit_code, f"{unreadable} cannot be read: {words}" in refused.stderr) == (Exit.USAGE, True)
