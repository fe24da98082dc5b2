"""Which of many keys may be among millions stored: constant memory, a false yes now and then, never a false no."""

from collections.abc import Iterable, Sequence

_SMALLEST, _LARGEST = 1 << 12, 1 << 26  # bytes; the largest takes ten million keys with two false in a hundred
_KEYS_A_BYTE = 0.2


class KeyFilter:
    """A bit for each key, by its hash: the low digits choose a byte, the next three its bit."""

    def __init__(self, expected: int) -> None:
        """Make an empty filter for about so many keys; more only make it say yes more often."""
        wanted = min(max(int(expected / _KEYS_A_BYTE), _SMALLEST), _LARGEST)
        self._digits = (wanted - 1).bit_length()
        self._bytes = bytearray(1 << self._digits)

    def add(self, keys: Iterable[str]) -> None:
        """Note these keys."""
        held, digits = self._bytes, self._digits
        mask = len(held) - 1
        for number in map(hash, keys):
            held[number & mask] |= 1 << (number >> digits & 7)

    def places(self, keys: Sequence[str]) -> list[int]:
        """Tell at which places of a list there is a key that may have been noted."""
        held, digits = self._bytes, self._digits
        mask = len(held) - 1
        return [
            place
            for place, number in enumerate(map(hash, keys))
            if (byte := held[number & mask]) and byte >> (number >> digits & 7) & 1  # most bytes are empty
        ]
