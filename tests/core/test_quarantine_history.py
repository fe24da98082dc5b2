"""Successes taken back, timed exits, releases, undo and snapshots (specification 04)."""

from dataclasses import replace
from typing import Any

import pytest

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot, WhyNot
from rebond.core.quarantine import explain, fold
from rebond.core.words import AddressStatus, Cause, Reason
from tests.core.given import at, daily, event, hard, ignored, policy, soft, undo

CAMPAIGN = policy()


def state_of(*evidence: Evidence) -> AddressState:
    return fold(CAMPAIGN, None, evidence)


def why_not(*evidence: Evidence) -> list[WhyNot]:
    return [judgement.why_not for judgement in explain(CAMPAIGN, None, evidence)[1]]


class TestSuccess:
    def test_it_clears_the_errors(self) -> None:
        state = state_of(*daily(3), event(Event.DELIVERED, at(days=5)))
        assert (state.status, state.error_count, state.origin) == (AddressStatus.VALID, 0, Origin.SUCCESS)
        assert (state.since, state.releases, state.plain) == (at(days=5), 1, False)

    def test_five_more_are_needed_after_it(self) -> None:
        cleared = [*daily(4), event(Event.DELIVERED, at(days=4))]
        assert state_of(*cleared, *daily(4, start=24 * 5)).error_count == 4
        assert state_of(*cleared, *daily(5, start=24 * 5)).status is AddressStatus.QUARANTINED

    def test_the_gap_still_runs_from_the_error_counted_before_it(self) -> None:
        evidence = [soft(at()), event(Event.DELIVERED, at(1)), soft(at(2)), soft(at(24))]
        assert why_not(*evidence) == [WhyNot.COUNTED, WhyNot.COUNTED, WhyNot.GAP, WhyNot.COUNTED]

    def test_it_frees_what_soft_errors_quarantined(self) -> None:
        assert state_of(*daily(5), event(Event.DELIVERED, at(days=6))).status is AddressStatus.VALID

    @pytest.mark.parametrize("first", [hard(at()), event(Event.QUARANTINED, at())])
    def test_it_frees_nothing_else(self, first: Evidence) -> None:
        success = event(Event.DELIVERED, at(1))
        assert state_of(first, success).status is AddressStatus.QUARANTINED
        assert why_not(first, success)[1] is WhyNot.STATUS


class TestSuccessTakenBack:
    @pytest.mark.parametrize(
        "later",
        [
            soft(at(2), message="m1", asynchronous=True),
            soft(at(2), message="m1"),
            soft(at(1), message="m1"),
            soft(at(2), Cause.REPUTATION, message="m1"),
            soft(at(2), Cause.GREYLISTED, message="m1"),
            soft(at(2), message="m1", text_ignored=True),
            soft(at(2), message="m1", held_by="incident 1"),
            hard(at(2), message="m1"),
            # Told by a clock that is behind: a return comes after the success by nature.
            soft(at(0.5), message="m1", asynchronous=True),
        ],
    )
    def test_by_a_later_failure_of_the_same_message(self, later: Evidence) -> None:
        success = event(Event.DELIVERED, at(1), message="m1")
        judged = {
            judgement.evidence.identity: judgement.why_not
            for judgement in explain(
                CAMPAIGN,
                None,
                [
                    *daily(2, start=-48),
                    success,
                    later,
                ],
            )[1]
        }
        assert judged[success.identity] is WhyNot.RETRACTED
        assert state_of(*daily(2, start=-48), success, later).error_count >= 2

    @pytest.mark.parametrize(
        "other",
        [
            soft(at(2), message="m2", asynchronous=True),
            soft(at(2), asynchronous=True),
            soft(at(0.5), message="m1"),
            soft(at(2), message="m1", asynchronous=True, trusted=False),
            ignored(at(2), message="m1", asynchronous=True),
            soft(at(2), Cause.AUTO_REPLY, message="m1", asynchronous=True),
            event(Event.COMPLAINT, at(2), message="m1"),
        ],
    )
    def test_by_nothing_else(self, other: Evidence) -> None:
        success = event(Event.DELIVERED, at(1), message="m1")
        judged = {
            judgement.evidence.identity: judgement.why_not
            for judgement in explain(
                CAMPAIGN,
                None,
                [
                    *daily(2, start=-48),
                    success,
                    other,
                ],
            )[1]
        }
        assert judged[success.identity] is WhyNot.COUNTED

    def test_successes_without_a_message_stand(self) -> None:
        assert state_of(soft(at()), event(Event.DELIVERED, at(1)), soft(at(2))).error_count == 0

    def test_a_server_that_takes_everything_and_bounces_a_day_later_reaches_the_threshold(self) -> None:
        evidence = []
        for week in range(5):
            evidence.append(event(Event.DELIVERED, at(days=7 * week), message=f"m{week}"))
            evidence.append(soft(at(days=7 * week + 1), message=f"m{week}", asynchronous=True))
        assert state_of(*evidence).status is AddressStatus.QUARANTINED

    def test_a_voided_failure_takes_nothing_back(self) -> None:
        success = event(Event.DELIVERED, at(1), message="m1")
        failure = soft(at(30), message="m1", asynchronous=True)
        state = state_of(soft(at()), success, failure, undo(at(40), failure))
        assert (state.status, state.error_count) == (AddressStatus.VALID, 0)


