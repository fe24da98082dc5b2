"""The rules of quarantine, by events alone."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from tests.core.given import at
from tests.services.event_fixtures import (
    ANNA,
    DAY,
    FULL,
    STRANGE,
    UNKNOWN_USER,
    cleaned,
    counts,
    daily,
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

from rebond.core.words import AddressStatus, Cause, Channel, Reason
from rebond.store.models import Qualification

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
SECOND = timedelta(seconds=1)
VALID, ERRONEOUS, QUARANTINED = AddressStatus.VALID, AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED
DENYLISTED = AddressStatus.DENYLISTED
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


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
