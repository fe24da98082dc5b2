"""How large a pattern is once its counted repeats are written out: what compiling it costs grows with that."""

import re

_PIECE = re.compile(
    r"\\(?:[pPx]\{[^}]*\}|x[0-9a-fA-F]{0,2}|.)"  # an escape with what belongs to it
    r"|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]?"  # a class
    r"|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}"  # a counted repeat
    r"|.",
    re.DOTALL,
)
_NO_SIGN = frozenset("*+?|^$")
_MOST_DIGITS = 7


def pattern_size(pattern: str) -> int:
    """Count the signs of a pattern with its counted repeats written out; linear, and never raises."""
    size = last = 0  # of the group at hand, and of what a repeat behind it would repeat
    outer: list[int] = []
    for piece in _PIECE.finditer(pattern):
        sign = piece.group()
        if piece["least"]:
            times = max(1, _number(piece["least"]), _number(piece["most"] or ""))
            size, last = size + last * (times - 1), last * times
        elif sign == "(":
            outer.append(size)
            size = last = 0
        elif sign == ")":
            last = size
            size += outer.pop() if outer else 0
        elif sign not in _NO_SIGN:
            size, last = size + 1, 1
    return size + sum(outer)


def _number(digits: str) -> int:
    return int(digits.lstrip("0")[:_MOST_DIGITS] or 0)
