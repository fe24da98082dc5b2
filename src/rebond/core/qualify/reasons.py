"""How likely each reason is, by the words of a text: complement naive Bayes over the qualified texts.

Few texts are known of most reasons, so each reason is judged by the texts of all the others: how badly the words fit
them (Rennie, Shih, Teevan, Karger: Tackling the Poor Assumptions of Naive Bayes Text Classifiers, 2003).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from rebond.core.words import Reason

_SMOOTHING = 0.05
_FREQUENCY = 0.5  # how much it counts that a reason is frequent: the texts known here are no fair sample
Features = Collection[str]


class ReasonsByWords:
    """Counts which words come with which reason."""

    def __init__(self, texts: Iterable[tuple[Features, Reason]]) -> None:
        self._texts: Counter[Reason] = Counter()
        self._sizes: Counter[Reason] = Counter()
        # Counted when asked for: of very many words, a text asks for some.
        self._said: dict[str, list[Reason]] = defaultdict(list)
        for features, reason in texts:
            self._texts[reason] += 1
            self._sizes[reason] += len(features)
            for feature in features:
                self._said[feature].append(reason)

    def likely(
        self, features: Features, *, without: Collection[tuple[Features, Reason]] = ()
    ) -> Mapping[Reason, float]:
        """Tell how likely each reason is, together 1, as if the texts of `without` were not known."""
        texts, sizes = self._texts.copy(), self._sizes.copy()
        said = {feature: Counter(self._said[feature]) for feature in features if feature in self._said}
        for other, reason in without:
            texts[reason] -= 1
            sizes[reason] -= len(other)
            for feature in said.keys() & set(other):
                said[feature][reason] -= 1
        known = [counts for counts in said.values() if counts.total()]
        scores = {
            reason: _FREQUENCY * math.log(number) - self._misfit(reason, known, sizes)
            for reason, number in texts.items()
            if number > 0
        }
        return _shares(scores, sharpness=1 / max(1.0, math.sqrt(len(features))))

    def _misfit(self, reason: Reason, known: Collection[Counter[Reason]], sizes: Counter[Reason]) -> float:
        """Tell how well words fit the texts of all other reasons."""
        others = sizes.total() - sizes[reason] + _SMOOTHING * len(self._said)
        return sum(math.log((counts.total() - counts[reason] + _SMOOTHING) / others) for counts in known)


def _shares(scores: Mapping[Reason, float], *, sharpness: float) -> dict[Reason, float]:
    """Make parts of 1 of logarithms; long texts repeat themselves, so their words count for less each."""
    if not scores:
        return {}
    most = max(scores.values())
    weights = {reason: math.exp((score - most) * sharpness) for reason, score in scores.items()}
    total = sum(weights.values())
    return {reason: weight / total for reason, weight in weights.items()}
