"""Every number that decides about an address or a retry, typed; presets are data (`data/policies.toml`)."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from rebond.core.said import said
from rebond.core.words import Cause, Channel, Owner

_COUNT = re.compile(r"[0-9]{1,6}")
_DURATION = re.compile(r"([0-9]{1,9})\s*([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=3650)
MAX_RETRIES = 1000
_LONG_STEP = timedelta(hours=24)


class RetryPermanent(StrEnum):
    """What becomes of a message after a soft answer with a 5xx."""

    DAILY = "daily"
    NEVER = "never"
    AS_TEMPORARY = "as_temporary"


class PolicyError(ValueError):
    """A policy value that cannot be used, in words for the person who wrote it."""


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `10m`, `24h`, `5d` or a sequence such as `1d 12h`; PolicyError otherwise."""
    if not isinstance(text, str):
        raise PolicyError(said('{text} is not a text: write a duration in quotes, as in "24h"', text=repr(text)))
    rest = _DURATION.sub("", text).strip()
    found = _DURATION.findall(text)
    if rest or not found:
        raise PolicyError(
            said("{text!r} is not a duration: write a number and s, m, h or d, as in 24h or 5d", text=text)
        )
    seconds = sum(int(number) * _UNITS[unit] for number, unit in found)
    if seconds > _LONGEST.total_seconds():
        raise PolicyError(said("{text!r} is longer than ten years", text=text))
    return timedelta(seconds=seconds)


def parse_retries(text: str) -> tuple[timedelta, ...]:
    """Read a retry calendar such as `5x1h,4x1d` into its intervals, in order; an empty text is none."""
    if not isinstance(text, str):
        raise PolicyError(said('{text} is not a text: write it as "5x1h,4x1d"', text=repr(text)))
    intervals: list[timedelta] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        count, cross, interval = part.partition("x")
        if not cross:
            count, interval = "1", part
        if not _COUNT.fullmatch(count.strip()):
            raise PolicyError(said("{part!r} is not a retry step: write it as 5x1h", part=part))
        step = parse_duration(interval)
        if not step:
            raise PolicyError(said("{part!r}: an interval between attempts must be longer than zero", part=part))
        if len(intervals) + int(count) > MAX_RETRIES:
            raise PolicyError(
                said("{text!r} asks for more than {max_retries} attempts", text=text, max_retries=MAX_RETRIES)
            )
        intervals += [step] * int(count)
    return tuple(intervals)


@dataclass(frozen=True, slots=True)
class Counting:
    """When counting errors quarantine: at the `threshold`th, `gap` apart, the run spanning at least `span`."""

    threshold: int
    gap: timedelta
    span: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of one site, all presets and overrides applied."""

    preset: str
    count_owners: frozenset[Owner]
    retries: tuple[timedelta, ...]
    retry_permanent: RetryPermanent
    validity: timedelta
    full_exit: timedelta
    cleared_row: timedelta
    reset_after: timedelta | None
    immediate_causes: frozenset[Cause]
    email: Counting
    sms: Counting
    push: Counting

    def counting(self, channel: Channel) -> Counting:
        """Return the counting rule of a channel."""
        counting: Counting = getattr(self, channel.value)
        return counting

    @property
    def digest(self) -> str:
        """A short digest of what decides about addresses, kept with each computed state."""
        owners, causes = sorted(self.count_owners), sorted(self.immediate_causes)
        parts = (owners, causes, self.full_exit, self.reset_after, self.email, self.sms, self.push)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def long_step(intervals: tuple[timedelta, ...]) -> timedelta:
    """Return the shortest interval at which a permanent code is asked again: a day, or the calendar's longest."""
    return min(_LONG_STEP, max(intervals, default=_LONG_STEP))


