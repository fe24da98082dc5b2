"""Events that come again, late, or in another order."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.given import at
from tests.services.event_fixtures import (
    ANNA,
    FULL,
    STRANGE,
    cleaned,
    counts,
    daily,
    empty_tables,
    event,
    explained,
    full,
    hard,
    soft,
    state,
    take,
    took,
    why_not,
)

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus
from rebond.services.events import CHUNK

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
SECOND = timedelta(seconds=1)
VALID, ERRONEOUS, QUARANTINED = AddressStatus.VALID, AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_a_repeated_event_has_no_effect() -> None:
    lines = [*daily(4), event("delivered", at(days=9), "bob@shop.example"), event("complaint", at(), "c@shop.example")]
    assert take(*lines, *lines).duplicates == len(lines)
    again = take(*reversed(lines))
    assert (again.read, again.stored, again.duplicates) == (len(lines), 0, len(lines))
    assert counts() == (ERRONEOUS, 4)


def test_the_order_of_fields_makes_no_other_event() -> None:
    fields = json.loads(soft(at(), message_id="m@x.example"))
    took(json.dumps(fields), json.dumps(dict(reversed(fields.items()))), json.dumps({**fields, "cause": None}))
    assert len(explained().judgements) == 1


def test_an_id_of_the_sender_makes_the_event_the_same() -> None:
    took(
        soft(at(), id="e-1"),
        soft(at(minutes=1), id="e-1"),
        soft(at(minutes=1), id=7),
        soft(at(), "b@x.example", id="e-1"),
    )
    assert len(explained().judgements) == 2
    assert len(explained("b@x.example").judgements) == 1


def test_two_events_that_differ_only_in_their_id_are_two() -> None:
    took(event("failure", at(), text=STRANGE, id="1"), event("failure", at(), text=STRANGE, id="2"))
    assert sorted(why_not()) == ["", "first_sight"]


LATE = {
    "after a success": ([*daily(2), event("delivered", at(days=10))], [soft(at(days=5))], (VALID, 0)),
    "after a success, of the time between": (
        [*daily(2), event("delivered", at(days=3)), soft(at(days=6))],
        [soft(at(days=5))],
        (ERRONEOUS, 2),
    ),
    "a late success": ([*daily(4), soft(at(days=6))], [event("delivered", at(days=5))], (ERRONEOUS, 1)),
    "a late hard one": ([*daily(4), event("delivered", at(days=5))], [hard(at(days=1, hours=1))], (QUARANTINED, 2)),
    "the missing fifth": ([*daily(2), *daily(2, start=3)], [soft(at(days=2))], (QUARANTINED, 5)),
    "a late failure takes back": (
        [
            *daily(4),
            event("delivered", at(days=4), message_id="m"),
            event("delivered", at(days=3, hours=1), message_id="n"),
        ],
        [soft(at(days=5), message_id="m"), soft(at(days=4, hours=2), message_id="n")],
        (QUARANTINED, 5),
    ),
}


@pytest.mark.parametrize(("first", "late", "expected"), LATE.values(), ids=LATE.keys())
def test_late_arrivals_end_in_the_same_state(
    first: list[str], late: list[str], expected: tuple[AddressStatus, int]
) -> None:
    took(*first)
    took(*late)
    apart = state()
    assert (apart.status, apart.error_count) == expected
    empty_tables()
    took(*late, *first)
    assert state() == apart


def test_an_older_failure_after_a_release_changes_nothing() -> None:
    from tests.core.given import policy

    from rebond.services.people import read_address, release

    took(*daily(4), *daily(1, start=5))
    released = at(days=10)
    release(read_address(ANNA), because="asked for it", actor="t", policy=policy(), now=released)
    before = state()
    took(soft(at(days=4)), hard(at(days=6)))
    assert counts() == (VALID, 0)
    assert state().since == released == before.since
    took(hard(at(days=11)))
    assert state().status is QUARANTINED


def test_an_older_failure_after_an_exit_voids_it_or_not() -> None:
    took(*daily(5, reason="mailbox_full"))
    assert cleaned(at(days=34)).exits == 1
    took(full(at(days=3, hours=6)))
    assert counts() == (VALID, 0)
    took(full(at(days=10)))
    assert state().status is QUARANTINED
    assert why_not()[-1] == "not_due"
    assert state().until == at(days=40)
    assert cleaned(at(days=39)).exits == 0
    assert cleaned(at(days=40)).exits == 1
    assert counts() == (VALID, 0)


OFFSETS = st.integers(0, 12).map(lambda steps: steps * 12)


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Events of two addresses whose texts are known: what depends on no first sight."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        when = at(draw(OFFSETS), minutes=draw(st.sampled_from([0, 0, 1])))
        address = draw(st.sampled_from([ANNA, "bob@shop.example"]))
        message = {"message_id": m} if (m := draw(st.sampled_from(["", "m1", "m2"]))) else {}
        kind = draw(
            st.sampled_from(
                ["soft", "soft", "full", "hard", "refused", "ignored", "delivered", "complaint", "confirmed"]
            )
        )
        fields: dict[str, Any] = {
            "soft": {"type": "soft", "reason": "unreachable"},
            "full": {"text": FULL},
            "hard": {"type": "hard", "reason": "user_unknown"},
            "refused": {"type": "soft", "reason": "refused"},
            "ignored": {"type": "ignored", "reason": "unreachable"},
        }.get(kind, {})
        name = "failure" if fields else kind
        made.append(event(name, when, address, id=number, **message, **fields))
    return made


def both() -> tuple[AddressState, AddressState]:
    return state(), state("bob@shop.example")


@SLOW
@given(histories(), st.data())
def test_any_order_in_any_number_of_calls_gives_the_same_state(lines: list[str], data: st.DataObject) -> None:
    empty_tables()
    took(*lines)
    expected = both()
    empty_tables()
    shuffled = data.draw(st.permutations(lines))
    while shuffled:
        cut = data.draw(st.integers(1, len(shuffled)))
        took(*shuffled[:cut])
        shuffled = shuffled[cut:]
    assert both() == expected
    took(*lines)
    assert both() == expected


@SLOW
@given(histories(), st.data())
def test_cleanup_between_arrivals_gives_the_same_state(lines: list[str], data: st.DataObject) -> None:
    when = at(days=data.draw(st.integers(20, 40)))
    empty_tables()
    took(*lines)
    cleaned(when)
    expected = both()
    empty_tables()
    shuffled = data.draw(st.permutations(lines))
    cut = data.draw(st.integers(0, len(shuffled)))
    took(*shuffled[:cut])
    cleaned(when)
    took(*shuffled[cut:])
    cleaned(when)
    assert both() == expected


def test_more_events_than_one_chunk() -> None:
    lines = [soft(at(hours=hour), f"p{hour % 700}@shop.example") for hour in range(2 * CHUNK + 3)]
    taken = take(*lines)
    assert (taken.read, taken.stored) == (len(lines), len(lines))
    assert state("p1@shop.example").error_count == 2
