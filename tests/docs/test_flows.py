"""The drawn flows: their words fit, nothing is fetched to show them, and the statuses are those of the table."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rebond.core.quarantine_diagram import diagram

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from reference import flows  # type: ignore[import-not-found]  # noqa: E402
from reference.drawing import Arrow, Box  # type: ignore[import-not-found]  # noqa: E402

FLOWS = {"sending": flows.sending, "return": flows.returned, "states": flows.states, "trust": flows.trust}
drawn = pytest.mark.parametrize("draw", FLOWS.values(), ids=FLOWS.keys())


def given(draw: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a flow gives to be drawn."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(flows, "draw", lambda title, **what: found.update(what, title=title) or "")
    draw()
    return found


@drawn
def test_words_fit_their_boxes_and_boxes_do_not_overlap(
    draw: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    what = given(draw, monkeypatch)
    boxes: list[Box] = what["boxes"]
    for number, box in enumerate(boxes):
        assert box.wanted <= box.width, box.title
        assert 0 <= box.x <= box.x + box.width <= what["width"]
        assert 0 <= box.y <= box.y + box.height <= what["height"]
        for other in boxes[:number]:
            beside = box.x + box.width <= other.x or other.x + other.width <= box.x
            assert beside or box.y + box.height <= other.y or other.y + other.height <= box.y, (box.title, other.title)


@drawn
def test_every_arrow_leads_from_box_to_box(draw: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    what = given(draw, monkeypatch)
    for arrow in what["arrows"]:
        assert isinstance(arrow, Arrow)
        for x, y in (arrow.points[0], arrow.points[-1]):
            touched = [box for box in what["boxes"] if _touches(box, x, y)]
            assert len(touched) == 1, (arrow.points, x, y)
        assert all(0 <= x <= what["width"] and 0 <= y <= what["height"] for x, y in arrow.points)


def _touches(box: Box, x: int, y: int) -> bool:
    upright = x in (box.x, box.x + box.width) and box.y <= y <= box.y + box.height
    level = y in (box.y, box.y + box.height) and box.x <= x <= box.x + box.width
    return upright or level


@drawn
def test_a_picture_stands_alone(draw: Callable[[], str]) -> None:
    text = draw()
    root = ElementTree.fromstring(text)
    assert root.findtext("{http://www.w3.org/2000/svg}title")
    assert "href" not in text
    assert text.count("http") == 1
    assert "url(#head)" in text


def test_the_drawn_statuses_are_those_of_the_table() -> None:
    ways = set()
    for line in diagram().splitlines()[2:]:
        way, _, words = line.strip().partition(": ")
        if not all(word.startswith("a person") for word in words.split(" / ")):
            ways.add(tuple(way.split(" --> ")))
    assert {(str(start), str(end)) for start, end in flows.STATE_ARROWS} == ways
