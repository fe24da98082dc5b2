"""Back-test a changed rule on stored failures, beside counting the same failures by text in the database."""

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Measured
from benchmarks.site import fresh_site, load, plain_connection, settle_statistics

if TYPE_CHECKING:
    from rebond.wiring import Site

_TEXTS_IN = 250  # failures with one text
_CHANGED_IN = 100  # of so many texts the rule changes one
_QUALIFICATION = (
    *("id", "digest", "channel", "provider", "template", "first_text", "first_identity", "type", "reason", "cause"),
    *("rule", "pack_version", "status", "count", "first_seen_at", "last_seen_at"),
)
_EVIDENCE = (
    *("identity", "channel", "address_key", "scope", "address", "event", "at", "stored_at", "type", "reason", "cause"),
    *("rule", "pack_version", "confirm", "text", "code", "enhanced", "phase", "provider", "qualification"),
    *("message_id", "returned_mail", "asynchronous", "trust", "trusted", "first_sight", "held_by", "voids"),
    *("because", "actor"),
)


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure from the rule to who would enter quarantine; a hundredth of the failures changes verdict."""
    now = datetime.now(UTC)
    with fresh_site(database) as site:
        texts = max(_CHANGED_IN, number // _TEXTS_IN)
        with plain_connection(site) as connection:
            load(connection, "qualification", _QUALIFICATION, _texts(texts, now=now))
            load(connection, "evidence", _EVIDENCE, _failures(number, texts, now=now))
            settle_statistics(connection)
        site.qualifier  # noqa: B018 - compiled once a site, not once a back-test
        first = _count(site)
        began = time.perf_counter()
        found = _backtest(site)
        ours = time.perf_counter() - began
        second = _count(site)
    assert found.plan.failures == number, found.plan.failures
    assert found.total.failures == number // _CHANGED_IN, found.total
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="counting them by text in SQL",
        note=f"{texts:,} texts; {found.total.failures:,} failures change, {found.total.entering:,} addresses enter",
    )


def _backtest(site: "Site") -> Any:
    from rebond.services.apply_rules import Practice
    from rebond.services.change_rules import effect_of, prepare_rules

    practice = Practice(policy=site.policy, make=site.qualifier_with, actor="bench", clock=site.clock)
    rule = {"id": "bench", "text": "(?i)zorglub crowd", "type": "hard", "reason": "user_unknown", "source": "bench"}
    rules = {"bench": {**rule, "since": "2026-01-01", "examples": []}}
    return effect_of(practice, prepare_rules(practice, rules, with_examples=False))


def _word(place: int) -> str:
    """A word of letters that stands for a number."""
    return hashlib.sha256(str(place).encode()).hexdigest()[:12].translate(str.maketrans("0123456789", "ghijklmnop"))


def _text(place: int) -> str:
    kind = "crowd" if place % _CHANGED_IN == 0 else "alone"
    return f"550 {_word(place)} zorglub {kind} does not like it"


def _texts(number: int, *, now: datetime) -> Iterator[tuple[object, ...]]:
    at = now.isoformat(" ")
    for place in range(number):
        text = _text(place)
        yield (
            *(place + 1, _word(place), "email", "", text, text, "", "soft", "not_defined", "unknown", "none", ""),
            *("to_qualify", _TEXTS_IN, at, at),
        )


def _failures(number: int, texts: int, *, now: datetime) -> Iterator[tuple[object, ...]]:
    at = (now - timedelta(days=9)).isoformat(" ")
    for place in range(number):
        text = place % texts
        key = f"a{place}@shop.example"
        yield (
            *(f"bench:{place}", "email", key, "", key, "failure", at, at, "soft", "not_defined", "unknown", "none", ""),
            *(1, _text(text), 550, "", "report", "", text + 1, "", "", True, "signed", True, False, "", "[]", "", ""),
        )


def _count(site: "Site") -> float:
    with plain_connection(site) as connection:
        began = time.perf_counter()
        cursor = connection.cursor()
        names = "qualification, phase, code, enhanced, type"
        cursor.execute(f"SELECT {names}, COUNT(*) FROM evidence GROUP BY {names}")
        cursor.fetchall()
        return time.perf_counter() - began
