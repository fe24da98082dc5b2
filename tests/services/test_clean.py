"""Timed exits and retention, carried out as of any time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.given import at, policy
from tests.services.event_fixtures import (
    ANNA,
    DAY,
    FOR_EVER,
    KEPT,
    cleaned,
    daily,
    empty_tables,
    event,
    explained,
    full,
    hard,
    has_row,
    soft,
    state,
    took,
    why_not,
)
from tests.services.mail_fixtures import CAME, accept, came, dsn, sent, settle
from tests.services.practice_fixtures import MOON, decision, failed, moons, number_of, practice
from tests.services.sending_fixtures import delivery

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus
from rebond.services.apply_rules import undo
from rebond.services.clean import Cleaned
from rebond.services.decide import decide
from rebond.services.recompute import recompute
from rebond.store.models import (
    AuditEntry,
    Delivery,
    EvidenceRow,
    Exclusion,
    JobRun,
    Message,
    RawMail,
    Requalified,
    ReturnedMail,
    SnapshotRow,
    TargetMember,
    ToldSuccess,
    Unattributed,
)
from rebond.store.read.cleanup import last_run

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BOB = "bob@shop.example"
VALID, ERRONEOUS, QUARANTINED = AddressStatus.VALID, AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED


def purged(horizon: datetime) -> Cleaned:
    """Run a cleanup whose retention of evidence ends at that time, as if all had been stored when it happened."""
    for model in (EvidenceRow, ToldSuccess):
        model._default_manager.update(stored_at=F("at"))
    return cleaned(horizon + KEPT.evidence, KEPT)


# --- exits ----------------------------------------------------------------------------------------------------------


def test_a_run_again_does_nothing_and_says_so() -> None:
    took(full(at()), *daily(2, address=BOB), event("delivered", at(days=2), BOB))
    first = cleaned(at(days=31))
    assert (first.exits, first.rows_removed) == (1, 1)
    again = cleaned(at(days=31))
    assert (again.exits, again.rows_removed) == (0, 1)
    assert cleaned(at(days=31)) == Cleaned()
    assert JobRun.objects.count() == 3
    assert last_run("cleanup") == at(days=31)


def test_a_run_as_of_a_later_time_does_not_pass_for_all_the_days_until_then() -> None:
    cleaned(at(days=400))
    cleaned(at(days=31))
    assert last_run("cleanup") == at(days=31)


def test_a_run_as_of_an_earlier_time_undoes_nothing() -> None:
    took(full(at()))
    assert cleaned(at(days=40)).exits == 1
    assert cleaned(at(days=35)) == Cleaned()
    assert has_row()
    assert state().since == at(days=40)


def test_many_leave_at_once() -> None:
    took(*(full(at(), f"p{number}@shop.example") for number in range(1100)))
    assert cleaned(at(days=30)).exits == 1100
    assert cleaned(at(days=30)).rows_removed == 1100


def test_a_late_failure_voids_an_exit_after_the_row_has_gone() -> None:
    took(full(at()))
    cleaned(at(days=30))
    cleaned(at(days=31))
    assert not has_row()
    took(full(at(days=20)))
    assert (state().status, state().error_count, state().until) == (ERRONEOUS, 2, at(days=50))
    assert has_row()
    assert cleaned(at(days=50)).exits == 1


def test_a_release_is_kept_two_days_as_well() -> None:
    from rebond.services.people import read_address, release

    took(hard(at()))
    release(read_address(ANNA), because="b", actor="t", policy=policy(), now=at(days=1))
    assert cleaned(at(days=3, minutes=-1)).rows_removed == 0
    assert cleaned(at(days=3)).rows_removed == 1


def test_what_a_dead_worker_left_open_in_a_cancelled_delivery_is_cancelled() -> None:
    number = delivery(2, status="cancelled")
    Message.objects.filter(delivery=number).update(status="sending", worker="gone", fence=1, lease_until=at(hours=1))
    assert cleaned(at()).messages_cancelled == 0
    assert cleaned(at(hours=2)).messages_cancelled == 2
    assert set(Message.objects.values_list("status", flat=True)) == {"cancelled"}


# --- retention ------------------------------------------------------------------------------------------------------


def test_evidence_is_folded_into_a_snapshot_and_the_state_stays() -> None:
    took(*daily(4), hard(at(), BOB), event("failure", at(), "c@x.example", type="ignored", reason="unreachable"))
    before = state(), state(BOB)
    assert purged(at(days=2)).evidence_purged == 5
    assert (state(), state(BOB)) == before
    assert EvidenceRow.objects.count() == 1
    assert sorted(SnapshotRow.objects.values_list("address_key", "horizon")) == [(ANNA, at(days=2)), (BOB, at(days=2))]
    kept = explained(BOB).snapshot
    assert kept is not None
    assert (kept.horizon, kept.state.status) == (at(days=2), QUARANTINED)
    took(soft(at(days=4)))
    assert (state().status, state().error_count) == (QUARANTINED, 5)


IMPORTED = at(days=190)
HISTORY = {
    "failures": [*daily(5), hard(at(days=9), BOB)],
    "a told success, and a failure of its own message": [
        event("delivered", at(days=4), message_id="m"),
        *daily(5, message_id="m"),
    ],
    "told successes alone": [event("delivered", at()), event("delivered", at(days=9), BOB)],
}


@pytest.mark.parametrize("lines", HISTORY.values(), ids=HISTORY.keys())
def test_history_that_was_brought_in_lately_stays_until_it_is_old_here(lines: list[str]) -> None:
    took(*lines, now=IMPORTED)
    before = explained().judgements
    assert cleaned(IMPORTED, KEPT).evidence_purged == 0
    assert explained().judgements == before
    assert cleaned(IMPORTED + KEPT.evidence - DAY, KEPT).evidence_purged == 0
    assert cleaned(IMPORTED + KEPT.evidence, KEPT).evidence_purged == len(lines)


def test_one_late_piece_keeps_all_of_its_address_and_no_other() -> None:
    took(*daily(3), hard(at(days=1), BOB), now=at(days=3))
    took(event("delivered", at(days=2, hours=1)), now=IMPORTED)
    assert cleaned(IMPORTED, KEPT).evidence_purged == 1
    assert state(BOB).status is QUARANTINED
    assert len(why_not()) == 4


def test_history_goes_with_the_log_that_it_needs() -> None:
    """Our own success clears what was brought in; its log goes now, so the history goes into a snapshot with it."""
    took(*(soft(at(days=day), "p0@example.org") for day in range(4)), now=IMPORTED)
    number = delivery(1, status="finished")
    Message.objects.filter(delivery=number).update(status="delivered", delivered_at=at(days=5))
    Delivery.objects.update(finished_at=at(days=6))
    recompute(policy=policy(), now=IMPORTED, actor="t", dry_run=False)
    done = cleaned(IMPORTED, KEPT)
    assert (done.evidence_purged, done.messages_purged) == (4, 1)
    recompute(policy=policy(), now=IMPORTED, actor="t", dry_run=False)
    assert state("p0@example.org").status is VALID


def test_unattributed_returns_stay_until_they_are_old_here() -> None:
    came(dsn("stranger@else.example"), now=IMPORTED)
    assert cleaned(IMPORTED, KEPT).returns_purged == 0
    assert Unattributed.objects.exists()
    assert cleaned(IMPORTED + KEPT.evidence, KEPT).returns_purged == 2


def test_evidence_from_before_a_snapshot_is_kept_without_effect() -> None:
    took(*daily(2))
    purged(at(days=10))
    took(hard(at(days=5)), hard(at(days=10)))
    assert (state().status, state().error_count) == (ERRONEOUS, 2)
    assert why_not() == ["before_snapshot"] * 2
    took(hard(at(days=10, minutes=1)))
    assert state().status is QUARANTINED


def test_a_repeated_event_after_its_purge_has_no_effect() -> None:
    lines = daily(4)
    took(*lines)
    purged(at(days=10))
    took(*lines)
    assert state().error_count == 4
    purged(at(days=20))
    assert state().error_count == 4
    assert not EvidenceRow.objects.exists()
    assert SnapshotRow.objects.get().horizon == at(days=20)


def test_a_run_as_of_an_earlier_time_moves_no_snapshot_back() -> None:
    took(*daily(2))
    purged(at(days=10))
    purged(at(days=5))
    assert SnapshotRow.objects.get().horizon == at(days=10)
    assert state().error_count == 2


def test_a_snapshot_outlives_its_row() -> None:
    took(*daily(2), event("delivered", at(days=3)))
    purged(at(days=10))
    assert not has_row()
    assert SnapshotRow.objects.exists()
    assert state().releases == 1


def test_a_success_of_the_sending_log_goes_into_a_snapshot_before_its_log_goes() -> None:
    took(*(soft(at(days=-20 + day), "p0@example.org") for day in range(3)))
    purged(at(days=-10))
    assert state("p0@example.org").error_count == 3
    number = delivery(1, status="finished")
    Message.objects.update(status="delivered", delivered_at=at())
    Delivery.objects.update(finished_at=at(hours=1))
    recompute(policy=policy(), now=at(), actor="t", dry_run=False)
    assert state("p0@example.org").status is VALID
    assert purged(at(days=1)).messages_purged == 1
    assert not Message.objects.filter(delivery=number).exists()
    took(event("failure", at(days=2), "p0@example.org", type="ignored", reason="unreachable"))
    recompute(policy=policy(), now=at(), actor="t", dry_run=False)
    assert (state("p0@example.org").status, state("p0@example.org").error_count) == (VALID, 0)


def test_a_success_that_is_taken_back_later_is_not_in_the_snapshot() -> None:
    took(*daily(4), event("delivered", at(days=4), message_id="m"), soft(at(days=5), message_id="m"))
    assert state().status is QUARANTINED
    before = state()
    purged(at(days=4, hours=12))
    assert state() == before
    took(event("failure", at(days=6), type="ignored", reason="unreachable"))
    assert state() == before


def test_what_is_still_needed_stays() -> None:
    """A return older than the success that it takes back (a clock was wrong) keeps both, while one is young."""
    (row,) = sent(when=at(minutes=5))
    raw = dsn(row.address, date=at(minutes=1), status="4.3.0", text="451 4.3.0 Temporary lookup failure")
    came(raw, to=f"b+{row.message_id.split('@')[0]}@bounce.example")
    before = state(row.address)
    assert (before.status, before.error_count) == (ERRONEOUS, 1)
    assert purged(at(minutes=2)).evidence_purged == 0
    assert state(row.address) == before
    assert EvidenceRow.objects.count() == 1
    assert purged(at(days=1)).evidence_purged == 1
    assert state(row.address) == before


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_purge_never_changes_a_state(data: st.DataObject) -> None:
    empty_tables()
    kinds = ["soft", "full", "hard", "refused", "delivered", "complaint", "confirmed", "ignored"]
    for number in range(data.draw(st.integers(1, 8))):
        when = at(hours=12 * data.draw(st.integers(0, 12)))
        fields: dict[str, Any] = {"id": number, "message_id": data.draw(st.sampled_from(["", "m", "n"]))}
        kind = data.draw(st.sampled_from(kinds))
        if kind == "hard":
            took(hard(when, **fields))
        elif kind in ("soft", "full", "refused"):
            reason = {"soft": "unreachable", "full": "mailbox_full", "refused": "refused"}[kind]
            took(soft(when, reason=reason, **fields))
        elif kind == "ignored":
            took(event("failure", when, type="ignored", reason="unreachable", **fields))
        else:
            took(event(kind, when, **fields))
    for hours in sorted(data.draw(st.lists(st.integers(-12, 160), max_size=3))):
        cleaned(at(hours=hours) + KEPT.evidence, FOR_EVER)  # the exits of that day come first
        before = _folded()
        purged(at(hours=hours))
        assert _folded() == before
    before = _folded()
    recompute(policy=policy(), now=at(), actor="t", dry_run=False)
    assert _folded() == before


def _folded() -> AddressState:
    """The state as its evidence and snapshot say, whatever row there is."""
    from rebond.core.quarantine import fold
    from rebond.core.words import Channel
    from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of

    about = AddressKey(Channel.EMAIL, ANNA)
    return fold(policy(), snapshots_of([about]).get(about), evidence_of([about])[about])


def test_raw_mails_go_after_their_time_but_not_before_they_are_settled() -> None:
    (row,) = sent()
    came(dsn("stranger@else.example"))
    accept(dsn(row.address), to=f"b+{row.message_id.split('@')[0]}@bounce.example")
    assert cleaned(CAME + KEPT.raw_mails - timedelta(seconds=1), KEPT).raw_mails_purged == 0
    assert cleaned(CAME + KEPT.raw_mails, KEPT).raw_mails_purged == 1
    assert settle(CAME + KEPT.raw_mails).settled == 1
    assert cleaned(CAME + KEPT.raw_mails, KEPT).raw_mails_purged == 1
    assert not RawMail.objects.exists()
    assert ReturnedMail.objects.count() == 2
    assert cleaned(CAME + KEPT.evidence, KEPT).returns_purged == 3
    assert not Unattributed.objects.exists()


def test_logs_and_deliveries_go_after_theirs_and_the_counters_between_stay() -> None:
    finished, cancelled, running = (
        delivery(3, status="finished"),
        delivery(profiles=[], status="cancelled"),
        delivery(profiles=[], status="sending"),
    )
    Delivery.objects.filter(id=finished).update(finished_at=at())
    Exclusion.objects.create(delivery_id=finished, profile=10**6, reason="duplicate")
    TargetMember.objects.create(delivery_id=finished, profile=1)
    Delivery.objects.update(created_at=at())
    assert cleaned(at() + KEPT.evidence - DAY, KEPT).messages_purged == 0
    done = cleaned(at() + KEPT.evidence, KEPT)
    assert (done.messages_purged, done.deliveries_purged) == (4, 0)
    assert Delivery.objects.get(id=finished).counts.messages == 3
    assert cleaned(at() + KEPT.deliveries, KEPT).deliveries_purged == 2
    assert list(Delivery.objects.values_list("id", flat=True)) == [running]
    assert cancelled != running
    assert not TargetMember.objects.exists()


def test_the_audit_goes_after_a_year() -> None:
    AuditEntry.objects.create(at=at(), actor="t", action="x", object="y")
    assert cleaned(at(days=364), KEPT).audit_purged == 0
    assert cleaned(at(days=365), KEPT).audit_purged == 1


def test_told_successes_go_too() -> None:
    took(event("delivered", at()), event("delivered", at(days=9), BOB))
    assert purged(at(days=5)).evidence_purged == 1
    assert ToldSuccess.objects.count() == 1
    assert cleaned(at(), FOR_EVER).evidence_purged == 0


def test_the_earlier_verdicts_of_purged_evidence_go_with_it() -> None:
    moons(3)
    took(failed(MOON.format("late@shop.example"), "late@shop.example", day=9))
    operation = decide(practice(hours=24 * 10), decision(number_of("Zorglub")))
    assert Requalified.objects.count() == 4
    before = [state(f"a{number}@shop.example") for number in range(3)]
    done = purged(at(days=5))
    assert (done.evidence_purged, done.requalified_purged) == (3, 3)
    assert purged(at(days=5)).requalified_purged == 0
    (kept,) = Requalified.objects.values_list("evidence", flat=True)
    assert EvidenceRow.objects.get(id=kept).address_key == "late@shop.example"
    undo(practice(hours=24 * 11), operation.number)
    assert not Requalified.objects.exists()
    assert state("late@shop.example").status is ERRONEOUS
    assert [state(f"a{number}@shop.example") for number in range(3)] == before
