"""What a row measures, what is asked of it, and whether that holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a figure is judged."""

    SHARE = "share"  # our speed as a part of the baseline's; more is better
    TIMES = "times"  # our time in multiples of the baseline's; less is better
    SPEED = "speed"  # how many a second; more is better
    SECONDS = "seconds"  # how long; less is better
    MEGABYTES = "megabytes"  # how much memory at most; less is better


_SLOWER, _MORE_MEMORY = 1.4, 1.5
_MORE_IS_BETTER = frozenset({Kind.SHARE, Kind.SPEED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure: how many things took how long here, and how many took how long in the baseline.

    With `Kind.MEGABYTES`, `ours` and `baseline` are megabytes. `label` tells apart figures of one row, `note` is for
    the reader.
    """

    number: int
    ours: float
    baseline: float
    baseline_number: int
    baseline_name: str
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What specification 11 asks of a row; `unit` is what is counted."""

    kind: Kind
    at_least: float
    aim: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measure of a row at a size, judged. `value` is what is compared.

    `slower` is the growth of the time of one thing since the size before, ten times smaller (1: linear);
    `baseline_slower` that of the baseline's.
    """

    row: str
    database: str
    size: str
    asked: Asked
    measured: Measured
    slower: float | None = None
    baseline_slower: float | None = None

    @property
    def value(self) -> float:
        measured = self.measured
        each, baseline_each = measured.ours / measured.number, measured.baseline / measured.baseline_number
        values: Mapping[Kind, float] = {
            Kind.SHARE: baseline_each / each,
            Kind.TIMES: each / baseline_each,
            Kind.SPEED: 1 / each,
            Kind.SECONDS: measured.ours,
            Kind.MEGABYTES: measured.ours,
        }
        return values[self.asked.kind]

    def reaches(self, wanted: float) -> bool:
        return self.value >= wanted if self.asked.kind in _MORE_IS_BETTER else self.value <= wanted

    @property
    def grows(self) -> bool:
        """Whether it is worse than linear: in time, and not for the machine's sake; or in memory, which stays."""
        if self.asked.kind is Kind.MEGABYTES:
            return self.measured.ours > _MORE_MEMORY * self.measured.baseline
        return self.slower is not None and self.slower > max(_SLOWER, 1.2 * (self.baseline_slower or 1))

    @property
    def verdict(self) -> str:
        if self.grows:
            return "MISSED: grows"
        if self.reaches(self.asked.aim):
            return "aim"
        return "held" if self.reaches(self.asked.at_least) else "MISSED"

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "value": round(self.value, 4),
            "verdict": self.verdict,
        }


@dataclass(slots=True)
class Outcome:
    """Everything that a run gave: figures, rows that cannot be measured here, and rows that broke, with why."""

    figures: list[Figure] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


class LeftOutError(Exception):
    """A row cannot be measured here; the words say why."""
