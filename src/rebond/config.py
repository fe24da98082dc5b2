"""The configuration: `rebond.toml`, with environment variables over it (specification 10)."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from rebond.config_sections import (
    NAMED_SECTIONS,
    AlertsSection,
    ApiSection,
    ContentSection,
    DatabaseSection,
    EmailSection,
    IntakeSection,
    OidcSection,
    PacksSection,
    QueueSection,
    ReportsSection,
    RetentionSection,
    RulesSection,
    Section,
    SiteSection,
    UpdateSection,
    WebhooksSection,
    WebSection,
    WorkerSection,
    host_and_port,
)
from rebond.core.words import Trust

CONFIG_FILE = "rebond.toml"
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


class Config(Section):
    """Everything that can be set; `policy` is read by `rebond.core.policy`."""

    site: SiteSection = SiteSection()
    database: DatabaseSection = DatabaseSection()
    queue: QueueSection = QueueSection()
    email: EmailSection = EmailSection()
    content: ContentSection = ContentSection()
    web: WebSection = WebSection()
    worker: WorkerSection = WorkerSection()
    policy: dict[str, Any] = Field(default_factory=dict)
    retention: RetentionSection = RetentionSection()
    alerts: AlertsSection = AlertsSection()
    intake: dict[str, IntakeSection] = Field(default_factory=dict)
    api: ApiSection = ApiSection()
    oidc: OidcSection = OidcSection()
    webhooks: WebhooksSection = WebhooksSection()
    reports: ReportsSection = ReportsSection()
    rules: RulesSection = RulesSection()
    packs: PacksSection = PacksSection()
    update: dict[str, UpdateSection] = Field(default_factory=dict)

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
