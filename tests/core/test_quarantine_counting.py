"""What counts against an address and what does not (specification 04)."""

from datetime import timedelta
from typing import Any

import pytest

from rebond.core.failure import Event, Evidence, Origin, WhyNot
from rebond.core.policy import Policy
from rebond.core.quarantine import explain, fold
from rebond.core.words import (
    CAUSES,
    AddressStatus,
    Cause,
    Channel,
    FailureType,
    Owner,
    QualificationStatus,
    Reason,
    Trust,
)
from tests.core.given import at, daily, event, failed, hard, ignored, policy, soft, verdict

CAMPAIGN = policy()


def why_not(evidence: list[Evidence], *, by: Policy = CAMPAIGN) -> list[WhyNot]:
    return [judgement.why_not for judgement in explain(by, None, evidence)[1]]


@pytest.mark.parametrize("channel", Channel)
def test_the_fifth_counting_error_quarantines_not_the_fourth(channel: Channel) -> None:
    four = fold(CAMPAIGN, None, daily(4), channel=channel)
    assert (four.status, four.error_count) == (AddressStatus.ERRONEOUS, 4)
    five = fold(CAMPAIGN, None, daily(5), channel=channel)
    assert (five.status, five.error_count, five.origin) == (AddressStatus.QUARANTINED, 5, Origin.SOFT)
    assert (five.since, five.first_error_at, five.last_counted_at) == (at(days=4), at(), at(days=4))


def test_the_sixth_is_noted() -> None:
    state, judgements = explain(CAMPAIGN, None, daily(6))
    assert (state.error_count, judgements[-1].why_not) == (5, WhyNot.STATUS)
    assert state.last_error_at == at(days=5)
    assert state.last_counted_at == at(days=4)


@pytest.mark.parametrize(
    ("gap", "count"),
    [
        (timedelta(hours=23, minutes=59), 1),
        (timedelta(hours=24) - timedelta(microseconds=1), 1),
        (timedelta(hours=24), 2),
    ],
)
def test_the_gap_is_inclusive(gap: timedelta, count: int) -> None:
    evidence = [soft(at()), soft(at() + gap)]
    state = fold(CAMPAIGN, None, evidence)
    assert state.error_count == count
    assert state.last_error_at == at() + gap
    assert why_not(evidence)[1] is (WhyNot.COUNTED if count == 2 else WhyNot.GAP)


def test_the_gap_is_measured_from_the_last_counted_error_not_the_last() -> None:
    assert fold(CAMPAIGN, None, [soft(at(hour)) for hour in (0, 12, 23, 24)]).error_count == 2


def test_the_calendar_of_one_delivery_counts_five() -> None:
    hours = (0, 1, 2, 3, 4, 5, 29, 53, 77, 101)
    evidence = [soft(at(hour)) for hour in hours]
    assert [hours[n] for n, why in enumerate(why_not(evidence)) if why is WhyNot.COUNTED] == [0, 29, 53, 77, 101]
    assert fold(CAMPAIGN, None, evidence).status is AddressStatus.QUARANTINED
    assert fold(CAMPAIGN, None, evidence[:-1]).error_count == 4


@pytest.mark.parametrize("cause", [cause for cause, facts in CAUSES.items() if facts.hard])
def test_hard_at_once(cause: Cause) -> None:
    state = fold(CAMPAIGN, None, [hard(at(), cause, text="550 gone", provider="one")])
    assert (state.status, state.origin) == (AddressStatus.QUARANTINED, Origin.HARD)
    assert (state.reason, state.cause, state.error_text, state.provider) == (
        CAUSES[cause].reason,
        cause,
        "550 gone",
        "one",
    )
    assert (state.error_count, state.first_error_at, state.last_error_at) == (0, at(), at())


def test_hard_needs_no_gap() -> None:
    state = fold(CAMPAIGN, None, [soft(at()), hard(at(1))])
    assert (state.status, state.error_count, state.since) == (AddressStatus.QUARANTINED, 1, at(1))


@pytest.mark.parametrize("cause", Cause)
def test_ignored_never(cause: Cause) -> None:
    evidence = [ignored(at(days=day), cause) for day in range(10)]
    state = fold(CAMPAIGN, None, evidence)
    assert state.plain
    assert state.last_error_at is None
    assert set(why_not(evidence)) == {WhyNot.TYPE_IGNORED}


