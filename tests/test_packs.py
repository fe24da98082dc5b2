"""The shipped rules, and keeping their compiled form."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebond import packs
from rebond.cli.coverage import OTHER_CHANNELS
from rebond.core.qualify.byte_patterns import byte_pattern
from rebond.core.qualify.check import check_pack
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import load_console_rules
from rebond.core.qualify.normalise import FoldedText, fold
from rebond.core.qualify.rules import Level, Pack, RuleError, Situation
from rebond.core.read import read_mail
from rebond.core.words import CAUSES, Channel, FailureType, Owner, Peer
from tests.conftest import SAMPLES

SHIPPED = Pack.of(packs.load_shipped_rules())
ENGINES = {name: RuleEngine(SHIPPED, matcher=name) for name in ("hyperscan", "re2")}
EXAMPLES = [
    example
    for rule in SHIPPED.rules
    if rule.level is Level.GENERAL
    for example in (*rule.examples, *rule.counterexamples)
]


@pytest.mark.parametrize("name", list(ENGINES))
def test_every_rule_wins_its_examples(name: str) -> None:
    assert [str(problem) for problem in check_pack(ENGINES[name])] == []


def _sample_texts() -> set[str]:
    lines = (SAMPLES / "replies.jsonl").read_text("utf-8").splitlines()
    texts = {str(json.loads(line)["text"]) for line in lines}
    return texts | {facts.text for path in SAMPLES.rglob("*.eml") for facts in read_mail(path.read_bytes()).facts}


def test_both_engines_have_the_same_winners_on_counterexamples_and_samples() -> None:
    """On examples they have: there the winner is known."""
    asked = {(fold(text).text, Situation()) for text in _sample_texts()}
    asked |= {(fold(one.text).text, one.situation) for rule in SHIPPED.rules for one in rule.counterexamples}
    assert len(asked) > 400
    differ = []
    for text, situation in asked:
        found = [ENGINES[name].match(FoldedText(text), situation) for name in ENGINES]
        if len({match and (match.rule.id, tuple(rule.id for rule in match.runners_up)) for match in found}) > 1:
            differ.append((text, found))
    assert differ == []


def test_every_cause_that_a_failure_of_mail_can_have_is_reached() -> None:
    """By a rule, by a row of the code tables, by a kind of mail, or by what the circumstances make of an answer."""
    qualifier = packs.default_qualifier()
    reached = {rule.cause for rule in SHIPPED.rules}
    reached |= {row.cause for row in (*qualifier.codes.enhanced, *qualifier.codes.smtp)}
    for path in SAMPLES.rglob("*.eml"):
        reached |= {failure.verdict.cause for failure in qualifier.qualify_mail(path.read_bytes()).failures}
    reached.add(qualifier.qualify_reply("421 closing", peer=Peer.RELAY).verdict.cause)
    assert set(CAUSES) - reached == OTHER_CHANNELS


@given(st.lists(st.sampled_from([example.text for example in EXAMPLES]), min_size=1, max_size=3).map(" ".join))
@settings(max_examples=200)
def test_both_engines_have_the_same_winners_on_mixtures(text: str) -> None:
    folded = fold(text)
    found = [ENGINES[name].match(folded, EXAMPLES[0].situation) for name in ENGINES]
    assert len({match and (match.rule.id, tuple(rule.id for rule in match.runners_up)) for match in found}) == 1


def test_shipped_rules_are_complete() -> None:
    for rule in SHIPPED.rules:
        assert rule.examples
        assert rule.source
        assert rule.line
        assert rule.file
    names = set(packs.default_providers().hosts.values()) | set(packs.default_providers().domains.values())
    assert {rule.provider for rule in SHIPPED.rules} - {""} <= names


def test_hard_rules_are_owned_by_the_recipient() -> None:
    for rule in SHIPPED.rules:
        assert rule.type is not FailureType.HARD or CAUSES[rule.cause].owner is Owner.RECIPIENT


def test_providers_do_not_know_the_simulator() -> None:
    providers = packs.default_providers()
    assert providers.of_domain("gmail.sim.example") == "other"
    assert providers.of_domain("gmail.com") == "gmail"
    assert providers.of_host("gmail-smtp-in.l.google.com") == "gmail"
    assert all(code in providers.codes for code in ("S3150", "TSS04", "OFR005_104"))


SMALL = """
[[rule]]
id = "small"
text = '(?i)user unknown'
type = "hard"
reason = "user_unknown"
since = 2026-01-01
source = "a test"
examples = ["550 user unknown"]
"""


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ship one rule: what is tested is the keeping, and compiling all of them takes seconds."""
    data = tmp_path_factory.mktemp("data")
    (data / "rules/email").mkdir(parents=True)
    (data / "rules/email/small.toml").write_text(SMALL)
    for name in ("codes.toml", "providers.toml"):
        shutil.copy(packs.DATA / name, data / name)
    monkeypatch.setattr(packs, "DATA", data)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("small")
