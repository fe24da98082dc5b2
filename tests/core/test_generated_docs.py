"""The pages that are generated from the core's tables are those that were committed."""

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from rebond.cli.output import Exit
from rebond.config import Config
from rebond.core.policy import Policy
from rebond.core.quarantine_diagram import diagram, table
from rebond.core.words import REASONS, AddressStatus, Cause

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate-docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_pages_are_those_of_the_code(pages: ModuleType) -> None:
    assert pages.stale() == [], "run tools/generate-docs.py"


def test_every_command_has_its_place(pages: ModuleType) -> None:
    lines = pages.commands().splitlines()
    for name in ("rebond check", "rebond delivery create", "rebond intake lmtp", "rebond quarantine release"):
        assert lines.count(f"### {name}") == 1
    assert any(line.startswith("| `--to all\\|FILE\\|KIND:NAME` |  | Everybody, a file of people") for line in lines)


def test_every_setting_is_told_with_its_default(pages: ModuleType) -> None:
    text = pages.configuration()
    for section, field in Config.model_fields.items():
        assert f"\n## [{section}]\n" in text
        for key in getattr(type(field.default), "model_fields", {}):
            assert text.count(f"\n| `{key}` |") >= 1


def test_every_policy_key_event_and_exit_code_is_told(pages: ModuleType) -> None:
    policy = pages.policy_presets()
    for key in (field.name for field in dataclasses.fields(Policy) if field.name != "preset"):
        assert policy.count(f"\n| `{key}` |") == 2
    codes = pages.exit_codes()
    assert all(f"\n| {code.value} | {code.name.lower()} |" in codes for code in Exit)
    assert "\n| `occurred_at` | yes |" in pages.events()


def test_every_reason_and_cause_has_its_line(pages: ModuleType) -> None:
    text = pages.reasons_and_causes()
    for reason, facts in REASONS.items():
        assert f"| {facts.code} | `{reason}` | {facts.french} |" in text
    for cause in Cause:
        assert text.count(f"| `{cause}`") == 1


def test_the_table_is_laid_out_as_in_the_specification() -> None:
    lines = table().splitlines()
    assert lines[0] == "| event | valid | erroneous | quarantined | denylisted | allowlisted |"
    assert len(lines) == 13
    assert "| hard | quarantined | quarantined | noted | noted | noted |" in lines
    assert (
        "| soft that counts | erroneous, count 1 | count + 1; at the threshold quarantined | noted | noted | noted |"
        in lines
    )
    assert "| exit_due | – | valid, count 0 (mailbox_full) | valid, count 0 (mailbox_full) | – | – |" in lines
    assert (
        "| a person releases | – | valid, count 0 | valid, count 0 | valid, count 0 (needs a written reason) | valid |"
        in lines
    )


def test_the_diagram_has_one_arrow_for_each_way() -> None:
    lines = diagram().splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> valid"]
    ways = [line.partition(":")[0].split() for line in lines[2:]]
    assert len(ways) == len({tuple(way) for way in ways})
    assert {way[0] for way in ways} == {way[2] for way in ways} == set(AddressStatus)
    assert "    erroneous --> quarantined: hard / counts, at the threshold / a person quarantines" in lines
