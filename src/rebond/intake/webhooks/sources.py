"""Which webhooks a site takes in, and by what each is checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from rebond.config import Config
from rebond.config_sections import IntakeSection
from rebond.core.policy import parse_duration
from rebond.core.read.providers import PROVIDERS
from rebond.core.read.providers.body import SOURCE
from rebond.core.webhooks import is_secret
from rebond.core.words import Trust
from rebond.secrets_file import intake_keys

PATH = "/webhooks/in/"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
# Of these an event says who sent it by a topic; all others by a key.
BY_TOPIC = "amazon_ses"
# What the key of each is, in words for whoever looks for it at the provider.
KEYS: Mapping[str, str] = {
    "brevo": "user:password, as they stand in the address that Brevo posts to",
    "mailersend": "the signing secret of the webhook",
    "mailgun": "the HTTP webhook signing key",
    "mailjet": "user:password, as they stand in the address that Mailjet posts to",
    "mailtrap": "the signature secret of the webhook",
    "mandrill": "the webhook's key",
    "postal": "the server's public key for webhooks",
    "postmark": "user:password, the basic authentication of the webhook",
    "resend": "the signing secret of the webhook, whsec_…",
    "sendgrid": "the verification key of the signed event webhook",
    "sparkpost": "user:password, the basic authentication of the webhook",
    "unisender_go": "the API key of the account or project",
}
BASIC = frozenset({"brevo", "mailjet", "postmark", "sparkpost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSource:
    """One source of webhooks; `problem` says why nothing can be taken in from it, empty when it can."""

    name: str
    provider: str
    keys: tuple[str, ...] = field(default=(), repr=False)
    topics: tuple[str, ...] = ()
    max_age: timedelta = timedelta(days=1)
    url: str = ""
    required_trust: Trust = Trust.MATCHED
    problem: str = ""

    @property
    def title(self) -> str:
        return PROVIDERS[self.provider].title

    @property
    def stored_as(self) -> str:
        """Its name among the sources of returns."""
        return SOURCE + self.name

    @property
    def path(self) -> str:
        return PATH + self.name


def hook_sources(config: Config, *, data: Path) -> dict[str, HookSource]:
    """List the sources that are configured, or have a key; ConfigError when the secrets cannot be read."""
    keys = intake_keys(data)
    found = {}
    for name in sorted({*config.intake, *keys}):
        section = config.intake.get(name, IntakeSection())
        provider = section.provider or (name if name in PROVIDERS else "")
        if provider:
            found[name] = _source(name, provider, section, keys=keys.get(name, ()), public_url=config.site.public_url)
    return found


def _source(name: str, provider: str, section: IntakeSection, *, keys: tuple[str, ...], public_url: str) -> HookSource:
    return HookSource(
        name=name,
        provider=provider,
        keys=keys,
        topics=section.topics,
        max_age=parse_duration(section.max_age),
        url=section.url or (f"{public_url}{PATH}{name}" if public_url else ""),
        required_trust=section.required_trust,
        problem=_problem(name, provider, keys, section),
    )


def _problem(name: str, provider: str, keys: tuple[str, ...], section: IntakeSection) -> str:
    if not _NAME.fullmatch(name):
        return "its name stands in an address: write small letters, digits, - and _, at most 48"
    if provider == BY_TOPIC:
        return "" if section.topics else f"intake.{name}.topics is missing: the ARN of the topic that Amazon SES tells"
    where = f"key in [intake.{name}] of secrets.toml"
    if not keys:
        return f"{where} is missing: {KEYS[provider]}"
    if not all(key.isascii() for key in keys):
        return f"{where} holds a sign that no key has"
    if provider in BASIC and not all(re.fullmatch(r"[^:\s]+:\S{8,}", key) for key in keys):
        return f"{where} must be user:password, with a password of at least 8 signs"
    if provider == "resend" and not all(map(is_secret, keys)):
        return f"{where} is no signing secret: {KEYS[provider]}"
    return ""
