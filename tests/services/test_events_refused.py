"""What becomes of events that cannot be taken."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.core.given import at
from tests.services.event_fixtures import (
    ANNA,
    FULL,
    NOW,
    counts,
    explained,
    soft,
    take,
    took,
)

from rebond.core.words import AddressStatus

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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
    "before the year 2000": ({"occurred_at": "1999-12-31T23:59:59Z"}, "before the year 2000"),
    "the first year": ({"occurred_at": "0001-01-01T00:00:00Z"}, "before the year 2000"),
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
    assert counts() == (AddressStatus.ERRONEOUS, 2)


GOOD_BUT_ODD: dict[str, dict[str, Any]] = {
    "ten minutes ahead": {"occurred_at": (NOW + timedelta(minutes=10)).isoformat()},
    "the year 2000": {"occurred_at": "2000-01-01T00:00:00Z"},
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
    assert counts("bob@shop.example") == (AddressStatus.ERRONEOUS, 1)


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