def test_the_compiled_form_is_kept_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = packs.load_qualifier(cache_dir=tmp_path)
    kept = files(tmp_path)
    assert [name.partition("-")[0] for name in kept] == ["engine", "pack"]
    monkeypatch.setattr(packs, "_keep", lambda *_: pytest.fail("it is kept already"))
    second = packs.load_qualifier(cache_dir=tmp_path)
    assert second.pack_version == first.pack_version
    assert second.qualify_reply("550 user unknown").verdict == first.qualify_reply("550 user unknown").verdict
    assert files(tmp_path) == kept


@pytest.mark.usefixtures("small")
def test_damaged_files_are_made_anew(tmp_path: Path) -> None:
    packs.load_qualifier(cache_dir=tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"{}")
    assert packs.load_qualifier(cache_dir=tmp_path).qualify_reply("550 user unknown").verdict.rule != "none"
    assert all(path.stat().st_size > 2 for path in tmp_path.iterdir())


def test_shipped_rules_are_the_same_from_the_cache(tmp_path: Path) -> None:
    for _ in range(2):  # written, then read
        assert packs.load_shipped_rules(cache_dir=tmp_path) == packs.load_shipped_rules()


@pytest.mark.usefixtures("small")
def test_a_cache_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert packs.load_qualifier(cache_dir=blocked / "cache").qualify_reply("550 user unknown").verdict.rule != "none"
    assert files(tmp_path) == ["file"]


@pytest.mark.usefixtures("small")
def test_old_files_go(tmp_path: Path) -> None:
    for number in range(12):
        old = tmp_path / f"engine-{number}.bin"
        old.write_bytes(b"old")
        os.utime(old, (number, number))
    packs.load_qualifier(cache_dir=tmp_path)
    engines = [name for name in files(tmp_path) if name.startswith("engine")]
    assert len(engines) == 8
    assert "engine-0.bin" not in engines


@pytest.mark.usefixtures("small")
def test_a_sites_rules_are_compiled_once_and_only_a_changed_part_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def tables(last: str) -> list[dict[str, object]]:
        about = {"type": "soft", "reason": "mailbox_full", "since": "2026-01-01", "source": "a test", "examples": ["x"]}
        texts = [*(f"word{number}end" for number in range(39)), last]
        return [{"id": f"r{number}", "text": text, **about} for number, text in enumerate(texts)]

    made = []
    serialise = RuleEngine.serialise
    monkeypatch.setattr(RuleEngine, "serialise", lambda engine: made.append(engine) or serialise(engine))
    for last, compiled in (("moon", 5), ("moon", 0), ("the moon", 1)):
        made.clear()
        qualifier = packs.load_qualifier(extra_rules=load_console_rules(tables(last)), cache_dir=tmp_path)
        assert len(made) == compiled
        assert qualifier.qualify_reply("550 the moon").verdict.rule == "r39"
        assert qualifier.qualify_reply("550 word7end").verdict.rule == "r7"


def test_the_users_cache_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert packs.user_cache() == tmp_path / "rebond"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert packs.user_cache() == Path.home() / ".cache/rebond"


RULE = """
# a site's own rule
[[rule]]
id = "ours"
text = '(?i)user unknown at shop'
type = "soft"
reason = "unreachable"
since = 2026-01-01
source = "a test"
examples = ["550 user unknown at shop"]
"""


@pytest.mark.usefixtures("small")
def test_a_sites_rules_come_first(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(RULE)
    own = packs.read_rule_file(path, console=True)
    qualifier = packs.load_qualifier(extra_rules=own, cache_dir=tmp_path / "cache")
    assert qualifier.qualify_reply("550 user unknown at shop").verdict.rule == "ours"
    assert (own[0].line, own[0].channel) == (3, Channel.EMAIL)


@pytest.mark.parametrize("content", [b"[[rule", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(RuleError, match="is not valid TOML"):
        packs.read_rule_file(path)


def test_the_library_is_part_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    packs._library.cache_clear()
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert packs._library() == "re2"
    packs._library.cache_clear()


def test_the_shipped_patterns_are_quick_to_compile() -> None:
    """A pattern that must be read by characters takes hyperscan many times longer than one over bytes."""
    assert [rule.id for rule in SHIPPED.rules if byte_pattern(rule.text) is None] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[[rule]]\nid = 0x{'f' * 5000}\n", "it holds a rule with what is no text as its id"),
        ('[[rule]]\nid = "a"\ntext = "a\\u0000b"\n', "it holds a rule with signs that no text holds"),
        (f"x{'.a' * 30_000} = 1", "line 1 holds more than 16 dots outside of texts"),
        ("x = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_without_the_form_of_rules_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RuleError, match=words):
        packs.read_rule_file(path)
