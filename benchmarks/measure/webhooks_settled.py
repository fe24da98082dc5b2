"""Webhooks of a provider until what they tell is recorded, by one worker after the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.figures import Measured
from benchmarks.measure import webhooks

if TYPE_CHECKING:
    from rebond.wiring import Site


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure both together."""
    yield from webhooks.measure(number, database=database, settle=_settle)


def _settle(site: "Site") -> None:
    from rebond.services.settle import Settler

    settler = Settler(policy=site.policy, rules=site.rules, keyring=site.keyring, worker="bench")
    assert settler.settle_all(site.clock.now).dead == 0
