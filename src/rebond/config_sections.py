"""The sections of the configuration, with what each key may be (specification 10)."""

import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from rebond.core.policy import parse_duration
from rebond.core.words import Trust

NO_RELAY = "none"
_QUEUES = ("redis://", "rediss://", "unix://", "postgresql://", "postgres://", "sqlite:///")


def _lasting(value: str) -> str:
    parse_duration(value)
    return value


def _listed(value: object) -> object:
    """The environment has no lists: there they are written with commas or spaces between."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


SNS_TOPIC = re.compile(r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-\d{1,2}):\d{12}:[A-Za-z0-9_-]{1,256}")
Duration = Annotated[str, AfterValidator(_lasting)]
Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSection(Section):
    name: str = Field(default="", max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
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


class DatabaseSection(Section):
    url: str = ""


class QueueSection(Section):
    """Where wake-up calls to workers are kept; empty: beside the database."""

    url: str = ""

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and not value.startswith(_QUEUES):
            raise ValueError(f"{value.partition(':')[0]!r} is no known queue: use {', '.join(_QUEUES)}")
        return value


class EmailSection(Section):
    bounce_domain: str = "bounce.localhost"
    return_prefix: str = Field(default="b", pattern=r"^[a-z0-9][a-z0-9._-]{0,15}$")
    smtp_url: str = "smtp://127.0.0.1:25"
    connections: int = Field(default=4, ge=1, le=100)
    messages_per_connection: int = Field(default=500, ge=1)
    timeout: Duration = "60s"
    allow_undotted: bool = False

    @property
    def sends(self) -> bool:
        """Whether there is a relay: a site may only take in what comes back to another's sender."""
        return self.smtp_url != NO_RELAY


class ContentSection(Section):
    require_unsubscribe_link: bool = False


class RetentionSection(Section):
    evidence: Duration = "180d"
    raw_mails: Duration = "30d"
    deliveries: Duration = "730d"
    audit: Duration = "365d"


class AlertsSection(Section):
    unqualified_texts: int = Field(default=10, ge=1)
    unqualified_within: Duration = "24h"
    failure_percent: float = Field(default=5.0, gt=0, le=100)
    complaint_percent: float = Field(default=0.3, gt=0, le=100)
    minimum_volume: int = Field(default=100, ge=1)
    email: Listed = ()
    sender: str = ""
    language: str = Field(default="en", pattern="^(en|fr)$")


class ApiSection(Section):
    """What a key of the HTTP API may ask, of each web process."""

    requests_per_minute: int = Field(default=6000, ge=1)


class OidcSection(Section):
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


class WebhooksSection(Section):
    """Where outgoing webhooks may go: with `private`, to addresses of this machine and network too."""

    private: bool = False
    ca: str = ""


class ReportsSection(Section):
    """What growth of the quarantine is expected: how many years an address lives, how many percent more come a year."""

    address_life: float = Field(default=3.0, ge=1, le=100)
    base_growth: float = Field(default=50.0, ge=0, le=10_000)


class RulesSection(Section):
    """What changes of rules may do before a person says that they mean it."""

    most_quarantined: int = Field(default=100, ge=0)
    most_quarantined_percent: float = Field(default=1.0, ge=0, le=100)


class PacksSection(Section):
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


class UpdateSection(Section):
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


class WebSection(Section):
    """Where the console and the API listen, and which proxies before them are believed about who asks."""

    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=1, le=65535)
    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=8, ge=1, le=256)
    proxies: Listed = ("127.0.0.1", "::1")


class WorkerSection(Section):
    """How much a machine does at once."""

    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=4, ge=1, le=64)


class IntakeSection(Section):
    """One intake source; `listen` is for those that listen, all from `provider` on for webhooks."""

    required_trust: Trust = Trust.MATCHED
    listen: str = ""
    provider: str = ""
    topics: Listed = ()
    max_age: Duration = "1d"
    url: str = ""

    @field_validator("provider")
    @classmethod
    def _known_provider(cls, value: str) -> str:
        if value:
            from rebond.core.read.providers import PROVIDERS

            if value not in PROVIDERS:
                raise ValueError(f"{value!r} is no known provider: there are {', '.join(PROVIDERS)}")
        return value

    @field_validator("topics")
    @classmethod
    def _topic_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for topic in value:
            if not SNS_TOPIC.fullmatch(topic):
                raise ValueError(
                    f"{topic!r} is no topic: write its ARN, as in arn:aws:sns:eu-west-1:123456789012:bounces"
                )
        return value

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if value and value != "off":
            host_and_port(value)
        return value


# Sections of which there is one a name, as in [intake.lmtp].
NAMED_SECTIONS: Mapping[str, type[Section]] = {"intake": IntakeSection, "update": UpdateSection}


def host_and_port(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; ValueError when it is none."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is no address to listen on: write HOST:PORT, as in 127.0.0.1:2424")
    return host.strip("[]"), int(port)