def test_not_a_failure_has_no_effect_whatever_its_type() -> None:
    evidence = daily(10, Cause.AUTO_REPLY)
    assert fold(CAMPAIGN, None, evidence).plain
    assert set(why_not(evidence)) == {WhyNot.TYPE_IGNORED}


@pytest.mark.parametrize(
    "cause", [cause for cause, facts in CAUSES.items() if facts.owner in (Owner.SENDER, Owner.CONTENT)]
)
def test_what_the_sender_or_the_content_owns_never(cause: Cause) -> None:
    evidence = daily(10, cause)
    state = fold(CAMPAIGN, None, evidence)
    assert state.plain
    assert state.last_error_at is None
    assert set(why_not(evidence)) == {WhyNot.OWNER}


@pytest.mark.parametrize("cause", [cause for cause, facts in CAUSES.items() if facts.deferral])
def test_deferrals_never_but_they_move_the_last_error(cause: Cause) -> None:
    evidence = daily(10, cause)
    state = fold(CAMPAIGN, None, evidence)
    assert state.plain
    assert state.last_error_at == at(days=9)
    assert set(why_not(evidence)) == {WhyNot.DEFERRAL}


SILENT = {Reason.NOT_A_FAILURE, None}


@pytest.mark.parametrize(
    "cause",
    [
        cause
        for cause, facts in CAUSES.items()
        if facts.owner in (Owner.RECIPIENT, Owner.PROVIDER, Owner.UNKNOWN)
        and not facts.deferral
        and facts.reason not in SILENT
    ],
)
def test_every_other_soft_cause_counts(cause: Cause) -> None:
    assert fold(CAMPAIGN, None, daily(5, cause)).status is AddressStatus.QUARANTINED


def test_the_first_sight_of_an_unknown_text_does_not_count_the_second_does() -> None:
    evidence = [soft(at(), Cause.UNKNOWN, first_sight=True), soft(at(1), Cause.UNKNOWN)]
    assert why_not(evidence) == [WhyNot.FIRST_SIGHT, WhyNot.COUNTED]
    state = fold(CAMPAIGN, None, evidence)
    assert (state.error_count, state.first_error_at, state.last_counted_at) == (1, at(1), at(1))


def test_a_first_sight_matters_only_while_the_text_is_not_defined() -> None:
    assert fold(CAMPAIGN, None, [soft(at(), Cause.QUOTA, first_sight=True)]).error_count == 1


NOT_COUNTING: dict[WhyNot, dict[str, Any]] = {
    WhyNot.TEXT_IGNORED: {"text_ignored": True},
    WhyNot.INCIDENT: {"held_by": "incident 1"},
    WhyNot.TRUST: {"trusted": False, "trust": Trust.UNVERIFIED},
}


@pytest.mark.parametrize("why", NOT_COUNTING)
@pytest.mark.parametrize("make", [soft, hard])
def test_what_is_set_aside_does_not_count(why: WhyNot, make: Any) -> None:
    evidence = [make(at(days=day), **NOT_COUNTING[why]) for day in range(6)]
    state = fold(CAMPAIGN, None, evidence)
    assert state.plain
    assert set(why_not(evidence)) == {why}
    # It moves the last error unless it is held or under-trusted.
    assert state.last_error_at == (at(days=5) if why is WhyNot.TEXT_IGNORED else None)


def test_the_words_of_a_qualification_that_is_ignored() -> None:
    assert QualificationStatus.IGNORE == "ignore"  # what `text_ignored` tells


@pytest.mark.parametrize(
    "kind", [Event.DELIVERED, Event.CONFIRMED, Event.COMPLAINT, Event.STOP, Event.START, Event.RELEASED]
)
def test_no_event_acts_without_trust(kind: Event) -> None:
    told = [soft(at()), event(kind, at(1), trusted=False, trust=Trust.UNVERIFIED)]
    assert fold(CAMPAIGN, None, told) == fold(CAMPAIGN, None, told[:1])
    assert why_not(told)[1] is WhyNot.TRUST


