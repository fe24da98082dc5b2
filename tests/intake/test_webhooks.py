"""Sources of webhooks as they are configured, a second reading of the same events, and what they cost to load."""

import json
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from rebond.cli.doctor import Level, _hooks
from rebond.config import Config, ConfigError, load_config
from rebond.core.read.providers import PROVIDERS, Befell
from rebond.core.read.providers.body import events_in
from rebond.core.tokens import Keyring
from rebond.intake.webhooks.door import _CHECKS, problem_with
from rebond.intake.webhooks.sources import hook_sources
from rebond.wiring import Site, SystemClock
from tests.core.given import policy
from tests.hooks_written import SAMPLES, SECONDS, TOPIC, Sample, body_of, keys
from tests.intake.commands import rebond
from tests.intake.commands import site as site_of


def configured(folder: Path, secrets: str = "", settings: str = "") -> Site:
    (folder / "secrets.toml").write_text(secrets)
    (folder / "secrets.toml").chmod(0o600)
    (folder / "rebond.toml").write_text(settings)
    config = load_config(folder, environ={})
    return Site(folder, config, policy(), Keyring({0: bytes(32)}, 0), SystemClock())


def problems(made: Site) -> dict[str, str]:
    return {name: problem_with(source) for name, source in hook_sources(made.config, data=made.data).items()}


def test_a_source_has_the_name_of_its_provider_or_one_of_its_own(tmp_path: Path) -> None:
    two = f'["{keys()["postmark"]}", "a:a-secret-of-two"]'
    secrets = f'[intake.sendgrid]\nkey = "{keys()["sendgrid"]}"\n[intake.two]\nkey = {two}\n'
    settings = f'[intake.two]\nprovider = "postmark"\n[intake.lmtp]\n[intake.amazon_ses]\ntopics = ["{TOPIC}"]\n'
    made = configured(tmp_path, secrets + '[intake.lmtp]\nkey = "x"\n', settings)
    assert problems(made) == {"sendgrid": "", "two": "", "amazon_ses": ""}
    assert "a-secret-of-two" not in repr(hook_sources(made.config, data=made.data))


@pytest.mark.parametrize(("secrets", "settings", "words"), [
    ("", "[intake.mailgun]\n", "key in [intake.mailgun] of secrets.toml is missing: the HTTP webhook signing key"),
    ('[intake.brevo]\nkey = ["", 5]\n', "", "is missing: user:password"),
    ('[intake.brevo]\nkey = "user"\n', "", "must be user:password"),
    ('[intake.brevo]\nkey = "user:short"\n', "", "must be user:password"),
    ('[intake.mailgun]\nkey = "clé"\n', "", "holds a sign that no key has"),
    ('[intake.resend]\nkey = "secret"\n', "", "is no signing secret"),
    ('[intake.sendgrid]\nkey = "no key"\n', "", "its key cannot be used: ValueError"),
    ('[intake.postal]\nkey = "no key"\n', "", "its key cannot be used: ValueError"),
    ("", "[intake.amazon_ses]\n", "intake.amazon_ses.topics is missing"),
    ("", '[intake."My Own"]\nprovider = "brevo"\n', "its name stands in an address"),
])  # fmt: skip
def test_what_keeps_a_source_from_being_used_is_said(tmp_path: Path, secrets: str, settings: str, words: str) -> None:
    made = configured(tmp_path, secrets, settings)
    ((name, problem),) = problems(made).items()
    assert words in problem
    (found,) = _hooks(made)
    assert (found.check, found.level) == (f"webhooks of {name}", Level.RED)


@pytest.mark.parametrize(("url", "level"), [("https://desk.example", Level.GREEN), ("", Level.YELLOW)])
def test_the_doctor_says_where_a_provider_posts_to(tmp_path: Path, url: str, level: Level) -> None:
    made = configured(tmp_path, f'[intake.postmark]\nkey = "{keys()["postmark"]}"\n', f'[site]\npublic_url = "{url}"\n')
    (found,) = _hooks(made)
    assert found.level is level
    assert "/webhooks/in/postmark" in found.text


