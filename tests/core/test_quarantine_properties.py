"""What holds for every history of an address."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import assume, example, given
from hypothesis import strategies as st

from rebond.core.failure import AddressState, Event, Evidence, Origin, Snapshot, WhyNot
from rebond.core.quarantine import explain, fold
from rebond.core.words import CAUSES, AddressStatus, Cause, FailureType, Reason
from tests.core.given import at, policy, verdict
from tests.core.oracle import tell

CAMPAIGN = policy()
RESTING = policy(reset_after="10d", immediate_causes=["quota"])
POLICIES = (CAMPAIGN, policy("classic"), policy("consecutive"), RESTING)
# Fewer of each than there are, so that histories meet themselves.
CAUSES_MET = st.sampled_from(
    [
        Cause.NO_SUCH_USER,
        Cause.QUOTA,
        Cause.SYSTEM,
        Cause.TIMEOUT,
        Cause.SYSTEM_FULL,
        Cause.GREYLISTED,
        Cause.UNKNOWN,
        Cause.REPUTATION,
        Cause.VIRUS,
        Cause.AUTO_REPLY,
    ]
)
MOMENTS = st.one_of(
    st.integers(0, 60).map(lambda hours: at(12 * hours)),
    st.integers(0, 100 * 24 * 60).map(lambda minutes: at(minutes=minutes)),
)
MESSAGES = st.sampled_from(["", "m1", "m2", "m3"])
RARELY = st.integers(0, 7).map(lambda n: n == 0)


@st.composite
def failures(draw: st.DrawFn, name: str) -> Evidence:
    cause = draw(CAUSES_MET)
    kinds = [FailureType.SOFT, FailureType.SOFT, FailureType.IGNORED]
    if CAUSES[cause].hard:
        kinds.append(FailureType.HARD)
    judged = verdict(cause, kind=draw(st.sampled_from(kinds)), confirm=draw(st.sampled_from([1, 1, 2])))
    return Evidence(
        identity=name,
        event=Event.FAILURE,
        at=draw(MOMENTS),
        verdict=judged,
        message=draw(MESSAGES),
        asynchronous=draw(st.booleans()),
        trusted=not draw(RARELY),
        first_sight=draw(RARELY),
        held_by="incident" if draw(RARELY) else "",
        text_ignored=draw(RARELY),
    )


@st.composite
def events(draw: st.DrawFn, name: str) -> Evidence:
    kind = draw(st.sampled_from([kind for kind in Event if kind not in (Event.FAILURE, Event.UNDO)]))
    return Evidence(identity=name, event=kind, at=draw(MOMENTS), message=draw(MESSAGES), trusted=not draw(RARELY))


@st.composite
def histories(draw: st.DrawFn) -> list[Evidence]:
    found = [
        draw(st.one_of(failures(f"f{number}"), failures(f"f{number}"), events(f"e{number}")))
        for number in range(draw(st.integers(0, 14)))
    ]
    for number in range(draw(st.integers(0, 2))):
        if found:
            # An undo names what is known when it is made.
            voided = draw(st.sets(st.sampled_from([item.identity for item in found]), max_size=3))
            last = max(item.at for item in found)
            found.append(
                Evidence(identity=f"u{number}", event=Event.UNDO, at=last + timedelta(hours=1), voids=frozenset(voided))
            )
    return found


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(history: list[Evidence], random: Random) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    for by in POLICIES:
        assert explain(by, None, shuffled) == explain(by, None, history)


@given(histories(), st.data())
def test_evidence_that_comes_again_changes_nothing(history: list[Evidence], data: st.DataObject) -> None:
    assume(history)
    again = data.draw(st.lists(st.sampled_from(history)))
    assert fold(CAMPAIGN, None, [*again, *history, *again]) == fold(CAMPAIGN, None, history)


@given(histories(), st.sampled_from([None, 3, 10, 40]))
def test_the_naive_reading_of_the_specification_agrees(history: list[Evidence], days: int | None) -> None:
    by = policy(reset_after=f"{days}d") if days else CAMPAIGN
    state, address = fold(by, None, history), tell(history, rest=timedelta(days=days) if days else None)
    assert (
        state.status,
        state.error_count,
        state.last_error_at,
        state.last_counted_at,
        state.releases,
        state.reason or "",
        state.confirming,
    ) == (
        address.status,
        address.count,
        address.last_error,
        address.last_counted,
        address.releases,
        address.reason,
        address.seen_once if address.status in ("valid", "erroneous") else state.confirming,
    )


@given(histories())
def test_no_count_goes_past_the_threshold_without_a_quarantine(history: list[Evidence]) -> None:
    for judgement in explain(CAMPAIGN, None, history)[1]:
        assert judgement.error_count <= CAMPAIGN.email.threshold
        if judgement.status is AddressStatus.ERRONEOUS:
            assert 1 <= judgement.error_count < CAMPAIGN.email.threshold
        if judgement.status is AddressStatus.VALID:
            assert judgement.error_count == 0


@given(histories())
def test_only_a_clear_makes_an_address_with_a_counted_error_valid(history: list[Evidence]) -> None:
    state, judgements = explain(CAMPAIGN, None, history)
    counted = [j for j in judgements if j.counted and j.evidence.event is Event.FAILURE]
    if counted:
        assert not state.plain
    if counted and state.status is AddressStatus.VALID:
        assert state.origin in (Origin.SUCCESS, Origin.CONFIRMATION, Origin.EXIT, Origin.RELEASE)


@given(histories())
def test_counted_errors_are_a_gap_apart(history: list[Evidence]) -> None:
    moments = [
        judgement.evidence.at
        for judgement in explain(CAMPAIGN, None, history)[1]
        if judgement.counted and judgement.evidence.verdict and not judgement.evidence.verdict.hard_at_once
    ]
    assert all(later - earlier >= CAMPAIGN.email.gap for earlier, later in pairwise(moments))


@given(histories())
def test_what_had_no_effect_can_be_left_out_but_for_the_last_error(history: list[Evidence]) -> None:
    state, judgements = explain(CAMPAIGN, None, history)
    silent = (WhyNot.TYPE_IGNORED, WhyNot.TRUST, WhyNot.OWNER, WhyNot.INCIDENT, WhyNot.NOT_DUE)
    kept = [j.evidence for j in judgements if j.why_not not in silent or _takes_back(j.evidence)]
    assert fold(CAMPAIGN, None, kept) == state


def _takes_back(item: Evidence) -> bool:
    return bool(item.message) and item.trusted and item.verdict is not None and not item.verdict.harmless


@given(histories(), MOMENTS)
@example(history=[], horizon=at())
def test_a_snapshot_and_the_rest_make_the_whole(history: list[Evidence], horizon: datetime) -> None:
    early = [item for item in history if item.at <= horizon]
    late = [item for item in history if item.at > horizon]
    # A purge is months behind: what speaks of an earlier message, or undoes an earlier operation, came before it.
    assume(not {item.message for item in early} & {item.message for item in late} - {""})
    assume(not {item.identity for item in early} & {name for item in late for name in item.voids})
    for by in POLICIES:
        snapshot = Snapshot(horizon=horizon, policy_digest=by.digest, state=fold(by, None, early))
        whole = fold(by, None, history)
        assert fold(by, snapshot, late) == whole
        # What is kept from before the horizon has had its effect already.
        assert fold(by, snapshot, history) == whole


@given(histories())
def test_the_exit_date_is_the_day_on_which_an_exit_is_due(history: list[Evidence]) -> None:
    for by in POLICIES:
        state = fold(by, None, history)
        if state.until is None:
            continue
        assert state.status in (AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED)
        assert state.reason is Reason.MAILBOX_FULL or by.reset_after
        day = max(state.until, *(item.at for item in history))
        exit_due = Evidence(identity="exit", event=Event.EXIT_DUE, at=day)
        assert fold(by, None, [*history, exit_due]).status is AddressStatus.VALID
        early = replace(exit_due, at=state.until - timedelta(microseconds=1))
        if early.at > max(item.at for item in history):
            assert fold(by, None, [*history, early]) == state


@given(histories(), failures("next"))
def test_the_next_error_finds_an_address_rested_whether_or_not_cleanup_came_by(
    history: list[Evidence], later: Evidence
) -> None:
    last = Evidence(identity="last", event=Event.FAILURE, at=at(days=150), verdict=verdict(Cause.SYSTEM))
    due = last.at + timedelta(days=10)
    later = replace(later, at=due + (later.at - at()), verdict=verdict(later.verdict.cause) if later.verdict else None)
    history = [*history, last]
    exit_due = Evidence(identity="exit", event=Event.EXIT_DUE, at=due)
    without, cleaned = (fold(RESTING, None, [*before, later]) for before in (history, [*history, exit_due]))
    owned = later.verdict and later.verdict.owner in RESTING.count_owners and not later.verdict.harmless
    if fold(RESTING, None, history).status is AddressStatus.ERRONEOUS and later.trusted and not later.held_by and owned:
        assert without == cleaned


@given(histories())
def test_an_empty_start_is_no_start(history: list[Evidence]) -> None:
    nothing = Snapshot(horizon=at(days=-1), policy_digest="", state=AddressState())
    assert fold(CAMPAIGN, nothing, history) == fold(CAMPAIGN, None, history)
