"""What is tried again and when, and what its failures come to at the address."""

from datetime import datetime, timedelta

import pytest
from sending_fixtures import (
    HARD,
    HOUR,
    SOFT,
    SOFT_PERMANENT,
    START,
    Answer,
    JumpingClock,
    MemorySender,
    always,
    assert_reconciled,
    delivery,
    hours,
    run_send,
    run_to_the_end,
    statuses,
)

from rebond.core.ports import OutcomeKind
from rebond.core.words import DeliveryStatus
from rebond.store.models import AddressStateRow, Delivery, DeliveryCounts, EvidenceRow, Message

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_only_soft_answers_count_five_and_quarantine_at_the_last_attempt() -> None:
    number, sender = delivery(1), always(SOFT)
    run_to_the_end(number, sender)
    assert hours(sender, "p0@example.org") == [0, 1, 2, 3, 4, 5, 29, 53, 77, 101]
    state = AddressStateRow.objects.get()
    assert (state.status, state.error_count) == ("quarantined", 5)
    assert state.since == sender.times["p0@example.org"][-1]
    row = Message.objects.get()
    assert (row.status, row.type, row.reason, row.cause) == ("failed", "soft", "mailbox_full", "quota")
    assert (row.attempts, row.next_attempt_at) == (10, None)
    assert EvidenceRow.objects.count() == 10
    assert Delivery.objects.get().status == "finished"


def test_a_validity_of_84_hours_counts_four() -> None:
    number, sender = delivery(1, validity=timedelta(hours=84)), always(SOFT)
    run_to_the_end(number, sender)
    assert hours(sender, "p0@example.org") == [0, 1, 2, 3, 4, 5, 29, 53, 77]
    state = AddressStateRow.objects.get()
    assert (state.status, state.error_count) == ("erroneous", 4)
    assert statuses(number) == {"failed": 1}


def test_after_a_permanent_code_the_hourly_steps_are_skipped() -> None:
    number, sender = delivery(1), always(SOFT_PERMANENT)
    run_to_the_end(number, sender)
    assert hours(sender, "p0@example.org") == [0, 24, 48, 72, 96]
    assert AddressStateRow.objects.get().error_count == 5


def test_hard_is_not_tried_again_and_quarantines() -> None:
    number, sender = (
        delivery(2),
        MemorySender(JumpingClock(), lambda to, at: HARD if to.startswith("p0") else OutcomeKind.ACCEPTED),
    )
    result = run_send(number, sender=sender)
    assert (result.failed, result.delivered, result.status) == (1, 1, DeliveryStatus.FINISHED)
    assert AddressStateRow.objects.get().status == "quarantined"
    evidence = EvidenceRow.objects.get()
    failed = Message.objects.get(status="failed")
    assert (evidence.identity, evidence.message_id) == (f"attempt:{failed.pk}:1", failed.message_id)
    assert (evidence.message, evidence.asynchronous, evidence.trust) == (failed.pk, False, "signed")
    assert_reconciled(number)


def test_an_allowlisted_address_has_its_verdict_decided_first() -> None:
    number = delivery(1)
    AddressStateRow.objects.create(
        channel="email",
        address_key="p0@example.org",
        address="p0@example.org",
        status="allowlisted",
        since=START,
        policy_digest="x",
    )
    sender = always(HARD)
    assert run_send(number, sender=sender).failed == 1
    assert len(sender.taken) == 1
    assert Message.objects.get().type == "hard"


def test_success_after_a_soft_failure_clears_the_address() -> None:
    number = delivery(1)
    sender = MemorySender(JumpingClock(), lambda to, at: SOFT if at == START else OutcomeKind.ACCEPTED)
    run_to_the_end(number, sender)
    row = Message.objects.get()
    assert (row.status, row.type, row.reason, row.attempts) == ("delivered", "", "", 2)
    assert AddressStateRow.objects.get().status == "valid"


def test_a_bounce_that_overtakes_the_outcome_is_counted() -> None:
    number = delivery(1)
    sender = always(OutcomeKind.ACCEPTED)
    Message.objects.update(returned_at=START)
    run_send(number, sender=sender)
    assert DeliveryCounts.objects.get().returned == 1
    assert_reconciled(number)


def test_nothing_is_tried_once_validity_has_ended() -> None:
    number, sender = delivery(2, validity=2 * HOUR), always(SOFT)
    run_send(number, sender=sender)
    sender.clock.time = START + 2 * HOUR + timedelta(seconds=1)
    result = run_send(number, sender=sender)
    assert (result.handed_over, result.failed, result.status) == (0, 2, DeliveryStatus.FINISHED)
    assert len(sender.taken) == 2


def test_the_time_of_a_failure_is_when_its_reply_was_read() -> None:
    number = delivery(1)
    sender = always(SOFT)
    read_at = START + timedelta(minutes=3)

    def slow(to: str, at: datetime) -> Answer:
        sender.clock.time = read_at
        return SOFT

    sender.answer = slow
    run_send(number, sender=sender)
    row = Message.objects.get()
    assert row.last_attempt_at == EvidenceRow.objects.get().at == read_at
    assert row.next_attempt_at is not None
    assert row.next_attempt_at - read_at >= HOUR
