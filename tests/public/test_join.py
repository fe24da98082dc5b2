"""The hosted form and the link: in both languages, without cookies, and without telling who is known."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rebond.config import Config
from rebond.services.opt_in_pages import remove_page, save_page
from rebond.store.models import (
    AddressStateRow,
    OptInRequest,
    Profile,
    ProfileAddress,
    ProfileDenial,
    Subscription,
)
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import Desk
from tests.services.opt_in_fixtures import ANN, CONTENT, URL, definition, mails, page, token_in
from tests.services.sending_fixtures import KEYRING, START, JumpingClock, meanwhile

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def clock(site: Site) -> JumpingClock:
    """A site with an address of its own, whose clock stands still."""
    moved = JumpingClock()
    config = Config.model_validate({"site": {"public_url": URL}})
    serve(replace(site, clock=moved, keyring=KEYRING, config=config))
    return moved


def join(slug: str = "news", *, language: str = "en", where: str = "127.0.0.1", **fields: Any) -> Any:
    sent = {"address": ANN, **fields}
    client = Client(enforce_csrf_checks=True, headers={"Accept-Language": language})
    return client.post(f"/join/{slug}", sent, REMOTE_ADDR=where)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def link() -> str:
    (outgoing,) = mails().taken
    return "/confirm/" + token_in(outgoing.content)


def press(address: str, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).post(address, {"confirm": "yes"}, headers=headers)


@pytest.mark.parametrize(("language", "title", "field"), [
    ("en", "Subscribe", "First name"),
    ("fr", "S’abonner", "Prénom"),
])  # fmt: skip
def test_the_form_is_in_the_language_of_its_reader(clock: JumpingClock, language: str, title: str, field: str) -> None:
    page()
    answer = Client(headers={"Accept-Language": language}).get("/join/news")
    assert answer.status_code == 200
    assert f"<h1>{title}</h1>" in text_of(answer)
    assert field in text_of(answer)
    assert answer.headers["Content-Language"] == language
    assert not answer.cookies
    asked = Client(headers={"Accept-Language": "de"}).get(f"/join/news?language={language}")
    assert asked.content == answer.content


def test_a_page_of_one_language_has_that_one(clock: JumpingClock) -> None:
    page(languages=["fr"])
    answer = Client(headers={"Accept-Language": "en"}).get("/join/news")
    assert '<html lang="fr">' in text_of(answer)
    assert "Votre adresse e-mail" in text_of(answer)
    assert "English" not in text_of(answer)


def test_a_request_is_stored_as_pending_with_where_it_came_from(clock: JumpingClock) -> None:
    page()
    answer = join(first_name="Ann", where="203.0.113.77")
    assert answer.status_code == 200
    assert "Please look into your mailbox" in text_of(answer)
    assert not answer.cookies
    request = OptInRequest.objects.get()
    assert (request.address, request.status, request.fields) == (ANN, "waiting", {"first_name": "Ann"})
    assert (request.asked_from, request.network, request.source) == ("203.0.113.77", "203.0.113.0/24", "page")
    assert not Profile.objects.exists()
    assert not Subscription.objects.exists()


def known(address: str) -> None:
    profile = Profile.objects.create(external_id=address, created_at=START, updated_at=START)
    ProfileAddress.objects.create(profile=profile, channel="email", text=address, key=address)


def test_the_answer_is_the_same_byte_for_byte_whoever_the_address_belongs_to(clock: JumpingClock) -> None:
    page()
    states = {
        "quarantined@example.org": ("quarantined", "hard"),
        "complained@example.org": ("denylisted", "complaint"),
        "denylisted@example.org": ("denylisted", "person"),
        "allowlisted@example.org": ("allowlisted", "person"),
    }
    for address, (status, origin) in states.items():
        AddressStateRow.objects.create(
            channel="email", address_key=address, address=address, status=status, origin=origin, policy_digest="x"
        )
    for address in ("known@example.org", "opted-out@example.org"):
        known(address)
    ProfileDenial.objects.create(
        profile=Profile.objects.get(external_id="opted-out@example.org"), channel="all", at=START, origin="person"
    )
    addresses = [ANN, *states, "known@example.org", "opted-out@example.org", "known@example.org", ANN]
    # One that asked too often gets no other answer, and neither does a machine.
    addresses += ["often@example.org"] * 8
    answers = [join(address=address, where=f"10.0.{number}.1") for number, address in enumerate(addresses)]
    answers.append(join(website="http://spam.example"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_what_machines_fill_in_is_thanked_for_and_dropped(clock: JumpingClock) -> None:
    page()
    assert join(website="x").status_code == 200
    assert not OptInRequest.objects.exists()
    assert 'name="website"' in text_of(Client().get("/join/news"))


def test_mistakes_are_shown_beside_their_field_and_nothing_typed_is_lost(clock: JumpingClock) -> None:
    page(services=["Newsletter", "Offers"], fields=[{"name": "city", "required": True}])
    answer = join(address="ann", city="Paris")
    assert answer.status_code == 422
    assert 'value="ann"' in text_of(answer)
    assert 'value="Paris"' in text_of(answer)
    assert "Please write a whole email address" in text_of(answer)
    assert "Please choose at least one" in text_of(join())
    assert "Choisissez-en au moins un" in text_of(join(language="fr"))
    assert not OptInRequest.objects.exists()


@pytest.mark.parametrize(
    "address", ["<script>@example.org", "a@b", "", "ann@example.org\r\nBcc: x@y.example", "\0@a.example"]
)
def test_hostile_addresses_are_refused_and_shown_as_text(clock: JumpingClock, address: str) -> None:
    page()
    answer = join(address=address)
    assert answer.status_code == 422
    assert b"<script>" not in answer.content
    assert not OptInRequest.objects.exists()


def test_too_many_requests_of_a_network_are_told_to_wait(clock: JumpingClock) -> None:
    page()
    for number in range(20):
        join(address=f"p{number}@example.org", where=f"192.0.2.{number}")
    answer = join(address="p99@example.org", where="192.0.2.200")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert join(address="p99@example.org", where="198.51.100.1").status_code == 200


def test_the_hourly_bound_of_a_network_is_shared_by_all_processes(
    clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebond.services.opt_in.MOST_FROM_NETWORK", 2)
    page()
    assert [join(address=f"p{number}@example.org").status_code for number in range(3)] == [200, 200, 429]


def test_whose_network_a_proxy_does_not_tell_are_bounded_as_one(
    clock: JumpingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebond.services.opt_in.MOST_FROM_NETWORK", 2)
    page()
    told = [join(address=f"p{n}@example.org", where=f"nonsense'; {n}").status_code for n in range(3)]
    assert told == [200, 200, 429]
    assert {*OptInRequest.objects.values_list("asked_from", "network")} == {("", "unknown")}


@pytest.mark.parametrize("slug", ["other", "news%00", "é", "a" * 500])
def test_a_page_that_is_not_there_says_so(clock: JumpingClock, slug: str) -> None:
    page()
    answer = Client().get(f"/join/{slug}")
    assert answer.status_code == 404
    assert "This page does not exist" in text_of(answer)


def test_a_page_that_is_not_active_takes_nothing(clock: JumpingClock) -> None:
    page(active=False)
    assert Client().get("/join/news").status_code == join().status_code == 404
    assert not OptInRequest.objects.exists()


def test_the_link_shows_a_button_and_only_pressing_it_acts(clock: JumpingClock) -> None:
    page()
    join(language="fr")
    address = link()
    for method in ("get", "head", "options"):
        getattr(Client(), method)(address)
    assert Client().put(address).status_code == 405
    # It is in the language in which was asked, unless the reader chose another.
    shown = Client(headers={"Accept-Language": "en"}).get(address)
    assert "Confirmez votre abonnement" in text_of(shown)
    assert shown.headers["Content-Language"] == "fr"
    assert "Confirm your subscription" in text_of(Client().get(address + "?language=en"))
    assert Client().post(address, {}).status_code == 200
    assert not Subscription.objects.exists()
    done = press(address)
    assert "Merci, vous êtes abonné" in text_of(done)
    assert not done.cookies
    assert Subscription.objects.count() == 1
    assert OptInRequest.objects.get().confirmed_from == "127.0.0.1"
    again = press(address)
    assert (again.status_code, "Vous avez déjà confirmé" in text_of(again)) == (200, True)
    # What a stranger with a used link sees names nobody.
    assert ANN not in text_of(again)


def test_a_link_that_is_too_old_leads_back_to_the_page(clock: JumpingClock) -> None:
    page()
    join()
    address = link()
    clock.time += timedelta(days=3)
    for answer in (Client().get(address), press(address)):
        assert answer.status_code == 410
        assert "This link is too old" in text_of(answer)
        assert 'href="/join/news?language=en"' in text_of(answer)
    assert not Subscription.objects.exists()


def test_links_that_were_cut_or_changed_say_so(clock: JumpingClock) -> None:
    page()
    join()
    address = link()
    for broken in (address[:-3], address + "x", "/confirm/", "/confirm/a/b", "/confirm/%00", "/confirm/" + "a" * 900):
        answer = press(broken)
        assert answer.status_code == 404, broken
        assert "This link is not valid" in text_of(answer)
    assert not Subscription.objects.exists()


def test_trying_links_out_is_bounded(clock: JumpingClock) -> None:
    answers = [Client().get(f"/confirm/{number}").status_code for number in range(31)]
    assert (answers[29], answers[30]) == (404, 429)


def test_a_link_of_a_page_that_was_removed_says_so(clock: JumpingClock) -> None:
    number = page()
    join()
    address = link()
    remove_page(number, now=START, actor="test")
    answer = press(address)
    assert answer.status_code == 410
    assert "This is not offered any more" in text_of(answer)
    save_page(definition(), content=CONTENT, public_url=URL, now=START, actor="test")
    assert press(address).status_code == 410
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(("language", "width", "dark"), [("en", 390, False), ("fr", 1440, True)])
def test_everybody_can_use_the_pages(
    desk: Callable[..., Desk], clock: JumpingClock, language: str, width: int, dark: bool
) -> None:
    page(services=["Newsletter", "Offers"], theme="violet")
    window = desk(None, language=language, width=width, dark=dark)
    shown = window.open("/join/news")
    assert window.faults() == []
    window.refusals.add(422)
    with window.leaving():
        shown.get_by_role("button").click()
    shown.locator("#services-error").wait_for()
    assert shown.locator("[aria-invalid=true]").count() == 2
    assert window.faults() == []
    shown.locator("#address").fill(ANN)
    shown.get_by_label("Newsletter").check()
    # By the keyboard alone, which never comes to what only machines fill in.
    shown.locator("#field-first_name").press("Tab")
    assert shown.evaluate("document.activeElement.tagName") == "BUTTON"
    with window.leaving():
        shown.keyboard.press("Enter")
    assert shown.locator("#address").count() == 0
    assert window.faults() == []
    found: list[str] = []
    # The window has an event loop in this thread; sending runs one of its own.
    meanwhile(lambda: found.append(link()))
    shown = window.open(found[0])
    assert window.faults() == []
    with window.leaving():
        shown.get_by_role("button").click()
    assert shown.get_by_role("button").count() == 0
    assert window.faults() == []
    assert shown.get_by_role("heading", level=1).inner_text() in (
        "Thank you, you are subscribed",
        "Merci, vous êtes abonné",
    )
    assert Subscription.objects.count() == 1
