"""Near-identical texts put together, so that one decision settles them all (specification 03, section 4).

Two texts that say different things mostly differ in one word, two that say the same in a name. So texts come together
only when they hold the same codes and the same telling words (those that rules speak of, and negations); what is left
may differ a little. The result does not depend on the order in which the texts are given.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel, LCSseq

from rebond.core.words import Channel

_TOKEN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|\*|#xxx#|[^\W_]+", re.ASCII | re.IGNORECASE)
_WIDE_TOKEN = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|\*|#xxx#|[^\W_]+")
_REPLY = re.compile(r"[245]\d\d", re.ASCII)
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_ESCAPE = re.compile(r"\\[a-zA-Z]|\(\?[a-zA-Z]+[):]|\[[^\]]*\]|\{[^}]*\}")
_WORD = re.compile(r"[^\W\d_]{4,}")
# Chinese, Japanese, Korean have no spaces between words: two letters at a time stand for one.
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
STEM = 6  # letters of a word that count: endings vary
_STEMS = (STEM, 5, 4)  # rules may hold less of it
_LIKE, _LIKE_WITHOUT_WORDS = 0.62, 0.8
_SHORT = 4  # words: of fewer, any long text has some
_NEGATION_WORDS = "no not never without cannot nor aucun pas sans kein keine nicht ohne non niet geen nie nao não"
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
# Words of every sentence; rules hold some of them, and they tell nothing.
_PLAIN_WORDS = (
    "been being from have into more that their them then there these this those what when where which will with"
    " your please message mail email address addresses error server host recipient recipients sender"
    # … and of what servers say before and after the thing itself
    " said says sorry remote contact further information detail details visit website help support administrator"
    " postmaster think believe wrong mistake about here date time"
    " avec cette dans pour vous votre nous adresse serveur message"
)
_PLAIN = frozenset(word[:STEM] for word in _PLAIN_WORDS.split())


@dataclass(frozen=True, slots=True)
class Text:
    """A distinct text as it is clustered: its number, how often it came, and its template."""

    number: int
    channel: Channel
    template: str
    count: int = 1


def telling_words(patterns: Iterable[str]) -> frozenset[str]:
    """Gather the stems of the words that rules speak of, from their patterns."""
    plain = [_ESCAPE.sub(" ", pattern) for pattern in patterns]
    words = {word.lower() for pattern in plain for word in _WORD.findall(pattern) if not _WIDE.search(word)}
    wide = {pair for pattern in plain for run in _WIDE.findall(pattern) for pair in in_pairs(run)}
    return frozenset(word[:STEM] for word in words) - _PLAIN | wide


def tokens(template: str) -> tuple[str, ...]:
    """Take a template apart into codes, marks and words in lower case, and wide letters in pairs."""
    if template.isascii():
        return tuple(token.lower() for token in _TOKEN.findall(template))
    found: list[str] = []
    for token in _WIDE_TOKEN.findall(template):
        runs = _WIDE.findall(token)
        found.extend((pair for run in runs for pair in in_pairs(run)) if runs else (token.lower(),))
    return tuple(found)


def in_pairs(run: str) -> Sequence[str]:
    """Take a run of wide letters apart, two at a time."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


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
    # Of two reply codes the first is the answer's; what follows may be any number, cut off.
    reply = next((word for word in words if _REPLY.fullmatch(word)), "")
    codes = frozenset([reply, *(word for word in words if _ENHANCED.fullmatch(word))])
    told = frozenset(filter(None, (_told(word, telling) for word in words)))
    return _Shelf(text.channel, codes, told)


def _told(word: str, telling: frozenset[str]) -> str:
    """Give what a word tells: a negation, or the longest stem that rules speak of and that it begins with."""
    if word in _NEGATIONS:
        return word
    stems = () if word[:STEM] in _PLAIN else (word[:length] for length in _STEMS)
    return next((stem for stem in stems if stem in telling), "")


def _alike(shelf: Sequence[tuple[Text, tuple[str, ...]]], *, told: bool) -> list[tuple[int, ...]]:
    """Put each text beside the first leader that it is like enough to; a text like none leads."""
    leaders: list[tuple[tuple[str, ...], list[int]]] = []
    for text, words in shelf:
        best, place = 0.0, -1
        for index, (leader, _) in enumerate(leaders):
            score = _likeness(leader, words, told=told)
            if score > best:
                best, place = score, index
        if place < 0:
            leaders.append((words, [text.number]))
        else:
            leaders[place][1].append(text.number)
    return [tuple(numbers) for _, numbers in leaders]


def _likeness(one: Sequence[str], other: Sequence[str], *, told: bool) -> float:
    """Tell how alike two texts are, 0 when not enough; with telling words, how much the longer has of the shorter.

    Servers put a greeting before, and whom to ask behind; or cut the end off.
    """
    if told and min(len(one), len(other)) >= _SHORT:
        shared: float = LCSseq.similarity(one, other) / min(len(one), len(other))
        return shared if shared >= _LIKE else 0.0
    least = _LIKE if told else _LIKE_WITHOUT_WORDS
    return Indel.normalized_similarity(one, other, score_cutoff=least)
