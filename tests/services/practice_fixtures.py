"""Failures with texts that nobody knows, and people who decide what these mean."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from tests.core.given import at, policy
from tests.services.event_fixtures import NOW, event, took
from tests.services.sending_fixtures import JumpingClock

from rebond.core.qualifier import Qualifier
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import load_site_rules
from rebond.core.qualify.rules import Pack
from rebond.core.words import FailureType, Reason
from rebond.packs import default_qualifier
from rebond.services.apply_rules import Practice
from rebond.services.decide import Decision
from rebond.services.events import take_events
from rebond.store.models import AddressStateRow, ConsoleRule, EvidenceRow, Qualification
from rebond.store.read.rules import Document, console_documents

MOON = "550 Zorglub finds the moon wrong for {}"


def make(documents: Mapping[str, Document]) -> Qualifier:
    """Make a qualifier of the site's rules and few others: to compile all takes seconds."""
    return _made(json.dumps(dict(documents)))


@cache
def _made(documents: str) -> Qualifier:
    whole = default_qualifier()
    shipped = [rule for rule in whole.engine.pack.rules if rule.file == "yahoo"]
    pack = Pack.of([*load_site_rules(json.loads(documents)), *shipped])
    return Qualifier(RuleEngine(pack), codes=whole.codes, providers=whole.providers)


def practice(who: str = "cli:eve", *, hours: float = 0, clock: JumpingClock | None = None, **options: Any) -> Practice:
    clock = clock or JumpingClock(NOW + timedelta(hours=hours))
    return Practice(policy=policy(), make=make, actor=who, clock=clock, **options)


def failed(text: str, address: str, *, day: float = 0, **fields: Any) -> str:
    return event("failure", at(days=day), address, text=text, **fields)


def moons(count: int = 3, *, days: int = 1, text: str = MOON) -> None:
    """Let several addresses fail with one unknown text, on so many days."""
    took(
        *(
            failed(text.format(f"a{number}@shop.example"), f"a{number}@shop.example", day=day)
            for day in range(days)
            for number in range(count)
        )
    )


def came_later(*lines: str) -> None:
    """Take events judged by the rules of the site as they are now."""
    qualifier = make(console_documents())
    assert not take_events(lines, policy=policy(), qualifier=qualifier, now=NOW).rejected


def number_of(text: str) -> int:
    return Qualification.objects.get(first_text__contains=text).pk


def decision(*texts: int, pattern: str = "(?i)finds the moon wrong", **fields: Any) -> Decision:
    given: dict[str, Any] = {"type": FailureType.HARD, "reason": Reason.USER_UNKNOWN, "cause": None, **fields}
    return Decision(texts=texts, pattern=pattern, **given)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Read what an undo must bring back, table by table."""
    evidence = ("id", "identity", "type", "reason", "cause", "rule", "pack_version", "confirm", "trusted", "held_by")
    texts = ("id", "digest", "type", "reason", "cause", "rule", "pack_version", "status", "count")
    return {
        "evidence": list(EvidenceRow.objects.order_by("id").values(*evidence)),
        "states": _without_ids(AddressStateRow.objects.order_by("channel", "address_key", "scope").values()),
        "texts": list(Qualification.objects.order_by("id").values(*texts)),
        "rules": list(ConsoleRule.objects.order_by("name").values("name", "document")),
    }


def _without_ids(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]
