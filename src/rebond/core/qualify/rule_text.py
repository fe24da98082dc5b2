"""Rules as the text of a rule file, and as the tables that such a file is read into."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rebond.core.qualify.rules import Rule


def toml_text(values: Mapping[str, Any]) -> str:
    """Write names and values as TOML, a line each."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def rules_text(tables: Sequence[Mapping[str, Any]]) -> str:
    """Write the tables of rules as a rule file."""
    return "\n".join("[[rule]]\n" + toml_text(table) for table in tables)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    # Strings of JSON are strings of TOML, but for one sign that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def rule_table(rule: Rule, *, source: str, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make the table of a rule as a rule file has it, with other examples and without counterexamples."""
    asked = {
        "reads": "words" if rule.words else "",
        "provider": rule.provider,
        "phase": sorted(rule.phases),
        "peer": rule.peer or "",
        "smtp": [*(pattern.text for pattern in rule.smtp), *(["none"] if rule.smtp_none else [])],
        "enhanced": [*(pattern.text for pattern in rule.enhanced), *(["none"] if rule.enhanced_none else [])],
    }
    verdict: dict[str, Any] = {"type": rule.type, "reason": rule.reason, "cause": rule.cause}
    more: dict[str, Any] = {"confirm": rule.confirm} if rule.confirm > 1 else {}
    if rule.retry is not None:
        more["retry"] = rule.retry
    return {
        "id": rule.id,
        "channel": rule.channel,
        **{name: value for name, value in asked.items() if value},
        "text": rule.text,
        **verdict,
        **more,
        "since": rule.since,
        "source": source,
        "examples": list(examples),
    }
