"""A returned mail becomes evidence, a mark on the message that it speaks of, and a state."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from tests.core.given import at
from tests.services.event_fixtures import explained, state
from tests.services.mail_fixtures import (
    CAME,
    NO_USER,
    OVER_QUOTA,
    SENT,
    accept,
    arf,
    came,
    dsn,
    letter,
    listed,
    sent,
    settle,
    settler,
    verp,
)
from tests.services.sending_fixtures import KEYRING, assert_reconciled

from rebond.core.failure import Report
from rebond.core.qualifier import Qualifier
from rebond.core.tokens import sign_unsubscribe
from rebond.core.words import AddressStatus, Cause, Reason, Trust
from rebond.packs import default_qualifier
from rebond.services.record import Occurrence, Recorded, record
from rebond.services.settle import Settled
from rebond.store.models import (
    DeliveryCounts,
    EvidenceRow,
    Message,
    Profile,
    ProfileDenial,
    Qualification,
    ReturnedMail,
    Unattributed,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def returned(row: Message) -> Message:
    return Message.objects.get(id=row.pk)


def test_a_bounce_with_our_token_quarantines_and_marks_the_message() -> None:
    (row,) = sent()
    assert came(dsn(row.address), to=verp(row)) == Settled(taken=1, settled=1, kinds={"dsn": 1})
    found = state(row.address)
    assert (found.status, found.reason, found.since) == (AddressStatus.QUARANTINED, Reason.USER_UNKNOWN, CAME)
    marked = returned(row)
    assert (marked.returned_at, marked.return_type, marked.return_reason) == (CAME, "hard", "user_unknown")
    assert (marked.return_cause, marked.status) == ("no_such_user", "delivered")
    assert NO_USER in marked.return_text
    assert DeliveryCounts.objects.get().returned == 1
    assert_reconciled(row.delivery_id)
    evidence = EvidenceRow.objects.get()
    assert (evidence.message, evidence.message_id, evidence.trust) == (row.pk, row.message_id, "signed")
    assert evidence.asynchronous
    assert Qualification.objects.get().count == 1


def test_the_success_is_taken_back() -> None:
    (row,) = sent()
    came(dsn(row.address, text=OVER_QUOTA, status="5.2.2"), to=verp(row))
    found = explained(row.address)
    assert [str(one.why_not) for one in found.judgements] == ["retracted", ""]
    assert (found.state.status, found.state.error_count) == (AddressStatus.ERRONEOUS, 1)


def test_the_same_mail_twice_has_one_effect() -> None:
    (row,) = sent()
    raw = dsn(row.address)
    came(raw, to=verp(row))
    assert came(raw, to=verp(row)).taken == 0
    assert came(raw, to=verp(row).upper()).taken == 1
    assert EvidenceRow.objects.count() == 1
    assert DeliveryCounts.objects.get().returned == 1
    assert Qualification.objects.get().count == 1
    assert_reconciled(row.delivery_id)


def test_settling_again_what_was_settled_is_harmless() -> None:
    """A crash between the evidence and the end of the return: the lease runs out, and it is settled again."""
    (row,) = sent()
    came(dsn(row.address), to=verp(row))
    ReturnedMail.objects.update(state="stored", worker="", lease_until=None)
    assert settle().settled == 1
    assert EvidenceRow.objects.count() == 1
    assert DeliveryCounts.objects.get().returned == 1


def test_two_bounces_of_one_message_are_one_return() -> None:
    (row,) = sent()
    accept(dsn(row.address), to=verp(row))
    accept(dsn(row.address, text=OVER_QUOTA, status="5.2.2", date=at(hours=1)), to=verp(row))
    assert settle().settled == 2
    assert returned(row).return_reason == "mailbox_full"
    assert DeliveryCounts.objects.get().returned == 1
    assert EvidenceRow.objects.count() == 2


def test_the_same_bytes_for_two_messages_to_one_address_are_two_failures() -> None:
    row, other = sent(2)
    Message.objects.filter(id=other.pk).update(address=row.address, address_key=row.address_key)
    raw = dsn(row.address)
    for message in (row, other):
        came(raw, to=verp(message))
    assert sorted(EvidenceRow.objects.values_list("message", flat=True)) == [row.pk, other.pk]
    assert Message.objects.filter(returned_at__isnull=True).count() == 0


def test_a_bounce_settled_before_the_sender_wrote_its_outcome_is_counted_by_the_sender() -> None:
    """The whole way is in the tests of sending: here the mark is set, and the counters wait."""
    from rebond.core.words import MessageStatus
    from rebond.store.write.sending import Settlement, commit_window

    (row,) = sent(status="sending")
    Message.objects.update(worker="w1", fence=7)
    came(dsn(row.address), to=verp(row))
    assert returned(row).returned_at == CAME
    assert DeliveryCounts.objects.get().returned == 0
    outcome = Settlement(
        message=row.pk, status=MessageStatus.DELIVERED, attempts=1, step=0, last_attempt_at=SENT, delivered_at=SENT
    )
    from django.db import transaction

    with transaction.atomic():
        commit_window(row.delivery_id, [(7, outcome)], begin=[], fence=8, spoiled={}, worker="w1", until=CAME)
    counts = DeliveryCounts.objects.get()
    assert (counts.delivered, counts.returned, counts.pending) == (1, 1, 0)
    assert_reconciled(row.delivery_id)
    assert came(dsn(row.address, date=at(hours=1)), to=verp(row)).settled == 1
    assert DeliveryCounts.objects.get().returned == 1


def test_a_delay_notice_is_noted_and_marks_nothing() -> None:
    (row,) = sent()
    came(dsn(row.address, status="4.4.1", action="delayed", text="connection timed out"), to=verp(row))
    (judged,) = [one for one in explained(row.address).judgements if one.evidence.verdict]
    assert judged.evidence.verdict is not None
    assert (judged.evidence.verdict.cause, str(judged.why_not)) == (Cause.DELAYED, "type_ignored")
    assert returned(row).returned_at is None
    assert state(row.address).status is AddressStatus.VALID


def test_an_automatic_answer_is_noted_and_marks_nothing() -> None:
    (row,) = sent()
    raw = letter("I am away until Monday.", subject="Out of office", to=verp(row), Auto_Submitted="auto-replied")
    assert came(raw, to=verp(row), sender=row.address).kinds == {"auto_reply": 1}
    assert [str(one.why_not) for one in explained(row.address).judgements] == ["no_effect", "type_ignored"]
    assert returned(row).returned_at is None
    assert listed() == []


def test_ordinary_mail_has_no_effect() -> None:
    (row,) = sent()
    done = came(letter("Thanks!", subject="Hello", to="bounces@bounce.example"), sender=row.address)
    assert (done.settled, done.kinds) == (1, {"other": 1})
    assert not EvidenceRow.objects.exists()
    assert listed() == []


@pytest.mark.parametrize("feedback", ["abuse", "fraud", "opt-out"])
def test_a_complaint_denylists_the_address_and_marks_the_message(feedback: str) -> None:
    (row,) = sent()
    came(arf(feedback=feedback, message_id=row.message_id), sender="fbl@provider.example")
    assert state(row.address).status is AddressStatus.DENYLISTED
    assert returned(row).complained_at == CAME
    assert returned(row).returned_at is None
    assert not ProfileDenial.objects.exists()


def test_a_complaint_is_matched_by_message_id_and_recipient() -> None:
    (row,) = sent()
    Message.objects.update(message_id="plain@shop.example")
    came(arf(row.address, message_id="plain@shop.example"), sender="fbl@provider.example")
    assert state(row.address).status is AddressStatus.DENYLISTED
    assert EvidenceRow.objects.get().trust == "matched"


@pytest.mark.parametrize("where", ["to", "envelope", "subject", "body"])
def test_a_mail_to_unsubscribe_denies_the_profile(where: str) -> None:
    (row,) = sent()
    token = sign_unsubscribe(row.profile, delivery=row.delivery_id, keyring=KEYRING)
    address = f"unsubscribe+{token}@bounce.example"
    raw = letter(
        f"unsubscribe {token}\n" if where == "body" else "please",
        subject=f"unsubscribe {token}" if where == "subject" else "stop",
        to=address if where == "to" else "bounces@bounce.example",
    )
    for _ in range(2):
        accept(raw, to=address if where == "envelope" else "", sender=row.address)
        assert settle().unattributed == 0
    denial = ProfileDenial.objects.get()
    assert (denial.profile_id, denial.channel, denial.origin, denial.at) == (row.profile, "email", "unsubscribe", CAME)
    assert state(row.address).status is AddressStatus.VALID
    assert ReturnedMail.objects.get().kind == "unsubscribe"


def test_an_unsubscription_by_a_false_token_is_listed() -> None:
    (row,) = sent()
    token = sign_unsubscribe(row.profile, delivery=row.delivery_id, keyring=KEYRING)
    false = token[:-1] + ("a" if token[-1] != "a" else "b")
    came(letter("", subject="x", to=f"unsubscribe+{false}@bounce.example"), sender=row.address)
    assert not ProfileDenial.objects.exists()
    assert [why for _, why in listed()] == ["forged_token"]


def test_an_unsubscription_of_a_profile_that_is_gone_changes_nothing() -> None:
    (row,) = sent()
    token = sign_unsubscribe(row.profile, delivery=row.delivery_id, keyring=KEYRING)
    Profile.objects.all().delete()
    came(letter("", subject="x", to=f"unsubscribe+{token}@bounce.example"))
    assert not ProfileDenial.objects.exists()


# --- whom and when --------------------------------------------------------------------------------------------------


def test_a_forward_belongs_to_the_address_that_we_wrote_to() -> None:
    (row,) = sent()
    came(dsn("someone@forwarded.example"), to=verp(row))
    assert state(row.address).status is AddressStatus.QUARANTINED
    assert state("someone@forwarded.example").status is AddressStatus.VALID
    assert listed() == [("someone@forwarded.example", "other_recipient")]


def test_a_report_by_message_id_and_its_own_recipient_is_matched() -> None:
    first, second = sent(2)
    Message.objects.filter(id=first.pk).update(message_id="plain@shop.example")
    came(dsn(first.address, second.address, message_id="plain@shop.example"))
    assert state(first.address).status is AddressStatus.QUARANTINED
    assert state(second.address).status is AddressStatus.VALID
    assert listed() == [(second.address, "other_recipient")]


def test_the_time_is_the_returns_own_within_what_is_possible() -> None:
    rows = sent(4)
    dates = {"own": at(hours=1), "before the send": at(days=-3), "ahead": at(days=9)}
    for row, date in zip(rows, dates.values(), strict=False):
        accept(dsn(row.address, date=date), to=verp(row))
    undated = dsn(rows[3].address).replace(b"Date:", b"X-Date:")
    accept(undated, to=verp(rows[3]))
    settle(at(days=20))
    found = dict(EvidenceRow.objects.values_list("message", "at"))
    expected = [at(hours=1), SENT - timedelta(minutes=10), CAME, CAME]
    assert [found[row.pk] for row in rows] == expected


def test_a_token_that_held_when_the_mail_came_holds_after_a_long_wait() -> None:
    (row,) = sent()
    accept(dsn(row.address), to=verp(row), now=at(days=29))
    settle(at(days=60))
    assert state(row.address).status is AddressStatus.QUARANTINED


def test_a_source_may_ask_for_less_or_more() -> None:
    (row,) = sent()
    Message.objects.update(message_id="plain@shop.example")
    came(dsn("stranger@else.example"), required=Trust.UNVERIFIED)
    assert state("stranger@else.example").status is AddressStatus.QUARANTINED
    came(dsn(row.address, message_id="plain@shop.example"), required=Trust.SIGNED)
    assert state(row.address).status is AddressStatus.VALID
    assert returned(row).returned_at is None
    assert listed() == [(row.address, "trust_too_low")]
    assert Unattributed.objects.get().trust == "matched"


# --- faults ---------------------------------------------------------------------------------------------------------


class Failing:
    """A qualifier that raises for some mails."""

    def __init__(self, inner: Qualifier, word: bytes, fault: Exception) -> None:
        self.inner, self.word, self.fault = inner, word, fault

    def qualify_mail(self, raw: bytes) -> Report:
        if self.word in raw:
            raise self.fault
        return self.inner.qualify_mail(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_a_mail_that_cannot_be_settled_is_dead_after_three_tries_and_holds_up_nobody() -> None:
    rows = sent(3)
    for row in rows:
        accept(dsn(row.address), to=verp(row))
    failing = settler(Failing(default_qualifier(), rows[1].address.encode(), RuntimeError("no\0t \ud800 this")))  # type: ignore[arg-type]
    assert failing.settle_all(lambda: CAME) == Settled(taken=3, settled=2, failed=1, kinds={"dsn": 2})
    assert [state(row.address).status for row in rows].count(AddressStatus.QUARANTINED) == 2
    assert failing.settle(CAME).taken == 0
    assert failing.settle(CAME + timedelta(minutes=5)).failed == 1
    assert failing.settle(CAME + timedelta(minutes=10)).dead == 1
    dead = ReturnedMail.objects.get(state="dead")
    assert "RuntimeError: no" in dead.problem
    assert failing.settle(CAME + timedelta(days=1)).taken == 0


def test_while_the_database_is_away_no_mail_is_blamed() -> None:
    (row,) = sent()
    accept(dsn(row.address), to=verp(row))
    away = settler(Failing(default_qualifier(), b"", OperationalError("gone")))  # type: ignore[arg-type]
    for _ in range(5):
        with pytest.raises(OperationalError):
            away.settle(CAME)
    assert ReturnedMail.objects.get().tries == 0
    assert settle().settled == 1


def test_what_could_not_be_put_back_is_put_back_when_the_database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from rebond.services import settle as module

    def gone(*_: object, **__: object) -> int:
        raise OperationalError("still gone")

    (row,) = sent()
    accept(dsn(row.address), to=verp(row))
    worker = settler()
    with monkeypatch.context() as patch:
        patch.setattr(module, "record", gone)
        patch.setattr(module, "release_returns", gone)
        with pytest.raises(OperationalError):
            worker.settle(CAME)
    assert ReturnedMail.objects.get().tries == 1
    assert worker.settle(CAME).settled == 1
    assert ReturnedMail.objects.get().tries == 1


def test_texts_that_no_database_takes_are_settled() -> None:
    (row,) = sent()
    raw = dsn(row.address, text="550 5.1.1 no\x01 such user @@").replace(b"@@", b"\x00\xed\xa0\x80\xff")
    assert came(raw, to=verp(row)).settled == 1
    assert came(raw.replace(row.address.encode(), b"stranger@else.example")).unattributed == 1
    assert state(row.address).status is AddressStatus.QUARANTINED


def test_a_batch_is_bounded_and_all_are_settled() -> None:
    rows = sent(30)
    for row in rows:
        accept(dsn(row.address), to=verp(row))
    assert settler().settle(CAME, limit=7).settled == 7
    assert settle().settled == 23
    assert DeliveryCounts.objects.get().returned == 30
    assert_reconciled(rows[0].delivery_id)


def test_a_batch_that_names_many_addresses_is_written_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from rebond.services import settle as module

    touched: list[int] = []

    def spied(occurrences: Sequence[Occurrence], **kwargs: Any) -> Recorded:
        touched.append(len(occurrences))
        return record(occurrences, **kwargs)

    monkeypatch.setattr(module, "record", spied)
    monkeypatch.setattr(module, "MOST_AT_ONCE", 5)
    for mail, recipients in enumerate((2, 2, 4, 9, 1)):
        accept(dsn(*[f"p{mail}-{number}@stranger.example" for number in range(recipients)]))
    assert settle() == Settled(taken=5, unattributed=5, kinds={"dsn": 5})
    assert touched == [4, 4, 9, 1]
    assert Unattributed.objects.count() == 18
