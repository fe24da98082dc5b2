"""Which webhooks a site takes in, and by what each is checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from rebond.config import Config
from rebond.config_sections import IntakeSection
from rebond.core.policy import parse_duration
from rebond.core.read.providers import PROVIDERS
from rebond.core.read.providers.body import SOURCE
from rebond.core.said import said
from rebond.core.webhooks import is_secret
from rebond.core.words import Trust
from rebond.secrets_file import intake_keys

PATH = "/webhooks/in/"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
# Of these an event says who sent it by a topic; all others by a key.
BY_TOPIC = "amazon_ses"
# These have a password, and no signature.
BASIC = frozenset({"brevo", "mailjet", "postmark", "sparkpost"})
# What the key of each is, in words for whoever looks for it at the provider.
_KEYS: Mapping[str, Callable[[], str]] = {
    **dict.fromkeys(BASIC, lambda: said("user:password, as in the address that the provider posts to")),
    **dict.fromkeys(("mailersend", "mailtrap", "resend"), lambda: said("the signing secret of the webhook")),
    "mailgun": lambda: said("the HTTP webhook signing key"),
    "mandrill": lambda: said("the webhook's key"),
    "postal": lambda: said("the server's public key for webhooks"),
    "sendgrid": lambda: said("the verification key of the signed event webhook"),
    "unisender_go": lambda: said("the API key of the account or project"),
}


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


def address_of(source: HookSource, config: Config) -> str:
    """Tell where a provider posts to."""
    return config.console_url + source.path


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
        return said("its name stands in an address: write small letters, digits, - and _, at most 48")
    if provider == BY_TOPIC:
        missing = said("intake.{name}.topics is missing: the ARN of the topic that Amazon SES tells", name=name)
        return "" if section.topics else missing
    if not keys:
        return said("key in [intake.{name}] of secrets.toml is missing: {what}", name=name, what=_KEYS[provider]())
    if not all(key.isascii() for key in keys):
        return said("key in [intake.{name}] of secrets.toml holds a sign that no key has", name=name)
    if provider in BASIC and not all(re.fullmatch(r"[^:\s]+:\S{8,}", key) for key in keys):
        return said(
            "key in [intake.{name}] of secrets.toml must be user:password, with a password of at least 8 signs",
            name=name,
        )
    if provider == "resend" and not all(map(is_secret, keys)):
        return said("key in [intake.{name}] of secrets.toml is no signing secret: whsec_ and base64", name=name)
    return ""
