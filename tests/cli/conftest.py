"""Commands run in this process, against the test database and a folder of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from rebond import wiring
from rebond.config import Config
from rebond.core.tokens import Keyring

Run = Callable[..., Result]


def site_in(data: Path, **sections: Any) -> wiring.Site:
    """Make a site with these sections of a configuration, on the test database."""
    config = Config.model_validate(sections)
    return wiring.Site(
        data=data,
        config=config,
        policy=wiring.load_policy(config),
        keyring=Keyring({0: b"0" * 32}, 0),
        clock=wiring.SystemClock(),
    )


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Give a way to run the commands of some families; the exit code that is expected is 0."""
    monkeypatch.chdir(tmp_path)

    def of(*families: Any, site: wiring.Site | None = None) -> Run:
        opened = site or site_in(tmp_path)
        monkeypatch.setattr(wiring, "open_site", lambda data: opened)
        app = typer.Typer()
        app.callback()(lambda: None)  # one command alone is still called by its name
        for family in families:
            family.register(app)

        def run(*arguments: str, code: int = 0) -> Result:
            result = CliRunner().invoke(app, arguments)
            assert result.exit_code == code, result.output
            return result

        return run

    return of
