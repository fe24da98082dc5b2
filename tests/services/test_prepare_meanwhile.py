"""Preparation that is cut short, cancelled, or done by two at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, connections
from people_fixtures import (
    NOW,
    Checked,
    FakeContent,
    Person,
    add_people,
    assert_equations,
    draft,
    run,
    set_state,
)

from rebond.core.words import AddressStatus, DeliveryStatus, Reason
from rebond.services.deliveries import act, cancel_delivery, get_delivery
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.prepare import PrepareProgress
from rebond.store.models import Message, Profile

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


class CutShortError(Exception):
    pass


@pytest.mark.parametrize("chunks", range(4))
def test_what_was_cut_short_runs_on(chunks: int) -> None:
    add_people([Person(f"p{n % 5}@x.example") for n in range(8)])
    delivery = draft()
    left = [chunks]

    def stop(_: object) -> None:
        assert_equations(delivery)
        if left[0] == 0:
            raise CutShortError
        left[0] -= 1

    with pytest.raises(CutShortError):
        run(delivery, chunk=2, progress=stop)
    assert get_delivery(delivery).status is DeliveryStatus.PREPARING
    before = set(Message.objects.values_list("id", flat=True))
    prepared = run(delivery, chunk=3)
    assert before <= set(Message.objects.values_list("id", flat=True))
    assert (prepared.messages, prepared.exclusions) == (5, {Reason.DUPLICATE: 3})
    assert_equations(delivery)


def test_preparing_again_replaces_messages_and_exclusions() -> None:
    add_people([Person("a@x.example"), Person("b@x.example", fields={"broken": "yes"}), Person(None)])
    delivery = draft()
    run(delivery)
    set_state("a@x.example", AddressStatus.QUARANTINED)
    Profile.objects.filter(fields__broken="yes").update(fields={})
    prepared = run(delivery, chunk=2)
    assert (prepared.messages, prepared.production_errors) == (1, 0)
    assert prepared.exclusions == {Reason.QUARANTINED: 1, Reason.ADDRESS_EMPTY: 1}
    assert_equations(delivery)


def test_clearing_may_be_cut_short() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(4)] + [Person(None)] * 3)
    delivery = draft()
    run(delivery)

    class Cut(FakeContent):
        def check(self, delivery: Any) -> Checked:
            raise CutShortError

    with pytest.raises(CutShortError):
        run(delivery, Cut())
    assert get_delivery(delivery).cursor < 0
    assert run(delivery, chunk=1).target == 7
    assert_equations(delivery)


def test_a_state_that_forbids_it_is_named() -> None:
    add_people([Person("a@x.example")])
    delivery = draft()
    run(delivery)
    act(delivery, "send", now=NOW, actor="test")  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="is sending"):
        run(delivery)
    with pytest.raises(NotFoundError, match="no delivery 0"):
        run(0)


def test_cancelling_stops_it() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(6)])
    delivery = draft()
    with pytest.raises(RefusedError, match="is cancelled"):
        run(delivery, chunk=2, progress=lambda _: cancel_once(delivery))
    counts = assert_equations(delivery)
    assert (counts.messages, counts.cancelled) == (2, 2)


def cancel_once(delivery: int) -> None:
    cancel_delivery(delivery, now=NOW, actor="test")


def test_two_preparers_share_the_work() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(9)])
    delivery = draft()
    inside = [False]

    def other(_: object) -> None:
        if not inside[0]:
            inside[0] = True
            run(delivery, chunk=2)

    with pytest.raises(RefusedError, match="is prepared"):
        run(delivery, chunk=2, progress=other)
    assert assert_equations(delivery).messages == 9


class CheckedMeanwhile(FakeContent):
    """Lets something happen between a preparation's beginning and its clearing."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work: Callable[[], object] | None = work

    def check(self, delivery: Any) -> Checked:
        work, self._work = self._work, None
        if work is not None:
            work()
        return super().check(delivery)


def test_who_still_clears_takes_nothing_that_another_has_made_since() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(9)] + [Person(None)] * 2)
    delivery = draft()
    run(delivery)

    def other() -> None:
        with pytest.raises(CutShortError):
            run(delivery, chunk=4, progress=cut_short)

    # Both mean to clear what an earlier preparation made; one is done with it, and cut short after its first chunk.
    assert run(delivery, CheckedMeanwhile(other), chunk=4).target == 11
    assert_equations(delivery)


def cut_short(_: object) -> None:
    raise CutShortError


def test_a_preparation_that_is_cancelled_clears_no_further() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(4)])
    delivery = draft()
    run(delivery)
    with pytest.raises(RefusedError, match="is cancelled"):
        run(delivery, CheckedMeanwhile(lambda: cancel_once(delivery)))
    assert assert_equations(delivery).cancelled == 4


def test_who_ends_late_does_not_end_what_was_begun_again() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(9)])
    delivery = draft()
    inside = [False]

    def again(done: PrepareProgress) -> None:
        if done.verified and not inside[0]:
            inside[0] = True
            run(delivery)  # another joins and is done first; then somebody prepares again, and is cut short
            with pytest.raises(CutShortError):
                run(delivery, chunk=4, progress=cut_short)

    with pytest.raises(RefusedError, match="prepared again"):
        run(delivery, progress=again)
    assert get_delivery(delivery).status is DeliveryStatus.PREPARING
    assert run(delivery).target == 9
    assert_equations(delivery)


def test_two_who_begin_at_once_make_everything_once() -> None:
    add_people([Person(f"p{n}@x.example") for n in range(9)] + [Person(None)] * 2)
    for _ in range(5):
        delivery = draft()
        begin = threading.Barrier(2, timeout=60)

        def prepare_it(delivery: int = delivery, begin: threading.Barrier = begin) -> None:
            try:
                connection.ensure_connection()
                begin.wait()
                with suppress(RefusedError):  # the other was done first
                    run(delivery, chunk=2)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            for future in [pool.submit(prepare_it) for _ in range(2)]:
                future.result()
        assert get_delivery(delivery).status is DeliveryStatus.PREPARED
        assert assert_equations(delivery).target == 11
