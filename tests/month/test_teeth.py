"""The invariants bite: a product that is broken on purpose does not live through its month."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rebond.core.exclusion import Ground
from rebond.core.quarantine import fold
from rebond.core.schedule import next_attempt
from rebond.store.read.sending import Person, people_behind
from tests.month.month import Month
from tests.month.plan import BrokenError, Plan

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow]


def _hasty(*args: Any, **kwargs: Any) -> Any:
    from dataclasses import replace

    retry = next_attempt(*args, **kwargs)
    return retry and replace(retry, at=retry.at - timedelta(minutes=11))


def _forgetful(*args: Any, **kwargs: Any) -> dict[int, Person]:
    found = people_behind(*args, **kwargs)
    return {number: Person(one.fields, one.erased, one.grounds - {Ground.QUARANTINED}) for number, one in found.items()}


def _early(policy: Any, *args: Any, **kwargs: Any) -> Any:
    from dataclasses import replace

    counting = replace(policy.email, threshold=policy.email.threshold - 1)
    return fold(replace(policy, email=counting), *args, **kwargs)


def _lossy(items: Any, *, now: Any, keep: Callable[..., None]) -> None:
    keep([item for item in items if not item.evidence.identity.endswith(":2")], now=now)


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def _zero(*args: Any, **kwargs: Any) -> int:
    return 0


# What is broken, by what, and the words that tell of it.
BREAKS = {
    "retries too early": ("rebond.services.send_outcome.next_attempt", _hasty, "courses: .* not in"),
    "quarantine not asked at a claim": (
        "rebond.services.send_claim.people_behind",
        _forgetful,
        "courses: .*quarantined",
    ),
    "threshold one too low": ("rebond.store.write.evidence.fold", _early, "states: "),
    "evidence that gets lost": ("rebond.services.record.add_evidence", None, "whole: .*no evidence"),
    "returns that leave no mark": ("rebond.services.settle.mark_messages", _nothing, "marked: "),
    "an exit that is not told": ("rebond.services.clean._let_out", _zero, "cleanup as of"),
    "counters that stand still": ("rebond.store.write.sending.move_counts", _nothing, "accounting: "),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_product_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, broken, words = BREAKS[name]
    if broken is None:
        from rebond.store.write.evidence import add_evidence

        def broken(items: Any, *, now: Any) -> None:
            _lossy(items, now=now, keep=add_evidence)

    monkeypatch.setattr(target, broken)
    with pytest.raises(BrokenError, match=words):
        Month(Plan(seed=1, people=60, steps=3), tmp_path).run()
