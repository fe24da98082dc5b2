"""`rebond doctor` tells what is intended from what is missing."""

import json
from pathlib import Path

import pytest

from rebond.cli.doctor import Level, _landing, _sender
from rebond.config import Config, ConfigError
from rebond.core.tokens import Keyring
from rebond.store.models import LandingPage, Service
from rebond.wiring import Site, SystemClock
from tests.core.given import policy
from tests.intake.commands import rebond
from tests.services.opt_in_fixtures import page


def test_a_site_that_sends_nothing_on_purpose_is_not_ill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert rebond(data, "init").returncode == 0
    settings = data / "rebond.toml"
    settings.write_text('[email]\nsmtp_url = "none"\nbounce_domain = "bounce.localhost"\n')
    done = rebond(data, "doctor")
    told = {one["check"]: one for one in map(json.loads, done.stdout.splitlines())}
    assert (done.returncode, told["relay"]["level"]) == (0, "green")
    assert told["relay"]["text"] == "email.smtp_url is none: this site sends nothing, as is intended"
    assert {"dkim", "unsubscribe"}.isdisjoint(told)


def test_a_site_without_a_relay_says_so_when_it_is_to_send() -> None:
    config = Config.model_validate({"email": {"smtp_url": "none"}})
    site = Site(Path(), config, policy(), Keyring({0: bytes(32)}, 0), SystemClock())
    with pytest.raises(ConfigError, match="smtp_url is none, so this site sends nothing: set it to a relay"):
        site.smtp_sender()


@pytest.mark.parametrize(("url", "level", "words"), [
    ("https://shop.example", Level.GREEN, "one click at https://shop.example/u/…, and a mail"),
    ("http://shop.example", Level.YELLOW, "one click for https:// alone"),
    ("", Level.GREEN, "by mail"),
])  # fmt: skip
def test_it_tells_which_ways_out_messages_offer(url: str, level: Level, words: str) -> None:
    config = Config.model_validate({"site": {"public_url": url}})
    told = {
        one.check: one for one in _sender(Site(Path(), config, policy(), Keyring({0: bytes(32)}, 0), SystemClock()))
    }
    assert told["unsubscribe"].level is level
    assert words in told["unsubscribe"].text


def site_of(url: str, relay: str) -> Site:
    config = Config.model_validate({"site": {"public_url": url}, "email": {"smtp_url": relay}})
    return Site(Path(), config, policy(), Keyring({0: bytes(32)}, 0), SystemClock())


@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.parametrize(("url", "relay", "level", "words"), [
    ("https://news.example", "smtp://relay.example", Level.GREEN, "1 landing page at https://news.example/join/…"),
    ("http://news.example", "smtp://relay.example", Level.YELLOW, "serve them by https://"),
    ("https://news.example", "none", Level.RED, "set email.smtp_url to a relay"),
    ("", "smtp://relay.example", Level.RED, "set site.public_url"),
])  # fmt: skip
def test_it_tells_whether_landing_pages_can_do_what_they_are_for(
    url: str, relay: str, level: Level, words: str
) -> None:
    site = site_of(url, relay)
    assert list(_landing(site)) == []
    number = page()
    (told,) = _landing(site)
    assert (told.check, told.level) == ("landing pages", level)
    assert words in told.text
    Service.objects.all().delete()
    assert "news is closed" in list(_landing(site))[1].text
    LandingPage.objects.filter(id=number).update(active=False)
    assert list(_landing(site)) == []
