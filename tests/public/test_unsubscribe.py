"""Leaving by the link in each message: what it ends, and for whom."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from rebond.core.tokens import Keyring
from rebond.core.words import WayOut
from rebond.services.unsubscribe import read_wish, unsubscribe
from rebond.store.models import Delivery, Message, Profile, ProfileDenial, Service, Subscription, Unsubscription
from rebond.wiring import Site
from tests.public.leaving import FORM, MULTIPART, ONE_CLICK, link, press, text_of, to_service
from tests.services.sending_fixtures import START, delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.mark.parametrize(("body", "kind", "way"), [
    (ONE_CLICK, FORM, "one_click"),
    (*MULTIPART, "one_click"),
    ("unsubscribe=yes", FORM, "page"),
])  # fmt: skip
def test_a_post_ends_what_comes_on_the_channel_and_keeps_the_proof(site: Site, body: str, kind: str, way: str) -> None:
    number = delivery(2)
    answers = [press(link(site, number), body, kind) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "You are unsubscribed" in text_of(answers[0])
    assert "You are already unsubscribed" in text_of(answers[1])
    denial = ProfileDenial.objects.get()
    assert (denial.profile.external_id, denial.channel, denial.origin) == ("p0", "email", "unsubscribe")
    proof = Unsubscription.objects.get()
    assert (proof.profile, proof.delivery, proof.channel, proof.service) == (denial.profile_id, number, "email", None)
    assert (proof.way, proof.source, proof.at) == (way, "127.0.0.1", denial.at)
    assert Message.objects.get(id=proof.message).profile == proof.profile
    assert f"from 127.0.0.1, in answer to delivery {number}" in denial.proof


def test_a_post_ends_the_subscription_to_the_deliverys_service_and_no_more(site: Site) -> None:
    number = delivery(2)
    service = to_service(number)
    other = Service.objects.create(name="Offers", subscribers=1, created_at=START)
    person = Profile.objects.get(external_id="p0").pk
    Subscription.objects.create(service=other, profile=person, at=START, origin="import")
    assert "Unsubscribe from “Weekly &lt;news&gt;”?" in text_of(Client().get(link(site, number)))
    for _ in range(2):
        assert "“Weekly &lt;news&gt;” is not sent to you any more." in text_of(press(link(site, number)))
    assert list(Subscription.objects.filter(profile=person).values_list("service", flat=True)) == [other.pk]
    assert Subscription.objects.filter(service=service).count() == Service.objects.get(id=service).subscribers == 1
    assert not ProfileDenial.objects.exists()
    assert Unsubscription.objects.get().service == service


def test_whoever_subscribed_again_can_leave_again_by_an_old_link(site: Site) -> None:
    number = delivery(1)
    service = to_service(number)
    press(link(site, number))
    Subscription.objects.create(service_id=service, profile=Profile.objects.get().pk, at=START, origin="page")
    Service.objects.update(subscribers=1)
    assert "You are unsubscribed" in text_of(press(link(site, number)))
    assert not Subscription.objects.exists()
    assert Unsubscription.objects.count() == 2


@pytest.mark.parametrize("gone", ["delivery", "service"])
def test_where_nothing_tells_what_it_was_the_channel_ends(site: Site, gone: str) -> None:
    number = delivery(1)
    to_service(number)
    address = link(site, number)
    if gone == "delivery":
        Message.objects.all().delete()
        Delivery.objects.all().delete()
    else:
        Subscription.objects.all().delete()
        Service.objects.all().delete()
    assert press(address).status_code == 200
    assert ProfileDenial.objects.get().channel == "email"


def test_who_left_all_channels_leaves_this_one_as_well(site: Site) -> None:
    address = link(site, delivery(1))
    ProfileDenial.objects.create(profile=Profile.objects.get(), channel="all", at=START, origin="import")
    assert press(address).status_code == 200
    assert {*ProfileDenial.objects.values_list("channel", flat=True)} == {"all", "email"}
    assert Unsubscription.objects.count() == 1


@pytest.mark.parametrize("fate", ["gone", "erased", "denied"])
def test_whom_nothing_is_sent_to_any_more_is_told_so(site: Site, fate: str) -> None:
    number = delivery(1)
    address = link(site, number)
    person = Profile.objects.get()
    if fate == "gone":
        Profile.objects.all().delete()
    elif fate == "erased":
        Profile.objects.update(erased_at=START)
    else:
        ProfileDenial.objects.create(profile=person, channel="email", at=START, origin="import")
    before = ProfileDenial.objects.count()
    for answer in (Client().get(address), press(address)):
        assert answer.status_code == 200
        assert "You are already unsubscribed" in text_of(answer)
    assert ProfileDenial.objects.count() == before
    assert not Unsubscription.objects.exists()


def test_a_link_is_good_for_ever_and_through_a_change_of_keys(site: Site) -> None:
    number = delivery(1)
    old = link(site, number)
    turned = Keyring({**site.keyring.keys, 1: b"the key that came afterwards"}, 1)
    wish = read_wish(old.removeprefix("/u/"), keyring=turned)
    assert wish
    assert not unsubscribe(wish, at=datetime(2099, 1, 1, tzinfo=UTC), way=WayOut.PAGE).over
    assert ProfileDenial.objects.count() == 1


def test_links_survive_programs_that_write_in_capitals(site: Site) -> None:
    number = delivery(1)
    token = link(site, number).removeprefix("/u/")
    assert press(f"/u/{token.upper()}").status_code == 200
    assert ProfileDenial.objects.count() == 1