class TestExit:
    @pytest.mark.parametrize("count", [1, 5])
    def test_a_full_mailbox_leaves_thirty_days_after_its_last_error_and_not_before(self, count: int) -> None:
        errors = daily(count, Cause.QUOTA)
        due = at(days=count - 1 + 30)
        assert state_of(*errors).until == due
        early = event(Event.EXIT_DUE, at(days=count - 1 + 30, minutes=-1))
        assert state_of(*errors, early).error_count == count
        assert why_not(*errors, early)[-1] is WhyNot.NOT_DUE
        state = state_of(*errors, event(Event.EXIT_DUE, due))
        assert (state.status, state.error_count, state.origin, state.until) == (
            AddressStatus.VALID,
            0,
            Origin.EXIT,
            None,
        )

    @pytest.mark.parametrize("late", [Cause.QUOTA, Cause.SYSTEM, Cause.SYSTEM_FULL, Cause.NO_SUCH_USER])
    def test_any_error_of_a_counting_owner_moves_it(self, late: Cause) -> None:
        errors = [*daily(5, Cause.QUOTA), soft(at(days=20), late)]
        assert state_of(*errors).until == at(days=50)
        assert state_of(*errors, event(Event.EXIT_DUE, at(days=34))).status is AddressStatus.QUARANTINED
        assert state_of(*errors, event(Event.EXIT_DUE, at(days=50))).status is AddressStatus.VALID

    @pytest.mark.parametrize(
        "fields", [{"held_by": "incident 1"}, {"trusted": False}, {"cause": Cause.REPUTATION}], ids=str
    )
    def test_nothing_else_moves_it(self, fields: dict[str, Any]) -> None:
        assert state_of(*daily(5, Cause.QUOTA), soft(at(days=20), **fields)).until == at(days=34)

    def test_a_late_error_makes_an_exit_void(self) -> None:
        exit_due = event(Event.EXIT_DUE, at(days=34))
        assert state_of(*daily(5, Cause.QUOTA), exit_due).status is AddressStatus.VALID
        late = soft(at(days=33), Cause.QUOTA)
        assert state_of(*daily(5, Cause.QUOTA), exit_due, late).status is AddressStatus.QUARANTINED

    @pytest.mark.parametrize(
        "evidence",
        [
            daily(3),
            daily(5),
            [*daily(4, Cause.QUOTA), *daily(1, start=96)],
            [hard(at())],
            [event(Event.QUARANTINED, at())],
            [event(Event.COMPLAINT, at())],
            [*daily(3, Cause.QUOTA), event(Event.STOP, at(days=3))],
        ],
    )
    def test_nobody_else_leaves_by_itself(self, evidence: list[Evidence]) -> None:
        before = state_of(*evidence)
        assert before.until is None
        assert state_of(*evidence, event(Event.EXIT_DUE, at(days=3000))) == before


class TestRelease:
    def test_it_counts_how_often_it_left(self) -> None:
        evidence = []
        for month in range(3):
            evidence += [hard(at(days=30 * month)), event(Event.RELEASED, at(1, days=30 * month))]
        state = state_of(*evidence)
        assert (state.status, state.origin, state.releases) == (AddressStatus.VALID, Origin.RELEASE, 3)
        assert not state.plain

    def test_an_older_failure_that_arrives_after_it_is_before_it(self) -> None:
        evidence = [hard(at(10)), event(Event.RELEASED, at(20))]
        assert state_of(*evidence, soft(at(5))).status is AddressStatus.VALID
        assert state_of(*evidence, soft(at(5))).error_count == 0

    def test_a_plainly_valid_address_has_nothing_to_release(self) -> None:
        assert state_of(event(Event.RELEASED, at())).plain


