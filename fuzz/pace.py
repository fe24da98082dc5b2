"""How fast the processor works just now: beside a busy neighbour on its core it does half as much in the same time."""

from time import thread_time

_ROUNDS = 100
_STEPS = 20_000
# No more is put down to the neighbours, however slow it goes.
_MOST = 2.5


class Pace:
    """Compares the time that a fixed piece of work takes now with the least that it ever took in this process."""

    def __init__(self) -> None:
        self._best = min(_work() for _ in range(_ROUNDS))

    def now(self) -> float:
        """Tell how many times slower than at its best the processor is."""
        taken = min(_work() for _ in range(3))
        self._best = min(self._best, taken)
        return min(_MOST, taken / self._best)


def _work() -> float:
    started = thread_time()
    found: dict[int, int] = {}
    size = 0
    for step in range(_STEPS):
        found[step % 97] = size
        size += len(str(step))
    return thread_time() - started
