"""Returns that come again and again, and words that would make more of a failure than it was."""

from collections.abc import Iterator

import pytest
from tests.core.given import at
from tests.services.event_fixtures import event, hard, state, take, took, why_not
from tests.services.forgery_mails import feedback, group, qmail, report, words
from tests.services.mail_fixtures import CAME, NO_USER, OVER_QUOTA, accept, came, listed, sent, settle, verp

from rebond.core.words import AddressStatus
from rebond.store.models import DeliveryCounts, EvidenceRow, Message, ReturnedMail, Unattributed

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

TIMES = 1000
FULL = group("p0@example.org", status="5.2.2", text=OVER_QUOTA)


def _count(name: str) -> int:
    return why_not("p0@example.org").count(name)


def test_the_same_bytes_a_thousand_times_have_one_effect() -> None:
    (row,) = sent()
    for _ in range(TIMES // 100):
        for _ in range(100):
            accept(report(FULL), to=verp(row))
        settle()
    assert ReturnedMail.objects.count() == 1
    assert (state(row.address).error_count, EvidenceRow.objects.count()) == (1, 1)


def test_a_thousand_that_differ_in_their_message_id_count_once() -> None:
    (row,) = sent()
    for number in range(TIMES):
        accept(report(FULL, headers=[f"Message-ID: <{number}@mx.example>"]), to=verp(row))
    settle(at(days=1))
    found = state(row.address)
    assert (found.status, found.error_count) == (AddressStatus.ERRONEOUS, 1)
    assert EvidenceRow.objects.count() == TIMES
    assert _count("gap") == TIMES - 1
    assert DeliveryCounts.objects.get().returned == 1


def _retold() -> Iterator[bytes]:
    raw = report(FULL)
    yield raw
    yield raw.replace(b"\r\n", b"\n")
    yield raw + b"\r\n"
    yield raw.replace(b"edge", b"hem")
    yield raw.replace(b"Status: 5.2.2", b"Status:  5.2.2")
    yield raw.replace(b"Subject:", b"X-Loop: 1\r\nSubject:")
    yield raw.replace(b"p0@example.org", b"P0@EXAMPLE.ORG")


def test_one_that_is_told_in_other_bytes_counts_once() -> None:
    (row,) = sent()
    for raw in _retold():
        accept(raw, to=verp(row))
    settle()
    assert state(row.address).error_count == 1
    assert _count("gap") == len(list(_retold())) - 1


def test_dates_spread_by_the_forger_count_once_a_gap_and_none_before_the_sending() -> None:
    (row,) = sent()
    for hour in range(-100, 72, 2):
        accept(report(FULL, date=at(hours=hour)), to=verp(row), now=at(days=2))
    settle(at(days=2))
    # Within two days there is room for three: at the beginning, a day later, and at the end.
    assert state(row.address).error_count == 3
    times = EvidenceRow.objects.values_list("at", flat=True)
    assert min(times) == at(minutes=-10)
    assert max(times) == at(days=2)


def test_a_stranger_a_thousand_times_is_listed_and_does_nothing() -> None:
    victim, _ = sent(2)
    for number in range(TIMES):
        accept(report(group(victim.address), headers=[f"Message-ID: <{number}@mx.example>"]))
    settle()
    assert Unattributed.objects.filter(address=victim.address, why="no_token").count() == TIMES
    assert state(victim.address).status is AddressStatus.VALID
    assert state(victim.address).last_error_at is None
    assert why_not(victim.address).count("trust") == TIMES


def test_a_complaint_again_denylists_once_and_its_message_is_marked_once() -> None:
    (row,) = sent()
    for number in range(50):
        accept(feedback(f"Original-Rcpt-To: {row.address}", f"Incidents: {number}"), to=verp(row))
    settle()
    assert state(row.address).status is AddressStatus.DENYLISTED
    assert why_not(row.address).count("") == 1
    assert Message.objects.get().complained_at == CAME
    assert DeliveryCounts.objects.get().returned == 0


SOFT = {
    "in the notice": report(FULL, notice=f"{NO_USER}. The account does not exist, and never did."),
    "in the subject": report(FULL, subject=f"Undeliverable: {NO_USER}"),
    "in a header": report(FULL, headers=[f"X-Failure: {NO_USER}"]),
    "in the returned message": report(FULL, returned=[f"Subject: {NO_USER}", "To: p0@example.org"]),
    "in a last part": report(FULL, extra=f"Content-Type: text/plain\n\n{NO_USER}\n"),
    "in another's diagnostic": report(FULL, group("stranger@else.example", text=NO_USER)),
    "in another's diagnostic before it": report(group("stranger@else.example", text=NO_USER), FULL),
    "in the status": report(group("p0@example.org", status="5.1.1", text=OVER_QUOTA)),
    "in the action": report(FULL.replace("failed", "failed (no such user)")),
}


@pytest.mark.parametrize("raw", SOFT.values(), ids=SOFT.keys())
def test_words_beside_a_full_mailbox_do_not_make_it_unknown(raw: bytes) -> None:
    (row,) = sent()
    came(raw, to=verp(row))
    found = state(row.address)
    assert (found.status, found.reason, found.error_count) == (AddressStatus.ERRONEOUS, "mailbox_full", 1)


def test_the_same_words_where_the_reply_stands_are_believed() -> None:
    (row,) = sent()
    came(report(group("p0@example.org")), to=verp(row))
    assert state(row.address).status is AddressStatus.QUARANTINED


NO_BOUNCES = {
    "an automatic answer that quotes a bounce": words(
        f"I am on holiday until Monday.\n\n> <victim@else.example>:\n> {NO_USER}\n",
        subject="Out of office",
        headers=["Auto-Submitted: auto-replied"],
        sender="p0@example.org",
    ),
    "a person's answer that quotes one": words(
        f"Look what I got:\n\n> {NO_USER}\n", subject="Re: Hello", sender="p0@example.org"
    ),
    "a report of success that speaks of a failure": report(
        group("p0@example.org", action="delivered", status="2.0.0", text="250 taken"), notice=NO_USER
    ),
    "a notice of delay that speaks of a failure": report(
        group("p0@example.org", action="delayed", status="4.4.1", text="451 4.4.1 still trying"), notice=NO_USER
    ),
}


@pytest.mark.parametrize("raw", NO_BOUNCES.values(), ids=NO_BOUNCES.keys())
def test_what_is_no_failure_is_none_even_under_a_valid_token(raw: bytes) -> None:
    (row,) = sent()
    came(raw, to=verp(row), sender="p0@example.org")
    assert state(row.address).status is AddressStatus.VALID
    assert Message.objects.get().returned_at is None
    assert listed() == []


def test_a_bounce_from_a_person_is_believed_with_a_token_and_not_without() -> None:
    with_token, without = sent(2)
    came(qmail(with_token.address), to=verp(with_token), sender="x@evil.example")
    came(qmail(without.address), sender="x@evil.example")
    assert state(with_token.address).status is AddressStatus.QUARANTINED
    assert state(without.address).status is AddressStatus.VALID
    assert listed() == [(without.address, "sender_not_null")]


# --- events: the operator's own word, about the address that it names and no other ------------------------------------


def test_an_event_that_claims_anothers_message_marks_no_message() -> None:
    victim, other = sent(2)
    took(hard(at(hours=1), other.address, message_id=victim.message_id))
    took(event("complaint", at(hours=1), "stranger@else.example", message_id=victim.message_id))
    marks = Message.objects.values_list("returned_at", "complained_at")
    assert set(marks) == {(None, None)}
    assert state(victim.address).status is AddressStatus.VALID
    assert why_not(victim.address) == ["no_effect"]
    took(hard(at(hours=1), victim.address, message_id=victim.message_id))
    assert Message.objects.get(id=victim.pk).returned_at == at(hours=1)


def test_an_event_that_claims_anothers_message_takes_no_success_back() -> None:
    victim, other = sent(2)
    took(event("failure", at(hours=1), other.address, type="soft", reason="mailbox_full", message_id=victim.message_id))
    assert why_not(other.address) == ["no_effect", ""]
    assert DeliveryCounts.objects.get().returned == 0


def test_an_event_cannot_choose_its_trust() -> None:
    (row,) = sent()
    taken = take(
        hard(at(hours=1), row.address, trust="signed"), hard(at(hours=1), row.address, required_trust="unverified")
    )
    assert [bad.reason for bad in taken.rejected] == ["field 'trust' is unknown", "field 'required_trust' is unknown"]
    assert state(row.address).status is AddressStatus.VALID
