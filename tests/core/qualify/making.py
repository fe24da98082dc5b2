"""Rules made for tests."""

from datetime import date
from typing import Any

from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import load_rules
from rebond.core.qualify.rules import Pack, Rule

TABLE: dict[str, Any] = {
    "id": "full",
    "text": "(?i)over quota",
    "type": "soft",
    "reason": "mailbox_full",
    "cause": "quota",
    "since": date(2026, 1, 1),
    "source": "a test",
    "examples": ["452 4.2.2 over quota"],
}


def table(**changes: Any) -> dict[str, Any]:
    """A valid rule's table with changes; None takes a key away."""
    return {key: value for key, value in (TABLE | changes).items() if value is not None}


def rules(*tables: dict[str, Any], file: str = "test", **options: Any) -> tuple[Rule, ...]:
    return load_rules({"rule": list(tables)}, file=file, **options)


def engine(*tables: dict[str, Any], matcher: str = "", **options: Any) -> RuleEngine:
    return RuleEngine(Pack.of(rules(*tables, **options)), matcher=matcher)