@pytest.mark.parametrize(("settings", "words"), [
    ('[intake.x]\nprovider = "sendgird"\n', "'sendgird' is no known provider: there are amazon_ses, brevo"),
    ('[intake.x]\ntopics = ["arn:aws:sqs:eu-west-1:123456789012:x"]\n', "is no topic: write its ARN"),
    ('[intake.x]\nmax_age = "long"\n', "max_age"),
    ('[intake.x]\nprovidr = "brevo"\n', "did you mean 'provider'"),
])  # fmt: skip
def test_a_wrong_setting_is_told_with_its_key(tmp_path: Path, settings: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"intake\.x") as error:
        configured(tmp_path, "", settings)
    assert words in str(error.value)


def test_a_pem_file_serves_as_a_public_key(tmp_path: Path) -> None:
    for provider in ("postal", "sendgrid"):
        pem = f"-----BEGIN PUBLIC KEY-----\\n{keys()[provider]}\\n-----END PUBLIC KEY-----\\n"
        assert problems(configured(tmp_path, f'[intake.{provider}]\nkey = "{pem}"\n')) == {provider: ""}


def test_sources_are_listed(tmp_path: Path) -> None:
    with site_of(tmp_path / "data") as data:
        with (data / "secrets.toml").open("a") as file:
            file.write('[intake.mailgun]\nkey = "k"\n[intake.brevo]\nkey = ""\n')
        done = rebond(data, "intake", "sources", "--json")
    brevo, mailgun = map(json.loads, done.stdout.splitlines())
    assert (mailgun["name"], mailgun["problem"], mailgun["required_trust"]) == ("mailgun", "", "matched")
    assert mailgun["address"].endswith("/webhooks/in/mailgun")
    assert "is missing" in brevo["problem"]


_SAME = {
    "bounced": {Befell.FAILED}, "rejected": {Befell.FAILED}, "failed": {Befell.FAILED, Befell.DELAYED},
    "deferred": {Befell.DELAYED}, "delivered": {Befell.DELIVERED}, "complained": {Befell.COMPLAINED},
    "unsubscribed": {Befell.UNSUBSCRIBED, Befell.LEFT_A_GROUP}, "autoresponded": {Befell.NOTHING},
}  # fmt: skip


_CHECKED = [one for one in SAMPLES if one.provider in _CHECKS]


@pytest.mark.parametrize("sample", _CHECKED, ids=lambda one: f"{one.provider}-{one.befell}")
def test_django_anymail_reads_the_same_of_each_event(sample: Sample) -> None:
    module, name, setting = _CHECKS[sample.provider]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {"webhook_secret": ["a:b"], **({setting: keys()[sample.provider]} if setting else {})}
        view = getattr(import_module(f"anymail.webhooks.{module}"), name)(**given)
    body: Any = body_of(sample.provider, sample.event)
    kind = "application/json"
    if sample.provider == "brevo":
        body = json.dumps({**sample.event, "ts_epoch": SECONDS * 1000})  # it takes neither lists nor other times
    if sample.provider == "mandrill":
        body, kind = {"mandrill_events": body.decode()}, None
    request = RequestFactory().post("/", body, **({"content_type": kind} if kind else {}))
    theirs = view.parse_events(request)
    (event,) = events_in(sample.provider, body_of(sample.provider, sample.event))
    ours = list(PROVIDERS[sample.provider].read(event))
    for their, our in zip(theirs, ours, strict=False):
        if our.befell is Befell.NOTHING or their.event_type not in _SAME:
            continue
        assert our.befell in _SAME[their.event_type], their.event_type
        assert their.recipient in (our.address, None)
        assert their.timestamp is None or our.at is None or abs((their.timestamp - our.at).total_seconds()) < 1


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    code = (
        "import sys, rebond; rebond.qualify_reply('550 5.1.1 user unknown', channel='email');"
        "import rebond.cli.app, rebond.config, rebond.wiring, rebond.intake.webhooks.door;"
        "print(sorted(name for name in ('anymail', 'requests', 'cryptography') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
    assert Config().intake == {}
