"""Cells of CSV files that no spreadsheet runs as formulas."""

import json
import re
from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PHONE = re.compile(r"\+\d{4,15}")


def plain(value: object) -> object:
    """Return a value as JSON has it: times as RFC 3339, sets in order."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return sorted(value) if isinstance(value, set | frozenset) else value


def defused(value: object) -> str:
    """Write a cell so that a spreadsheet takes it as text: a quote before what could be a formula."""
    if value is None:
        return ""
    value = plain(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
    return "'" + text if text.startswith(_FORMULA) and not _PHONE.fullmatch(text) else text
