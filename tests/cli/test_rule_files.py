"""Rule files that `rebond rules backtest|apply` are given."""

import re
from pathlib import Path
from typing import Any

import pytest

from rebond.cli.rule_files import read_documents
from rebond.core.qualify.check import check_rule
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import EXAMPLE_KEYS, KEYS, load_console_rules
from rebond.core.qualify.rules import Pack
from rebond.services.errors import InputError

RULE = (
    '[[rule]]\nid = "{}"\ntext = "gone"\ntype = "soft"\nreason = "unreachable"\nsince = 2026-01-01\n'
    'source = "a test"\nexamples = ["it is gone"]\n'
)


def file(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_rules_are_read_as_they_are_kept(tmp_path: Path) -> None:
    first = file(tmp_path, 'reads = "words"\n' + RULE.format("ours") + RULE.format("more"))
    second = file(tmp_path, RULE.format("other"), "second.toml")
    documents: dict[str, Any] = read_documents([first, second])
    assert list(documents) == ["ours", "more", "other"]
    assert [one.get("reads") for one in documents.values()] == ["words", "words", None]
    assert documents["ours"]["since"] == "2026-01-01"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RULE.format("generic-system-full"), "mine.toml:1: rule generic-system-full: generic-system-full is the id"),
        (RULE.format("ours") * 2, "mine.toml:9: rule ours: the id is taken already, in mine.toml"),
        ("bogus = 1\n" + RULE.format("ours"), "unknown table 'bogus'"),
        (RULE.format("ours") + 'txt = "x"\n', "mine.toml:1: rule ours: unknown key 'txt'"),
        (RULE.format("ours").replace("since = 2026-01-01\n", ""), "mine.toml:1: rule ours: since is missing"),
        (
            RULE.format("ours").replace("a test", "a \\u202etest"),
            "it holds a rule with a sign that turns the direction",
        ),
        ("", "mine.toml holds no rule: begin each with [[rule]]"),
        ("[[rule", "the file is not valid TOML"),
    ],
)
def test_what_is_refused_is_said_with_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        read_documents([file(tmp_path, text)])
    assert words in str(refused.value)


def test_the_page_for_people_shows_a_rule_with_every_key_and_it_holds(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/qualifying-a-text.md").read_text()
    shown = file(tmp_path, page.partition("```toml\n")[2].partition("```")[0])
    (rule,) = read_documents([shown]).values()
    assert set(rule) == KEYS
    assert set(rule["examples"][1]) == EXAMPLE_KEYS
    explained = {key for line in page.splitlines() if line.startswith("| `") for key in re.findall("`([a-z]+)`", line)}
    assert explained >= KEYS
    (read,) = load_console_rules([rule], with_examples=True)
    assert list(check_rule(RuleEngine(Pack.of([read])), read)) == []


def test_an_id_that_two_files_have_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    files = [file(tmp_path, RULE.format("ours"), name) for name in ("a.toml", "b.toml")]
    with pytest.raises(InputError, match=r"b.toml:1: rule ours: the id is taken already, in a.toml"):
        read_documents(files)
    with pytest.raises(InputError, match=r"none.toml cannot be read: No such file"):
        read_documents([tmp_path / "none.toml"])
