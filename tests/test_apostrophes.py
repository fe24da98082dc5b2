"""Apostrophes are written one way: ’ in French, ' in English, in catalogues, data and templates alike."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src/rebond"
CATALOGUES = sorted(SOURCE.rglob("locale/fr/LC_MESSAGES/django.po"))
DATA = [SOURCE / "data" / name for name in ("notices.toml", "reports.toml", "words.toml")]
_STRAIGHT = re.compile(r"[^\W\d_]'\w")


def _sentences(text: str, key: str) -> Iterator[str]:
    for found in re.finditer(rf'^{key} ((?:".*"\n)+)', text, re.MULTILINE):
        yield "".join(ast.literal_eval(line) for line in found[1].splitlines())


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: str(path.relative_to(SOURCE).parents[3]))
def test_catalogues(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [one for one in _sentences(text, r"msgstr(?:\[\d\])?") if _STRAIGHT.search(one)] == []
    assert [one for one in _sentences(text, r"msgid(?:_plural)?") if "’" in one] == []


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_words_that_are_shown(path: Path) -> None:
    told = list(_told(tomllib.loads(path.read_text("utf-8"))))
    assert [text for language, text in told if language == "fr" and _STRAIGHT.search(text)] == []
    assert [text for language, text in told if language == "en" and "’" in text] == []
    assert {"fr", "en"} == {language for language, _ in told}


def test_templates() -> None:
    """What a template shows untranslated would be English."""
    for path in SOURCE.rglob("*.html"):
        assert "’" not in path.read_text("utf-8"), path


def _told(values: Any) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _told(value)
        elif name in ("en", "fr") and isinstance(value, str):
            yield name, value
