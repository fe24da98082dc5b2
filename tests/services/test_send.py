"""Sending: what is due goes out once, and every answer takes its place in the sending log and the counters."""

import asyncio
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from sending_fixtures import (
    HARD,
    HOUR,
    KEYRING,
    SOFT,
    SOFT_PERMANENT,
    START,
    Answer,
    JumpingClock,
    MemorySender,
    accept,
    assert_reconciled,
    delivery,
    means,
    meanwhile,
    people,
    run_send,
    statuses,
)

from rebond.core.message import DeliveryAction
from rebond.core.ports import OutcomeKind
from rebond.core.tokens import Keyring, read
from rebond.core.words import DeliveryStatus
from rebond.services.deliveries import act
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.send import next_due, send
from rebond.services.send_run import WINDOW
from rebond.store.models import (
    AddressStateRow,
    AuditEntry,
    Delivery,
    DeliveryCounts,
    EvidenceRow,
    Message,
    Profile,
    TransportPause,
)
from rebond.store.read.sending import Progress
from rebond.store.write.sending import start_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def always(answer: Answer) -> MemorySender:
    return MemorySender(JumpingClock(), lambda recipient, at: answer)


def run_to_the_end(number: int, sender: MemorySender, *, most: int = 2000) -> None:
    """Send, jump to when something is due, send again, as the demo does."""
    for _ in range(most):
        result = run_send(number, sender=sender)
        assert_reconciled(number)
        if result.next_due is None:
            return
        assert result.next_due > sender.clock.time
        sender.clock.time = result.next_due
    raise AssertionError(f"still {result}")


def hours(sender: MemorySender, recipient: str) -> list[int]:
    return [int((at - START) / HOUR) for at in sender.times[recipient]]


def test_everything_is_handed_over_once_and_the_delivery_is_finished() -> None:
    number, sender = delivery(1203), always(OutcomeKind.ACCEPTED)
    result = run_send(number, sender=sender)
    assert (result.handed_over, result.delivered, result.status) == (1203, 1203, DeliveryStatus.FINISHED)
    assert (result.next_due, result.problem, result.pending) == (None, "", 0)
    assert len({outgoing.message for outgoing in sender.taken}) == len(sender.taken) == 1203
    assert max(sender.windows) == WINDOW
    assert_reconciled(number)
    row = Delivery.objects.get(id=number)
    assert (row.started_at, row.ends_at, row.finished_at) == (START, START + timedelta(days=5), START)
    message = Message.objects.filter(delivery=number).first()
    assert message is not None
    assert (message.attempts, message.delivered_at, message.worker, message.fence) == (1, START, "", 0)
    assert message.lease_until is None
    assert AuditEntry.objects.get().action == "delivery.send"


def test_token_and_message_id_name_the_message_and_stay_the_same() -> None:
    number = delivery(1)
    sender = always(SOFT)
    run_send(number, sender=sender)
    sender.clock.time += timedelta(hours=1, minutes=7)
    rotated = Keyring(KEYRING.keys, 1)
    run_send(number, sender=sender, worker="w2", keyring=rotated)
    first, second = sender.taken
    assert (first.sender, first.content) == (second.sender, second.content)
    row = Message.objects.get(delivery=number)
    token, _, domain = row.message_id.partition("@")
    assert (read(token, keyring=KEYRING, today=START.date()).message, domain) == (row.pk, "bounce.example")
    assert (row.first_claimed_at, row.attempts, row.status) == (START, 2, "pending")


@pytest.mark.parametrize("status", ["draft", "preparing", "prepare_failed", "paused", "finished", "cancelled"])
def test_a_state_that_does_not_allow_it_is_refused_by_name(status: str) -> None:
    number = delivery(1, status=status)
    with pytest.raises(RefusedError, match=f"the delivery is {status}"):
        run_send(number, sender=always(OutcomeKind.ACCEPTED))


def test_an_edit_at_the_moment_of_the_start_waits_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    number = delivery(1)
    start, refused = start_delivery, []

    def edit() -> None:
        try:
            act(number, DeliveryAction.EDIT, now=START, actor="ann")
        except RefusedError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    editor = threading.Thread(target=edit)

    def started(number: int, **values: Any) -> bool:
        editor.start()
        editor.join(0.2)  # time enough for one that does not wait
        return start(number, **values)

    monkeypatch.setattr("rebond.services.send.start_delivery", started)
    assert run_send(number, sender=always(OutcomeKind.ACCEPTED)).delivered == 1
    editor.join()
    assert len(refused) == 1


def test_an_unknown_delivery() -> None:
    with pytest.raises(NotFoundError, match="no delivery 99"):
        run_send(99, sender=always(OutcomeKind.ACCEPTED))


def test_a_delivery_without_messages_is_finished_at_once() -> None:
    number = delivery(0)
    assert run_send(number, sender=always(OutcomeKind.ACCEPTED)).status is DeliveryStatus.FINISHED


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


