"""Patterns that match nearly everything are told from those that say something."""

import pytest

from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.probes import too_wide
from rebond.core.qualify.rules import Pack
from rebond.packs import default_qualifier
from tests.core.qualify.making import rules, table


def wide(text: str, **more: object) -> dict[str, str]:
    return too_wide(RuleEngine(Pack.of(rules(table(id="one", text=text, **more)))))


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (".", {}, "'x'"),
        (r"\S+", {"provider": "orange", "phase": "data"}, "'x'"),
        ("(?i)[a-z]+ [a-z]+", {}, "'dear sir or madam'"),
        ("(?i)queued as", {}, "'250 2.0.0 ok: queued as 4f2b1c0d9e'"),
        ("^5[0-9][0-9]", {}, "a full mailbox and an unknown user"),
        ("[a-z]", {"enhanced": ["5.?.?"]}, "a full mailbox and an unknown user"),
        ("(?i)message", {}, "spam and a mail that is too large"),
    ],
)
def test_what_matches_what_it_cannot_mean_is_too_wide(text: str, more: dict[str, object], words: str) -> None:
    assert wide(text, **more) == {"one": words}


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("(?i)over quota", {}),
        ("(?i)queued as", {"type": "ignored", "reason": "not_a_failure", "cause": None}),
        (r"\S+", {"enhanced": ["5.2.2"]}),
        (r"\S+", {"smtp": ["421"]}),
    ],
)
def test_what_says_one_thing_is_not(text: str, more: dict[str, object]) -> None:
    assert wide(text, **more) == {}


def test_no_shipped_rule_is_too_wide() -> None:
    assert too_wide(default_qualifier().engine) == {}
