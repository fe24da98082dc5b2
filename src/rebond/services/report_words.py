"""What people read of a report: names and definitions in both languages, from `data/reports.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads(files("rebond.data").joinpath("reports.toml").read_text("utf-8"))


def report_title(name: str, *, language: str) -> str:
    """Return the name of a report."""
    return str(_texts()["reports"][name]["title"][language])


def report_about(name: str, *, language: str) -> str:
    """Return what a report is about."""
    return str(_texts()["reports"][name]["about"][language])


def report_unfiltered(name: str, *, language: str) -> str:
    """Return why a report can be filtered by its channel alone; empty for one that can be by all."""
    texts = _texts()["reports"][name].get("unfiltered")
    return str(texts[language]) if texts else ""


def definition(report: str, table: str, *, language: str) -> str:
    """Return what the numbers of a table mean."""
    return str(_texts()["reports"][report]["tables"][table][language])


def table_title(table: str, *, language: str) -> str:
    """Return the name of a table."""
    return str(_texts()["tables"][table][language])


def column_title(column: str, *, language: str) -> str:
    """Return the head of a column."""
    return str(_texts()["columns"][column][language])