def test_a_message_that_cannot_be_built() -> None:
    number = delivery(3)
    Profile.objects.filter(external_id="p1").update(fields={"first_name": "Bad"})
    result = run_send(number, sender=always(OutcomeKind.ACCEPTED))
    assert (result.production_errors, result.delivered, result.status) == (1, 2, DeliveryStatus.FINISHED)
    row = Message.objects.get(status="production_error")
    assert (row.reason, row.text, row.attempts) == ("production_error", "'nickname' is undefined", 0)
    assert_reconciled(number)


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


class TestRelay:
    """Faults of the relay concern nobody."""

    def test_a_relay_down_for_five_days_quarantines_nobody_and_loses_nothing(self) -> None:
        number, sender = delivery(120), always(OutcomeKind.FAULT)
        pauses = []
        while True:
            result = run_send(number, sender=sender)
            assert_reconciled(number)
            if result.next_due is None:
                break
            assert "connection refused" in result.problem
            assert Message.objects.filter(attempts=0, status="pending", worker="").count() == 120
            pauses.append((result.next_due - sender.clock.time).total_seconds())
            sender.clock.time = max(result.next_due, sender.clock.time + (len(pauses) > 8) * 3 * HOUR)
        assert pauses[:7] == [30, 60, 120, 300, 600, 900, 900]
        assert (statuses(number), result.failed, result.status) == ({"failed": 120}, 120, DeliveryStatus.FINISHED)
        assert (EvidenceRow.objects.count(), AddressStateRow.objects.count()) == (0, 0)
        row = Message.objects.first()
        assert row is not None
        assert (row.type, row.reason, row.cause, row.attempts) == ("soft", "unreachable", "expired", 0)

    def test_it_comes_back(self) -> None:
        number = delivery(120)
        back = START + 2 * HOUR
        sender = MemorySender(JumpingClock(), lambda to, at: OutcomeKind.ACCEPTED if at >= back else OutcomeKind.FAULT)
        run_to_the_end(number, sender)
        assert statuses(number) == {"delivered": 120}
        assert len(sender.taken) == 120
        assert TransportPause.objects.count() == 0

    def test_while_it_is_paused_nothing_is_claimed(self) -> None:
        number, sender = delivery(1), always(OutcomeKind.FAULT)
        run_send(number, sender=sender)
        assert next_due(number, transport="memory", now=START) == START + timedelta(seconds=30)
        sender.answer = accept
        result = run_send(number, sender=sender)
        assert (result.handed_over, sender.windows) == (0, [1])
        assert result.problem.startswith("waiting until 2026-03-02 08:00:30 UTC for memory: connection refused")

    def test_a_pause_of_a_clock_that_was_put_back_is_over(self) -> None:
        wrong = JumpingClock(START + timedelta(days=2000))
        run_send(delivery(1), sender=MemorySender(wrong, lambda to, at: OutcomeKind.FAULT))
        number, sender = delivery(profiles=people(1, start=1)), always(OutcomeKind.FAULT)
        assert next_due(number, transport="memory", now=START) is None
        result = run_send(number, sender=sender)
        assert (result.pending, result.next_due) == (1, START + timedelta(seconds=60))
        sender.clock.time, sender.answer = START + timedelta(seconds=60), accept
        assert run_send(number, sender=sender).status is DeliveryStatus.FINISHED

    def test_until_settled_waits_and_goes_on(self) -> None:
        number = delivery(1)
        sender = MemorySender(JumpingClock(), lambda to, at: OutcomeKind.FAULT if at == START else OutcomeKind.ACCEPTED)
        result = run_send(number, sender=sender, until_settled=True)
        assert (result.delivered, result.status, result.problem) == (1, DeliveryStatus.FINISHED, "")
        assert sender.times["p0@example.org"] == [START + timedelta(seconds=30)]

    def test_who_watches_is_told_at_the_start_and_while_it_waits(self) -> None:
        number = delivery(2)
        told: list[Progress] = []
        sender = MemorySender(JumpingClock(), lambda to, at: OutcomeKind.FAULT if at == START else OutcomeKind.ACCEPTED)
        run_send(number, sender=sender, until_settled=True, on_progress=told.append)
        assert (told[0].messages, told[0].pending, told[0].waiting_until) == (2, 2, None)
        waited = [progress for progress in told if progress.waiting_until]
        assert len(waited) == 30
        assert {progress.waiting_until for progress in waited} == {START + timedelta(seconds=30)}
        assert (told[-1].pending, told[-1].waiting_until) == (0, None)

    def test_a_message_that_breaks_the_relay_lets_the_others_pass(self) -> None:
        number = delivery(60)
        sender = MemorySender(
            JumpingClock(), lambda to, at: OutcomeKind.FAULT if to == "p0@example.org" else OutcomeKind.ACCEPTED
        )
        run_send(number, sender=sender)
        sender.clock.time += timedelta(seconds=31)
        run_send(number, sender=sender)
        assert statuses(number) == {"delivered": 59, "pending": 1}


