"""Patterns over characters made patterns over UTF-8 bytes, which hyperscan compiles many times faster.

Only patterns that mean the same over bytes are translated; the others are left to the library's own UTF-8 mode.
"""

import re

_CASELESS = "(?i)"
_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[^\x00-\x7f]|.", re.DOTALL)


def byte_pattern(pattern: str) -> str | None:
    """Translate a pattern; None when over bytes it could mean something else."""
    caseless = pattern.startswith(_CASELESS)
    body = pattern[len(_CASELESS) :] if caseless else pattern
    pieces = _PIECE.findall(body)
    if "(?i" in body or any(map(_is_counted_wildcard, _with_next(pieces))):
        return None
    if body.isascii():
        return pattern
    translated = []
    for piece in pieces:
        if piece.isascii():
            translated.append(piece)
        elif piece.startswith("["):
            choice = _class(piece, caseless=caseless)
            if choice is None:
                return None
            translated.append(choice)
        else:
            translated.append(_letter(piece, caseless=caseless))
    return (_CASELESS if caseless else "") + "".join(translated)


def _with_next(pieces: list[str]) -> list[tuple[str, str]]:
    return list(zip(pieces, [*pieces[1:], ""], strict=False))  # of no pieces no pairs


def _is_counted_wildcard(pair: tuple[str, str]) -> bool:
    # A wildcard over bytes equals one over characters as long as it repeats without counting.
    piece, following = pair
    wild = piece in (".", "\\S", "\\W", "\\D") or piece.startswith("[^")
    return wild and following not in ("*", "+")


def _class(piece: str, *, caseless: bool) -> str | None:
    """Make a choice of a class with letters outside ASCII; None for negated ones and for ranges of such letters."""
    inside = piece[1:-1]
    if inside.startswith("^") or re.search(r"[^\x00-\x7f]-|-[^\x00-\x7f]", inside):
        return None
    ascii_part = "".join(letter for letter in inside if letter.isascii())
    letters = [_letter(letter, caseless=caseless) for letter in inside if not letter.isascii()]
    return "(?:" + "|".join([f"[{ascii_part}]"] * bool(ascii_part) + letters) + ")"


def _letter(letter: str, *, caseless: bool) -> str:
    forms = {letter, letter.upper(), letter.lower()} if caseless else {letter}
    return "(?:" + "|".join(sorted(form for form in forms if len(form) == 1)) + ")"
