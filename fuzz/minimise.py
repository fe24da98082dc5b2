"""Makes an input that breaks something smaller while it still breaks it, by dropping ever smaller stretches."""

from collections.abc import Callable
from time import monotonic


def minimised(
    data: bytes, *, breaks: Callable[[bytes], bool], tries: int = 600, seconds: float = float("inf")
) -> bytes:
    """Drop what is not needed: first lines, then bytes; at most `tries` attempts, none begun after so many `seconds`.

    `breaks` must hold for what is given, and holds for what is returned.
    """
    budget = _Budget(breaks, tries, until=monotonic() + seconds)
    for split in (_lines, _stretches):
        pieces = split(data)
        data = b"".join(_fewer(pieces, budget))
    return data


class _Budget:
    def __init__(self, breaks: Callable[[bytes], bool], tries: int, *, until: float) -> None:
        self._breaks = breaks
        self._until = until
        self.left = tries

    def still_breaks(self, pieces: list[bytes]) -> bool:
        if not self.left or monotonic() >= self._until:
            self.left = 0
            return False
        self.left -= 1
        return self._breaks(b"".join(pieces))


def _fewer(pieces: list[bytes], budget: _Budget) -> list[bytes]:
    size = max(1, len(pieces) // 2)
    while budget.left:
        place = 0
        while place < len(pieces) and budget.left:
            fewer = pieces[:place] + pieces[place + size :]
            if budget.still_breaks(fewer):
                pieces = fewer
            else:
                place += size
        if size == 1:
            break
        size = max(1, size // 2)
    return pieces


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _stretches(data: bytes) -> list[bytes]:
    size = max(1, len(data) // 2000)
    return [data[place : place + size] for place in range(0, len(data), size)]
