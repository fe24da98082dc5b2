"""Sets of words that readers look for: lower case, set apart by bars, searched in lower-cased text."""

from collections.abc import Iterable


class Phrases(tuple[str, ...]):
    """Phrases, and apart those that a text of ASCII alone can hold: most texts are such, and half the phrases not."""

    in_ascii: tuple[str, ...]

    def of(self, text: str) -> tuple[str, ...]:
        """Give the phrases that a text can hold, for its letters."""
        return self.in_ascii if text.isascii() else self

    def any_in(self, text: str) -> bool:
        """Tell whether a text, in lower case, holds one of the phrases."""
        return any(words in text for words in self.of(text))


def phrases(found: Iterable[str]) -> Phrases:
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
