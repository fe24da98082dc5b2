"""Filters over profiles: fields compared with values, subscriptions, in groups of all or any (specification 05)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from rebond.core.said import said

MAX_CONDITIONS = 50
MAX_DEPTH = 3
MAX_VALUE = 1_000
MAX_VALUES = 1_000
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A double quote or a backslash cannot be written in a path into JSON.
_FIELD = re.compile(r'[^"\\\x00-\x1f]{1,255}')


class Match(StrEnum):
    """Whether all parts of a group must apply, or any."""

    ALL = "all"
    ANY = "any"


class Operator(StrEnum):
    """How a field is compared. Before and after compare days, or numbers; texts in the others."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    BEFORE = "before"
    AFTER = "after"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    IN = "in"
    SUBSCRIBED = "subscribed"
    NOT_SUBSCRIBED = "not_subscribed"


WITHOUT_VALUE = frozenset({Operator.IS_EMPTY, Operator.IS_NOT_EMPTY})
ABOUT_SERVICES = frozenset({Operator.SUBSCRIBED, Operator.NOT_SUBSCRIBED})
ORDERED = frozenset({Operator.BEFORE, Operator.AFTER})


class SegmentError(ValueError):
    """A filter that cannot be used, in words for the person who made it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: `field` is empty for subscriptions, whose value is the number of the service."""

    field: str
    operator: Operator
    values: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def numeric(self) -> bool:
        """Whether before and after compare numbers."""
        return _NUMBER.fullmatch(self.value) is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions and groups, of which all or any must apply; an empty one takes everybody."""

    match: Match
    parts: tuple["Condition | Group", ...] = ()


def read_group(given: Any) -> Group:
    """Read a filter as it is stored and sent: `{"match": "all", "parts": [{"field", "operator", "value"}, …]}`."""
    group = _group(given, depth=1)
    if _size(group) > MAX_CONDITIONS:
        raise SegmentError(said("the filter has more than {max_conditions} conditions", max_conditions=MAX_CONDITIONS))
    return group


def written(group: Group) -> dict[str, Any]:
    """Return a filter as it is stored and sent."""
    return {"match": group.match.value, "parts": [_written(part) for part in group.parts]}


def _written(part: Condition | Group) -> dict[str, Any]:
    if isinstance(part, Group):
        return written(part)
    told: dict[str, Any] = {"operator": part.operator.value}
    if part.field:
        told["field"] = part.field
    if part.operator is Operator.IN:
        told["value"] = list(part.values)
    elif part.values:
        told["value"] = part.value
    return told


def _size(group: Group) -> int:
    return sum(_size(part) if isinstance(part, Group) else 1 for part in group.parts)


def _group(given: Any, *, depth: int) -> Group:
    if not isinstance(given, Mapping) or not {"match", "parts"} >= set(given):
        raise SegmentError(said('a group has the members "match" and "parts" and no others'))
    match, parts = given.get("match", "all"), given.get("parts", [])
    if match not in list(Match):
        raise SegmentError(said('"match" is "all" or "any", not {match!r}', match=str(match)[:40]))
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        raise SegmentError(said('"parts" is a list of conditions and groups'))
    if depth > MAX_DEPTH:
        raise SegmentError(said("groups stand in one another at most {max_depth} deep", max_depth=MAX_DEPTH))
    return Group(Match(match), tuple(_part(part, depth=depth) for part in parts))


def _part(given: Any, *, depth: int) -> Condition | Group:
    if isinstance(given, Mapping) and "operator" not in given:
        return _group(given, depth=depth + 1)
    if not isinstance(given, Mapping) or not {"field", "operator", "value"} >= set(given):
        raise SegmentError(said('a condition has the members "field", "operator" and "value" and no others'))
    operator = given["operator"]
    if operator not in list(Operator):
        raise SegmentError(
            said(
                "{operator!r} is no operator: write one of {operator2}",
                operator=str(operator)[:40],
                operator2=tuple(Operator),
            )
        )
    return make_condition(given.get("field", ""), Operator(operator), given.get("value"))


def make_condition(field: Any, operator: Operator, value: Any) -> Condition:
    """Make a condition; SegmentError when its field or its value does not go with the operator."""
    if operator in ABOUT_SERVICES:
        if not re.fullmatch(r"[0-9]{1,18}", str(value)):
            raise SegmentError(said("a subscription is to a service: choose one"))
        return Condition("", operator, (str(int(value)),))
    if not isinstance(field, str) or not _FIELD.fullmatch(field):
        raise SegmentError(said("a field has a name of 1 to 255 characters, without double quotes and backslashes"))
    if operator in WITHOUT_VALUE:
        return Condition(field, operator)
    values = _values(value, several=operator is Operator.IN)
    if not values:
        raise SegmentError(
            said("{field!r} {operator}: there is nothing to compare with", field=field, operator=operator)
        )
    made = Condition(field, operator, values)
    if operator in ORDERED and not made.numeric and not _is_day(made.value):
        raise SegmentError(
            said(
                "{field!r} {operator} {made!r}: write a day as 2026-03-31, or a number",
                field=field,
                operator=operator,
                made=made.value[:40],
            )
        )
    return made


def _values(value: Any, *, several: bool) -> tuple[str, ...]:
    given = value if several and isinstance(value, list | tuple) else [value]
    if len(given) > MAX_VALUES:
        raise SegmentError(said("at most {max_values} values can be listed", max_values=MAX_VALUES))
    for one in given:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise SegmentError(said("a value is a text or a number"))
        if len(str(one)) > MAX_VALUE or "\0" in str(one):
            raise SegmentError(said("a value has at most {max_value} characters, and no NUL", max_value=MAX_VALUE))
    return tuple(str(one) for one in given if str(one) != "")


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
