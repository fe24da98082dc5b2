"""CSV files: their cells, and the forms in which programs and spreadsheets read them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rebond.core.words import Channel
from rebond.services.csv_cells import PLAIN, csv_lines, defused, in_parts, spreadsheet


@pytest.mark.parametrize(("value", "cell"), [
    (-5, "-5"),
    ("-5", "'-5"),
    (0.25, "0.25"),
    (True, "true"),
    (date(2026, 1, 5), "2026-01-05"),
    (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T00:00:00Z"),
    (Channel.EMAIL, "email"),
    ({"a": [1]}, '{"a": [1]}'),
    (["a"], '["a"]'),
])  # fmt: skip
def test_numbers_stay_numbers_and_text_is_text(value: Any, cell: str) -> None:
    assert defused(value) == cell


ROWS = (("city", "share"), ("Saint-Étienne", 0.5), ("a;b", -1.25))


@pytest.mark.parametrize(("form", "text"), [
    (PLAIN, "city,share\r\nSaint-Étienne,0.5\r\na;b,-1.25\r\n"),
    (spreadsheet("en"), "\ufeffcity,share\r\nSaint-Étienne,0.5\r\na;b,-1.25\r\n"),
    (spreadsheet("fr"), '\ufeffcity;share\r\nSaint-Étienne;0,5\r\n"a;b";-1,25\r\n'),
], ids=["for programs", "for English", "for French"])  # fmt: skip
def test_a_spreadsheet_opens_the_form_of_its_language(form: Any, text: str) -> None:
    lines = list(csv_lines(ROWS, form=form))
    assert len(lines) == 3
    assert "".join(lines) == text


def test_lines_are_sent_in_parts_that_are_worth_it() -> None:
    lines = [f"{number:099d}\n" for number in range(2000)]
    parts = list(in_parts(lines))
    assert b"".join(parts).decode() == "".join(lines)
    assert [len(part) >= 64 * 1024 for part in parts] == [True, True, True, False]
    assert list(in_parts([])) == []
