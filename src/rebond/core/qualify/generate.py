"""A pattern made from texts: the words that they have in common, in order, with bounded gaps."""

import re
from collections.abc import Iterable, Sequence

from rebond.core.qualify.matchers import PatternError, make_matcher
from rebond.core.qualify.normalise import fold_text

_WORD = re.compile(r"[^\W_]+(?:[-'_.][^\W_]+)*")
_MOST_WORDS = 8
# Of a text: outsiders write them, and words are compared each with each.
_MOST_WORDS_READ = 300
_WIDEST_GAP = 80
_ROOM = 20  # characters that a gap may be wider than any that was seen


def generate_pattern(texts: Sequence[str], *, others: Iterable[str] = (), recipients: Iterable[str] = ()) -> str | None:
    """Make a pattern that matches all texts and none of the others; None when no common words do.

    `recipients` are words that name somebody and are no part of a pattern.
    """
    folded = list(dict.fromkeys(fold_text(text) for text in texts))
    apart = [fold_text(text) for text in others]
    lowered = [text.lower() for text in apart]
    names = {name.lower() for name in recipients}
    common = _common(folded, names)
    if not common:
        return None
    # The fewest telling words that tell the texts from the others, the rarest among the others first.
    rarest = sorted(range(len(common)), key=lambda place: (_spread(common[place], lowered), -len(common[place]), place))
    for size in range(min(3, len(common)), min(_MOST_WORDS, len(common)) + 1):
        chosen = [common[place] for place in sorted(rarest[:size])]
        pattern = _pattern(chosen, folded)
        if pattern and _fits(pattern, folded, apart):
            return pattern
    return None


def _common(texts: Sequence[str], names: set[str]) -> list[str]:
    """Find the words that all texts share in one order."""
    common: list[str] | None = None
    for text in texts:
        words = [word for word in map(str.lower, _WORD.findall(text)) if _is_word(word) and word not in names]
        words = words[:_MOST_WORDS_READ]
        common = words if common is None else _shared(common, words)
    return common or []


def _is_word(word: str) -> bool:
    return len(word) > 1 and "." not in word and not any(sign.isdigit() for sign in word)


def _shared(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Find the longest common subsequence of words."""
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in reversed(range(len(one))):
        for j in reversed(range(len(other))):
            same = one[i] == other[j]
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same else max(lengths[i + 1][j], lengths[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            found.append(one[i])
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _spread(word: str, lowered: Sequence[str]) -> int:
    return sum(word in text for text in lowered)


def _pattern(words: Sequence[str], texts: Sequence[str]) -> str | None:
    """Join words by the widest gaps that the texts show; None when a gap is too wide or the order does not hold."""
    widest = [0] * (len(words) - 1)
    spaced = [True] * (len(words) - 1)
    each = [re.compile(_bounded(word), re.IGNORECASE) for word in words]
    for text in texts:
        between = _between(each, text)
        if between is None:
            return None
        for place, words_between in enumerate(between):
            widest[place] = max(widest[place], len(words_between))
            spaced[place] &= words_between == " "
    if any(gap > _WIDEST_GAP for gap in widest):
        return None
    joined = _bounded(words[0])
    for word, gap, space in zip(words[1:], widest, spaced, strict=True):
        joined += (" " if space else f".{{0,{min(gap + _ROOM, _WIDEST_GAP)}}}") + _bounded(word)
    return f"(?i){joined}"


def _between(words: Sequence[re.Pattern[str]], text: str) -> list[str] | None:
    """Tell what stands between each word and the next, each looked for after the one before; None when one is missing.

    One by one: a pattern of all of them could be made to try every combination of their places.
    """
    gaps, end = [], 0
    for word in words:
        found = word.search(text, end)
        if found is None:
            return None
        gaps.append(text[end : found.start()])
        end = found.end()
    return gaps[1:]


def _bounded(word: str) -> str:
    """Write a word so that it stands alone; engines know the edges of ASCII words only."""
    start = r"\b" if word[0].isascii() else ""
    end = r"\b" if word[-1].isascii() else ""
    return f"{start}{re.escape(word)}{end}"


def _fits(pattern: str, texts: Sequence[str], apart: Sequence[str]) -> bool:
    """Tell whether a pattern matches all texts and none of the others, for the engine that is to use it."""
    try:
        matcher = make_matcher([pattern])
    except PatternError:
        return False
    return all(map(matcher.find, texts)) and not any(map(matcher.find, apart))