class TestUndo:
    def test_it_voids_what_it_names(self) -> None:
        told = event(Event.QUARANTINED, at(days=9))
        assert state_of(*daily(2), told, undo(at(days=10), told)) == state_of(*daily(2))
        assert why_not(told, undo(at(days=10), told)) == [WhyNot.VOIDED, WhyNot.COUNTED]

    def test_an_undone_undo_voids_nothing(self) -> None:
        told = event(Event.QUARANTINED, at())
        first = undo(at(1), told)
        assert state_of(told, first, undo(at(2), first)).status is AddressStatus.QUARANTINED
        assert why_not(told, first, undo(at(2), first)) == [WhyNot.COUNTED, WhyNot.VOIDED, WhyNot.COUNTED]

    def test_an_undo_undone_twice_voids_again(self) -> None:
        told = event(Event.QUARANTINED, at())
        first = undo(at(1), told)
        second = undo(at(2), first)
        assert state_of(told, first, second, undo(at(3), second)).plain

    @pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
    def test_at_the_same_instant_the_undo_that_no_other_names_decides(self, names: tuple[str, str]) -> None:
        told = event(Event.QUARANTINED, at())
        first = undo(at(1), told, identity=names[0])
        second = undo(at(1), first, identity=names[1])
        assert state_of(told, first, second).status is AddressStatus.QUARANTINED

    def test_a_failure_can_be_undone(self) -> None:
        errors = daily(5)
        state = state_of(*errors, undo(at(days=9), errors[2]))
        assert (state.status, state.error_count) == (AddressStatus.ERRONEOUS, 4)


class TestSnapshot:
    def test_it_goes_on_from_there(self) -> None:
        early, late = daily(3), daily(2, start=72)
        snapshot = Snapshot(horizon=at(days=2), policy_digest="", state=state_of(*early))
        assert fold(CAMPAIGN, snapshot, late) == state_of(*early, *late)
        assert fold(CAMPAIGN, snapshot, []) == state_of(*early)

    @pytest.mark.parametrize(("hours", "why"), [(47, WhyNot.BEFORE_SNAPSHOT), (48, WhyNot.BEFORE_SNAPSHOT)])
    def test_what_arrives_for_before_is_kept_without_effect(self, hours: int, why: WhyNot) -> None:
        snapshot = Snapshot(horizon=at(48), policy_digest="", state=state_of(*daily(3)))
        state, judgements = explain(CAMPAIGN, snapshot, [hard(at(hours))])
        assert state == snapshot.state
        assert judgements[0].why_not is why

    def test_the_first_moment_after_it_counts(self) -> None:
        snapshot = Snapshot(horizon=at(48), policy_digest="", state=AddressState())
        assert fold(CAMPAIGN, snapshot, [hard(at(48, minutes=1))]).status is AddressStatus.QUARANTINED

    def test_what_waited_for_a_second_error_is_remembered(self) -> None:
        first, second = (soft(at(hour), Cause.NO_SUCH_USER, confirm=2) for hour in (0, 24))
        snapshot = Snapshot(horizon=at(1), policy_digest="", state=state_of(first))
        assert fold(CAMPAIGN, snapshot, [second]).origin is Origin.HARD

    def test_the_exit_date_follows_the_present_policy(self) -> None:
        snapshot = Snapshot(horizon=at(1), policy_digest="", state=state_of(soft(at(), Cause.QUOTA)))
        assert fold(policy(full_exit="10d"), snapshot, []).until == at(days=10)


def test_evidence_twice_is_evidence_once() -> None:
    evidence = [*daily(3), event(Event.DELIVERED, at(days=3)), *daily(2, start=96)]
    state, judgements = explain(CAMPAIGN, None, [*evidence, *evidence])
    assert state == state_of(*evidence)
    assert len(judgements) == len(evidence)


def test_a_judgement_tells_the_arithmetic() -> None:
    _, judgements = explain(CAMPAIGN, None, [*daily(5), event(Event.RELEASED, at(days=5))])
    assert [(j.status, j.error_count, j.counted) for j in judgements] == [
        (AddressStatus.ERRONEOUS, 1, True),
        (AddressStatus.ERRONEOUS, 2, True),
        (AddressStatus.ERRONEOUS, 3, True),
        (AddressStatus.ERRONEOUS, 4, True),
        (AddressStatus.QUARANTINED, 5, True),
        (AddressStatus.VALID, 0, True),
    ]


def test_nothing_known_is_plainly_valid() -> None:
    assert state_of() == AddressState()
    assert state_of().plain


def test_a_state_with_something_to_tell_is_not_plain() -> None:
    assert not replace(AddressState(), since=at()).plain
    assert not replace(AddressState(), error_count=1).plain
    assert state_of(soft(at(), Cause.QUOTA)).reason is Reason.MAILBOX_FULL