def read_policy(presets: Mapping[str, Mapping[str, Any]], *, overrides: Mapping[str, Any]) -> Policy:
    """Build a policy from the preset tables and a site's `[policy]` section; PolicyError names what is wrong."""
    name = overrides.get("preset", "campaign")
    if not isinstance(name, str) or name not in presets:
        raise PolicyError(
            said(
                "policy.preset = {name} is unknown{nearest} Known are {presets}.",
                name=repr(name),
                nearest=_nearest(name, presets),
                presets=tuple(presets),
            )
        )
    values: dict[str, Any] = dict(presets["campaign"])
    for layer in (presets[name], overrides):
        _lay_over(values, {key: value for key, value in layer.items() if key != "preset"}, path="policy")
    read: dict[str, Any] = {field.name: _read(field.name, values) for field in _VALUE_FIELDS}
    return Policy(preset=name, **read)


_VALUE_FIELDS = tuple(field for field in fields(Policy) if field.name != "preset")


def _lay_over(values: dict[str, Any], layer: Mapping[str, Any], *, path: str) -> None:
    known = [*values, "preset"] if path == "policy" else list(values)
    for key, value in layer.items():
        if key not in values:
            raise PolicyError(
                said(
                    "{path}.{key} is unknown{nearest} Known are {known}.",
                    path=path,
                    key=key,
                    nearest=_nearest(key, known),
                    known=tuple(known),
                )
            )
        if isinstance(values[key], Mapping):
            if not isinstance(value, Mapping):
                raise PolicyError(
                    said(
                        "{path}.{key} = {value} is not a table: write {values} in it",
                        path=path,
                        key=key,
                        value=repr(value),
                        values=tuple(values[key]),
                    )
                )
            below = dict(values[key])
            _lay_over(below, value, path=f"{path}.{key}")
            values[key] = below
        else:
            values[key] = value


def _nearest(word: object, known: Iterable[str]) -> str:
    near = get_close_matches(str(word), list(known), n=1)
    return said(": did you mean {near!r}?", near=near[0]) if near else "."


def _read(name: str, values: Mapping[str, Any]) -> object:
    try:
        return _READERS[name](values[name])
    except PolicyError as error:
        raise PolicyError(said("policy.{name}: {error}", name=name, error=error)) from None


def _read_counting(value: Mapping[str, Any]) -> Counting:
    threshold = value["threshold"]
    if type(threshold) is not int or threshold < 1:
        raise PolicyError(
            said("threshold = {threshold}: it must be a whole number of at least 1", threshold=repr(threshold))
        )
    return Counting(threshold, _part(value, "gap"), _part(value, "span"))


def _part(value: Mapping[str, Any], name: str) -> timedelta:
    try:
        return parse_duration(value[name])
    except PolicyError as error:
        raise PolicyError(said("{name} = {error}", name=name, error=error)) from None


def _read_words(words: object, kind: type[Owner] | type[Cause] | type[RetryPermanent]) -> frozenset[Any]:
    if not isinstance(words, list | tuple):
        raise PolicyError(said("{words} is not a list", words=repr(words)))
    known = [str(member) for member in kind]
    for word in words:
        if word not in known:
            raise PolicyError(
                said(
                    "{word} is unknown{nearest} Known are {known}.",
                    word=repr(word),
                    nearest=_nearest(word, known),
                    known=tuple(known),
                )
            )
    return frozenset(map(kind, words))


def _read_permanent(word: object) -> RetryPermanent:
    (found,) = _read_words([word], RetryPermanent)
    return RetryPermanent(found)


_READERS: Mapping[str, Any] = {
    "count_owners": lambda value: _read_words(value, Owner),
    "retries": parse_retries,
    "retry_permanent": _read_permanent,
    "validity": parse_duration,
    "full_exit": parse_duration,
    "cleared_row": parse_duration,
    "reset_after": lambda value: parse_duration(value) if value else None,
    "immediate_causes": lambda value: _read_words(value, Cause),
    **{channel.value: _read_counting for channel in Channel},
}
