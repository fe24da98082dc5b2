"""Charts drawn by the server: what is drawn, what is told, and the numbers beside it."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.utils.safestring import SafeString

from rebond.console.charts import Chart, Mark, Series, bars, lines, share_bar, stacked_bars

DAYS = ("1 May", "2 May", "3 May")


def chart(*series: Series, labels: tuple[str, ...] = DAYS, share: bool = False, marks: tuple[Mark, ...] = ()) -> Chart:
    return Chart(title="Returns", of="Day", labels=labels, series=series, share=share, marks=marks)


def drawing(text: str) -> ElementTree.Element:
    """Read the SVG of a figure: it must be well formed."""
    found = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found[0])


@pytest.mark.parametrize("draw", [lines, bars, stacked_bars])
def test_each_kind_tells_what_it_shows_and_gives_the_numbers(draw: Callable[[Chart], SafeString]) -> None:
    text = draw(chart(Series("Hard", (1, 12_000, 3)), Series("Soft", (4, None, 6))))
    svg = drawing(text)
    assert svg.get("role") == "img"
    assert svg.findtext("title") == "Returns"
    assert svg.findtext("desc") == (
        "Hard: at most 12,000 (2 May), at the end 3. Soft: at most 6 (3 May), at the end 6."
    )
    assert '<th scope="row">2 May</th><td class="number">12,000</td><td class="number">–</td>' in text
    assert '<li class="s1">Hard</li><li class="s2">Soft</li>' in text
    assert "style" not in text


def test_lines_break_where_a_value_is_missing() -> None:
    svg = drawing(lines(chart(Series("Soft", (4, None, 6)))))
    paths = [path.get("d") for path in svg.iter("path")]
    # 4 and 6 of a scale up to 8, over the whole width.
    assert paths == []
    dots = [(dot.get("cx"), dot.get("cy")) for dot in svg.iter("circle")]
    assert dots == [("0.00%", "98.0"), ("100.00%", "58.0")]


def test_stacked_parts_stand_upon_one_another() -> None:
    svg = drawing(stacked_bars(chart(Series("a", (2,)), Series("b", (2,)), labels=("x",))))
    rows = [
        (float(bar.get("y", "")), float(bar.get("height", ""))) for bar in svg.iter("rect") if bar.get("class") != "hit"
    ]
    assert rows == [(98.0, 80.0), (18.0, 80.0)]


def test_bars_stand_beside_one_another() -> None:
    svg = drawing(bars(chart(Series("a", (2,)), Series("b", (4,)), labels=("x",))))
    places = [bar.get("x") for bar in svg.iter("rect") if bar.get("class") != "hit"]
    assert places == ["12.000%", "50.000%"]


def test_the_scale_is_of_round_whole_numbers() -> None:
    text = lines(chart(Series("a", (1, 90, 71))))
    assert [one.text for one in drawing(text).iter("text")][:4] == ["25", "50", "75", "100"]
    few = lines(chart(Series("a", (0, 1, 1))))
    assert [one.text for one in drawing(few).iter("text")][:4] == ["1", "2", "3", "4"]


def test_shares_are_written_in_percent_with_a_limit() -> None:
    text = lines(chart(Series("a", (0.001, 0.002, None)), share=True, marks=(Mark("0.3 %", 0.003),)))
    assert "0.2 %" in text
    assert 'class="limit"' in text


def test_nothing_to_draw_is_said() -> None:
    text = lines(chart(labels=()))
    assert "There is nothing to draw yet." in text
    assert "At most" not in text
    assert drawing(stacked_bars(chart(Series("a", (None,)), labels=("x",)))).findtext("title") == "Returns"


def test_names_are_text() -> None:
    text = bars(chart(Series("<b>", (1, 2, 3)), labels=("<i>", "&", '"')))
    drawing(text)
    assert "<b>" not in text
    assert "<i>" not in text


def test_many_labels_leave_room() -> None:
    names = tuple(f"day {number}" for number in range(90))
    svg = drawing(lines(chart(Series("a", tuple(range(90))), labels=names)))
    shown = [one.text for one in svg.iter("text") if one.get("class")]
    assert shown[0] == "day 0"
    assert shown[-1] == "day 89"
    assert len(shown) <= 7


def test_a_rows_bar_never_goes_over_its_end() -> None:
    text = share_bar([("Delivered", 60, 3), ("Failed", 60, 2)], of=100)
    widths = [bar.get("width") for bar in drawing(text).iter("rect")]
    assert widths == ["100%", "60.00%", "40.00%"]
    assert "Delivered 60.0 %" in text
    assert [bar.get("class") for bar in drawing(share_bar([("Delivered", 0, 3)], of=0)).iter("rect")] == ["rest"]


def test_a_phone_reads_the_labels_of_few_bars_from_the_edge_of_their_bars() -> None:
    """In the middle of the first bar a long word would begin outside of the phone."""
    labels = ["Jusqu’à 10 minutes", "Jusqu’à une heure", "Plus longtemps"]
    drawn = str(bars(Chart(title="T", of="Attente", labels=labels, series=[Series("n", [1, 2, 3])])))
    assert 'x="4.00%" y="194" text-anchor="start" class="phone">Jusqu’à 10 minutes<' in drawn
    assert 'x="96.00%" y="194" text-anchor="end" class="phone">Plus longtemps<' in drawn
    assert drawn.count('text-anchor="middle" class="spare"') == 3
