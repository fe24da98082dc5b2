"""The neck: the same evidence twice is once, and many at once end as one after another."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from django.db import connections, transaction
from tests.core.given import at, event, failed, hard, policy, soft, verdict
from tests.services.sending_fixtures import delivery

from rebond.core.failure import AddressState, Evidence
from rebond.core.quarantine import fold
from rebond.core.words import AddressStatus, Cause, Channel, FailureType, Reason
from rebond.services.record import Occurrence, record
from rebond.store.models import AddressStateRow, EvidenceRow, Message, Qualification, StatusChange, ToldSuccess
from rebond.store.read.evidence import AddressKey, evidence_of, states_of

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = at(days=400)


def of(evidence: Evidence, key: str = "anna@shop.example", *, template: str = "", **fields: object) -> Occurrence:
    return Occurrence(channel=Channel.EMAIL, address=key, key=key, evidence=evidence, template=template, **fields)  # type: ignore[arg-type]


def unknown(when: datetime, identity: str, text: str = "zorglub") -> Evidence:
    judged = verdict(Cause.UNKNOWN, kind=FailureType.SOFT, reason=Reason.NOT_DEFINED)
    return failed(when, judged, identity=identity, text=text)


def put(*occurrences: Occurrence, **means: object) -> frozenset[str]:
    return record(occurrences, policy=policy(), now=NOW, **means).stored  # type: ignore[arg-type]


def about(key: str = "anna@shop.example") -> AddressKey:
    return AddressKey(Channel.EMAIL, key)


def stored_state(key: str = "anna@shop.example") -> AddressState:
    row = states_of([about(key)]).get(about(key))
    return row.state if row else AddressState()


def test_what_is_known_is_passed_over() -> None:
    first = of(soft(at(), identity="one"), template="t")
    assert put(first, replace(first)) == {"one"}
    assert put(first, of(hard(at(1), identity="two"))) == {"two"}
    assert put(first) == frozenset()
    assert Qualification.objects.get().count == 1
    assert EvidenceRow.objects.count() == 2
    assert stored_state().status is AddressStatus.QUARANTINED


def test_write_is_told_what_is_new_and_shares_the_transaction() -> None:
    told: list[frozenset[str]] = []
    put(of(soft(at(), identity="one")), write=told.append)
    put(of(soft(at(), identity="one")), of(soft(at(1), identity="two")), write=told.append)
    assert told == [{"one"}, {"two"}]

    def fail(_: frozenset[str]) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        put(of(hard(at(2), identity="three"), template="t"), write=fail)
    assert not Qualification.objects.exists()
    assert EvidenceRow.objects.count() == 2


def test_it_nests_in_an_open_transaction() -> None:
    def undone() -> None:
        with transaction.atomic():
            put(of(hard(at(), identity="one")))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        undone()
    assert not EvidenceRow.objects.exists()
    assert not AddressStateRow.objects.exists()


def test_successes_of_the_sending_log_fold_the_addresses_that_have_a_row() -> None:
    put(of(soft(at(), identity="one"), "p0@example.org"))
    number = delivery(2)
    Message.objects.filter(delivery=number).update(delivered_at=at(days=1), status="delivered")
    record(
        [], policy=policy(), now=NOW, delivered=[(Channel.EMAIL, "p0@example.org"), (Channel.EMAIL, "p1@example.org")]
    )
    found = stored_state("p0@example.org")
    assert (found.status, found.error_count, found.since) == (AddressStatus.VALID, 0, at(days=1))
    assert AddressStateRow.objects.count() == 1


def test_a_change_is_of_the_delivery_whose_message_failed_and_of_none_without_a_message() -> None:
    number = delivery(4)
    for place, (delivered_at, name) in enumerate([(at(), "m0"), (None, "m1"), (at(), ""), (at(), "m3")]):
        row = Message.objects.filter(delivery=number, address_key=f"p{place}@example.org")
        assert row.update(delivered_at=delivered_at, message_id=name) == 1
    # Delivered and returned; refused at once; two of no message, one address of which had a delivered one.
    for place, name in enumerate(["m0", "m1", "", ""]):
        put(of(hard(at(1), identity=f"e{place}", message=name), f"p{place}@example.org"))
    changes = dict(StatusChange.objects.order_by("id").values_list("id", "delivery"))
    assert list(changes.values()) == [number, number, None, None]


def test_a_told_success_makes_no_evidence_row() -> None:
    from rebond.core.failure import Event

    put(of(event(Event.DELIVERED, at(), identity="one")))
    assert ToldSuccess.objects.count() == 1
    assert not EvidenceRow.objects.exists()
    assert put(of(event(Event.DELIVERED, at(), identity="one"))) == frozenset()


def test_the_first_sight_of_a_batch_is_the_earliest_whatever_the_order() -> None:
    late, early = of(unknown(at(days=1), "late"), template="t"), of(unknown(at(), "early"), template="t")
    put(late, early)
    assert dict(EvidenceRow.objects.values_list("identity", "first_sight")) == {"early": True, "late": False}
    row = Qualification.objects.get()
    assert (row.count, row.first_seen_at, row.last_seen_at, row.status) == (2, at(), at(days=1), "to_qualify")


def test_a_batch_of_more_addresses_than_a_page() -> None:
    put(*(of(hard(at(), identity=f"e{n}"), f"P{n}@Shop.example".lower()) for n in range(1203)))
    assert AddressStateRow.objects.filter(status="quarantined").count() == 1203


# --- many at once ---------------------------------------------------------------------------------------------------


def at_once(*works: Callable[[], object]) -> None:
    """Run each in a thread with connections of its own, started together; raise what one raised."""
    barrier, faults = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait(60)
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a deadlock"
    for fault in faults:
        raise fault


KEYS = [f"{name}@shop.example" for name in ("a", "B", "c", "_d", "é", "0", "z")]


def mixed(worker: int, *, turn: int) -> list[Occurrence]:
    """Evidence about the same addresses and texts: a third is the same for every worker."""
    made = []
    for number, key in enumerate(KEYS):
        shared = number % 3 == 0
        name = f"{turn}:{number}" if shared else f"{turn}:{number}:{worker}"
        when = at(days=turn, minutes=0 if shared else worker)
        made.append(of(unknown(when, name, f"text {number % 2}"), key, template=f"text {number % 2}"))
        made.append(of(soft(at(days=turn, hours=1 + worker), identity=f"soft:{name}:{worker}"), key, template="known"))
    return made if worker % 2 else made[::-1]


@pytest.mark.parametrize("workers", [2, 4])
def test_many_at_once_end_as_a_single_fold(workers: int) -> None:
    def work(worker: int) -> Callable[[], None]:
        def run() -> None:
            for turn in range(6):
                put(*mixed(worker, turn=turn))

        return run

    at_once(*(work(worker) for worker in range(workers)))
    everything = [item for worker in range(workers) for turn in range(6) for item in mixed(worker, turn=turn)]
    distinct = {item.evidence.identity: item for item in everything}
    assert set(EvidenceRow.objects.values_list("identity", flat=True)) == set(distinct)
    for key in KEYS:
        assert stored_state(key) == fold(policy(), None, evidence_of([about(key)])[about(key)])
    templates = [item.template for item in distinct.values()]
    assert {row.template: row.count for row in Qualification.objects.all()} == {
        template: templates.count(template) for template in set(templates)
    }
    firsts = EvidenceRow.objects.filter(first_sight=True).values_list("identity", flat=True)
    assert sorted(firsts) == sorted(Qualification.objects.values_list("first_identity", flat=True))


def test_the_same_batch_at_once_is_stored_once() -> None:
    batch = [of(soft(at(days=day), identity=f"e{day}:{key}"), key, template="t") for day in range(5) for key in KEYS]
    stored: list[frozenset[str]] = []
    at_once(*(lambda turn=turn: stored.append(put(*batch[::turn])) for turn in (1, -1, 1)))  # type: ignore[misc]
    assert sum(map(len, stored)) == len(batch)
    assert Qualification.objects.get().count == len(batch)
    assert {stored_state(key).status for key in KEYS} == {AddressStatus.QUARANTINED}


def test_a_row_that_goes_while_it_is_waited_for_is_made_again() -> None:
    """Cleanup and undo remove rows; those who waited for them must not fold unlocked."""

    def add(worker: int) -> Callable[[], None]:
        def run() -> None:
            for turn in range(15):
                put(of(soft(at(days=turn, minutes=worker), identity=f"{worker}:{turn}")))

        return run

    def remove() -> None:
        for _ in range(40):
            AddressStateRow.objects.all().delete()

    at_once(add(1), add(2), remove)
    put(of(failed(at(), verdict(Cause.DELAYED, kind=FailureType.IGNORED), identity="last")))
    assert EvidenceRow.objects.count() == 31
    assert stored_state() == fold(policy(), None, evidence_of([about()])[about()])


def test_returns_and_complaints_of_the_same_messages_at_once() -> None:
    """Message rows are locked before counters, whoever comes with whatever."""
    from tests.services.sending_fixtures import assert_reconciled

    from rebond.store.models import DeliveryCounts
    from rebond.store.write.messages import ReturnMark, mark_messages

    number = delivery(8)
    Message.objects.filter(delivery=number).update(delivered_at=at(), status="delivered")
    DeliveryCounts.objects.filter(delivery=number).update(pending=0, delivered=8)
    numbers = list(Message.objects.filter(delivery=number).order_by("id").values_list("id", flat=True))
    judged = verdict(Cause.SYSTEM)

    def work(order: Sequence[int]) -> Callable[[], None]:
        def run() -> None:
            for first, second in pairwise(order):
                with transaction.atomic():
                    mark = ReturnMark(message=second, at=at(days=1), verdict=judged, text="x")
                    mark_messages(returned=[mark], complained=[(first, at(days=1))])

        return run

    at_once(work(numbers), work(numbers[::-1]))
    assert_reconciled(number)
    assert DeliveryCounts.objects.get(delivery=number).returned == 8
    assert Message.objects.filter(delivery=number, complained_at__isnull=True).count() == 0


def test_a_success_and_a_failure_written_at_the_same_instant_see_each_other() -> None:
    message = Message.objects.get(delivery=delivery(1))
    key, folded, taken = message.address_key, threading.Event(), threading.Event()

    def fail() -> None:
        try:
            with transaction.atomic():
                put(of(soft(at(), identity="before"), key))
                folded.set()
                # The success either waits for this transaction to end, or ends without having seen the failure.
                taken.wait(1.0)
        finally:
            connections.close_all()

    def take(stored: frozenset[str]) -> None:
        Message.objects.filter(id=message.pk).update(delivered_at=at(days=1), message_id="taken")

    failing = threading.Thread(target=fail)
    failing.start()
    assert folded.wait(60)
    put(write=take, delivered=[(Channel.EMAIL, key)])
    taken.set()
    failing.join()
    assert stored_state(key).status is AddressStatus.VALID
