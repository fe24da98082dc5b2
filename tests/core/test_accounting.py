"""The four error families and the equations (specification 05, "Accounting")."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.accounting import COUNTER_OF, Counts
from rebond.core.exclusion import EXCLUSION_RULES
from rebond.core.message import MESSAGE_TRANSITIONS, MessageAction
from rebond.core.words import ErrorFamily, ExclusionCause, MessageStatus, Reason

BALANCED = Counts(
    target=20,
    messages=12,
    pending=1,
    delivered=6,
    failed=3,
    cancelled=1,
    production_errors=1,
    returned=2,
    exclusions={
        (Reason.QUARANTINED, None): 2,
        (Reason.QUARANTINED, ExclusionCause.INCIDENT): 1,
        (Reason.QUARANTINED, ExclusionCause.LATE): 1,
        (Reason.DENYLISTED, ExclusionCause.COMPLAINT): 2,
        (Reason.DENYLISTED, ExclusionCause.OPTED_OUT): 1,
        (Reason.DUPLICATE, None): 1,
    },
)


def test_a_balanced_delivery_has_no_problems() -> None:
    assert BALANCED.problems() == ()
    assert (BALANCED.excluded, BALANCED.reached) == (8, 4)


def test_nothing_at_all_is_balanced() -> None:
    assert Counts().problems() == ()
    assert Counts().reached == 0


def test_families() -> None:
    assert BALANCED.families() == {
        ErrorFamily.QUARANTINE: 4,
        ErrorFamily.DELIVERY: 3,
        ErrorFamily.AFTER_DELIVERY: 2,
        ErrorFamily.PRODUCTION: 1,
    }


def test_exclusions_by_reason() -> None:
    assert BALANCED.by_reason() == {Reason.QUARANTINED: 4, Reason.DENYLISTED: 3, Reason.DUPLICATE: 1}


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(target=3, messages=2, pending=2), "target 3 is not exclusions 0 + messages 2"),
        (Counts(target=2, messages=2, delivered=1), "messages 2 are not the sum of their states 1"),
        (Counts(target=1, messages=1, delivered=1, returned=2), "returned 2 is more than delivered 1"),
        (Counts(target=0, messages=0, failed=1, pending=-1), "pending is -1, below zero"),
        (
            Counts(exclusions={(Reason.DUPLICATE, None): -1, (Reason.QUARANTINED, ExclusionCause.LATE): 1}),
            "exclusions duplicate (no cause) are -1, below zero",
        ),
        (
            Counts(exclusions={(Reason.DUPLICATE, None): 1, (Reason.QUARANTINED, ExclusionCause.LATE): -1}),
            "exclusions quarantined (late) are -1, below zero",
        ),
    ],
)
def test_a_problem_is_told_with_its_figures(counts: Counts, words: str) -> None:
    assert counts.problems() == (words,)


def test_every_status_but_the_one_excluded_late_has_a_counter() -> None:
    assert set(COUNTER_OF) == set(MessageStatus) - {MessageStatus.EXCLUDED_LATE}
    assert set(COUNTER_OF.values()) <= set(Counts.__slots__)


def count(
    statuses: list[MessageStatus], returned: set[int], excluded: list[tuple[Reason, ExclusionCause | None]]
) -> Counts:
    """Recount from rows."""
    states = Counter(COUNTER_OF[status] for status in statuses if status in COUNTER_OF)
    exclusions = Counter(excluded)
    exclusions[Reason.QUARANTINED, ExclusionCause.LATE] += statuses.count(MessageStatus.EXCLUDED_LATE)
    return Counts(
        target=len(statuses) + len(excluded),
        messages=states.total(),
        returned=len(returned),
        exclusions=exclusions,
        **states,
    )


ACTIONS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(MessageAction), st.booleans()), max_size=60)
EXCLUDED = st.lists(st.sampled_from([(rule.reason, rule.cause) for rule in EXCLUSION_RULES]), max_size=5)


@given(ACTIONS, EXCLUDED)
def test_the_equations_hold_after_every_step_and_delivered_never_falls(
    actions: list[tuple[int, MessageAction, bool]], excluded: list[tuple[Reason, ExclusionCause | None]]
) -> None:
    statuses = [MessageStatus.PENDING] * 10
    returned: set[int] = set()
    before = count(statuses, returned, excluded)
    for message, action, comes_back in actions:
        allowed, target = MESSAGE_TRANSITIONS[action]
        if statuses[message] in allowed:
            statuses[message] = target
        if comes_back and COUNTER_OF.get(statuses[message]) == "delivered":
            returned.add(message)
        now = count(statuses, returned, excluded)
        assert now.problems() == ()
        assert now.delivered >= before.delivered
        assert now.target == before.target
        reached = now.reached + sum(now.families().values())
        others = now.cancelled + now.pending + now.excluded - now.families()[ErrorFamily.QUARANTINE]
        assert reached + others == now.target
        before = now
