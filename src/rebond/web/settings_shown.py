"""The settings in force, for people to read: no secret among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel

from rebond.config import Config
from rebond.core.policy import Policy

_HIDDEN = "••••"
_SECRET = ("password", "secret", "token")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key, its value in words, and whether it is the default."""

    key: str
    value: str
    changed: bool


def settings_shown(config: Config, policy: Policy) -> dict[str, list[Setting]]:
    """Return what is in force, by section."""
    shown: dict[str, list[Setting]] = {}
    for name in type(config).model_fields:
        section = getattr(config, name)
        if name == "policy":
            changed = set(config.policy)
            shown[name] = [Setting(one, _said(getattr(policy, one)), one in changed) for one in _names(policy)]
        elif isinstance(section, BaseModel):
            shown[name] = list(_section(section))
        else:
            for inner, one in sorted(section.items()):
                shown[f"{name}.{inner}"] = list(_section(one))
    return shown


def _section(section: BaseModel) -> Iterator[Setting]:
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        yield Setting(key, _value(key, value), value != field.default)


def _value(key: str, value: object) -> str:
    if value and any(word in key for word in _SECRET):
        return _HIDDEN
    return without_secrets(value) if isinstance(value, str) else _said(value)


def without_secrets(text: str) -> str:
    """Return a text without the password, and the parameters, of the address that it may be."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - it is only read when asked for
    except ValueError:
        return _HIDDEN
    who, at, where = parts.netloc.rpartition("@")
    name, colon, _ = who.partition(":")
    query = "&".join(_HIDDEN if _is_secret(one) else one for one in parts.query.split("&")) if parts.query else ""
    return urlunsplit(parts._replace(netloc=f"{name}{':' + _HIDDEN if colon else ''}{at}{where}", query=query))


def _is_secret(parameter: str) -> bool:
    return any(word in parameter.partition("=")[0].lower() for word in (*_SECRET, "pass", "key"))


def _names(policy: Policy) -> list[str]:
    return [field.name for field in fields(policy)]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(_said, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_said(inner)}" for key, inner in value.items())
    if is_dataclass(value):
        return ", ".join(f"{field.name} = {_said(getattr(value, field.name))}" for field in fields(value))
    return "" if value is None else str(value)


def _duration(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
