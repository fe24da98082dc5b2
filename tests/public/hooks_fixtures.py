"""A site that takes webhooks in from every provider, and what is posted to it."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from rebond.config import Config
from rebond.config_sections import IntakeSection, SiteSection
from rebond.core.tokens import Keyring
from rebond.intake.webhooks import sns
from rebond.public import hooks
from rebond.services.rules_in_force import RulesInForce
from rebond.services.settle import Settled, Settler
from rebond.web.current import current_site, serve
from rebond.wiring import Site, load_policy
from tests.hooks_written import CERTIFICATE, NOW, PUBLIC_URL, TOPIC, Posted, certificate, keys

KEYRING = Keyring({0: b"a key for these tests only"}, 0)


class Stopped:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


def make_site(folder: Path, **intake: IntakeSection) -> Site:
    sections = {"amazon_ses": IntakeSection(topics=(TOPIC,)), "second": IntakeSection(provider="sendgrid"), **intake}
    config = Config(intake=sections, site=SiteSection(public_url=PUBLIC_URL))
    given = {**keys(), "second": keys()["sendgrid"]}
    text = "".join(f'[intake.{name}]\nkey = "{key}"\n' for name, key in given.items())
    (folder / "secrets.toml").write_text(text)
    (folder / "secrets.toml").chmod(0o600)
    made = Site(data=folder, config=config, policy=load_policy(config), keyring=KEYRING, clock=Stopped())
    serve(made)
    return made


@pytest.fixture
def hook_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = make_site(tmp_path)
    hooks.doors().topics = sns.Topics(get=Amazon().get)
    monkeypatch.setattr(hooks, "ask", lambda name: None)
    return made


class Amazon:
    """The hosts of Amazon SNS: gives the certificate, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.files = {CERTIFICATE: certificate()}

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        return self.files.get(url, b"<ConfirmSubscriptionResponse/>")


@pytest.fixture
def amazon(hook_site: Site) -> Amazon:
    made = Amazon()
    hooks.doors().topics = sns.Topics(get=made.get)
    return made


def send(posted: Posted, name: str, **more: Any) -> HttpResponse:
    """Post it as a provider would, over TLS at the public address."""
    return Client(raise_request_exception=False, headers=dict(posted.headers)).post(  # type: ignore[return-value]
        f"/webhooks/in/{name}", posted.body, content_type=posted.content_type, **more
    )


def settle() -> Settled:
    site = current_site()
    settler = Settler(policy=site.policy, rules=_rules(), keyring=site.keyring, worker="test")
    return settler.settle_all(site.clock.now)


def _rules() -> RulesInForce:
    from rebond.packs import default_qualifier

    return RulesInForce(lambda documents: default_qualifier())
