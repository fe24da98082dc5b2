"""The configuration: `rebond.toml`, environment variables, and the secrets file (specification 10)."""

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rebond.core.policy import parse_duration
from rebond.core.words import Trust

CONFIG_FILE = "rebond.toml"
SECRETS_FILE = "secrets.toml"
DATABASE_FILE = "rebond.sqlite3"
_PREFIX = "REBOND_"
_LMTP = "127.0.0.1:2424"
_SHORTCUTS = {
    "REBOND_DATABASE_URL": ("database", "url"),
    "REBOND_SMTP_URL": ("email", "smtp_url"),
    "REBOND_BOUNCE_DOMAIN": ("email", "bounce_domain"),
}


class ConfigError(ValueError):
    """A configuration that cannot be used; the text names the key, the value and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSection(_Section):
    time_zone: str = "UTC"
    default_region: str = ""
    public_url: str = ""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no known time zone: write one such as Europe/Paris") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _https(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError(f"{value!r} must begin with https://")
        return value.rstrip("/")


class DatabaseSection(_Section):
    url: str = ""


class QueueSection(_Section):
    """Where wake-up calls to workers are kept; empty: beside the database."""

    url: str = ""

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and not value.startswith(_QUEUES):
            raise ValueError(f"{value.partition(':')[0]!r} is no known queue: use {', '.join(_QUEUES)}")
        return value


_QUEUES = ("redis://", "rediss://", "unix://", "postgresql://", "postgres://", "sqlite:///")


NO_RELAY = "none"


class EmailSection(_Section):
    bounce_domain: str = "bounce.localhost"
    return_prefix: str = Field(default="b", pattern=r"^[a-z0-9][a-z0-9._-]{0,15}$")
    smtp_url: str = "smtp://127.0.0.1:25"
    connections: int = Field(default=4, ge=1, le=100)
    messages_per_connection: int = Field(default=500, ge=1)
    timeout: str = "60s"
    allow_undotted: bool = False

    @property
    def sends(self) -> bool:
        """Whether there is a relay: a site may only take in what comes back to another's sender."""
        return self.smtp_url != NO_RELAY

    @field_validator("timeout")
    @classmethod
    def _duration(cls, value: str) -> str:
        parse_duration(value)
        return value


class ContentSection(_Section):
    require_unsubscribe_link: bool = False


class RetentionSection(_Section):
    evidence: str = "180d"
    raw_mails: str = "30d"
    deliveries: str = "730d"
    audit: str = "365d"

    @field_validator("evidence", "raw_mails", "deliveries", "audit")
    @classmethod
    def _duration(cls, value: str) -> str:
        parse_duration(value)
        return value


