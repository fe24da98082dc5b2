"""What people see: never markup, never what acts on a terminal or in a spreadsheet."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from rebond.cli import output
from rebond.cli.export import write_rows
from rebond.services.csv_cells import defused
from rebond.services.errors import InputError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("[/red] [bold]x", "[/red] [bold]x"),
        ("\x1b[2J\x9b1m", "\\x1b[2J\\x9b1m"),
        ("\u202egpj.exe\u200f\u2028", "\\u202egpj.exe\\u200f\\u2028"),
        ("line\n\ttab é", "line\n\ttab é"),
        (None, ""),
        (5, "5"),
        (True, "yes"),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05 00:00"),
    ],
)
def test_a_cell_shows_what_is_there(value: object, shown: str) -> None:
    assert output.cell(value).plain == shown


def test_what_is_said_acts_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("rebond: '\x1b]0;title\x07\x9b31m\u202eelif' is no file:\nwrite a name")
    assert capsys.readouterr().err == "rebond: '\\x1b]0;title\\x07\\x9b31m\\u202eelif' is no file:\nwrite a name\n"


def test_an_error_is_said_without_what_acts_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    @output.handles_errors
    def command() -> None:
        raise InputError("the text \x1b[2J is refused")

    with pytest.raises(typer.Exit):
        command()
    assert capsys.readouterr().err == "rebond: the text \\x1b[2J is refused\n"


def test_json_says_the_same_without_what_acts_on_a_terminal() -> None:
    value = {"a\u202e": "\x1b[2J\x9b\u2066é\n\t\x7f"}
    written = output.to_json(value)
    assert json.loads(written) == value
    assert written.isprintable()


def test_tables_take_hostile_texts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(output, "wants_json", lambda as_json: False)
    output.show({"text": "[/nothing]"}, as_json=False, title="[/x]@shop.example")
    assert output.show_rows([{"a": "[/nothing]", "b": None}], as_json=False, title="[/x]") == 1
    assert output.show_rows([], as_json=False) == 0
    shown = capsys.readouterr().out
    assert shown.count("[/nothing]") == 2
    assert "Nothing to show." in shown


def test_an_address_is_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(output, "wants_json", lambda as_json: False)
    monkeypatch.setenv("COLUMNS", "40")
    row = {"address": "anna.with.a.long.name@a-long-domain.example", "text": "words that fill the table " * 3}
    output.show_rows([row], as_json=False)
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert "".join(line.split("│")[1].strip() for line in shown.splitlines() if "│" in line) == row["address"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=x", "'\t=x"),
        ("+33612345678", "+33612345678"),
        ("anna@shop.example", "anna@shop.example"),
        (None, ""),
        (3, "3"),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T00:00:00Z"),
    ],
)
def test_a_spreadsheet_runs_no_formula(value: object, cell: str) -> None:
    assert defused(value) == cell


def test_a_file_is_in_place_only_when_whole(tmp_path: Path) -> None:
    def broken() -> Any:
        yield {"a": 1}
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        write_rows(tmp_path / "out.csv", broken(), columns=["a"])
    assert list(tmp_path.iterdir()) == []
    assert write_rows(tmp_path / "out.csv", [{"a": "x,y"}, {"a": "é"}], columns=["a"]) == 2
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines() == ["a", '"x,y"', "é"]