def test_the_last_error_moves_in_every_status() -> None:
    for kind in (Event.QUARANTINED, Event.DENYLISTED, Event.ALLOWLISTED):
        state = fold(CAMPAIGN, None, [event(kind, at()), soft(at(1)), hard(at(2))])
        assert state.last_error_at == at(2)
        assert state.error_count == 0


def test_reason_text_and_provider_are_those_of_the_last_counted_error() -> None:
    evidence = [
        soft(at(), Cause.QUOTA, text="452 full", provider="one"),
        soft(at(1), Cause.TIMEOUT, text="slow", provider="two"),
    ]
    state = fold(CAMPAIGN, None, evidence)
    assert (state.reason, state.cause, state.error_text, state.provider) == (
        Reason.MAILBOX_FULL,
        Cause.QUOTA,
        "452 full",
        "one",
    )


class TestConfirm:
    def test_the_second_counting_error_of_the_cause_acts_as_hard(self) -> None:
        evidence = [soft(at(day * 24), Cause.NO_SUCH_USER, confirm=2) for day in range(2)]
        assert fold(CAMPAIGN, None, evidence[:1]).status is AddressStatus.ERRONEOUS
        state = fold(CAMPAIGN, None, evidence)
        assert (state.status, state.origin, state.error_count) == (AddressStatus.QUARANTINED, Origin.HARD, 2)

    def test_inside_the_gap_it_is_not_a_second_one(self) -> None:
        evidence = [soft(at(hour), Cause.NO_SUCH_USER, confirm=2) for hour in (0, 23)]
        assert fold(CAMPAIGN, None, evidence).status is AddressStatus.ERRONEOUS
        assert why_not(evidence)[1] is WhyNot.GAP

    def test_another_cause_does_not_confirm(self) -> None:
        evidence = [soft(at(), Cause.NO_SUCH_USER, confirm=2), soft(at(24), Cause.TOKEN_GONE, confirm=2)]
        assert fold(CAMPAIGN, None, evidence).status is AddressStatus.ERRONEOUS
        evidence.append(soft(at(48), Cause.NO_SUCH_USER, confirm=2))
        assert fold(CAMPAIGN, None, evidence).origin is Origin.HARD

    def test_a_success_between_starts_again(self) -> None:
        evidence = [
            soft(at(), Cause.NO_SUCH_USER, confirm=2),
            event(Event.DELIVERED, at(12)),
            soft(at(24), Cause.NO_SUCH_USER, confirm=2),
        ]
        assert fold(CAMPAIGN, None, evidence).error_count == 1

    def test_a_hard_verdict_that_asks_for_a_second_is_soft_until_then(self) -> None:
        doubted = verdict(Cause.NO_SUCH_USER, kind=FailureType.HARD, confirm=2)
        evidence = [failed(at(hour), doubted) for hour in (0, 12, 24)]
        assert why_not(evidence) == [WhyNot.COUNTED, WhyNot.GAP, WhyNot.COUNTED]
        assert fold(CAMPAIGN, None, evidence[:2]).status is AddressStatus.ERRONEOUS
        assert fold(CAMPAIGN, None, evidence).origin is Origin.HARD


