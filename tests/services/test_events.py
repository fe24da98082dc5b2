"""The rules of quarantine, by events alone; and what becomes of events that cannot be taken."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core.given import at
from tests.services.event_fixtures import (
    ANNA,
    DAY,
    FULL,
    NOW,
    STRANGE,
    UNKNOWN_USER,
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
    take,
    took,
    why_not,
)

from rebond.core.failure import AddressState
from rebond.core.words import AddressStatus, Cause, Channel, Reason
from rebond.services.events import CHUNK
from rebond.store.models import Qualification

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
SECOND = timedelta(seconds=1)
VALID, ERRONEOUS, QUARANTINED = AddressStatus.VALID, AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED
DENYLISTED = AddressStatus.DENYLISTED
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def counts(address: str = ANNA) -> tuple[AddressStatus, int]:
    found = state(address)
    return found.status, found.error_count


# --- counting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "status"), [(1, ERRONEOUS), (4, ERRONEOUS), (5, QUARANTINED), (6, QUARANTINED)])
def test_the_fifth_counting_error_quarantines(count: int, status: AddressStatus) -> None:
    took(*daily(count))
    assert counts() == (status, min(count, 5))


@pytest.mark.parametrize(("gap", "count"), [(timedelta(hours=23, minutes=59), 1), (timedelta(hours=24), 2)])
def test_errors_count_when_they_are_24_hours_apart(gap: timedelta, count: int) -> None:
    took(soft(at()), soft(at() + gap))
    assert counts() == (ERRONEOUS, count)
    assert why_not() == ["", "" if count == 2 else "gap"]


def test_the_gap_is_elapsed_time_whatever_the_zone() -> None:
    took(
        event("failure", "2026-03-28T12:00:00+01:00", text=FULL),
        event("failure", "2026-03-29T13:00:00+02:00", text=FULL),
    )
    assert counts() == (ERRONEOUS, 2)


def test_a_hard_failure_quarantines_at_once() -> None:
    took(event("failure", at(), text=UNKNOWN_USER))
    found = state()
    assert (found.status, found.reason, found.cause) == (QUARANTINED, Reason.USER_UNKNOWN, Cause.NO_SUCH_USER)
    assert (found.since, found.until, found.error_text) == (at(), None, UNKNOWN_USER)


NEVER = {
    "ignored": {"type": "ignored", "reason": "unreachable"},
    "ignored, unknown user": {"type": "ignored", "reason": "user_unknown"},
    "out of office": {"type": "ignored", "reason": "not_a_failure"},
    "soft, no failure": {"type": "soft", "reason": "not_a_failure"},
    "reputation": {"type": "soft", "reason": "refused", "cause": "reputation"},
    "unspecified policy": {"type": "soft", "reason": "refused"},
    "our relay": {"type": "soft", "reason": "unreachable", "cause": "transport"},
    "spam": {"type": "soft", "reason": "refused", "cause": "spam_content"},
    "too large": {"type": "soft", "reason": "refused", "cause": "too_large"},
    "greylisted": {"type": "soft", "reason": "unreachable", "cause": "greylisted"},
    "system full": {"type": "soft", "reason": "mailbox_full", "cause": "system_full"},
    "by its text: spam": {"text": "554 5.7.1 Message rejected as spam by content filtering"},
    "by its text: before RCPT": {"text": "550 5.1.1 sender unknown", "phase": "mail_from"},
}


def test_these_never_count() -> None:
    for number, (name, fields) in enumerate(NEVER.items()):
        address = f"p{number}@shop.example"
        took(*(event("failure", at(days=2 * day), address, **fields) for day in range(8)))
        assert counts(address) == (VALID, 0), name
        assert not has_row(address), name
        assert len(explained(address).judgements) == 8


def test_an_erroneous_address_is_not_moved_by_them_either() -> None:
    took(soft(at()), *(event("failure", at(days=day, hours=1), **f) for day, f in enumerate(NEVER.values(), 1)))
    assert counts() == (ERRONEOUS, 1)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS, Channel.PUSH])
def test_every_channel_counts(channel: Channel) -> None:
    address = {Channel.EMAIL: ANNA, Channel.SMS: "+33612345678", Channel.PUSH: "app1:abcdef0123456789"}[channel]
    took(*(event("failure", at(days=d), address, channel=channel, type="soft", reason="unreachable") for d in range(5)))
    assert state(address, channel=channel).status is QUARANTINED


def test_two_spellings_of_an_address_are_one() -> None:
    took(*(soft(at(days=day), name) for day, name in enumerate((ANNA, ANNA.upper(), " Anna@Shop.Example ", ANNA))))
    assert counts("ANNA@shop.EXAMPLE") == (ERRONEOUS, 4)


# --- leaving --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 5])
def test_a_full_mailbox_leaves_30_days_after_its_last_error_and_not_a_second_sooner(count: int) -> None:
    took(*daily(count, reason="mailbox_full"))
    leaves = at(days=count - 1 + 30)
    before = state()
    assert before.until == leaves
    assert cleaned(leaves - DAY).exits == 0
    assert cleaned(leaves - SECOND).exits == 0
    assert state() == before
    assert cleaned(leaves).exits == 1
    assert counts() == (VALID, 0)
    assert has_row()
    assert cleaned(leaves).rows_removed == 1
    assert not has_row()
    assert counts() == (VALID, 0)


def test_the_last_error_is_the_last_one_though_it_did_not_count() -> None:
    took(full(at()), full(at(hours=5)))
    assert state().until == at(hours=5) + 30 * DAY


def test_another_reason_does_not_leave() -> None:
    took(*daily(5))
    assert cleaned(at(days=399)).exits == 0
    assert counts() == (QUARANTINED, 5)


def test_a_success_clears_and_the_row_goes_after_two_days() -> None:
    took(*daily(3), event("delivered", at(days=3)))
    assert counts() == (VALID, 0)
    assert has_row()
    assert cleaned(at(days=5) - SECOND).rows_removed == 0
    assert cleaned(at(days=5)).rows_removed == 1
    assert not has_row()
    assert counts() == (VALID, 0)


def test_a_success_clears_a_quarantine_of_soft_errors_but_no_hard_one() -> None:
    took(*daily(5), event("delivered", at(days=6)))
    assert counts() == (VALID, 0)
    took(hard(at(), "bob@shop.example"), event("delivered", at(days=1), "bob@shop.example"))
    assert state("bob@shop.example").status is QUARANTINED


def test_a_success_alone_makes_no_row() -> None:
    took(event("delivered", at()))
    assert not has_row()


@pytest.mark.parametrize("failure", [{"reason": "unreachable"}, {"reason": "refused"}], ids=["counts", "does not"])
def test_a_success_is_taken_back_by_a_later_failure_of_the_same_message(failure: dict[str, str]) -> None:
    took(*daily(4), event("delivered", at(days=4), message_id="<m1@shop.example>"))
    assert counts() == (VALID, 0)
    took(event("failure", at(days=5), message_id="m1@shop.example", type="soft", **failure))
    assert counts() == ((QUARANTINED, 5) if failure["reason"] == "unreachable" else (ERRONEOUS, 4))


def test_a_failure_of_another_message_takes_nothing_back() -> None:
    took(
        *daily(4),
        event("delivered", at(days=4), message_id="m1@x.example"),
        soft(at(days=5), message_id="m2@x.example"),
    )
    assert counts() == (ERRONEOUS, 1)


def test_an_earlier_failure_of_the_same_message_takes_nothing_back() -> None:
    took(
        *(soft(at(days=d), message_id="m1@x.example") for d in range(3)),
        event("delivered", at(days=3), message_id="m1@x.example"),
    )
    assert counts() == (VALID, 0)


def test_an_ignored_return_or_a_complaint_takes_nothing_back() -> None:
    took(*daily(4), event("delivered", at(days=4), message_id="m1@x.example"))
    took(event("failure", at(days=5), message_id="m1@x.example", type="ignored", reason="unreachable"))
    assert counts() == (VALID, 0)
    took(event("complaint", at(days=6), message_id="m1@x.example"))
    assert why_not().count("retracted") == 0


# --- complaints, STOP, confirmations --------------------------------------------------------------------------------


def test_a_complaint_denylists_the_address_on_email_only() -> None:
    took(event("complaint", at()))
    found = state()
    assert (found.status, found.reason, found.cause) == (DENYLISTED, Reason.DENYLISTED, "complaint")
    assert state("+33612345678", channel=Channel.SMS).status is VALID
    assert state(ANNA, channel=Channel.PUSH).status is VALID


def test_stop_and_start() -> None:
    number = "+33612345678"
    took(event("stop", at(), number, channel="sms"))
    assert state(number, channel=Channel.SMS).status is DENYLISTED
    took(event("start", at(days=1), number, channel="sms"))
    assert state(number, channel=Channel.SMS).status is VALID


def test_a_confirmation_frees_but_not_from_a_complaint() -> None:
    took(hard(at()), event("confirmed", at(days=1)))
    assert counts() == (VALID, 0)
    took(event("complaint", at(days=2)), event("confirmed", at(days=3)))
    assert state().status is DENYLISTED


# --- texts seen for the first time ----------------------------------------------------------------------------------


def test_the_first_sight_of_a_text_does_not_count_and_the_second_does() -> None:
    took(event("failure", at(), text=STRANGE))
    assert counts() == (VALID, 0)
    assert why_not() == ["first_sight"]
    took(event("failure", at(days=1), "bob@shop.example", text=STRANGE))
    assert counts("bob@shop.example") == (ERRONEOUS, 1)
    took(event("failure", at(days=2), text=STRANGE))
    assert counts() == (ERRONEOUS, 1)
    assert Qualification.objects.get().count == 3


def test_the_first_sight_of_a_batch_is_its_earliest() -> None:
    took(event("failure", at(days=1), text=STRANGE), event("failure", at(), text=STRANGE))
    assert why_not() == ["first_sight", ""]


def test_the_first_sight_of_a_known_text_counts() -> None:
    took(event("failure", at(), text=FULL))
    assert counts() == (ERRONEOUS, 1)


def test_a_repeated_event_is_no_second_sight() -> None:
    lines = [event("failure", at(), text=STRANGE)]
    took(*lines, *lines)
    took(*lines)
    assert Qualification.objects.get().count == 1
    assert counts() == (VALID, 0)


# --- repeats and order ----------------------------------------------------------------------------------------------


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


# --- what cannot be taken -------------------------------------------------------------------------------------------

GOOD = json.loads(soft(at()))
BAD: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", "not JSON"),
    "not UTF-8": (b'{"channel": "\xff"}', "not JSON"),
    "a list": ("[1]", "must be a JSON object"),
    "deep": ("[" * 100_000, "deep"),
    "deep in a field": (json.dumps(GOOD)[:-1] + ', "id": ' + "[" * 900 + "]" * 900 + "}", "id"),
    "a huge number": ('{"code": ' + "9" * 5000 + "}", "not JSON"),
    "unknown field": ({"adress": ANNA}, "did you mean 'address'"),
    "no channel": ({"channel": None}, "channel is missing"),
    "unknown channel": ({"channel": "fax"}, "email, sms, push"),
    "no event": ({"event": ""}, "event is missing"),
    "unknown event": ({"event": "bounce"}, "failure, delivered"),
    "no address": ({"address": None}, "address is missing"),
    "a number for an address": ({"address": 7}, "must be text"),
    "impossible address": ({"address": "anna"}, "not a possible email address"),
    "NUL in the address": ({"address": "an\0na@shop.example"}, "no address can"),
    "half a pair in the address": ({"address": "an\ud800na@shop.example"}, "no address can"),
    "no time": ({"occurred_at": None}, "occurred_at is missing"),
    "naive time": ({"occurred_at": "2026-01-05T08:00:00"}, "has no zone"),
    "a date": ({"occurred_at": "2026-01-05"}, "is not an RFC 3339 time"),
    "no time at all": ({"occurred_at": "yesterday"}, "not an RFC 3339 time"),
    "a time as a number": ({"occurred_at": 1767600000}, "must be text"),
    "before all years": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "outside the years"),
    "after all years": ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "outside the years"),
    "ahead of the clock": ({"occurred_at": (NOW + timedelta(minutes=10, seconds=1)).isoformat()}, "ahead of the clock"),
    "type alone": ({"reason": None}, "both type and reason"),
    "reason alone": ({"type": None}, "both type and reason"),
    "unknown reason": ({"reason": "full"}, "unknown"),
    "a reason of exclusions": ({"reason": "denylisted"}, "not one that a failure can have"),
    "hard that cannot be": ({"type": "hard", "reason": "mailbox_full"}, "cannot be hard"),
    "a cause of another reason": ({"cause": "quota"}, "belongs to reason"),
    "nothing said": ({"type": None, "reason": None}, "needs its text"),
    "a blank text": ({"type": None, "reason": None, "text": " "}, "needs its text"),
    "a text that is none": ({"text": ["550"]}, "must be text"),
    "a code that is none": ({"type": None, "reason": None, "text": "x", "code": True}, "no SMTP reply code"),
    "a code out of range": ({"type": None, "reason": None, "text": "x", "code": 10**30}, "no SMTP reply code"),
    "an unknown phase": ({"type": None, "reason": None, "text": "x", "phase": "helo"}, "phase"),
    "a boolean for an id": ({"id": True}, "id must be"),
    "an empty id": ({"id": ""}, "id must be"),
    "STOP by email": ({"event": "stop"}, "sms"),
    "too long": ('{"text": "' + "x" * 1_048_577 + '"}', "longer than 1 MiB"),
}


def test_bad_lines_are_reported_by_their_numbers_and_the_others_are_kept() -> None:
    lines = [json.dumps({**GOOD, **bad}) if isinstance(bad, dict) else bad for bad, _ in BAD.values()]
    taken = take(soft(at()), "", *lines, soft(at(days=1)))
    assert (taken.read, taken.stored) == (len(BAD) + 2, 2)
    assert [one.line for one in taken.rejected] == list(range(3, len(BAD) + 3))
    for name, (_, words), one in zip(BAD, BAD.values(), taken.rejected, strict=True):
        assert words in one.reason, name
    assert counts() == (ERRONEOUS, 2)


GOOD_BUT_ODD: dict[str, dict[str, Any]] = {
    "ten minutes ahead": {"occurred_at": (NOW + timedelta(minutes=10)).isoformat()},
    "the first year": {"occurred_at": "0001-01-01T00:00:00Z"},
    "lower-case": {"occurred_at": "2026-01-05t08:00:00z"},
    "nanoseconds": {"occurred_at": "2026-01-05T08:00:00.123456789Z"},
    "NUL in the text": {"text": "over\0quota", "type": None, "reason": None},
    "half a pair in the text": {"text": "over \ud800 quota", "type": None, "reason": None},
    "half a pair elsewhere": {"message_id": "\udfff@x", "provider": "\ud800", "id": "\ud800"},
    "a megabyte": {"text": "550 mailbox full " + "x" * 1_000_000, "type": None, "reason": None},
    "long everything": {"message_id": "m" * 5000, "provider": "p" * 5000, "id": "i" * 5000},
    "an emoji": {"text": "550 boîte pleine \N{OPEN MAILBOX WITH RAISED FLAG}"},
    "a big whole number as id": {"id": 10**300},
}


def test_odd_but_good_events_are_stored() -> None:
    lines = [json.dumps({**GOOD, **fields}) for fields in GOOD_BUT_ODD.values()]
    for line, name in zip(lines, GOOD_BUT_ODD, strict=True):
        assert take(line).rejected == (), name
    assert take(*lines).duplicates == len(lines)
    assert len(explained().judgements) == len(lines)


def test_keys_that_come_twice_count_as_the_last() -> None:
    took(soft(at())[:-1] + ', "address": "bob@shop.example"}')
    assert counts("bob@shop.example") == (ERRONEOUS, 1)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WORDS = ["email", "sms", "push", "failure", "delivered", "hard", "soft", "mailbox_full", "quota", "rcpt", FULL, ANNA]
TIMES = ["2026-01-05T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
VALUES = ANYTHING | st.sampled_from([*WORDS, *TIMES, "\ud800", "\0", "+33612345678", 550, 10**40])
FIELDS = ["channel", "address", "event", "text", "type", "reason", "cause", "occurred_at"]
FIELDS += ["message_id", "id", "provider", "phase", "code", "unknown"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5), min_size=1, max_size=10))
@example([{"text": "\ud800", "type": None, "reason": None}, {"address": "\ud800@\ud800.example"}])
def test_no_value_of_any_field_raises(changes: list[dict[str, Any]]) -> None:
    lines = [json.dumps({**GOOD, **change}) for change in changes]
    taken = take(*lines)
    assert taken.stored + taken.duplicates + len(taken.rejected) == taken.read == len(lines)
    assert all(one.reason and one.reason.encode() for one in taken.rejected)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(max_size=60) | st.text(max_size=60), max_size=8))
def test_no_bytes_raise(lines: list[str | bytes]) -> None:
    taken = take(*lines)
    assert len(taken.rejected) == taken.read
