"""Double opt-in: asked for, mailed by Rebond's own means, confirmed by the link, and nothing without it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.services.opt_in_fixtures import (
    ANN,
    CONTENT,
    LATER,
    URL,
    asks,
    confirms,
    definition,
    looks,
    mails,
    page,
    token_in,
)
from tests.services.sending_fixtures import HARD, HOUR, KEYRING, START, assert_reconciled, policy

from rebond.core.failure import Event, Evidence
from rebond.core.ports import OutcomeKind
from rebond.core.tokens import Keyring, sign, sign_confirmation, sign_unsubscribe
from rebond.core.words import AddressStatus, Channel, MessageStatus, OptInStatus
from rebond.services import opt_in_pages
from rebond.services.errors import NotFoundError
from rebond.services.opt_in import FieldError, TooManyRequestsError
from rebond.services.opt_in_confirm import Link, look
from rebond.services.opt_in_links import about
from rebond.services.opt_in_pages import find_page, put_page, remove_page, save_page
from rebond.services.record import Occurrence, record
from rebond.services.report import recount
from rebond.store.models import (
    AddressStateRow,
    AuditEntry,
    ConfirmationRun,
    Delivery,
    EvidenceRow,
    Exclusion,
    LandingText,
    Message,
    OptInFact,
    OptInRequest,
    Profile,
    ProfileAddress,
    ProfileDenial,
    Service,
    Subscription,
)
from rebond.store.read.jobs import due_to_send
from rebond.store.read.log_pages import ExclusionFilter, LogFilter, exclusion_log_page, sending_log_page
from rebond.store.write.sending import finish_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DAY = timedelta(days=1)


def status() -> str:
    return OptInRequest.objects.values_list("status", flat=True).get()


def link() -> str:
    """Let the only request be mailed, and return the token of its link."""
    (outgoing,) = mails().taken
    return token_in(outgoing.content)


def test_a_request_subscribes_nobody() -> None:
    page()
    asks(fields={"first_name": "Ann"})
    assert not Profile.objects.exists()
    assert not Subscription.objects.exists()
    assert status() == OptInStatus.WAITING


def test_the_mail_goes_through_the_sending_log_with_a_token_and_nothing_that_the_visitor_wrote() -> None:
    page()
    asks(fields={"first_name": "BUY http://evil.example"})
    (outgoing,) = mails().taken
    assert outgoing.recipient == ANN
    assert outgoing.sender.startswith("b+")
    assert b"/confirm/" in outgoing.content
    assert b"evil" not in outgoing.content
    assert b"List-Unsubscribe" not in outgoing.content
    assert b"X-Rebond-Token" in outgoing.content
    message = Message.objects.get()
    assert (message.status, message.address_key) == ("delivered", ANN)
    delivery = Delivery.objects.get()
    assert (delivery.message_class, delivery.status) == ("confirmation", "sending")
    assert_reconciled(delivery.pk)


def test_looking_changes_nothing_and_confirming_subscribes_with_a_proof() -> None:
    number = page()
    asks(fields={"first_name": "Ann"}, language="fr")
    token = link()
    assert looks(token).link is Link.OPEN
    assert looks(token).services == ("Newsletter",)
    assert not Profile.objects.exists()
    assert confirms(token).link is Link.CONFIRMED
    profile = Profile.objects.get()
    assert profile.external_id == ANN
    assert profile.fields == {"first_name": "Ann", "language": "fr"}
    assert ProfileAddress.objects.get().key == ANN
    assert Subscription.objects.get().profile == profile.pk
    assert Service.objects.get().subscribers == 1
    proof = OptInRequest.objects.get()
    assert (proof.status, proof.asked_from, proof.confirmed_from) == ("confirmed", "192.0.2.7", "198.51.100.4")
    assert (proof.asked_at, proof.confirmed_at, proof.profile) == (START, START + LATER, profile.pk)
    text = LandingText.objects.get(id=proof.text_id)
    assert (text.page_id, text.language) == (number, "fr")
    assert "abonner" in text.content["title"]
    evidence = EvidenceRow.objects.get()
    assert (evidence.event, evidence.address_key) == ("confirmed", ANN)
    assert Message.objects.get().profile == profile.pk
    assert_reconciled(Delivery.objects.get().pk)


def test_confirming_twice_is_done_once() -> None:
    page()
    asks()
    token = link()
    assert confirms(token).now
    again = confirms(token, START + HOUR)
    assert (again.link, again.now) == (Link.CONFIRMED, False)
    assert Subscription.objects.count() == 1
    assert Service.objects.get().subscribers == 1
    assert OptInRequest.objects.get().confirmed_at == START + LATER
    assert OptInFact.objects.get().confirmed == 1


def test_a_known_profile_is_updated_and_taken_off_the_denylist_of_email_alone() -> None:
    page()
    profile = Profile.objects.create(external_id="7", fields={"city": "Paris"}, created_at=START, updated_at=START)
    ProfileAddress.objects.create(profile=profile, channel="email", text="Ann@Example.org", key=ANN)
    ProfileDenial.objects.create(profile=profile, channel="all", at=START, origin="unsubscribe", proof="a mail")
    asks(fields={"first_name": "Ann"})
    confirms(link())
    profile.refresh_from_db()
    assert Profile.objects.count() == 1
    assert profile.fields == {"city": "Paris", "first_name": "Ann"}
    denials = ProfileDenial.objects.order_by("channel").values_list("channel", "origin", "proof")
    assert list(denials) == [("push", "unsubscribe", "a mail"), ("sms", "unsubscribe", "a mail")]
    entry = AuditEntry.objects.get(action="profile.allow")
    assert "192.0.2.7" in entry.because
    assert "198.51.100.4" in entry.because


def put(state: AddressStatus, origin: str) -> None:
    AddressStateRow.objects.create(
        channel="email", address_key=ANN, address=ANN, status=state.value, origin=origin, policy_digest="x", since=START
    )


def test_a_quarantined_address_is_written_to_and_a_complaint_never_passes() -> None:
    page()
    put(AddressStatus.QUARANTINED, "hard")
    asks()
    assert len(mails().taken) == 1
    AddressStateRow.objects.all().delete()
    put(AddressStatus.DENYLISTED, "complaint")
    asks("ann@EXAMPLE.org", at=START + 3 * DAY)
    assert mails(START + 3 * DAY).taken == []
    assert sorted(OptInRequest.objects.values_list("status", flat=True)) == ["mailed", "refused"]
    exclusion = Exclusion.objects.get()
    assert (exclusion.reason, exclusion.cause) == ("denylisted", "complaint")
    for delivery in Delivery.objects.all():
        assert_reconciled(delivery.pk)


def test_a_confirmation_releases_what_was_quarantined() -> None:
    page()
    told = Evidence(identity="q", event=Event.QUARANTINED, at=START - HOUR, actor="p", because="b")
    record([Occurrence(channel=Channel.EMAIL, address=ANN, key=ANN, evidence=told)], policy=policy(), now=START - HOUR)
    assert AddressStateRow.objects.get().status == "quarantined"
    asks()
    confirms(link())
    assert AddressStateRow.objects.get().status == "valid"


def test_an_address_has_one_mail_in_a_day_however_often_it_is_asked_for() -> None:
    page()
    page(slug="other", name="Other", services=["Offers"])
    for minutes in range(3):
        asks(at=START + timedelta(minutes=minutes))
    asks(slug="other", at=START + timedelta(minutes=5))
    assert len(mails(START + timedelta(minutes=10)).taken) == 1
    found = list(OptInRequest.objects.order_by("id").values_list("status", flat=True))
    assert found == ["mailed", "repeated", "repeated", "waiting"]
    assert mails(START + timedelta(hours=23)).taken == []
    # That of the other page goes when the day is over.
    assert len(mails(START + timedelta(hours=25)).taken) == 1
    assert Delivery.objects.count() == 2


def test_a_link_holds_for_two_days_from_its_mail() -> None:
    page()
    asks()
    token = link()
    assert looks(token, START + timedelta(hours=48)).link is Link.OPEN
    assert looks(token, START + timedelta(hours=48, seconds=2)).link is Link.EXPIRED
    assert confirms(token, START + 3 * DAY).link is Link.EXPIRED
    assert not Subscription.objects.exists()
    asks(at=START + 3 * DAY)
    assert len(mails(START + 3 * DAY).taken) == 1


def forged(token: str) -> list[tuple[str, str]]:
    """Make what somebody may try: the way, and the token."""
    request = OptInRequest.objects.get()
    expires = START + 2 * DAY

    def made(*, number: int = request.pk, key: str = ANN, on: int = request.page_id, ring: Keyring = KEYRING) -> str:
        return sign_confirmation(number, about=about(on, key), expires=expires, keyring=ring)

    return [
        ("cut", token[:-1]),
        ("longer", token + "a"),
        ("changed", ("b" if token[5] == "a" else "a").join((token[:5], token[6:]))),
        ("empty", ""),
        ("no token", "x" * 5000),
        ("control characters", "\0\n"),
        ("not ASCII", "é" * 40),
        ("of another key", made(ring=Keyring({0: b"x" * 16}, 0))),
        ("of an unknown key", made(ring=Keyring({9: b"9" * 16}, 9))),
        ("of another page", made(on=request.page_id + 1)),
        ("for another address", made(key="eve@example.org")),
        ("in capitals", token.upper() + "="),
    ]


def test_forged_links_are_told_apart_and_change_nothing() -> None:
    page()
    asks()
    token = link()
    for way, text in forged(token):
        assert confirms(text).link is Link.BROKEN, way
    assert status() == "mailed"
    assert not Profile.objects.exists()
    assert not EvidenceRow.objects.exists()


def test_a_token_of_another_kind_is_no_confirmation() -> None:
    page()
    asks()
    link()
    number = OptInRequest.objects.get().pk
    assert confirms(sign(number, keyring=KEYRING, issued=START.date())).link is Link.BROKEN
    assert confirms(sign_unsubscribe(number, delivery=1, keyring=KEYRING)).link is Link.BROKEN


def test_keys_may_change_between_mail_and_confirmation() -> None:
    page()
    asks()
    token = link()
    changed = Keyring({**KEYRING.keys, 2: b"2" * 16}, 2)
    assert look(token, keyring=changed, now=START + LATER).link is Link.OPEN


def test_a_page_that_was_removed_confirms_no_more() -> None:
    number = page()
    asks()
    token = link()
    asks("bob@example.org")
    remove_page(number, now=START, actor="test")
    assert confirms(token).link is Link.GONE
    assert mails().taken == []
    # Its slug is free again, and the old link is not one of the new page.
    again = save_page(definition(), content=CONTENT, public_url=URL, now=START, actor="test")
    assert again != number
    assert confirms(token).link is Link.GONE


def test_a_page_that_is_not_active_confirms_what_it_was_asked() -> None:
    number = page()
    asks()
    token = link()
    save_page(definition(active=False), content=CONTENT, public_url=URL, now=START, actor="test", number=number)
    assert confirms(token).link is Link.CONFIRMED


def test_a_changed_page_has_a_new_text_and_a_new_delivery() -> None:
    number = page()
    asks()
    mails()
    texts = {"en": {"mail_subject": "Really?"}}
    save_page(definition(texts=texts), content=CONTENT, public_url=URL, now=START, actor="test", number=number)
    asks("bob@example.org")
    (outgoing,) = mails().taken
    assert b"Really?" in outgoing.content
    assert Delivery.objects.count() == LandingText.objects.count() == 2


def test_mails_of_a_day_share_a_delivery_which_then_ends() -> None:
    page()
    asks()
    mails()
    asks("bob@example.org", at=START + 3 * HOUR)
    mails(START + 3 * HOUR)
    delivery = Delivery.objects.get()
    assert (delivery.status, ConfirmationRun.objects.count()) == ("sending", 1)
    assert due_to_send(START + 4 * HOUR, thorough=False) == []
    assert due_to_send(START + 4 * HOUR, thorough=True) == []
    assert due_to_send(START + DAY, thorough=False) == [delivery.pk]
    assert not finish_delivery(delivery.pk, now=START + 4 * HOUR)
    assert finish_delivery(delivery.pk, now=START + DAY)
    assert_reconciled(delivery.pk)


def test_a_confirmation_that_bounces_tells_quarantine_as_any_message() -> None:
    page()
    asks()
    sender = mails(answer=lambda recipient, at: HARD)
    assert len(sender.taken) == 1
    assert Message.objects.get().status == "failed"
    state = AddressStateRow.objects.get()
    assert (state.address_key, state.status, state.reason) == (ANN, "quarantined", "user_unknown")
    assert not Profile.objects.exists()


def test_a_mail_whose_answer_was_lost_is_uncertain_and_sent_the_same_again() -> None:
    page()
    asks()
    first = mails(answer=lambda recipient, at: OutcomeKind.UNCERTAIN)
    assert Message.objects.get().uncertain
    second = mails(START + HOUR)
    assert first.taken[0].content == second.taken[0].content


def test_a_confirmed_request_gets_no_second_mail() -> None:
    page()
    asks()
    first = mails(answer=lambda recipient, at: OutcomeKind.UNCERTAIN)
    confirms(token_in(first.taken[0].content))
    assert mails(START + HOUR).taken == []
    assert Message.objects.get().status == "cancelled"


def test_what_cannot_be_used_is_said_beside_its_field() -> None:
    page(services=["Newsletter", "Offers"])
    offered = find_page("news").offered
    cases: list[tuple[str, Callable[[], None]]] = [
        ("address", lambda: asks("nobody")),
        ("address", lambda: asks("")),
        ("services", asks),
        ("services", lambda: asks(services=(999,))),
        ("first_name", lambda: asks(services=tuple(offered), fields={"first_name": "x" * 300})),
        ("first_name", lambda: asks(services=tuple(offered), fields={"first_name": "a\0b"})),
        ("last_name", lambda: asks(services=tuple(offered), fields={"last_name": "x"})),
    ]
    for field, act in cases:
        with pytest.raises(FieldError) as refused:
            act()
        assert field in refused.value.fields
    assert not OptInRequest.objects.exists()


def test_requests_for_one_address_are_passed_over_in_silence() -> None:
    page()
    for number in range(8):
        asks(network=f"10.0.{number}.0/24")
    assert OptInRequest.objects.count() == 5
    asks(at=START + 2 * HOUR)
    assert OptInRequest.objects.count() == 6


def test_a_network_has_so_many_requests_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.opt_in.MOST_FROM_NETWORK", 3)
    page()
    for number in range(3):
        asks(f"p{number}@example.org")
    with pytest.raises(TooManyRequestsError):
        asks("p9@example.org")
    asks("p9@example.org", network="198.51.100.0/24")
    asks("p10@example.org", at=START + 2 * HOUR)


def test_a_page_is_replaced_by_its_slug_and_removed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    number = page()
    known: dict[str, Any] = {"content": CONTENT, "public_url": URL, "now": START, "actor": "test"}
    assert put_page(definition(name="Again"), **known) == number
    found = find_page(number)
    assert found.definition.name == "Again"
    # As two see it who take it away at the same moment.
    monkeypatch.setattr(opt_in_pages, "find_page", lambda where: found)
    assert remove_page("news", now=START, actor="test") == number
    with pytest.raises(NotFoundError, match="no landing page"):
        remove_page(number, now=START, actor="test")
    assert AuditEntry.objects.filter(action="landing.remove").count() == 1


def test_the_id_of_a_new_profile_is_never_another_s() -> None:
    page()
    other = Profile.objects.create(external_id=ANN, created_at=START, updated_at=START)
    ProfileAddress.objects.create(profile=other, channel="email", text="new@example.org", key="new@example.org")
    asks()
    confirms(link())
    assert sorted(Profile.objects.values_list("external_id", flat=True)) == [ANN, f"{ANN}#2"]
    assert ProfileAddress.objects.get(profile=other).key == "new@example.org"


def test_the_logs_of_a_delivery_show_confirmations_page_by_page() -> None:
    page()
    put(AddressStatus.DENYLISTED, "complaint")
    for name in ("ann", "bob", "cat"):
        asks(f"{name}@example.org")
    mails()
    delivery = Delivery.objects.get().pk
    first = sending_log_page(delivery, LogFilter(), limit=1)
    assert first.next is not None
    second = sending_log_page(delivery, LogFilter(status=MessageStatus.DELIVERED), after=first.next, limit=1)
    assert [row.address for row in (*first.rows, *second.rows)] == ["cat@example.org", "bob@example.org"]
    (excluded,) = exclusion_log_page(delivery, ExclusionFilter()).rows
    assert (excluded.address, excluded.profile) == (ANN, "")
    assert recount(delivery).problems == ()
