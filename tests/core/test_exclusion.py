"""The order of exclusion reasons, and what each message class passes (specification 05)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.exclusion import EXCLUSION_RULES, Ground, first_exclusion, rules_for
from rebond.core.words import ExclusionCause, MessageClass, Reason

COMMERCIAL, TRANSACTIONAL, CONFIRMATION = MessageClass
ORDER = [
    Reason.ADDRESS_EMPTY,
    Reason.INVALID_ADDRESS,
    Reason.DENYLISTED,
    Reason.QUARANTINED,
    Reason.DUPLICATE,
    Reason.EXCLUDED_BY_RULE,
]
GROUNDS = st.frozensets(st.sampled_from(Ground))
CLASSES = st.sampled_from(MessageClass)


def test_the_reasons_come_in_their_order() -> None:
    places = [ORDER.index(rule.reason) for rule in EXCLUSION_RULES]
    assert places == sorted(places)
    assert set(places) == set(range(len(ORDER)))


def test_every_ground_has_one_rule() -> None:
    assert [rule.ground for rule in EXCLUSION_RULES] == list(Ground)


@pytest.mark.parametrize(
    ("ground", "reason", "cause", "stopped"),
    [
        (Ground.NO_ADDRESS, Reason.ADDRESS_EMPTY, None, set(MessageClass)),
        (Ground.NO_KEY, Reason.INVALID_ADDRESS, None, set(MessageClass)),
        (Ground.OPTED_OUT_OF_ALL, Reason.DENYLISTED, ExclusionCause.OPTED_OUT, {COMMERCIAL, TRANSACTIONAL}),
        (Ground.OPTED_OUT_OF_CHANNEL, Reason.DENYLISTED, ExclusionCause.OPTED_OUT, {COMMERCIAL}),
        (Ground.COMPLAINED, Reason.DENYLISTED, ExclusionCause.COMPLAINT, set(MessageClass)),
        (Ground.STOPPED, Reason.DENYLISTED, ExclusionCause.STOP, set(MessageClass)),
        (Ground.DENYLISTED, Reason.DENYLISTED, None, set(MessageClass)),
        (Ground.QUARANTINED, Reason.QUARANTINED, None, {COMMERCIAL, TRANSACTIONAL}),
        (Ground.HELD, Reason.QUARANTINED, ExclusionCause.INCIDENT, {COMMERCIAL, TRANSACTIONAL}),
        (Ground.SEEN_BEFORE, Reason.DUPLICATE, None, set(MessageClass)),
        (Ground.CONFIRMED_LATELY, Reason.EXCLUDED_BY_RULE, ExclusionCause.RULE, {CONFIRMATION}),
    ],
)
def test_what_each_ground_stops(
    ground: Ground, reason: Reason, cause: ExclusionCause | None, stopped: set[MessageClass]
) -> None:
    for message_class in MessageClass:
        found = first_exclusion(frozenset({ground}), message_class=message_class)
        if message_class in stopped:
            assert found is not None
            assert (found.reason, found.cause) == (reason, cause)
        else:
            assert found is None


def test_what_is_asked_again_at_every_claim() -> None:
    assert {rule.ground for rule in rules_for(COMMERCIAL, late=True)} == {
        Ground.OPTED_OUT_OF_ALL,
        Ground.OPTED_OUT_OF_CHANNEL,
        Ground.COMPLAINED,
        Ground.STOPPED,
        Ground.DENYLISTED,
        Ground.QUARANTINED,
        Ground.HELD,
        Ground.UNSUBSCRIBED,
    }


def test_nothing_against_it_is_no_exclusion() -> None:
    assert first_exclusion(frozenset(), message_class=COMMERCIAL) is None


@given(GROUNDS, CLASSES, st.booleans())
def test_the_first_that_applies_wins(grounds: frozenset[Ground], message_class: MessageClass, late: bool) -> None:
    found = first_exclusion(grounds, message_class=message_class, late=late)
    rules = [rule for rule in rules_for(message_class, late=late) if rule.ground in grounds]
    assert found is (rules[0] if rules else None)
    if found:
        assert all(ORDER.index(found.reason) <= ORDER.index(rule.reason) for rule in rules)


@given(GROUNDS, GROUNDS, CLASSES)
def test_more_against_it_never_lets_it_pass(
    grounds: frozenset[Ground], more: frozenset[Ground], message_class: MessageClass
) -> None:
    if first_exclusion(grounds, message_class=message_class):
        assert first_exclusion(grounds | more, message_class=message_class)


@given(GROUNDS)
def test_nothing_commercial_passes_what_stops_the_transactional(grounds: frozenset[Ground]) -> None:
    if first_exclusion(grounds, message_class=TRANSACTIONAL):
        assert first_exclusion(grounds, message_class=COMMERCIAL)
