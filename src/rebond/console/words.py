"""The words that people read for each value of the vocabulary, in their language."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language


@cache
def all_words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read the words, by list, value and language."""
    return tomllib.loads(files("rebond.data").joinpath("words.toml").read_text("utf-8"))


def word(value: StrEnum) -> str:
    """Say a value of the vocabulary in the language of the reader; one without words as it is."""
    return said(type(value).__name__, value.value)


def said(kind: str, value: str) -> str:
    """Say the value of a list that came as plain text."""
    language = (get_language() or "en").partition("-")[0]
    words = all_words().get(kind, {}).get(value, {})
    return words.get(language) or words.get("en") or value.replace("_", " ")
