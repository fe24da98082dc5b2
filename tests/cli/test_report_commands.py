"""`rebond report` on the command line: filters, files, and what is refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rebond.cli import reports
from rebond.services.aggregate import aggregate
from tests.services.test_report_filters import PROVIDERS, world
from tests.services.test_reports import MONDAY, NOW, PARIS

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Any]
PERIOD = ("--since", str(MONDAY), "--until", str(MONDAY + timedelta(days=13)))


@pytest.fixture
def run(commands: Callable[..., Run]) -> Run:
    """Run the command; gives its JSON, or its output when another exit code is expected."""
    command = commands(reports)

    def invoke(*args: str, code: int = 0) -> Any:
        result = command("report", *args, "--json", code=code)
        return result.output if code else json.loads(result.stdout)

    world()
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    return invoke


def test_a_service_is_named_or_numbered_and_a_domain_narrows(run: Run) -> None:
    named = run("delivery-summary", *PERIOD, "--service", "Letter", "--domain", "Free.Example")
    assert (named["totals"][0]["target"], named["totals"][0]["delivered"]) == (5, 2)
    number = str(named["deliveries"][0]["delivery"])
    assert (
        run("delivery-summary", *PERIOD, "--delivery", number, "--domain", "free.example")["totals"] == named["totals"]
    )


def test_a_filter_that_a_report_does_not_know_is_refused(run: Run) -> None:
    assert "cannot be filtered by provider" in run("quarantine", "--provider", "gmail", code=2)
    assert "there is no service named 'Paper'" in run("providers", "--service", "Paper", code=2)


def test_a_file_holds_what_is_asked_for(run: Run) -> None:
    run("providers", *PERIOD, "--provider", "free", "--table", "providers", "--to", "p.jsonl")
    (line,) = Path("p.jsonl").read_text().splitlines()
    assert json.loads(line)["provider"] == "free"
