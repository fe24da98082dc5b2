"""The link in each message: what it shows, when it acts, and what stops."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.test import Client

from rebond.config import Config
from rebond.config_sections import EmailSection, SiteSection
from rebond.core.tokens import Keyring, sign, sign_unsubscribe
from rebond.core.words import WayOut
from rebond.delivery_content import DeliveryContent
from rebond.services.unsubscribe import read_wish, unsubscribe
from rebond.store.models import (
    Delivery,
    Exclusion,
    Message,
    Profile,
    ProfileDenial,
    Service,
    Subscription,
    Unsubscription,
)
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import Desk
from tests.services.sending_fixtures import (
    HOUR,
    SOFT,
    START,
    JumpingClock,
    MemorySender,
    accept,
    delivery,
    meanwhile,
    run_send,
    statuses,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


def to_service(number: int, *, subscribed: bool = True) -> int:
    """Let a delivery be one to the subscribers of a service; returns its number."""
    service = Service.objects.create(name="Weekly <news>", subscribers=0, created_at=START)
    Delivery.objects.filter(id=number).update(target="service", target_ref=service.pk)
    for profile in Profile.objects.all() if subscribed else ():
        Subscription.objects.create(service=service, profile=profile.pk, at=START, origin="import")
        Service.objects.filter(id=service.pk).update(subscribers=Subscription.objects.count())
    return service.pk


def link(site: Site, number: int, *, who: str = "p0", keyring: Keyring | None = None) -> str:
    profile = Profile.objects.get(external_id=who).pk
    return "/u/" + sign_unsubscribe(profile, delivery=number, keyring=keyring or site.keyring)


def press(address: str, body: str = ONE_CLICK, kind: str = FORM, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).post(address, body, content_type=kind, headers=headers)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def nothing_acted() -> bool:
    return not (ProfileDenial.objects.exists() or Unsubscription.objects.exists())


# --- what acts ------------------------------------------------------------------------------------------------------


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


# --- what does not --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_scanners_follow_the_link_and_nothing_happens(site: Site, method: str) -> None:
    number = delivery(1)
    answer = getattr(Client(), method)(link(site, number) + "?List-Unsubscribe=One-Click&unsubscribe=yes")
    assert answer.status_code == (204 if method == "options" else 200)
    assert nothing_acted()
    if method == "get":
        assert "Unsubscribe from the mails of testserver?" in text_of(answer)
        assert '<form method="post" action="?language=en">' in answer.content.decode()
    if method == "options":
        assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    number = delivery(1)
    answer = getattr(Client(), method)(link(site, number), ONE_CLICK, content_type=FORM)
    assert answer.status_code == 405
    assert nothing_acted()


@pytest.mark.parametrize(("body", "kind"), [
    ("", FORM),
    ("List-Unsubscribe=one-click", FORM),
    ("List-Unsubscribe=Two-Clicks", FORM),
    ("unsubscribe=no", FORM),
    (ONE_CLICK, "text/plain"),
    ('{"List-Unsubscribe": "One-Click"}', "application/json"),
    ("--x\r\nnonsense", "multipart/form-data; boundary=x"),
    (MULTIPART[0], "multipart/form-data"),
    ("&".join(f"a{n}=1" for n in range(2000)) + "&" + ONE_CLICK, FORM),
])  # fmt: skip
def test_a_post_that_asks_for_nothing_is_shown_the_button(site: Site, body: str, kind: str) -> None:
    answer = press(link(site, delivery(1)), body, kind)
    assert answer.status_code == 400
    assert "Press the button" in text_of(answer)
    assert nothing_acted()


def test_a_huge_body_is_refused_unread(site: Site) -> None:
    answer = press(link(site, delivery(1)), ONE_CLICK + "&x=" + "y" * 70_000)
    assert answer.status_code == 413
    assert "too long" in text_of(answer)
    assert nothing_acted()


def _bad(site: Site, number: int) -> dict[str, str]:
    good = link(site, number).removeprefix("/u/")
    elsewhere = Keyring({0: b"a key of another site altogether"}, 0)
    gone = Keyring({5: b"a key that is not among ours"}, 5)
    return {
        "nothing": "",
        "cut": good[:-3],
        "much cut": good[:5],
        "longer": good + "aa",
        "another letter": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "with a point": good + ".",
        "in two": good[:9] + "/" + good[9:],
        "of another site": link(site, number, keyring=elsewhere).removeprefix("/u/"),
        "of an unknown key": link(site, number, keyring=gone).removeprefix("/u/"),
        "a return path's": sign(1, keyring=site.keyring, issued=START.date()),
        "words": "unsubscribe-me",
        "not ASCII": "d%C3%A9sabonner",
        "no UTF-8": "%FF%FE",
        "nul": "%00",
        "very long": "a" * 5000,
    }


BAD = ("nothing", "cut", "much cut", "longer", "another letter", "with a point", "in two", "of another site",
       "of an unknown key", "a return path's", "words", "not ASCII", "no UTF-8", "nul", "very long")  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_token_gets_a_clear_page_and_nothing_acts(site: Site, case: str) -> None:
    number = delivery(1)
    tokens = _bad(site, number)
    assert set(tokens) == set(BAD)
    for answer in (Client().get(f"/u/{tokens[case]}"), press(f"/u/{tokens[case]}")):
        assert answer.status_code == 404
        assert "This link is not valid" in text_of(answer)
        assert "Perhaps the link was cut" in text_of(answer)
    assert nothing_acted()


def test_whoever_tries_tokens_out_has_to_wait_and_nobody_else(site: Site) -> None:
    number = delivery(1)
    answers = [Client().get("/u/aaaa") for _ in range(61)]
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    assert int(answers[-1].headers["Retry-After"]) <= 61
    assert "Please wait a moment" in text_of(answers[-1])
    assert Client(REMOTE_ADDR="127.0.0.77").get("/u/aaaa").status_code == 429
    assert Client(REMOTE_ADDR="127.0.1.1").get("/u/aaaa").status_code == 404
    assert press(link(site, number)).status_code == 200
    assert ProfileDenial.objects.count() == 1


def test_the_link_of_a_preview_says_what_it_is(site: Site) -> None:
    for answer in (Client().get("/u/preview"), press("/u/preview")):
        assert answer.status_code == 200
        assert "This is the link of a preview" in text_of(answer)
    assert nothing_acted()


# --- how it answers -------------------------------------------------------------------------------------------------


def test_it_sets_no_cookie_reads_none_and_sends_nobody_elsewhere(site: Site, client_as: Any) -> None:
    number = delivery(1)
    client = client_as()
    client.cookies["django_language"] = "fr"
    for answer in (client.get(link(site, number)), client.post(link(site, number), ONE_CLICK, content_type=FORM)):
        assert answer.status_code == 200
        assert not answer.cookies
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Content-Language"] == "en"
        assert answer.headers["Vary"] == "Accept-Language"
        assert "csrf" not in answer.content.decode()
        assert "administrator" not in answer.content.decode()
    assert client.get("/").status_code == 200  # and whoever is signed in stays so


@pytest.mark.parametrize(("named", "shown"), [
    ({"name": "Aux <bons> pains", "public_url": "https://pain.example"}, "Aux &lt;bons&gt; pains"),
    ({"public_url": "https://pain.example:8443/x"}, "pain.example"),
    ({}, "testserver"),
])  # fmt: skip
def test_it_says_whose_it_is(site: Site, named: dict[str, str], shown: str) -> None:
    serve(replace(site, config=site.config.model_copy(update={"site": SiteSection(**named)})))
    text = text_of(Client().get(link(site, delivery(1))))
    assert f"Unsubscribe from the mails of {shown}?" in text
    assert f'<header class="site">{shown}</header>' in text


def test_its_headers_are_strict(site: Site) -> None:
    headers = Client().get(link(site, delivery(1))).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("query", "accept", "language"), [
    ("", "", "en"),
    ("", "fr-CA, en;q=0.5", "fr"),
    ("", "de, fr;q=0.4, en;q=0.2", "fr"),
    ("", "fr;q=0, en", "en"),
    ("", "de", "en"),
    ("", "x" * 3000, "en"),
    ("?language=fr", "en", "fr"),
    ("?language=en", "fr", "en"),
    ("?language=xx", "fr", "fr"),
])  # fmt: skip
def test_it_speaks_the_readers_language(site: Site, query: str, accept: str, language: str) -> None:
    address = link(site, delivery(1)) + query
    for answer in (
        Client().get(address, headers={"Accept-Language": accept}),
        press(address, **{"Accept-Language": accept}),
    ):
        text = text_of(answer)
        assert f'<html lang="{language}">' in text
        assert answer.headers["Content-Language"] == language
        assert ("désabonne" in text.lower()) == (language == "fr")
        other = {"en": "fr", "fr": "en"}[language]
        assert f'href="?language={other}"' in text


# --- what stops -----------------------------------------------------------------------------------------------------

PUBLIC = "https://shop.example"


def send_really(site: Site, number: int, sender: MemorySender) -> Any:
    """Send with the messages that a site really makes."""
    config = Config(site=SiteSection(public_url=PUBLIC), email=EmailSection(bounce_domain="bounce.shop.example"))
    Delivery.objects.filter(id=number).update(text="Hello {{ first_name }}\nLeave: {{ unsubscribe_url }}\n")
    return run_send(number, sender=sender, keyring=site.keyring, composer=DeliveryContent(config).composer)


def link_in(content: bytes) -> str:
    """Take the link out of a mail as a mail program does: it must offer one click, and stand in the text as well."""
    mail: Any = message_from_bytes(content, policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == ONE_CLICK
    found = re.search(r"<(https://[^>]+)>", mail["List-Unsubscribe"])
    assert found
    assert found[1] in mail.get_content()
    assert found[1].startswith(PUBLIC)
    return found[1].removeprefix(PUBLIC)


@pytest.mark.parametrize("service", [False, True])
def test_one_click_in_a_mail_that_was_sent_stops_its_retries_and_the_next_delivery(site: Site, service: bool) -> None:
    number = delivery(2)
    if service:
        to_service(number)
    sender = MemorySender(JumpingClock(), lambda to, at: SOFT)
    send_really(site, number, sender)
    mail = next(one for one in sender.taken if one.recipient == "p0@example.org")
    assert press(link_in(mail.content)).status_code == 200
    sender.clock.time += 2 * HOUR
    sender.answer = accept
    tried = len(sender.times["p0@example.org"])
    send_really(site, number, sender)
    assert statuses(number) == {"cancelled": 1, "delivered": 1}
    assert len(sender.times["p0@example.org"]) == tried
    following = delivery(profiles=[Profile.objects.get(external_id="p0").pk])
    if service:
        Delivery.objects.filter(id=following).update(target="service", target_ref=Service.objects.get().pk)
    send_really(site, following, sender)
    assert statuses(following) == {"excluded_late": 1}
    assert Exclusion.objects.get(delivery=following).cause == "opted_out"


@pytest.mark.parametrize("service", [False, True])
def test_what_is_claimed_already_stops_within_a_minute(site: Site, service: bool) -> None:
    """Two hundred are claimed at once; the last one's person leaves while the first window is with the transport."""
    number = delivery(200)
    if service:
        to_service(number)
    last = link(site, number, who="p199")
    sender = MemorySender(JumpingClock(), accept)
    pressed: list[int] = []

    def slowly(_: object) -> None:
        if not pressed:
            meanwhile(lambda: pressed.append(press(last).status_code))
        sender.clock.time += timedelta(seconds=10)

    sender.before = slowly
    send_really(site, number, sender)
    assert pressed == [200]
    assert statuses(number) == {"delivered": 199, "excluded_late": 1}
    assert "p199@example.org" not in sender.times


# --- as people see it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_the_page(desk: Callable[..., Desk], site: Site, language: str, dark: bool) -> None:
    number = delivery(1)
    to_service(number)
    window = desk(None, language=language, width=390, dark=dark)
    page = window.open(link(site, number))
    assert not window.faults()
    other = {"en": "Français", "fr": "English"}[language]
    page.click(f"text={other}")
    page.wait_for_selector(f"html[lang={'fr' if language == 'en' else 'en'}]")
    page.click("footer a")
    page.wait_for_selector(f"html[lang={language}]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=" + {"en": "You are unsubscribed", "fr": "Votre désabonnement est fait"}[language])
    assert not window.faults()
    assert not Subscription.objects.exists()
    page.goto(window.url + "/u/preview")
    assert not window.faults()
