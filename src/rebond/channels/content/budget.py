"""How much one rendering may do: steps of work and characters put together, counted, never timed.

A count gives the same answer on every machine and on every attempt, and needs neither threads nor signals.
"""

from decimal import Decimal

from jinja2.runtime import Context

from rebond.core.said import said

MAX_STEPS = 100_000
MAX_OUTPUT = 1 << 20
MAX_NUMBER = 1 << 64
# Text put together inside macros and set blocks is put together again where it is shown.
_ROOM_PER_OUTPUT = 8
_PER_STEP = 128


class LimitError(ValueError):
    """A rendering would do or make more than it may."""


class Budget:
    """What is left of one rendering's allowance. Not frozen: it is the counter."""

    __slots__ = ("limit", "room", "steps")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.steps = MAX_STEPS
        self.room = limit * _ROOM_PER_OUTPUT

    def spend(self, steps: int) -> None:
        """Count work."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitError(
                said(
                    "it takes more than {max_steps:,} steps for one message; look for a long loop", max_steps=MAX_STEPS
                )
            )

    def write(self, characters: int) -> None:
        """Count text on its way out."""
        self.room -= characters
        if self.room < 0:
            raise LimitError(self._too_long())

    def hold(self, characters: int) -> None:
        """Refuse a value that is longer than a whole output may be, before it is made."""
        if characters > self.limit:
            raise LimitError(self._too_long())
        self.spend(1 + characters // _PER_STEP)

    def made(self, value: object) -> None:
        """Count what an operation made: a text may not be longer than an output, a list costs its length."""
        if isinstance(value, str):
            self.hold(len(value))
        elif isinstance(value, list | tuple):
            self.spend(len(value))

    def weigh(self, value: object) -> None:
        """Count a value's whole size, containers expanded: what printing, comparing or sorting it would cost."""
        if isinstance(value, str):
            self.spend(1 + len(value) // _PER_STEP)
            return
        stack = [value]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                self.spend(1 + len(item) // _PER_STEP)
            elif isinstance(item, list | tuple):
                self.spend(1 + len(item))
                stack.extend(item)
            elif isinstance(item, dict):
                self.spend(1 + 2 * len(item))
                stack.extend(item)
                stack.extend(item.values())
            elif isinstance(item, range):
                self.spend(1 + len(item))
            else:
                self.spend(1)

    def _too_long(self) -> str:
        return said("it makes more than {limit:,} characters", limit=self.limit)


class GuardedContext(Context):
    """A template's variables, and beside them what its rendering may still do."""

    budget: Budget


def bounded(number: object) -> object:
    """Return a number unless it has grown past what a message can want."""
    if isinstance(number, int | Decimal) and not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise LimitError(said("a number grows past 2^64"))
    return number
