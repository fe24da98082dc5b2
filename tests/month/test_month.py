"""A month simulated from its seed, with every invariant of specification 04 and 05 checked after each day."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.databases import ON_POSTGRESQL
from tests.month.acting import accept
from tests.month.month import Month
from tests.month.plan import Plan
from tests.month.returning import forge

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
_SEEDS = Path(__file__).with_name("seeds.txt")


def _read(lines: Iterable[str]) -> Iterator[tuple[int, ...]]:
    """Read plans as they are printed: seed, people, days, steps a day."""
    for line in lines:
        words = line.split("#")[0].split()
        if words:
            yield tuple(map(int, words))


def _live(plan: tuple[int, ...], folder: Path) -> Month:
    seed, people, days, steps = plan
    month = Month(Plan(seed=seed, people=people, days=days, steps=steps), folder)
    month.run()
    print(month.summary())
    # What nothing happened in shows nothing.
    assert month.courses.of
    assert month.returns
    assert month.acts
    return month


# What broke these is not of a database: on PostgreSQL one month is enough.
_KEPT = [] if ON_POSTGRESQL else [*_read(_SEEDS.read_text("utf-8").splitlines())]
# Others can be asked for, as in REBOND_MONTHS="17 60 30 3;18 500 30 6".
QUICK = [
    *_read(os.environ.get("REBOND_MONTHS", "1 40 30 2").split(";")),
    *_KEPT,
]


@pytest.mark.parametrize("plan", QUICK, ids=lambda plan: "-".join(map(str, plan)))
def test_a_month(plan: tuple[int, ...], tmp_path: Path) -> None:
    _live(plan, tmp_path)


def test_what_a_person_believes_is_known_to_have_been_unproven(tmp_path: Path) -> None:
    # A bounce of a forward names its new address too; believed in the step in which it came, it was counted twice.
    month = Month(Plan(seed=1, people=10), tmp_path)
    month.open()
    forge(month)
    month.settle()
    accept(month)
    (believed,) = month.ledger.doubtful
    assert believed.startswith("mail:")


# Larger ones, and one of more than 200,000 messages: some ten minutes on each database.
SLOW = [(101, 300, 30, 6), (102, 300, 30, 6), (103, 600, 30, 3), (104, 120, 45, 8), (200, 7_500, 30, 4)]
MOST = 200_000


@pytest.mark.slow
@pytest.mark.parametrize("plan", SLOW, ids=lambda plan: "-".join(map(str, plan)))
def test_a_large_month(plan: tuple[int, ...], tmp_path: Path) -> None:
    month = _live(plan, tmp_path)
    assert len(month.courses.of) >= (MOST if plan == SLOW[-1] else 3_000)
