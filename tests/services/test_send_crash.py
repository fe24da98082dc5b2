"""Whatever is killed between any two writes: every message is accounted for, and only what is marked may be doubled."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from sending_fixtures import (
    HARD,
    SOFT,
    START,
    Answer,
    JumpingClock,
    MemorySender,
    accept,
    assert_reconciled,
    delivery,
    meanwhile,
    run_send,
    statuses,
)
from tests.services.killing import KilledError, killed_before

from rebond.core.ports import OutcomeKind
from rebond.core.words import DeliveryStatus
from rebond.services import send_pool, send_run
from rebond.store.models import AddressStateRow, Delivery, EvidenceRow, Message, Profile, ProfileDenial, Qualification

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def answer(recipient: str, at: object) -> Answer:
    if recipient.startswith(("p3@", "p17@")):
        return HARD
    return SOFT if recipient.startswith("p5@") and at == JumpingClock().time else OutcomeKind.ACCEPTED


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_run, "WINDOW", 6)
    monkeypatch.setattr(send_pool, "BATCH", 14)


def fresh() -> int:
    for model in (Delivery, Profile, EvidenceRow, AddressStateRow, Qualification):
        model.objects.all().delete()
    number = delivery(24)
    ProfileDenial.objects.create(profile=Profile.objects.get(external_id="p9"), channel="all", at="2026-03-01T00:00Z")
    Profile.objects.filter(external_id="p11").update(fields={"first_name": "Bad"})
    return number


@pytest.mark.usefixtures("small_windows")
def test_a_worker_killed_between_any_two_writes() -> None:
    write, doubled = 0, 0
    while True:
        write += 1
        number, clock = fresh(), JumpingClock()
        sender = MemorySender(clock, answer)
        with killed_before(write) as seen:
            try:
                run_send(number, sender=sender)
            except KilledError:
                assert seen["dead"]
        if not seen["dead"]:
            break
        assert_reconciled(number)
        clock.time += timedelta(minutes=5, seconds=1)
        while (result := run_send(number, sender=sender, worker="w2")).next_due:
            assert_reconciled(number)
            clock.time = result.next_due
        assert_reconciled(number)
        assert result.status is DeliveryStatus.FINISHED, write
        assert statuses(number) == {"delivered": 20, "failed": 2, "production_error": 1, "excluded_late": 1}, write
        rows = {row.pk: row for row in Message.objects.filter(delivery=number)}
        taken = Counter(outgoing.message for outgoing in sender.taken)
        for message, times in taken.items():
            # A soft answer asks for a second time; anything beyond was in flight at the crash.
            allowed = 2 if rows[message].address.startswith("p5@") else 1
            assert times <= allowed or rows[message].uncertain, (write, rows[message].address)
            doubled += times > allowed
        assert len({outgoing.content for outgoing in sender.taken}) == len(taken)
        assert sum(row.uncertain for row in rows.values()) <= 2 * 6
        failed = {row.pk for row in rows.values() if row.status == "failed"}
        assert set(EvidenceRow.objects.filter(type="hard").values_list("message", flat=True)) == failed
        assert AddressStateRow.objects.filter(status="quarantined").count() == 2
    assert write > 30
    assert doubled > 0


class TestLostLeases:
    """A worker that was away too long finds its messages with somebody else."""

    def test_begun_becomes_uncertain_and_claimed_goes_back(self) -> None:
        number = delivery(3)
        clock = JumpingClock()
        begun, claimed, fresh_one = Message.objects.order_by("id")
        expired = clock.time - timedelta(seconds=1)
        Delivery.objects.update(status="sending", started_at=expired, ends_at=clock.time + timedelta(days=5))
        common = {"worker": "dead", "lease_until": expired, "first_claimed_at": expired}
        Message.objects.filter(id=begun.pk).update(status="sending", fence=4, message_id="old@bounce.example", **common)
        Message.objects.filter(id=claimed.pk).update(message_id="older@bounce.example", **common)
        sender = MemorySender(clock, accept)
        assert run_send(number, sender=sender).delivered == 3
        rows = {row.pk: row for row in Message.objects.all()}
        assert [rows[m.pk].uncertain for m in (begun, claimed, fresh_one)] == [True, False, False]
        assert rows[begun.pk].message_id == "old@bounce.example"
        assert "b+old@bounce.example" in {outgoing.sender for outgoing in sender.taken}
        assert_reconciled(number)

    def test_a_lease_that_holds_is_left_alone(self) -> None:
        number = delivery(2)
        clock = JumpingClock()
        until = clock.time + timedelta(minutes=4)
        Delivery.objects.update(status="sending", started_at=clock.time, ends_at=clock.time + timedelta(days=5))
        first = Message.objects.order_by("id")[0]
        Message.objects.filter(id=first.pk).update(status="sending", fence=4, worker="other", lease_until=until)
        result = run_send(number, sender=MemorySender(clock, accept))
        assert (result.delivered, result.pending, result.status) == (1, 1, DeliveryStatus.SENDING)
        assert result.next_due is not None
        assert until < result.next_due < until + timedelta(seconds=1)

    def test_a_lease_of_a_clock_that_was_put_back_is_lost(self) -> None:
        number = delivery(3)
        wrong = JumpingClock(START + timedelta(days=2000))
        with pytest.raises(KilledError):
            run_send(number, sender=MemorySender(wrong, accept, before=_die), until_settled=True)
        assert statuses(number) == {"sending": 3}
        result = run_send(number, sender=MemorySender(JumpingClock(), accept), worker="w2")
        assert (result.delivered, result.status) == (3, DeliveryStatus.FINISHED)
        assert Message.objects.filter(uncertain=True).count() == 3

    def test_outcomes_of_a_lost_window_do_not_overwrite_the_new_owners(self) -> None:
        number = delivery(1)
        clock = JumpingClock()
        slow, quick = MemorySender(clock, lambda to, at: HARD), MemorySender(clock, accept)

        def overtake(window: object) -> None:
            clock.time += timedelta(minutes=6)
            meanwhile(lambda: run_send(number, sender=quick, worker="w2"))

        slow.before = overtake
        result = run_send(number, sender=slow)
        assert (result.failed, result.status) == (0, DeliveryStatus.FINISHED)
        row = Message.objects.get()
        assert (row.status, row.uncertain, row.type) == ("delivered", True, "")
        assert_reconciled(number)
        # What was answered to an attempt that is not in the log takes back no success.
        assert not EvidenceRow.objects.exists()
        assert not AddressStateRow.objects.exists()

    def test_leases_are_renewed_while_a_window_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(send_run, "_LOOK", 0.01)
        number = delivery(1)
        clock = JumpingClock()
        leases = []

        async def hang(window: Any) -> Any:
            import asyncio

            for _ in range(8):
                clock.time += timedelta(seconds=61)
                await asyncio.to_thread(asyncio.run, _real_pause())
                leases.append(await asyncio.to_thread(_lease))
            async for outcome in plain(window):
                yield outcome

        sender = MemorySender(clock, accept)
        plain = sender.send
        sender.send = hang  # type: ignore[method-assign]
        assert run_send(number, sender=sender).delivered == 1
        assert leases[-1] > clock.time

    def test_a_claim_whose_commit_nobody_was_told_of_is_given_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        number, plain, lost = delivery(5), send_pool.claim, []

        def claim(*given: Any, **named: Any) -> Any:
            found = plain(*given, **named)
            if not lost:
                lost.append(found)
                transaction.on_commit(cut)
            return found

        def cut() -> None:
            raise OperationalError("the server closed the connection unexpectedly")

        monkeypatch.setattr(send_pool, "claim", claim)
        assert run_send(number, sender=MemorySender(JumpingClock(), accept)).delivered == 5
        assert_reconciled(number)

    def test_a_transport_that_says_nothing_leaves_its_messages_uncertain(self) -> None:
        number = delivery(2)
        sender = MemorySender(JumpingClock(), accept)

        async def silent(window: Any) -> Any:
            async for outcome in plain(window[:1]):
                yield outcome

        plain = sender.send
        sender.send = silent  # type: ignore[method-assign]
        result = run_send(number, sender=sender)
        assert (result.delivered, result.uncertain) == (1, 1)


async def _real_pause() -> None:
    import asyncio

    await asyncio.sleep(0.05)


def _die(_: object) -> None:
    raise KilledError


def _lease() -> Any:
    from django.db import connections

    try:
        return Message.objects.get().lease_until
    finally:
        connections.close_all()
