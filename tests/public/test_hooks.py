"""Webhooks of email providers, from what is posted to what becomes of addresses."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from rebond.core.read.providers import PROVIDERS, Befell
from rebond.core.tokens import sign
from rebond.intake.webhooks.door import problem_with
from rebond.intake.webhooks.sources import hook_sources
from rebond.public import hooks
from rebond.store.models import (
    AddressStateRow,
    DeliveryCounts,
    EvidenceRow,
    Message,
    Profile,
    ProfileDenial,
    Qualification,
    RawMail,
    ReturnedMail,
    Service,
    Subscription,
    ToldSuccess,
    Unattributed,
    Unsubscription,
)
from rebond.wiring import Site
from tests.hooks_written import ANN, NOW, SAMPLES, Sample, body_of, dumped, post
from tests.public.hooks_fixtures import KEYRING, hook_site, send, settle
from tests.public.leaving import to_service
from tests.services.sending_fixtures import delivery

__all__ = ["hook_site"]
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("hook_site")]
JSON = "application/json"
_EVENTS = {Befell.FAILED: "failure", Befell.DELAYED: "failure", Befell.COMPLAINED: "complaint"}


def of(provider: str, befell: Befell) -> Sample:
    return next(one for one in SAMPLES if (one.provider, one.befell) == (provider, befell) and one.address)


def take(provider: str, *events: Any, name: str = "", **more: Any) -> Any:
    return send(post(provider, body_of(provider, *events), **more), name or provider)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one.provider}-{one.befell}")
def test_what_each_provider_tells_becomes_evidence(sample: Sample) -> None:
    for _ in range(2):
        answer = take(sample.provider, sample.event)
        assert answer.status_code == 200, answer.content
        assert settle().dead == 0
    assert ReturnedMail.objects.get().source == f"webhook:{sample.provider}"
    found = [(row.event, row.address_key, row.trust, row.at) for row in EvidenceRow.objects.all()]
    if not sample.address and sample.befell is Befell.COMPLAINED:
        assert (found, Unattributed.objects.get().why) == ([], "no_address")
    elif sample.befell in _EVENTS:
        assert [one[:3] for one in found] == [(_EVENTS[sample.befell], ANN, "signed")]
        assert found[0][3] <= NOW
    elif sample.befell is Befell.UNSUBSCRIBED:
        assert [one[:3] for one in found] == [("denylisted", ANN, "signed")]
        assert AddressStateRow.objects.get().status == "denylisted"
    else:
        assert found == []
    assert ToldSuccess.objects.count() == (sample.befell is Befell.DELIVERED)
    if sample.reason:
        row = EvidenceRow.objects.get()
        assert (row.reason, row.type) == (sample.reason, sample.type)
    if sample.befell is Befell.DELAYED:
        assert (EvidenceRow.objects.get().type, EvidenceRow.objects.get().cause) == ("ignored", "delayed")


def test_the_servers_text_is_judged_by_our_rules_and_becomes_a_qualification() -> None:
    bounce = of("sendgrid", Befell.FAILED).event
    take(
        "sendgrid",
        bounce,
        {**bounce, "sg_event_id": "s2", "email": "bob@reader.example", "reason": "zorglub", "status": ""},
    )
    settle()
    rows = {row.first_text: row for row in Qualification.objects.all()}
    assert rows["550 5.1.1 No such user here"].reason == "user_unknown"
    assert (rows["zorglub"].status, rows["zorglub"].reason) == ("to_qualify", "not_defined")


def test_a_providers_own_word_decides_only_where_there_is_no_text() -> None:
    bounce = {**of("sendgrid", Befell.FAILED).event, "bounce_classification": "Content", "sg_event_id": "s5"}
    take("sendgrid", bounce, {**bounce, "reason": "", "sg_event_id": "s6", "status": ""})
    settle()
    texts = dict(EvidenceRow.objects.values_list("text", "reason"))
    assert texts == {"550 5.1.1 No such user here": "user_unknown", "SendGrid: content": "refused"}


def sent(number: int) -> Message:
    Message.objects.filter(delivery=number).update(
        status="delivered", last_attempt_at=NOW - timedelta(hours=1), message_id="1@shop.example"
    )
    DeliveryCounts.objects.filter(delivery=number).update(delivered=1, pending=0)
    return Message.objects.filter(delivery=number).get()


@pytest.mark.parametrize("by", ["message_id", "token"])
def test_what_speaks_of_our_message_marks_it(by: str) -> None:
    number = delivery(1)
    message = sent(number)
    bounce = {**of("sendgrid", Befell.FAILED).event, "email": message.address.upper()}
    if by == "token":
        token = sign(message.pk, keyring=KEYRING, issued=NOW.date())
        data = of("mailgun", Befell.FAILED).event["event-data"]
        sender = f"b+{token}@bounce.shop.example"
        changed = {"recipient": message.address, "message": None, "envelope": {"sender": sender}}
        take("mailgun", {"event-data": {**data, **changed}})
    else:
        take("sendgrid", bounce)
    settle()
    message.refresh_from_db()
    assert (message.return_reason, message.returned_at) == ("user_unknown", NOW)
    assert EvidenceRow.objects.get().message == message.pk
    assert DeliveryCounts.objects.get(delivery=number).returned == 1


def test_our_message_is_left_alone_by_what_names_another_address() -> None:
    message = sent(delivery(1))
    take("sendgrid", of("sendgrid", Befell.FAILED).event, of("sendgrid", Befell.COMPLAINED).event)
    settle()
    message.refresh_from_db()
    assert (message.returned_at, message.complained_at) == (None, None)
    assert set(EvidenceRow.objects.values_list("address_key", "message")) == {(ANN, None)}


def test_a_complaint_marks_our_message_and_denies_its_address() -> None:
    message = sent(delivery(1))
    take("sendgrid", {**of("sendgrid", Befell.COMPLAINED).event, "email": message.address})
    settle()
    message.refresh_from_db()
    assert message.complained_at == NOW
    assert (AddressStateRow.objects.get().status, AddressStateRow.objects.get().reason) == ("denylisted", "denylisted")


@pytest.mark.parametrize("event", ["unsubscribe", "group_unsubscribe"])
def test_who_leaves_our_message_leaves_its_service_and_no_more(event: str) -> None:
    number = delivery(1)
    service = to_service(number)
    message = sent(number)
    take("sendgrid", {**of("sendgrid", Befell.UNSUBSCRIBED).event, "event": event, "email": message.address})
    settle()
    assert not Subscription.objects.filter(service=service).exists()
    assert Service.objects.get(id=service).subscribers == 0
    proof = Unsubscription.objects.get()
    assert (proof.way, proof.message, proof.at) == ("provider", message.pk, NOW)
    assert proof.source == ReturnedMail.objects.get().identity
    assert not EvidenceRow.objects.exists()
    assert not ProfileDenial.objects.exists()


def test_who_leaves_a_part_of_somebody_elses_mail_is_not_kept_from_all_of_it() -> None:
    take("sendgrid", of("sendgrid", Befell.LEFT_A_GROUP).event)
    settle()
    assert not EvidenceRow.objects.exists()
    assert ReturnedMail.objects.get().problem == "left_a_group 1"


def test_a_report_of_a_kind_that_is_only_recorded_acts_on_nobody() -> None:
    event = of("amazon_ses", Befell.COMPLAINED).event
    take("amazon_ses", {**event, "Message": event["Message"].replace('"abuse"', '"not-spam"')})
    settle()
    assert Unattributed.objects.get().why == "feedback_only"
    assert not EvidenceRow.objects.exists()


def test_of_somebody_who_was_erased_nothing_is_kept() -> None:
    message = sent(delivery(1))
    Message.objects.update(address="", address_key="")
    Profile.objects.update(erased_at=NOW)
    take("sendgrid", *[of("sendgrid", befell).event for befell in (Befell.FAILED, Befell.COMPLAINED, Befell.DELIVERED)])
    settle()
    message.refresh_from_db()
    assert (message.returned_at, message.return_text, message.complained_at) == (NOW, "", NOW)
    assert not EvidenceRow.objects.exists()
    assert not ToldSuccess.objects.exists()
    assert not RawMail.objects.exists()


def test_a_repeated_event_has_one_effect_in_whatever_body_it_comes() -> None:
    bounce, delivered = (of("sendgrid", befell).event for befell in (Befell.FAILED, Befell.DELIVERED))
    for events in ([bounce], [bounce, bounce], [delivered, bounce], [delivered]):
        assert take("sendgrid", *events).json() == {"status": "stored"}
        settle()
    assert (EvidenceRow.objects.count(), ToldSuccess.objects.count()) == (1, 1)
    assert take("sendgrid", bounce).json() == {"status": "known"}


def test_two_sources_of_one_provider_are_two_accounts() -> None:
    bounce = of("sendgrid", Befell.FAILED).event
    assert [take("sendgrid", bounce, name=name).status_code for name in ("sendgrid", "second")] == [200, 200]
    settle()
    assert set(ReturnedMail.objects.values_list("source", flat=True)) == {"webhook:sendgrid", "webhook:second"}


def test_events_that_cannot_be_read_are_a_dead_letter_and_hold_up_nothing() -> None:
    bounce = of("sendgrid", Befell.FAILED).event
    bad = [{**bounce, "email": 5}, [], {**bounce, "timestamp": "soon"}, {**bounce, "email": "a\0b@reader.example"},
           {**bounce, "email": "\ud800@reader.example"}, {**bounce, "timestamp": NOW.timestamp() + 3600},
           {**bounce, "timestamp": 5}]  # fmt: skip
    assert take("sendgrid", *bad, bounce).status_code == 200
    take("mailjet", of("mailjet", Befell.FAILED).event)
    done = settle()
    assert (done.dead, done.settled) == (1, 1)
    row = ReturnedMail.objects.get(state="dead")
    for words in ("event 1: email is no text", "event 2: this is no object", "event 3: timestamp is no time",
                  "event 4: its address holds", "event 5: its address holds", "event 6: its time is more than ten",
                  "event 7: its time is more than 30 days"):  # fmt: skip
        assert words in row.problem
    assert set(EvidenceRow.objects.values_list("address_key", flat=True)) == {ANN}
    ReturnedMail.objects.update(state="stored")
    assert settle().dead == 1
    assert EvidenceRow.objects.filter(returned_mail=row.identity).count() == 1


def test_what_is_signed_and_no_json_is_kept_for_a_person_to_see() -> None:
    assert send(post("sendgrid", b"not json"), "sendgrid").status_code == 200
    assert settle().dead == 1
    assert "the body is no JSON" in ReturnedMail.objects.get().problem


def test_a_full_body_is_settled_and_one_event_more_is_refused() -> None:
    event = of("sendgrid", Befell.DELIVERED).event
    events = [{**event, "sg_event_id": str(n), "email": f"p{n}@reader.example"} for n in range(10_001)]
    assert take("sendgrid", *events).status_code == 413
    failed = [{**one, "event": "bounce", "reason": "550 5.1.1 No such user"} for one in events[1_201:1_801]]
    assert take("sendgrid", *events[1:1_201], *failed).status_code == 200
    settle()
    assert (ToldSuccess.objects.count(), EvidenceRow.objects.count()) == (1_200, 600)
    assert ReturnedMail.objects.get().problem == "delivered 1200, failed 600"


def test_addresses_of_any_length_harm_nothing() -> None:
    bounce = of("sendgrid", Befell.FAILED).event
    wild = ["a" * 1_000_000 + "@reader.example", "@", "<" * 50_000 + ">" * 50_000, "a@" + "b." * 50_000 + "example", "",
            "=cmd()@reader.example\r\nBcc: x@y.example", "\N{RIGHT-TO-LEFT OVERRIDE}@reader.example"]  # fmt: skip
    take("sendgrid", *[{**bounce, "email": one, "sg_event_id": str(n)} for n, one in enumerate(wild)])
    settle()
    assert ReturnedMail.objects.get().state in ("unattributed", "dead")
    assert all(len(row.address) <= 2000 for row in Unattributed.objects.all())


def test_what_could_not_be_stored_is_to_be_posted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(hooks, "disconnect", lambda: None)
    with monkeypatch.context() as broken:
        broken.setattr(hooks, "accept_many", fails)
        answer = take("sendgrid", of("sendgrid", Befell.FAILED).event)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert take("sendgrid", of("sendgrid", Befell.FAILED).event).json() == {"status": "stored"}


def test_an_address_that_nobody_configured_leads_nowhere(hook_site: Site) -> None:
    for name in ("nobody", "lmtp", "..", "sendgrid%00", "Sendgrid"):
        assert Client(raise_request_exception=False).post(f"/webhooks/in/{name}", b"{}", JSON).status_code == 404
    assert not ReturnedMail.objects.exists()


def test_an_address_can_be_tried_out_and_does_nothing_then() -> None:
    client = Client()
    assert [client.get("/webhooks/in/unisender_go").status_code, client.head("/webhooks/in/mandrill").status_code] == [
        200,
        200,
    ]
    assert client.options("/webhooks/in/mandrill")["Allow"].startswith("POST")
    assert client.delete("/webhooks/in/mandrill").status_code == 405
    assert not ReturnedMail.objects.exists()


def test_no_session_and_no_cookie_has_a_say() -> None:
    posted = post("sendgrid", body_of("sendgrid", of("sendgrid", Befell.FAILED).event))
    client = Client(enforce_csrf_checks=True, headers={**posted.headers, "Cookie": "sessionid=x"})
    answer = client.post("/webhooks/in/sendgrid", posted.body, content_type=posted.content_type)
    assert (answer.status_code, dict(answer.cookies)) == (200, {})


def test_every_provider_has_a_source_that_can_be_used(hook_site: Site) -> None:
    sources = hook_sources(hook_site.config, data=hook_site.data)
    assert set(PROVIDERS) <= set(sources)
    assert {problem_with(source) for source in sources.values()} == {""}
    assert dumped([]) == b"[]"