class AlertsSection(_Section):
    unqualified_texts: int = Field(default=10, ge=1)
    unqualified_within: str = "24h"
    failure_percent: float = Field(default=5.0, gt=0, le=100)
    complaint_percent: float = Field(default=0.3, gt=0, le=100)
    minimum_volume: int = Field(default=100, ge=1)
    email: tuple[str, ...] = ()
    sender: str = ""
    language: str = Field(default="en", pattern="^(en|fr)$")

    @field_validator("email", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("unqualified_within")
    @classmethod
    def _duration(cls, value: str) -> str:
        parse_duration(value)
        return value


class ApiSection(_Section):
    """What a key of the HTTP API may ask, of each web process."""

    requests_per_minute: int = Field(default=6000, ge=1)


class OidcSection(_Section):
    """An identity provider (OpenID Connect) by which people that an administrator has made may sign in."""

    name: str = "OpenID Connect"
    server_url: str = ""
    client_id: str = ""

    @field_validator("server_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.match(r"https://[^/]|http://(127\.0\.0\.1|localhost)[:/]", value):
            raise ValueError(f"{value!r} must begin with https://")
        return value.rstrip("/")


class WebhooksSection(_Section):
    """Where outgoing webhooks may go: with `private`, to addresses of this machine and network too."""

    private: bool = False
    ca: str = ""


class ReportsSection(_Section):
    """What growth of the quarantine is expected: how many years an address lives, how many percent more come a year."""

    address_life: float = Field(default=3.0, ge=1, le=100)
    base_growth: float = Field(default=50.0, ge=0, le=10_000)


class RulesSection(_Section):
    """What changes of rules may do before a person says that they mean it."""

    most_quarantined: int = Field(default=100, ge=0)
    most_quarantined_percent: float = Field(default=1.0, ge=0, le=100)


class PacksSection(_Section):
    """How this site's own pack of rules is given out."""

    name: str = Field(default="", pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)?$")
    made_by: str = ""
    key: str = "pack-key.pem"
    export: str = ""

    @field_validator("made_by")
    @classmethod
    def _shown(cls, value: str) -> str:
        from rebond.core.qualify.archive import LONGEST_MAKER, is_maker

        if not is_maker(value):
            raise ValueError(f"it must be one line of at most {LONGEST_MAKER} signs, all of them visible")
        return value


class UpdateSection(_Section):
    """One source of packs of rules, and whose signatures are believed there."""

    source: str = ""
    keys: tuple[str, ...] = ()
    ca: str = ""
    private: bool = False

    @field_validator("source")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if "://" in value and not value.startswith("https://"):
            raise ValueError(f"{value!r} must be an https:// address, a directory or a file")
        return value

    @field_validator("keys", mode="before")
    @classmethod
    def _public_keys(cls, value: object) -> object:
        keys = value.replace(",", " ").split() if isinstance(value, str) else value
        for key in keys if isinstance(keys, list | tuple) else ():
            if not isinstance(key, str) or not re.fullmatch("[0-9a-f]{64}", key):
                raise ValueError(f"{key!r} is no public key: it has 64 signs, as rebond rules keygen prints them")
        return keys


class WebSection(_Section):
    """Where the console and the API listen, and which proxies before them are believed about who asks."""

    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=1, le=65535)
    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=8, ge=1, le=256)
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    @field_validator("proxies", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class WorkerSection(_Section):
    """How much a machine does at once."""

    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=4, ge=1, le=64)


class IntakeSection(_Section):
    """One intake source; `listen` is for those that listen."""

    required_trust: Trust = Trust.MATCHED
    listen: str = ""

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value and value != "off":
            host_and_port(value)
        return value


# Sections of which there is one a name, as in [intake.lmtp].
NAMED_SECTIONS: Mapping[str, type[_Section]] = {"intake": IntakeSection, "update": UpdateSection}


class Config(_Section):
    """Everything that can be set; `policy` is read by `rebond.core.policy`."""

    site: SiteSection = SiteSection()
    database: DatabaseSection = DatabaseSection()
    queue: QueueSection = QueueSection()
    email: EmailSection = EmailSection()
    content: ContentSection = ContentSection()
    web: WebSection = WebSection()
    worker: WorkerSection = WorkerSection()
    policy: dict[str, Any] = {}
    retention: RetentionSection = RetentionSection()
    alerts: AlertsSection = AlertsSection()
    intake: dict[str, IntakeSection] = {}
    api: ApiSection = ApiSection()
    oidc: OidcSection = OidcSection()
    webhooks: WebhooksSection = WebhooksSection()
    reports: ReportsSection = ReportsSection()
    rules: RulesSection = RulesSection()
    packs: PacksSection = PacksSection()
    update: dict[str, UpdateSection] = {}

    def required_trust(self, source: str) -> Trust:
        """Return what an intake source asks of its returns; the default is `matched`."""
        return self.intake.get(source, IntakeSection()).required_trust

    @property
    def console_url(self) -> str:
        """Say where people reach the console."""
        if self.site.public_url:
            return self.site.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.web.host, self.web.host)  # noqa: S104
        return f"http://[{host}]:{self.web.port}" if ":" in host else f"http://{host}:{self.web.port}"

    @property
    def intake_address(self) -> tuple[str, int] | None:
        """Where returned mails are taken in by LMTP; None when this machine takes none in."""
        listen = self.intake.get("lmtp", IntakeSection()).listen or _LMTP
        return None if listen == "off" else host_and_port(listen)


def host_and_port(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; ValueError when it is none."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is no address to listen on: write HOST:PORT, as in 127.0.0.1:2424")
    return host.strip("[]"), int(port)


