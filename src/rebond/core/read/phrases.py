"""Sets of words that readers look for: lower case, set apart by bars, searched in lower-cased text."""

from collections.abc import Iterable
from functools import cached_property

# What of a phrase's longest word is looked for before the phrase is.
_STEM = 7
# Beginnings of words, each with the phrases that hold it.
_Stems = tuple[tuple[str, tuple[str, ...]], ...]


class Phrases(tuple[str, ...]):
    """Phrases, and apart those that a text of ASCII alone can hold: most texts are such, and half the phrases not."""

    in_ascii: tuple[str, ...]

    def of(self, text: str) -> tuple[str, ...]:
        """Give the phrases that a text can hold, for its letters."""
        return self.in_ascii if text.isascii() else self

    def any_in(self, text: str) -> bool:
        """Tell whether a text, in lower case, holds one of the phrases."""
        for stem, found in self._stems_in_ascii if text.isascii() else self._stems:
            if stem in text:
                for words in found:
                    if words in text:
                        return True
        return False

    @cached_property
    def _stems(self) -> _Stems:
        return _by_stem(self)

    @cached_property
    def _stems_in_ascii(self) -> _Stems:
        return _by_stem(self.in_ascii)


def _by_stem(found: Iterable[str]) -> _Stems:
    """Put phrases together that share a stem: most texts hold neither, and that is told in half as many looks."""
    stems: dict[str, list[str]] = {}
    for words in found:
        stem = next((stem for stem in stems if stem in words), max(words.split(), key=len)[:_STEM])
        stems.setdefault(stem, []).append(words)
    return tuple((stem, tuple(sharing)) for stem, sharing in stems.items())


def phrases(found: Iterable[str]) -> Phrases:
    """Make phrases to look for; those in ASCII are known apart, since a text in ASCII can hold no others."""
    made = Phrases(found)
    made.in_ascii = tuple(words for words in made if words.isascii())
    return made


def plain(text: str) -> str:
    """Give a text as phrases are written: lower case, straight apostrophes, and no spaces but the usual one."""
    if text.isascii():
        return text.lower()
    return text.lower().replace("\u2019", "'").replace("\xa0", " ").replace("\u202f", " ")


def listed(text: str) -> Phrases:
    """Make phrases of a table: set apart by bars, or by line ends."""
    return phrases(words for line in text.strip().splitlines() for words in line.strip(" |").split(" | "))
