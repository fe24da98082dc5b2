"""Texts from outside, made fit for both databases."""

MOST_TEXT = 2000


def storable(text: str, most: int = MOST_TEXT) -> str:
    """Cut a text, and replace what no database takes: NUL, and halves of surrogate pairs."""
    text = text[:most].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
