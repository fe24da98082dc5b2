"""Filters over profiles: what is read, what is refused, and in which words."""

from typing import Any

import pytest

from rebond.core.segment import MAX_CONDITIONS, Condition, Group, Match, Operator, SegmentError, read_group, written

CITY = {"field": "city", "operator": "equals", "value": "Paris"}


def test_a_filter_is_read_and_written_as_it_was() -> None:
    given = {
        "match": "any",
        "parts": [
            CITY,
            {"field": "age", "operator": "after", "value": "30"},
            {"field": "note", "operator": "is_empty"},
            {"field": "city", "operator": "in", "value": ["Paris", "Lyon"]},
            {"operator": "subscribed", "value": "7"},
            {"match": "all", "parts": [{"field": "joined", "operator": "before", "value": "2026-03-31"}]},
        ],
    }
    group = read_group(given)
    assert written(group) == given
    assert group.match is Match.ANY
    assert group.parts[0] == Condition("city", Operator.EQUALS, ("Paris",))
    assert group.parts[1] == Condition("age", Operator.AFTER, ("30",))
    assert isinstance(group.parts[5], Group)


def test_numbers_are_told_from_days() -> None:
    assert Condition("age", Operator.AFTER, ("-3.5",)).numeric
    assert not Condition("joined", Operator.AFTER, ("2026-03-31",)).numeric
    assert Condition("note", Operator.IS_EMPTY).value == ""


def test_a_number_is_taken_as_its_text() -> None:
    group = read_group({"match": "all", "parts": [{"field": "age", "operator": "equals", "value": 30}]})
    assert group.parts == (Condition("age", Operator.EQUALS, ("30",)),)


def part(**changes: Any) -> dict[str, Any]:
    return {"match": "all", "parts": [{**CITY, **changes}]}


def deep(levels: int) -> dict[str, Any]:
    return {"match": "all", "parts": [deep(levels - 1)] if levels else []}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "a group has the members"),
        ([], "a group has the members"),
        ({"match": "all", "parts": [], "x": 1}, "a group has the members"),
        ({"match": "some", "parts": []}, '"match" is'),
        ({"match": "all", "parts": "x"}, '"parts" is a list'),
        ({"match": "all", "parts": 3}, '"parts" is a list'),
        ({"match": "all", "parts": ["x"]}, "a condition has the members"),
        (part(extra=1), "a condition has the members"),
        (part(operator="like"), "'like' is no operator"),
        (part(operator=["a"]), "is no operator"),
        (part(field=""), "a field has a name"),
        (part(field='a"b'), "a field has a name"),
        (part(field=3), "a field has a name"),
        (part(value=""), "nothing to compare"),
        (part(value=None), "a value is a text"),
        (part(value=True), "a value is a text"),
        (part(value="x" * 1001), "at most 1000 characters"),
        (part(value="a\0b"), "no NUL"),
        (part(operator="in", value=[]), "nothing to compare"),
        (part(operator="in", value=["a"] * 1001), "at most 1000 values"),
        (part(operator="before", value="soon"), "write a day"),
        (part(operator="before", value="2026-02-31"), "write a day"),
        (part(operator="before", value="20260331"[:8] + "x"), "write a day"),
        (part(operator="after", value="2026-W01-1"), "write a day"),
        (part(operator="subscribed", value="news"), "choose one"),
        ({"match": "all", "parts": [CITY] * (MAX_CONDITIONS + 1)}, "more than 50"),
        (deep(3), "at most 3 deep"),
    ],
)
def test_what_cannot_be_used_is_told(given: Any, words: str) -> None:
    with pytest.raises(SegmentError, match=words):
        read_group(given)


def test_three_groups_in_one_another_are_enough() -> None:
    assert read_group(deep(2)).parts[0].parts[0].parts == ()  # type: ignore[union-attr]
    assert read_group({}) == Group(Match.ALL)