def test_a_connection_lost_mid_data_makes_one_message_uncertain() -> None:
    number = delivery(2)
    sender = MemorySender(
        JumpingClock(),
        lambda to, at: OutcomeKind.UNCERTAIN if to.startswith("p0") and at == START else OutcomeKind.ACCEPTED,
    )
    result = run_send(number, sender=sender)
    assert (result.uncertain, result.delivered) == (1, 1)
    row = Message.objects.get(uncertain=True)
    assert (row.status, row.attempts, row.reason, row.text) == ("uncertain", 1, "unreachable", "cut")
    assert row.next_attempt_at is not None
    assert timedelta(0) <= row.next_attempt_at - START - HOUR <= timedelta(minutes=6)
    assert EvidenceRow.objects.count() == 0
    run_to_the_end(number, sender)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.uncertain) == ("delivered", 2, True)
    first, second = [outgoing for outgoing in sender.taken if outgoing.message == row.pk]
    assert first == second


class TestStopping:
    """Pause, cancel and signals take effect after the window in flight."""

    @pytest.mark.parametrize("status", ["paused", "cancelled"])
    def test_a_change_of_state_is_seen_at_the_next_window(self, status: str) -> None:
        number, sender = delivery(1000), always(OutcomeKind.ACCEPTED)

        def change(window: object) -> None:
            if len(sender.windows) == 3:
                meanwhile(lambda: Delivery.objects.filter(id=number).update(status=status))

        sender.before = change
        result = run_send(number, sender=sender)
        assert result.status == status
        assert result.delivered in (3 * WINDOW, 4 * WINDOW)
        assert Message.objects.exclude(worker="").count() == 0
        left = "pending" if status == "paused" else "cancelled"
        assert statuses(number) == {"delivered": result.delivered, left: 1000 - result.delivered}
        assert_reconciled(number)

    def test_stop_finishes_the_window_in_flight_and_gives_the_rest_back(self) -> None:
        number, sender = delivery(1000), always(OutcomeKind.ACCEPTED)

        async def run() -> object:
            stop = asyncio.Event()
            sender.before = lambda window: stop.set() if len(sender.windows) == 2 else None
            return await send(number, **means(sender, stop=stop, until_settled=True))

        asyncio.run(run())
        delivered = statuses(number)["delivered"]
        assert delivered in (2 * WINDOW, 3 * WINDOW)
        assert statuses(number) == {"delivered": delivered, "pending": 1000 - delivered}
        assert Message.objects.exclude(worker="").count() == 0

    def test_until_settled_waits_out_a_pause(self) -> None:
        number, sender = delivery(1, retries="60s"), always(SOFT)

        class Resumes(JumpingClock):
            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                elapsed = self.time - START
                if elapsed == timedelta(seconds=3):
                    await asyncio.to_thread(Delivery.objects.update, status="paused")
                if elapsed == timedelta(seconds=90):
                    await asyncio.to_thread(Delivery.objects.update, status="sending")

        sender.clock = Resumes()
        sender.answer = lambda to, at: SOFT if at == START else OutcomeKind.ACCEPTED
        result = run_send(number, sender=sender, until_settled=True)
        assert result.status is DeliveryStatus.FINISHED
        waited = sender.times["p0@example.org"][1] - START
        assert timedelta(seconds=90) <= waited <= timedelta(seconds=95)


def test_two_workers_at_once_hand_each_message_over_once() -> None:
    number = delivery(1500)
    senders = [always(OutcomeKind.ACCEPTED) for _ in range(2)]

    async def run() -> None:
        await asyncio.gather(*(send(number, **means(sender, worker=f"w{i}")) for i, sender in enumerate(senders)))

    asyncio.run(run())
    numbers = [outgoing.message for sender in senders for outgoing in sender.taken]
    assert len(numbers) == len(set(numbers)) == 1500
    assert statuses(number) == {"delivered": 1500}
    assert Delivery.objects.get().status == "finished"
    assert_reconciled(number)


def test_progress_is_told() -> None:
    number, told = delivery(120), []
    run_send(number, sender=always(OutcomeKind.ACCEPTED), on_progress=told.append)
    assert told[-1].delivered == 120
    assert {one.messages for one in told} == {120}


def test_messages_of_other_deliveries_are_left_alone() -> None:
    shared = people(2)
    first, second = delivery(profiles=shared), delivery(profiles=shared)
    run_send(first, sender=always(OutcomeKind.ACCEPTED))
    assert statuses(second) == {"pending": 2}


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


def test_a_relay_that_always_cuts_is_given_a_rest() -> None:
    number, sender = delivery(4 * WINDOW), always(OutcomeKind.UNCERTAIN)
    result = run_send(number, sender=sender)
    assert "every connection was lost" in result.problem
    # The window that showed it, and the one that was already in flight.
    assert result.uncertain <= 2 * WINDOW
    assert_reconciled(number)
