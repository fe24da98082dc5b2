"""From configuration to policy, keys, rules and senders: the only constructor."""

import asyncio
import shlex
import time
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebond.config import CONFIG_FILE, Config, ConfigError, database_url, load_config
from rebond.core.policy import Policy, PolicyError, parse_duration, read_policy
from rebond.core.ports import Clock
from rebond.core.said import said
from rebond.core.tokens import Keyring
from rebond.delivery_content import DeliveryContent
from rebond.secrets_file import SECRETS_FILE, erasure_keys, load_keyring, make_secrets, web_key, webhook_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rebond.channels.email.settings import SmtpSettings
    from rebond.channels.email.smtp import SmtpSender
    from rebond.core.qualifier import Qualifier
    from rebond.core.qualify.rules import Rule
    from rebond.post import Poster
    from rebond.services.alerts import OftenUnqualified
    from rebond.services.export_rules import PackMaker
    from rebond.services.kept_queue import KeptQueue
    from rebond.services.rules_in_force import RulesInForce
    from rebond.services.send_means import Build
    from rebond.services.update_rules import PackSource
    from rebond.services.webhooks import Site as WebhookSite
    from rebond.store.read.rules import Document
    from rebond.store.read.sending import SendingDelivery


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Site:
    """One site: its data directory, configuration, policy and keys; the rest is made when first asked for."""

    data: Path
    config: Config
    policy: Policy
    keyring: Keyring
    clock: Clock

    @cached_property
    def rules(self) -> "RulesInForce":
        """The rules in force, read from the database when first asked for; what runs on renews them."""
        from rebond.core.qualify.rules import RuleError
        from rebond.services.rules_in_force import RulesInForce

        rules = RulesInForce(self.qualifier_with)
        try:
            rules.renew()
        except RuleError as error:
            names = dict.fromkeys(problem.rule for problem in error.problems if problem.rule)
            remove = "".join(f" --remove {shlex.quote(name)}" for name in names)
            raise ConfigError(
                said(
                    "the rules of this site cannot be used (rebond rules apply{remove} takes what is refused"
                    " away): {error}",
                    remove=remove or " --remove ID",
                    error=error,
                )
            ) from None
        return rules

    @property
    def qualifier(self) -> "Qualifier":
        """The site's own rules and the shipped ones, compiled."""
        return self.rules.qualifier

    def qualifier_with(self, documents: "Mapping[str, Document]") -> "Qualifier":
        """Make the qualifier with these rules of the site before the shipped ones; RuleError when one is refused."""
        from rebond.core.qualify.loading import load_site_rules
        from rebond.packs import load_qualifier

        return load_qualifier(extra_rules=load_site_rules(documents), cache_dir=self._cache)

    @cached_property
    def _cache(self) -> Path:
        """Where parsed and compiled rules are kept: compiling takes seconds, so every site of this user shares it."""
        from rebond.packs import user_cache

        try:
            directory = user_cache()
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, RuntimeError):
            return self.data / "cache"  # a service without a home
        return directory

    @cached_property
    def shipped_rules(self) -> "tuple[Rule, ...]":
        """The rules that come with Rebond, with their examples."""
        from rebond.packs import load_shipped_rules

        return load_shipped_rules(cache_dir=self._cache)

    @cached_property
    def queue(self) -> "KeptQueue":
        """The team's queue, put together once for a while."""
        from rebond.services.kept_queue import KeptQueue

        return KeptQueue(self.rules, shipped=lambda: self.shipped_rules, clock=self.clock)

    @property
    def often_unqualified(self) -> "OftenUnqualified":
        """How often a text that nobody has qualified must come to raise an alert."""
        from rebond.services.alerts import OftenUnqualified

        alerts = self.config.alerts
        return OftenUnqualified(count=alerts.unqualified_texts, within=parse_duration(alerts.unqualified_within))

    @property
    def pack_sources(self) -> "tuple[PackSource, ...]":
        """Where packs of rules come from, in the order of the configuration; those without a source give none."""
        from rebond.pack_sources import make_source

        sections = self.config.update.items()
        return tuple(make_source(name, section, data=self.data) for name, section in sections if section.source)

    @property
    def pack_maker(self) -> "PackMaker | None":
        """Who gives this site's own pack out; none when it has no name. ConfigError when its key cannot be used."""
        from rebond.pack_keys import read_key
        from rebond.services.export_rules import PackMaker

        packs = self.config.packs
        if not packs.name:
            return None
        key, public = read_key(self.data / packs.key)
        return PackMaker(name=packs.name, made_by=packs.made_by or packs.name, key=key, public=public)

    @property
    def content(self) -> DeliveryContent:
        """What checks and builds the messages of a delivery."""
        return DeliveryContent(self.config)

    def composer(self, delivery: "SendingDelivery") -> "Build":
        """Make, of a delivery's content, what builds each of its messages; ValueError when it cannot be sent."""
        return self.content.composer(delivery)

    @property
    def poster(self) -> "Poster":
        """What posts outgoing webhooks."""
        from rebond.post import Poster

        section = self.config.webhooks
        return Poster(ca=str(self.data / section.ca) if section.ca else "", private=section.private)

    @property
    def webhooks(self) -> "WebhookSite":
        """What subscriptions of outgoing webhooks need of this site."""
        from rebond.services.webhooks import Site as WebhookSite

        return WebhookSite(key=webhook_key(self.data), refuse=self.poster.refuse)

    @property
    def providers(self) -> "Mapping[str, str]":
        """The provider of each known domain, as a label for lists and reports."""
        from rebond.packs import default_providers

        return default_providers().domains

    def smtp_sender(self, *, clock: Clock | None = None) -> "SmtpSender":
        """Make the configured SMTP transport."""
        from rebond.channels.email.smtp import SmtpSender

        settings = self.smtp_settings
        key = self.keyring.keys[self.keyring.current]
        name = f"{settings.name} {settings.fingerprint(key)}"
        return SmtpSender(settings, clock=clock or self.clock, name=name)

    @property
    def smtp_settings(self) -> "SmtpSettings":
        """How the relay is reached; ConfigError when the URL cannot be used."""
        from rebond.channels.email.settings import SettingsError, SmtpSettings

        email = self.config.email
        if not email.sends:
            raise ConfigError(
                said("email.smtp_url is none, so this site sends nothing: set it to a relay to send by email")
            )
        try:
            return SmtpSettings.from_url(
                email.smtp_url,
                connections=email.connections,
                messages_per_connection=email.messages_per_connection,
                timeout=parse_duration(email.timeout).total_seconds(),
            )
        except SettingsError as error:
            raise ConfigError(said("email.smtp_url: {error}", error=error)) from None


