"""What Rebond says, in the language of the reader: sentences of the code (`core.said`) and words of the vocabulary."""

import struct
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from rebond.core.said import Said, in_english, is_list_of_words, pieces, read, words_of, written

# Whose sentences there are: each has its catalogue beside it, kept by `tools/translations.py`.
SPEAKERS = ("core", "channels", "services")
# Longer texts are no sentences of this program.
_LONGEST = 8000
# Nor do those hold one within the other so often: anybody's server can answer "a: a: a: …".
_DEEPEST = 10
_DIGITS = 19
_MAGIC = 0x950412DE
_NARROW = "\u202f"


def in_language(text: object, language: str) -> str:
    """Say a sentence, or an error, in a language; what is not known stays as it is."""
    words = words_of(text) if isinstance(text, BaseException) else text if isinstance(text, str) else str(text)
    return _say(words, language.partition("-")[0], _DEEPEST)


def _say(words: str, language: str, left: int) -> str:
    """Say a text; `left` is how deep sentences within it are still looked for."""
    if not (known := _catalogue(language)):
        return str(words)
    if isinstance(words, Said):
        return _translated(words, language, known, left) or str(words)
    return _read_back(words, language, left - 1) if left and len(words) <= _LONGEST else words


def word(value: StrEnum, language: str) -> str:
    """Say a value of the vocabulary; one without words as it is."""
    return word_of(type(value).__name__, value.value, language)


def word_of(kind: str, value: str, language: str) -> str:
    """Say the value of a list of words that came as plain text."""
    words = all_words().get(kind, {}).get(value, {})
    return words.get(language.partition("-")[0]) or words.get("en") or value.replace("_", " ")


@cache
def all_words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read the words, by list, value and language."""
    return tomllib.loads(files("rebond.data").joinpath("words.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class _Template:
    """A sentence and its translation; those about a number have two of both."""

    english: tuple[str, ...]
    translated: tuple[str, ...]

    def forms(self) -> Sequence[tuple[int, str]]:
        """How much of each English form is fixed, with the form."""
        return [(sum(len(piece.before) for piece in pieces(form)), form) for form in self.english]


def _translated(words: Said, language: str, known: Mapping[str, _Template], left: int) -> str:
    template = known.get(words.template)
    if template is None:
        return ""
    return _filled(template, words.values, words.number, language, left)


def _filled(template: _Template, values: Mapping[str, Any], number: int, language: str, left: int) -> str:
    # French says "0 message": more than one are many.
    form = template.translated[1 if len(template.translated) > 1 and number > 1 else 0]

    def write(value: Any, quoted: bool, spec: str) -> str:
        return _write(value, quoted, spec, language, left)

    return written(form, values, write)


def _write(value: Any, quoted: bool, spec: str, language: str, left: int) -> str:
    """Write a value as a French sentence has it."""
    if isinstance(value, tuple):
        return _JOINED.get(spec, ", ").join(_write(one, quoted, "", language, left) for one in value)
    if isinstance(value, StrEnum):
        return word(value, language)
    if isinstance(value, str):
        if quoted:
            return f"«{_NARROW}{repr(str(value))[1:-1]}{_NARROW}»"
        if is_list_of_words(spec):
            return word_of(spec, value, language)
        # A word alone is a name, whatever it reads like.
        return _say(value, language, left) if isinstance(value, Said) or " " in value else value
    if isinstance(value, date):
        spec = spec.replace("%Y-%m-%d", "%d/%m/%Y") or "%d/%m/%Y"
    told = in_english(value, quoted, spec)
    if isinstance(value, bool) or not isinstance(value, int | float) or not spec:
        return told
    return told.translate(_FIGURES)


_JOINED = {"": ", ", "or": " ou ", "and": " et ", "lines": "\n"}
_FIGURES = str.maketrans({",": _NARROW, ".": ","})


@lru_cache(maxsize=4096)
def _read_back(text: str, language: str, left: int) -> str:
    """Say a text that was kept: find the template that it was made of, the one with the most words of its own."""
    for longest, form, template in _forms(language):
        if longest in text and (values := read(form, text)) is not None and _is_likely(form, values):
            return _filled(template, values, _number(str(values.get("n", 1))), language, left)
    if "\n" in text:
        return "\n".join(_say(line, language, left) for line in text.split("\n"))
    # What something is about stands before a sentence: a file, a line, a part.
    about, colon, rest = text.partition(": ")
    told = _say(rest, language, left) if colon else rest
    return f"{about}{_NARROW}: {told}" if told != rest else text


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 1


def _is_likely(form: str, values: Mapping[str, Any]) -> bool:
    """Tell a text that was made of a template from one that merely begins and ends so: a name holds no sentence.

    Where a sentence can stand within another, it stands first or after a sign; and a template of few words, as in
    "{name} is missing", takes one word alone. What holds quotes or numbers in their places was made of it.
    """
    parts = pieces(form)
    few = sum(map(str.isalpha, "".join(piece.before for piece in parts))) < _FEW
    return not any(
        " " in value and not piece.before.endswith(_BEFORE_SENTENCES) and (few or (": " in value and piece.before))
        for piece in parts
        if piece.name and not any(part.quoted or part.spec for part in parts)
        for value in [str(values[piece.name])]
    )


_FEW = 12
_BEFORE_SENTENCES = (": ", "\n", "; ", "(")


@cache
def _forms(language: str) -> Sequence[tuple[str, str, _Template]]:
    """List the longest fixed part of each template, with it; those with the most fixed letters first."""
    forms = [
        (fixed, form, template)
        for template in _catalogue(language).values()
        for fixed, form in template.forms()
        if any(map(str.isalpha, "".join(piece.before for piece in pieces(form))))
    ]
    forms.sort(key=lambda one: -one[0])
    return [(max((piece.before for piece in pieces(form)), key=len), form, template) for _, form, template in forms]


@cache
def _catalogue(language: str) -> Mapping[str, _Template]:
    found: dict[str, _Template] = {}
    for speaker in SPEAKERS:
        path = files(f"rebond.{speaker}").joinpath(f"locale/{language}/LC_MESSAGES/django.mo")
        if path.is_file():
            found |= _compiled(path.read_bytes())
    return found


def _compiled(content: bytes) -> Mapping[str, _Template]:
    """Read a compiled catalogue (GNU gettext's format)."""
    magic, _, number, originals, translations = struct.unpack_from("<5I", content)
    assert magic == _MAGIC

    def texts(table: int) -> list[tuple[str, ...]]:
        places = (struct.unpack_from("<2I", content, table + 8 * index) for index in range(number))
        return [tuple(content[at : at + size].decode().split("\0")) for size, at in places]

    pairs = zip(texts(originals), texts(translations), strict=True)
    return {english[0]: _Template(english, translated) for english, translated in pairs if english[0]}
