"""Near-identical texts put together, so that one decision settles them all (specification 03, section 4).

Two texts that say different things mostly differ in one word, two that say the same in a name. So texts come together
only when they hold the same codes and the same telling words (those that rules speak of, and negations); what is left
may differ a little. The result does not depend on the order in which the texts are given.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from rebond.core.words import Channel

_TOKEN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|\*|#xxx#|[^\W_]+", re.ASCII | re.IGNORECASE)
_WIDE_TOKEN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|\*|#xxx#|[^\W_]+")
_CODE = re.compile(r"[245]\d\d|[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_ESCAPE = re.compile(r"\\[a-zA-Z]|\(\?[a-zA-Z]+[):]|\[[^\]]*\]|\{[^}]*\}")
_WORD = re.compile(r"[^\W\d_]{4,}")
STEM = 6  # letters of a word that count: endings vary
_LIKE, _LIKE_WITHOUT_WORDS = 0.62, 0.8
_NEGATION_WORDS = "no not never without cannot nor aucun pas sans kein keine nicht ohne non niet geen nie nao não"
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
# Words of every sentence; rules hold some of them, and they tell nothing.
_PLAIN_WORDS = (
    "been being from have into more that their them then there these this those what when where which will with"
    " your please message mail email address addresses error server host recipient recipients sender"
    " avec cette dans pour vous votre nous adresse serveur message"
)
_PLAIN = frozenset(_PLAIN_WORDS.split())


@dataclass(frozen=True, slots=True)
class Text:
    """A distinct text as it is clustered: its number, how often it came, and its template."""

    number: int
    channel: Channel
    template: str
    count: int = 1


def telling_words(patterns: Iterable[str]) -> frozenset[str]:
    """Gather the stems of the words that rules speak of, from their patterns."""
    words = {word.lower() for pattern in patterns for word in _WORD.findall(_ESCAPE.sub(" ", pattern))}
    return frozenset(word[:STEM] for word in words - _PLAIN)


def tokens(template: str) -> tuple[str, ...]:
    """Take a template apart into codes, marks and words in lower case."""
    pattern = _TOKEN if template.isascii() else _WIDE_TOKEN
    return tuple(token.lower() for token in pattern.findall(template))


def clusters(texts: Iterable[Text], *, telling: frozenset[str]) -> list[tuple[int, ...]]:
    """Put texts together: the numbers of each cluster, its most frequent text first; the largest counts first."""
    shelves: dict[_Shelf, list[tuple[Text, tuple[str, ...]]]] = {}
    ordered = sorted(texts, key=lambda text: (-text.count, text.template, text.number))
    counts = {text.number: text.count for text in ordered}
    for text in ordered:
        words = tokens(text.template)
        shelves.setdefault(_shelf(text, words, telling), []).append((text, words))
    found = [group for shelf, inside in shelves.items() for group in _alike(inside, told=bool(shelf.told))]
    return sorted(found, key=lambda group: (-sum(counts[number] for number in group), group))


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What texts must agree in to come together at all."""

    channel: Channel
    codes: frozenset[str]
    told: frozenset[str]


def _shelf(text: Text, words: Sequence[str], telling: frozenset[str]) -> _Shelf:
    codes = frozenset(word for word in words if _CODE.fullmatch(word))
    told = frozenset(word[:STEM] for word in words if word in _NEGATIONS or word[:STEM] in telling)
    return _Shelf(text.channel, codes, told)


def _alike(shelf: Sequence[tuple[Text, tuple[str, ...]]], *, told: bool) -> list[tuple[int, ...]]:
    """Put each text beside the first leader that it is like enough to; a text like none leads."""
    least = _LIKE if told else _LIKE_WITHOUT_WORDS
    leaders: list[tuple[tuple[str, ...], list[int]]] = []
    for text, words in shelf:
        best, place = 0.0, -1
        for index, (leader, _) in enumerate(leaders):
            score = Indel.normalized_similarity(leader, words, score_cutoff=max(least, best))
            if score > best:
                best, place = score, index
        if place < 0:
            leaders.append((words, [text.number]))
        else:
            leaders[place][1].append(text.number)
    return [tuple(numbers) for _, numbers in leaders]