def load_config(data: Path, *, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration of a data directory, the environment over the file; ConfigError says what is wrong."""
    path = data / CONFIG_FILE
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        _refuse_unknown(values, where=str(path))
    overrides = dict(_from_environment(environ))
    _refuse_unknown(overrides, where="the environment")
    for section, keys in overrides.items():
        values[section] = {**values.get(section, {}), **keys}
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(error))) from None


def database_url(config: Config, *, data: Path) -> str:
    """Return the configured database, or the SQLite file in the data directory."""
    return config.database.url or f"sqlite:///{(data / DATABASE_FILE).absolute()}"


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        if name in _SHORTCUTS:
            section, key = _SHORTCUTS[name]
        elif name.startswith(_PREFIX) and "__" in name:
            section, _, key = name.removeprefix(_PREFIX).lower().partition("__")
        else:
            continue
        inner = sections.setdefault(section, {})
        *outer, key = key.split("__")
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[key] = _plain_value(value) if section == "policy" else value
    yield from sections.items()


def _plain_value(text: str) -> object:
    """Read a policy value as TOML where it is a number, a list or a boolean; otherwise it is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _refuse_unknown(values: Mapping[str, Any], *, where: str) -> None:
    for section, keys in values.items():
        if section not in Config.model_fields:
            raise ConfigError(f"{where}: [{section}] is unknown{_nearest(section, Config.model_fields)}")
        if not isinstance(keys, Mapping):
            raise ConfigError(f"{where}: {section} must be a section: write [{section}] and its keys below")
        if section in NAMED_SECTIONS:
            known: Mapping[str, object] = NAMED_SECTIONS[section].model_fields
            for name, inner in keys.items():
                _refuse_keys(inner, known=known, prefix=f"{where}: {section}.{name}")
        elif section != "policy":
            model = type(Config.model_fields[section].default)
            _refuse_keys(keys, known=model.model_fields, prefix=f"{where}: {section}")


def _refuse_keys(keys: object, *, known: Mapping[str, object], prefix: str) -> None:
    if not isinstance(keys, Mapping):
        raise ConfigError(f"{prefix} must be a section of keys")
    for key in keys:
        if key not in known:
            raise ConfigError(f"{prefix}.{key} is unknown{_nearest(key, known)}")


def _nearest(key: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else f": known are {', '.join(known)}"


def _sentences(error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"])
        yield f"{key} = {item.get('input')!r}: {item['msg'].removeprefix('Value error, ')}"


def new_secrets() -> str:
    """Make the text of a new secrets file: the key that signs tokens, and the one that hashes erased addresses."""
    return (
        "# Keys of this site. Keep this file private and in your backups: tokens signed with a key that is lost\n"
        "# are no longer recognised. To rotate, add a key with the next number and make it current.\n"
        f'[tokens]\ncurrent = 0\n[tokens.keys]\n0 = "{secrets.token_hex(32)}"\n'
        f'[erasure]\nkey = "{secrets.token_hex(32)}"\n'
    )


def load_secrets(data: Path) -> Mapping[str, Any]:
    """Read the secrets file; ConfigError when it is missing or not private."""
    path = data / SECRETS_FILE
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: run chmod 600 on it")
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no {path}: run rebond init --data {data}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}; {lost_secrets(data)}") from None


def web_key(data: Path) -> str:
    """Derive the key that signs sessions and one-time links; another one ends them all and loses nothing else."""
    key = load_secrets(data).get("erasure", {}).get("key", "")
    if not isinstance(key, str) or not key:
        raise ConfigError(f"{data / SECRETS_FILE}: [erasure] key is missing; {lost_secrets(data)}")
    return hmac.new(key.encode(), b"rebond web sessions", hashlib.sha256).hexdigest()


def webhook_key(data: Path) -> bytes:
    """Derive the key that makes the secrets of outgoing webhooks."""
    return hmac.digest(web_key(data).encode(), b"rebond outgoing webhooks", "sha256")


def lost_secrets(data: Path) -> str:
    """Say what to do about secrets that cannot be read."""
    return (
        "put back a copy of the file: its keys prove the return paths and unsubscribe links of what was sent."
        f" Where there is no copy, move it away and run rebond init --data {data}:"
        " what comes back about earlier messages is then not proven ours"
    )
