"""The verdict of the most similar qualified texts, as a proposal to a person (specification 03, section 4)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rebond.core.failure import Verdict
from rebond.core.qualify.cluster import STEM, tokens

_NEIGHBOURS = 5
_AGREEING = 3
_MARKS = frozenset({"*", "#xxx#"})


@dataclass(frozen=True, slots=True)
class Known:
    """A qualified text: its number, its template, and its verdict."""

    number: int
    template: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A qualified text near another, and how near: 1 is the same."""

    known: Known
    similarity: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the neighbours say most: nearest first, with the similarity of the nearest that says so."""

    verdict: Verdict
    similarity: float
    neighbours: tuple[Neighbour, ...]


class Suggester:
    """Finds the qualified texts nearest to another, by the words that they share, weighed by how rare these are."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = tuple(known)
        self._features = [_features(item.template) for item in self._known]
        spread = Counter(feature for features in self._features for feature in features)
        total = len(self._known) + 1
        said: dict[str, Counter[object]] = defaultdict(Counter)
        for item, features in zip(self._known, self._features, strict=True):
            for feature in features:
                said[feature][item.verdict.reason] += 1
        # A word weighs by how rare it is, and by how much those that hold it agree in what they mean.
        self._weight = {
            feature: (math.log(total / count) + 0.1) * ((max(said[feature].values()) + 0.5) / (count + 1)) ** _AGREEING
            for feature, count in spread.items()
        }
        self._unseen = math.log(total) + 0.1
        self._holding: dict[str, list[int]] = defaultdict(list)
        for index, features in enumerate(self._features):
            for feature in features:
                self._holding[feature].append(index)
        self._sizes = [sum(self._weight[feature] for feature in features) for features in self._features]

    def suggest(self, template: str, *, without: frozenset[int] = frozenset()) -> Suggestion | None:
        """Propose a verdict; None when nothing qualified shares a word. `without`: texts that are no neighbours."""
        nearest = self._nearest(template, without)
        if not nearest:
            return None
        votes: dict[tuple[object, ...], float] = defaultdict(float)
        for neighbour in nearest:
            votes[_said(neighbour.known.verdict)] += neighbour.similarity**3
        most = max(votes.values())
        best = next(item for item in nearest if votes[_said(item.known.verdict)] == most)
        return Suggestion(best.known.verdict, best.similarity, nearest)

    def _nearest(self, template: str, without: frozenset[int]) -> tuple[Neighbour, ...]:
        features = _features(template)
        size = sum(self._weight.get(feature, self._unseen) for feature in features)
        shared: dict[int, float] = defaultdict(float)
        for feature in features:
            for index in self._holding.get(feature, ()):
                shared[index] += self._weight[feature]
        scored = [
            (round(2 * weight / (size + self._sizes[index]), 4), index)
            for index, weight in shared.items()
            if self._known[index].number not in without
        ]
        scored.sort(key=lambda pair: (-pair[0], self._known[pair[1]].template, self._known[pair[1]].number))
        return tuple(Neighbour(self._known[index], score) for score, index in scored[:_NEIGHBOURS])


def _features(template: str) -> frozenset[str]:
    """Take the words of a template, by their stems, alone and in pairs."""
    words = [token[:STEM] if token.isalpha() else token for token in tokens(template) if token not in _MARKS]
    return frozenset([*words, *(f"{one} {other}" for one, other in _pairs(words))])


def _pairs(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    return pairwise(words)


def _said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.type, verdict.reason, verdict.cause
