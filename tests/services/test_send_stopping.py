"""Relays that fail, workers that are stopped, and two of them at once: nothing is lost or sent twice."""

import asyncio
from datetime import timedelta

import pytest
from sending_fixtures import (
    HOUR,
    SOFT,
    START,
    JumpingClock,
    MemorySender,
    accept,
    always,
    assert_reconciled,
    delivery,
    means,
    meanwhile,
    people,
    run_send,
    run_to_the_end,
    statuses,
)

from rebond.core.ports import OutcomeKind
from rebond.core.words import DeliveryStatus
from rebond.services.send import next_due, send
from rebond.services.send_run import WINDOW
from rebond.store.models import AddressStateRow, Delivery, EvidenceRow, Message, TransportPause
from rebond.store.read.sending import Progress

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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


def test_a_relay_that_always_cuts_is_given_a_rest() -> None:
    number, sender = delivery(4 * WINDOW), always(OutcomeKind.UNCERTAIN)
    result = run_send(number, sender=sender)
    assert "every connection was lost" in result.problem
    # The window that showed it, and the one that was already in flight.
    assert result.uncertain <= 2 * WINDOW
    assert_reconciled(number)