class TestPresets:
    def test_classic_counts_whoever_is_at_fault(self) -> None:
        for cause in (Cause.REPUTATION, Cause.SPAM_CONTENT):
            assert fold(policy("classic"), None, daily(5, cause)).status is AddressStatus.QUARANTINED

    def test_classic_does_not_count_deferrals_either(self) -> None:
        assert fold(policy("classic"), None, daily(5, Cause.GREYLISTED)).plain

    @pytest.mark.parametrize(
        ("channel", "count", "apart", "status"),
        [
            (Channel.EMAIL, 7, 7.5, AddressStatus.QUARANTINED),
            (Channel.EMAIL, 7, 7.4, AddressStatus.ERRONEOUS),
            (Channel.EMAIL, 6, 9, AddressStatus.ERRONEOUS),
            (Channel.SMS, 3, 3.5, AddressStatus.QUARANTINED),
            (Channel.SMS, 3, 3.4, AddressStatus.ERRONEOUS),
            (Channel.PUSH, 5, 1, AddressStatus.QUARANTINED),
        ],
    )
    def test_consecutive_asks_for_a_number_and_a_span(
        self, channel: Channel, count: int, apart: float, status: AddressStatus
    ) -> None:
        evidence = [soft(at(days=apart * n)) for n in range(count)]
        assert fold(policy("consecutive"), None, evidence, channel=channel).status is status

    def test_consecutive_goes_on_counting_until_the_span_is_reached(self) -> None:
        state = fold(policy("consecutive"), None, daily(46))
        assert (state.status, state.error_count) == (AddressStatus.QUARANTINED, 46)

    def test_consecutive_begins_again_after_any_success(self) -> None:
        evidence = [*[soft(at(days=9 * n)) for n in range(6)], event(Event.DELIVERED, at(days=46)), soft(at(days=54))]
        state = fold(policy("consecutive"), None, evidence)
        assert (state.error_count, state.first_error_at) == (1, at(days=54))

    def test_immediate_causes_act_as_hard(self) -> None:
        by = policy("consecutive", immediate_causes=["quota"])
        state = fold(by, None, [soft(at()), soft(at(1), Cause.QUOTA)])
        assert (state.status, state.origin) == (AddressStatus.QUARANTINED, Origin.HARD)
        assert state.until == at(1, days=30)

    def test_a_threshold_of_one(self) -> None:
        assert fold(policy(email={"threshold": 1}), None, [soft(at())]).status is AddressStatus.QUARANTINED

    def test_each_channel_has_its_own_numbers(self) -> None:
        by = policy(sms={"threshold": 2, "gap": "1h"})
        evidence = [soft(at(hour)) for hour in range(2)]
        assert fold(by, None, evidence, channel=Channel.SMS).status is AddressStatus.QUARANTINED
        assert fold(by, None, evidence).error_count == 1


class TestResetAfter:
    BY = policy(reset_after="10d")

    def test_it_is_off_by_default(self) -> None:
        assert fold(CAMPAIGN, None, [soft(at()), soft(at(days=300))]).error_count == 2

    @pytest.mark.parametrize(("days", "count"), [(9.9, 2), (10, 1)])
    def test_that_long_without_a_counting_error_begins_again(self, days: float, count: int) -> None:
        state = fold(self.BY, None, [soft(at()), soft(at(days=days))])
        assert (state.status, state.error_count) == (AddressStatus.ERRONEOUS, count)
        assert state.first_error_at == (at() if count == 2 else at(days=days))
        assert state.since == state.first_error_at

    def test_what_waited_for_a_second_error_begins_again_too(self) -> None:
        evidence = [soft(at(days=day), Cause.NO_SUCH_USER, confirm=2) for day in (0, 11)]
        assert fold(self.BY, None, evidence).status is AddressStatus.ERRONEOUS

    def test_cleanup_carries_it_out(self) -> None:
        state = fold(self.BY, None, [soft(at()), event(Event.EXIT_DUE, at(days=10))])
        assert (state.status, state.origin) == (AddressStatus.VALID, Origin.EXIT)
        assert fold(self.BY, None, [soft(at()), event(Event.EXIT_DUE, at(days=9))]).error_count == 1

    def test_a_hard_error_after_the_rest_is_the_first(self) -> None:
        state = fold(self.BY, None, [soft(at()), soft(at(days=2)), hard(at(days=57))])
        assert (state.status, state.error_count) == (AddressStatus.QUARANTINED, 0)
        assert (state.first_error_at, state.releases) == (at(days=57), 1)

    def test_an_error_that_does_not_count_finds_the_address_rested(self) -> None:
        greylisted = soft(at(days=30), Cause.GREYLISTED)
        state = fold(self.BY, None, [soft(at()), greylisted])
        assert (state.status, state.origin, state.since) == (AddressStatus.VALID, Origin.EXIT, at(days=10))
        assert state.last_error_at == at(days=30)

    def test_a_full_mailbox_waits_for_the_exit_that_cleanup_stores(self) -> None:
        full = [soft(at(days=day), Cause.QUOTA) for day in (0, 1, 58)]
        assert fold(CAMPAIGN, None, full).error_count == 3
        assert fold(CAMPAIGN, None, [*full, event(Event.EXIT_DUE, at(days=31))]).error_count == 1

    def test_it_frees_no_quarantined_address(self) -> None:
        evidence = [*daily(5), event(Event.EXIT_DUE, at(days=100))]
        assert fold(self.BY, None, evidence).status is AddressStatus.QUARANTINED
