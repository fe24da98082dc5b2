"""The invariants bite: a product that is broken on purpose does not live through its month."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rebond.core.exclusion import Ground
from rebond.core.quarantine import explain, fold
from rebond.core.schedule import next_attempt
from rebond.services.send_outcome import _failed
from rebond.store.models import Exclusion, Profile
from rebond.store.read.deliveries import messages_to_verify
from rebond.store.read.sending import Person, people_behind
from rebond.store.write.claims import exclude_late
from rebond.store.write.evidence import add_evidence
from tests.month.month import Month
from tests.month.plan import BrokenError, Plan

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow]


def _hasty(*args: Any, **kwargs: Any) -> Any:
    retry = next_attempt(*args, **kwargs)
    return retry and replace(retry, at=retry.at - timedelta(minutes=11))


def _forgetful(*args: Any, **kwargs: Any) -> dict[int, Person]:
    found = people_behind(*args, **kwargs)
    return {number: Person(one.fields, one.erased, one.grounds - {Ground.QUARANTINED}) for number, one in found.items()}


def _early(policy: Any, *args: Any, **kwargs: Any) -> Any:
    counting = replace(policy.email, threshold=policy.email.threshold - 1)
    return fold(replace(policy, email=counting), *args, **kwargs)


def _lossy(items: Any, *, now: Any) -> None:
    add_evidence([item for item in items if not item.evidence.identity.endswith(":2")], now=now)


def _restless(due: Any, outcome: Any, **kwargs: Any) -> Any:
    settlement = _failed(due, outcome, **kwargs)
    return replace(settlement, next_attempt_at=settlement.next_attempt_at or outcome.at)


def _mistaken(delivery: int, late: Any) -> None:
    # Nobody who is excluded already: the database would refuse that before anything could be found.
    gone = {one.due.profile for one in late} | {
        *Exclusion.objects.filter(delivery=delivery).values_list("profile", flat=True)
    }
    others = Profile.objects.exclude(pk__in=gone).order_by("id").values_list("pk", flat=True)
    pairs = zip(late, others[: len(late)], strict=False)
    exclude_late(delivery, [replace(one, due=replace(one.due, profile=other)) for one, other in pairs])


def _nameless(*args: Any, **kwargs: Any) -> Any:
    return [replace(one, fields={}) for one in messages_to_verify(*args, **kwargs)]


def _uncounted(*args: Any, **kwargs: Any) -> Any:
    state, judgements = explain(*args, **kwargs)
    return state, tuple(replace(judgement, counted=False) for judgement in judgements)


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def _nobody(*args: Any, **kwargs: Any) -> frozenset[str]:
    return frozenset()


def _zero(*args: Any, **kwargs: Any) -> int:
    return 0


# What is broken, by what, and the words that tell of it: each invariant has one that it alone finds, or finds first.
BREAKS = {
    "retries too early": ("rebond.services.send_outcome.next_attempt", _hasty, "courses: .* not in"),
    "quarantine not asked at a claim": (
        "rebond.services.send_claim.people_behind",
        _forgetful,
        "courses: .*quarantined",
    ),
    "threshold one too low": ("rebond.store.write.states.fold", _early, "states: "),
    "evidence that gets lost": ("rebond.services.record.add_evidence", _lossy, "whole: .*no evidence"),
    "returns that leave no mark": ("rebond.services.settle.mark_messages", _nothing, "marked: "),
    "an exit that is not told": ("rebond.services.clean._let_out", _zero, "cleanup as of"),
    "counters that stand still": ("rebond.store.write.sending.move_counts", _nothing, "accounting: "),
    "a failure that stays due": ("rebond.services.send_outcome._failed", _restless, "marks: .*otherwise"),
    "somebody else is excluded": ("rebond.services.send_claim.exclude_late", _mistaken, "one_each: "),
    # A delivery that is prepared on the same day finds it before the day's end.
    "an opt-out that is not kept": (
        "rebond.services.unsubscribe.deny_profile",
        _nothing,
        "untouched: .*opted out|prepared as .*'denylisted', 'opted_out'",
    ),
    "fields that are not read": ("rebond.services.prepare.messages_to_verify", _nameless, "production: "),
    "confirmations too often": ("rebond.services.send_claim.confirmed_lately", _nobody, "confirmations: "),
    "a sum that does not add up": ("rebond.services.why.explain", _uncounted, "arithmetic: .*counted"),
}


# Most timed exits come after thirty days, and few people leave by a mail.
_LONGER = {"an exit that is not told", "an opt-out that is not kept"}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_product_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, broken, words = BREAKS[name]
    monkeypatch.setattr(target, broken)
    plan = Plan(seed=1, people=150, days=45, steps=3) if name in _LONGER else Plan(seed=1, people=60, steps=3)
    with pytest.raises(BrokenError, match=words):
        Month(plan, tmp_path).run()
