"""What a month is made of: its seed, its size, and what is drawn from the seed once and for all."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rebond.core.policy import Policy
from rebond.services.clean import Retention
from rebond.simulate.behaviour import WorldSettings
from tests.core.given import policy

# Two weeks before the clocks of Europe change, so that local times jump within each month.
START = datetime(2026, 3, 14, 6, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MIX = {
    "unknown": 14,
    "full": 14,
    "soft": 14,
    "grey": 6,
    "throttle": 8,
    "disabled": 5,
    "spam": 4,
    "blocked": 3,
    "weird": 8,
    "later-unknown": 8,
    "later-full": 10,
    "later-soft": 6,
    "later-disabled": 3,
    "later-weird": 4,
    "later-spam": 2,
    "complain": 2,
    "ooo": 5,
    "delay": 3,
    "forward": 2,
}


class BrokenError(AssertionError):
    """An invariant that does not hold."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One month: the same plan is the same month, but for how fast the machine is."""

    seed: int
    people: int
    days: int = 30
    steps: int = 6
    chance: random.Random = field(init=False, repr=False)
    policies: tuple[Policy, Policy] = field(init=False, repr=False)
    retention: Retention = field(init=False, repr=False)
    world: WorldSettings = field(init=False, repr=False)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        set_it = object.__setattr__
        set_it(self, "chance", chance)
        set_it(self, "policies", (_policy(chance), _policy(chance)))
        set_it(
            self,
            "retention",
            Retention(
                evidence=timedelta(days=chance.choice((180, 180, 9))),
                raw_mails=timedelta(days=chance.choice((30, 3))),
                deliveries=timedelta(days=730),
                audit=timedelta(days=365),
            ),
        )
        set_it(self, "world", WorldSettings(seed=self.seed, accepted=0.8, mix=MIX, latest=timedelta(days=3)))

    @property
    def line(self) -> str:
        """Write it as it stands in seeds.txt."""
        return f"{self.seed} {self.people} {self.days} {self.steps}"

    def fails(self, day: int, problem: object) -> BrokenError:
        """Say which month broke which invariant, and how to keep it."""
        return BrokenError(
            f"day {day} of the month {self.line!r}: {problem}\nto keep it, add {self.line!r} to seeds.txt"
        )


def _policy(chance: random.Random) -> Policy:
    counting = {"threshold": chance.choice((5, 5, 5, 3)), "gap": chance.choice(("24h", "24h", "12h"))}
    return policy(email=counting, full_exit=chance.choice(("30d", "6d")))
