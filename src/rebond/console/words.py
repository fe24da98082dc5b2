"""The words that people read for each value of the vocabulary, and what the code says, in the reader's language."""

from enum import StrEnum

from django.utils.translation import get_language

from rebond import texts

all_words = texts.all_words


def word(value: StrEnum) -> str:
    """Say a value of the vocabulary in the language of the reader; one without words as it is."""
    return texts.word(value, get_language() or "en")


def said(kind: str, value: str) -> str:
    """Say the value of a list that came as plain text."""
    return texts.word_of(kind, value, get_language() or "en")
