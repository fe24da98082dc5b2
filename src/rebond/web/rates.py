"""How many requests somebody may make: so many a minute, counted by each web process for itself."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

_WINDOW = 60.0
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key has left in this minute; `wait` is how long it must wait when it has nothing left."""

    limit: int
    left: int
    reset: int
    allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        told = {"RateLimit-Limit": self.limit, "RateLimit-Remaining": self.left, "RateLimit-Reset": self.reset}
        return {name: str(value) for name, value in told.items()}


@dataclass(slots=True)
class Rates:
    """Counts the requests of each key in its present minute, which begins with its first one."""

    _begun: dict[Hashable, tuple[float, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, key: Hashable, *, limit: int, at: float) -> Allowance:
        """Count a request made at that moment (of a clock that never goes back)."""
        with self._lock:
            begun, count = self._begun.get(key, (at, 0))
            if at - begun >= _WINDOW:
                begun, count = at, 0
            allowed = count < limit
            if len(self._begun) >= _MOST_KEYS and key not in self._begun:
                self._begun.clear()
            self._begun[key] = (begun, count + allowed)
            reset = max(1, round(begun + _WINDOW - at + 0.5))
            return Allowance(limit=limit, left=max(0, limit - count - 1), reset=reset, allowed=allowed)

    def forget(self) -> None:
        """Begin anew with every key."""
        with self._lock:
            self._begun.clear()


rates = Rates()
