"""The verdict of the most similar qualified texts, as a proposal to a person (specification 03, section 4).

Which reason it is, the neighbours and the words of the text say together: either alone is right less often. The verdict
is then that of the nearest neighbours with this reason.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rebond.core.failure import Verdict
from rebond.core.qualify.features import features
from rebond.core.qualify.reasons import ReasonsByWords
from rebond.core.words import Reason

_NEIGHBOURS = 5  # shown
_VOTERS = 15
_VOTE = 1.0  # what the neighbours say, beside what the words say
_AGREEING = 3
# Less alike than this, two texts have in common what all have.
_LEAST = 0.03
# Less alike than this, a suggestion is a guess. Texts that mean nothing in particular come to 0.09 by a word or two;
# of held-back texts seven in ten are right below, and nearly nine in ten above.
_WEAK = 0.1


@dataclass(frozen=True, slots=True)
class Known:
    """A qualified text: its number (0: an example of the rule that gives its verdict), template and verdict."""

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
    """What is most likely: nearest neighbours first, with the similarity of the nearest that says so."""

    verdict: Verdict
    similarity: float
    neighbours: tuple[Neighbour, ...]

    @property
    def weak(self) -> bool:
        """Tell whether next to nothing is alike: something to look at, not to be taken unread."""
        return self.similarity < _WEAK


class Suggester:
    """Finds the qualified texts nearest to another, by the words that they share, weighed by how rare these are."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = tuple(item for item in known if item.verdict.reason is not Reason.NOT_DEFINED)
        self._features = [features(item.template) for item in self._known]
        self._reasons = ReasonsByWords(
            (found, item.verdict.reason) for item, found in zip(self._known, self._features, strict=True)
        )
        self._holding: dict[str, list[int]] = defaultdict(list)
        for index, found in enumerate(self._features):
            for feature in found:
                self._holding[feature].append(index)
        self._unseen, once = self._weigh(Counter()), self._weigh(Counter([Reason.NOT_DEFINED]))
        # Most words are held once, and to count takes longer than all the rest.
        self._weight = {
            feature: once if len(holding) == 1 else self._weigh(self._meant(holding))
            for feature, holding in self._holding.items()
        }
        self._sizes = [sum(map(self._weight.__getitem__, found)) for found in self._features]

    def _meant(self, holding: Iterable[int]) -> Counter[Reason]:
        """Count the reasons of texts."""
        return Counter([self._known[index].verdict.reason for index in holding])

    def _weigh(self, said: Counter[Reason]) -> float:
        """Weigh a word by how rare it is, and by how much those that hold it agree in what they mean."""
        total, number = len(self._known) + 1, said.total()
        if number <= 0:
            return math.log(total) + 0.1
        agreeing: float = ((max(said.values()) + 0.5) / (number + 1)) ** _AGREEING
        return (math.log(total / number) + 0.1) * agreeing

    def suggest(self, template: str, *, without: frozenset[int] = frozenset()) -> Suggestion | None:
        """Propose a verdict; None when nothing qualified is like it at all. `without`: texts that are left out."""
        left_out = {index for index, item in enumerate(self._known) if item.number in without} if without else set()
        found = features(template)
        near = self._near(found, left_out)
        if not near or near[0].similarity < _LEAST:
            return None
        reason = self._reason(found, near[:_VOTERS], left_out)
        saying = [neighbour for neighbour in near if neighbour.known.verdict.reason is reason]
        votes: dict[tuple[object, ...], float] = defaultdict(float)
        for neighbour in saying[:_VOTERS]:
            votes[_said(neighbour.known.verdict)] += neighbour.similarity**3
        most = max(votes.values())
        best = next(item for item in saying if votes[_said(item.known.verdict)] == most)
        others = [item for item in near if item is not best][: _NEIGHBOURS - 1]
        shown = sorted([best, *others], key=lambda item: -item.similarity)
        return Suggestion(best.known.verdict, best.similarity, tuple(shown))

    def _reason(self, found: frozenset[str], voters: Collection[Neighbour], left_out: Collection[int]) -> Reason:
        """Choose among the reasons that something near has."""
        without = [(self._features[index], self._known[index].verdict.reason) for index in left_out]
        likely = self._reasons.likely(found, without=without)
        shares: dict[Reason, float] = defaultdict(float)
        for neighbour in voters:
            shares[neighbour.known.verdict.reason] += neighbour.similarity**2
        total = sum(shares.values())
        return max(shares, key=lambda reason: (likely[reason] + _VOTE * shares[reason] / total, reason))

    def _near(self, found: frozenset[str], left_out: Collection[int]) -> list[Neighbour]:
        weights = {feature: self._weight.get(feature, self._unseen) for feature in found}
        weights.update(self._weights_without(found, left_out))
        size = sum(weights.values())
        shared: dict[int, float] = defaultdict(float)
        sizes: dict[int, float] = {}
        for feature, weight in weights.items():
            for index in self._holding.get(feature, ()):
                shared[index] += weight
                sizes[index] = sizes.get(index, self._sizes[index]) + weight - self._weight[feature]
        scored = [
            (round(2 * weight / (size + sizes[index]), 4), index)
            for index, weight in shared.items()
            if index not in left_out
        ]
        scored.sort(key=lambda pair: (-pair[0], self._known[pair[1]].template, self._known[pair[1]].number))
        return [Neighbour(self._known[index], score) for score, index in scored]

    def _weights_without(self, found: frozenset[str], left_out: Collection[int]) -> dict[str, float]:
        """Weigh words as if some texts were not known."""
        said: dict[str, Counter[Reason]] = {}
        for index in left_out:
            for feature in found & self._features[index]:
                if feature not in said:
                    said[feature] = self._meant(self._holding[feature])
                said[feature][self._known[index].verdict.reason] -= 1
        return {feature: self._weigh(counts) for feature, counts in said.items()}


def _said(verdict: Verdict) -> tuple[object, ...]:
    return verdict.type, verdict.reason, verdict.cause
