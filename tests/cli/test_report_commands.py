"""`rebond report` on the command line: filters, files, and what is refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from rebond import wiring
from rebond.cli import reports
from rebond.config import Config
from rebond.core.tokens import Keyring
from rebond.services.aggregate import aggregate
from tests.services.test_report_filters import PROVIDERS, world
from tests.services.test_reports import MONDAY, NOW, PARIS

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Any]
PERIOD = ("--since", str(MONDAY), "--until", str(MONDAY + timedelta(days=13)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against the test database; gives its JSON, or its output when another exit code is expected."""
    config = Config()
    site = wiring.Site(
        data=tmp_path,
        config=config,
        policy=wiring.load_policy(config),
        keyring=Keyring({0: b"0" * 32}, 0),
        clock=wiring.SystemClock(),
    )
    monkeypatch.setattr(wiring, "open_site", lambda data: site)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    reports.register(app)
    app.command("other")(lambda: None)

    def invoke(*args: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["report", *args, "--json"])
        assert result.exit_code == code, result.output
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
