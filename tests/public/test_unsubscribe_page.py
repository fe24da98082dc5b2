"""The page behind the link: what does not act, what it says, and what it keeps to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from rebond.config_sections import SiteSection
from rebond.core.tokens import Keyring, sign
from rebond.store.models import ProfileDenial, Subscription
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import Desk
from tests.public.leaving import FORM, MULTIPART, ONE_CLICK, link, nothing_acted, press, text_of, to_service
from tests.services.sending_fixtures import START, delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


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


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("dark", [False, True])
def test_everybody_can_use_the_page(desk: Callable[..., Desk], site: Site, language: str, dark: bool) -> None:
    number = delivery(1)
    to_service(number)
    window = desk(None, language=language, width=390, dark=dark)
    page = window.open(link(site, number))
    assert not window.faults()
    other = {"en": "Français", "fr": "English"}[language]
    window.click(f"text={other}")
    page.wait_for_selector(f"html[lang={'fr' if language == 'en' else 'en'}]")
    window.click("footer a")
    page.wait_for_selector(f"html[lang={language}]")
    page.keyboard.press("Tab")
    with window.leaving():
        page.keyboard.press("Enter")
    page.wait_for_selector("text=" + {"en": "You are unsubscribed", "fr": "Votre désabonnement est fait"}[language])
    assert not window.faults()
    assert not Subscription.objects.exists()
    page.goto(window.url + "/u/preview")
    assert not window.faults()