def open_site(data: Path, *, clock: Clock | None = None, web: bool = False) -> Site:
    """Open an initialised data directory and connect to its database; ConfigError says what is missing.

    `web`: this process serves people, and needs what the console and the API need.
    """
    if not (data / SECRETS_FILE).exists():
        raise ConfigError(said("there is no Rebond in {data}: run rebond init --data {data}", data=data))
    site = _site(data, clock=clock or SystemClock())
    _connect(site, web=web)
    _refuse_unready(site)
    return site


def _refuse_unready(site: Site) -> None:
    """Say what is wrong with a database that has not the present tables."""
    from rebond.store.connect import has_tables, pending_migrations, without_password

    if has_tables():
        if pending_migrations():
            raise ConfigError(
                said(
                    "the database is of another version: run rebond init --data {data} to bring it up to date",
                    data=site.data,
                )
            )
        return
    looked_at = without_password(database_url(site.config, data=site.data))
    elsewhere = "" if site.config.database.url else " set REBOND_DATABASE_URL if its data is in another database;"
    raise ConfigError(
        said(
            "{looked_at} has no tables of Rebond:{elsewhere} run rebond init --data {data} to make them there",
            looked_at=looked_at,
            elsewhere=elsewhere,
            data=site.data,
        )
    )


def init_site(data: Path) -> Site:
    """Create a data directory, its commented configuration, its secrets and its database; safe to run again."""
    from rebond.store.connect import migrate

    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = data / CONFIG_FILE
    if not config.exists():
        config.write_text(files("rebond.data").joinpath(CONFIG_FILE).read_text("utf-8"), "utf-8")
    make_secrets(data)
    site = _site(data, clock=SystemClock())
    _connect(site, web=True)
    migrate()
    return site


def _connect(site: Site, *, web: bool) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from rebond.store.connect import DatabaseUrlError, connect
    from rebond.web_settings import WEB_APPS, identity_provider, web_settings

    extra: dict[str, Any] = {"ERASURE_KEYS": erasure_keys(site.data)}
    if web:
        extra |= web_settings(
            key=web_key(site.data),
            public_url=site.config.site.public_url,
            provider=identity_provider(site.config.oidc, data=site.data),
        )
    try:
        connect(database_url(site.config, data=site.data), apps=WEB_APPS if web else (), extra=extra)
    except DatabaseUrlError as error:
        raise ConfigError(said("database.url: {error}", error=error)) from None
    except ImproperlyConfigured as error:
        raise ConfigError(
            said("database.url: {error}; PostgreSQL needs the extra rebond[postgres]", error=error)
        ) from None


def _site(data: Path, *, clock: Clock) -> Site:
    config = load_config(data)
    return Site(data=data, config=config, policy=load_policy(config), keyring=load_keyring(data), clock=clock)


def load_policy(config: Config) -> Policy:
    """Build the site's policy from the shipped presets and its own section."""
    presets = tomllib.loads(files("rebond.data").joinpath("policies.toml").read_text("utf-8"))
    try:
        return read_policy(presets, overrides=config.policy)
    except PolicyError as error:
        raise ConfigError(str(error)) from None
