"""How a quarantine grows as a base wears: the reference estimate of specification 04."""

import math
from dataclasses import dataclass

# The reference counts a life of three years as 33 % a year.
_WEAR_DECIMALS = 2
_SHARE_STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How long an address lives, in years, and by how much the base grows a year (0.5: half as many again)."""

    life: float = 3.0
    more_a_year: float = 0.5

    def __post_init__(self) -> None:
        if self.life < 1 or self.more_a_year < 0:
            raise ValueError("an address lives one year or more, and a base grows by nothing or more")


def expected_share(growth: Growth, *, years: int) -> tuple[float, ...]:
    """Estimate which share of a base is in quarantine after each of so many years.

    Rounded down to a tenth of a percent, as the reference has it: 22 % and 32.5 % for its inputs.
    """
    wear = math.floor(10**_WEAR_DECIMALS / growth.life + 1e-9) / 10**_WEAR_DECIMALS
    base, quarantined, share = 1.0, 0.0, 0.0
    shares = []
    for _ in range(years):
        base *= 1 + growth.more_a_year
        quarantined += (1 + share) * wear
        share = min(quarantined / base, 1.0)
        shares.append(math.floor(share * _SHARE_STEPS + 1e-9) / _SHARE_STEPS)
    return tuple(shares)
