"""What the commands about qualifications and rules share."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import data_directory, say
from rebond.cli.settling import actor

if TYPE_CHECKING:
    from rebond.core.failure import Verdict
    from rebond.services.apply_rules import Practice
    from rebond.services.backtest import Backtested
    from rebond.store.read.rules import Operation
    from rebond.wiring import Site

_MOST_TEXTS = 20
AnywayOption = Annotated[
    bool,
    typer.Option("--anyway", help="Also when very many addresses enter quarantine, or a pattern is very wide."),
]


def open_practice(data: Path | None, *, anyway: bool = False) -> "Practice":
    """Open a site for changing its rules."""
    from rebond.wiring import open_site

    return practice_of(open_site(data_directory(data)), anyway=anyway)


def practice_of(site: "Site", *, anyway: bool = False) -> "Practice":
    """Say who changes the rules of a site, and when; `anyway`: they have seen what it comes to."""
    from rebond.services.apply_rules import Practice
    from rebond.services.quarantine_bound import QuarantineBound

    rules = site.config.rules
    return Practice(
        policy=site.policy,
        make=site.qualifier_with,
        actor=actor(),
        clock=site.clock,
        bound=QuarantineBound(addresses=rules.most_quarantined, percent=rules.most_quarantined_percent),
        anyway=anyway,
    )


def verdict_in_words(verdict: "Verdict") -> str:
    """Write a verdict in one line, as in `hard unknown_user/none`."""
    return f"{verdict.type} {verdict.reason}/{verdict.cause}"


def operation_row(operation: "Operation") -> dict[str, Any]:
    """Show an operation; `operation` is the number that undoes it."""
    row = asdict(operation)
    return {"operation": row.pop("number"), **row}


def outdated_row(practice: "Practice", operation: "Operation | None" = None) -> dict[str, int]:
    """Tell how many stored failures (of an operation's texts) are not judged as the rules say now, and what to do."""
    from rebond.services.change_rules import outdated_failures
    from rebond.store.read.rules import texts_of

    outdated = outdated_failures(practice, texts=texts_of(operation.number) if operation else None)
    if outdated:
        say(f"rebond: {outdated:,} stored failures are not judged as the rules in force say: they came meanwhile,")
        say("or before an upgrade. rebond rules backtest shows them, rebond rules apply judges them again.")
    return {"outdated": outdated}


def backtest_title(found: "Backtested") -> str:
    """Head what a change would do, for people."""
    return "Back-test: no effect on what is stored" if found.no_effect else "Back-test"


def backtest_row(found: "Backtested") -> dict[str, Any]:
    """Show what a change would do."""
    changes = [
        {
            "qualification": change.row.number,
            "provider": change.row.provider,
            "template": change.row.template,
            "before": verdict_in_words(change.before),
            "after": verdict_in_words(change.after),
            "failures": change.failures,
        }
        for change in sorted(found.plan.changes, key=lambda change: -change.failures)
    ]
    return {
        "no_effect": found.no_effect,
        "stored_failures": found.plan.failures,
        "texts": found.plan.texts,
        "texts_changed": len(changes),
        "failures_changed": found.total.failures,
        "addresses": found.addresses,
        "leaving_quarantine": found.total.leaving,
        "entering_quarantine": found.total.entering,
        "statuses": dict(found.statuses),
        "by_provider": {name or "-": asdict(effect) for name, effect in found.by_provider.items()},
        "by_delivery": {str(number or "-"): asdict(effect) for number, effect in found.by_delivery.items()},
        "changes": changes[:_MOST_TEXTS],
        "sample": list(found.sample),
    }
