"""A filter over profiles as SQL, for both databases; values are parameters, never part of the text."""

from typing import Any

from rebond.core.segment import Condition, Group, Match, Operator
from rebond.store.dialect import among, as_number, by_bytes, contains, json_text, listed

Sql = tuple[str, tuple[Any, ...]]
_DAY = 10


def filter_sql(group: Group) -> Sql:
    """Return the condition on the profile `p` that a filter is, and its parameters."""
    if not group.parts:
        return "1 = 1", ()
    conditions: list[str] = []
    parameters: list[Any] = []
    for part in group.parts:
        condition, values = filter_sql(part) if isinstance(part, Group) else _condition(part)
        conditions.append(f"({condition})")
        parameters += values
    return (" AND " if group.match is Match.ALL else " OR ").join(conditions), tuple(parameters)


def _condition(one: Condition) -> Sql:
    operator = one.operator
    if operator in {Operator.SUBSCRIBED, Operator.NOT_SUBSCRIBED}:
        there = "EXISTS (SELECT 1 FROM subscription u WHERE u.service_id = %s AND u.profile = p.id)"
        return f"NOT {there}" if operator is Operator.NOT_SUBSCRIBED else there, (int(one.value),)
    # A field that a profile does not have is an empty one.
    text, place = json_text("p.fields", one.field)
    field = f"coalesce({text}, '')"
    if operator is Operator.IS_EMPTY:
        return f"{field} = ''", (place,)
    if operator is Operator.IS_NOT_EMPTY:
        return f"{field} <> ''", (place,)
    if operator is Operator.IN:
        return among(field), (place, listed(one.values))
    if operator is Operator.CONTAINS:
        return contains(field), (place, one.value)
    if operator in {Operator.EQUALS, Operator.NOT_EQUALS}:
        return f"{field} {'=' if operator is Operator.EQUALS else '<>'} %s", (place, one.value)
    return _ordered(one, field, place)


def _ordered(one: Condition, field: str, place: str) -> Sql:
    sign = "<" if one.operator is Operator.BEFORE else ">"
    if one.numeric:
        condition, times = as_number(field, sign)
        return condition, (*[place] * times, one.value)
    # Days as ISO 8601 writes them, with or without a time behind; other texts are neither before nor after.
    day = f"substr({field}, 1, {_DAY})"
    shape = f"{field} LIKE '____-__-__%%'"
    return f"{shape} AND {by_bytes(day)} {sign} %s", (place, place, one.value)
