"""Landing pages in the console: listed, made with a preview, shown with their requests, removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rebond.config import Config
from rebond.core.words import Role
from rebond.services.audiences import create_service
from rebond.services.opt_in import Asked, ask
from rebond.services.opt_in_mail import make_mails
from rebond.services.opt_in_pages import find_page, save_page
from rebond.store.models import Delivery, LandingPage
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.console.test_deliveries import text_of
from tests.services.opt_in_fixtures import URL, definition

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime.now(UTC)
FORM: dict[str, Any] = {
    "name": "Weekly news",
    "slug": "news",
    "sender": "Shop <news@shop.example>",
    "services": ["Newsletter"],
    "languages": ["en", "fr"],
    "theme": "green",
    "active": "on",
    "field_1_name": "first_name",
    "field_1_fr": "Prénom",
    "fr_title": "Des nouvelles",
}


@pytest.fixture
def reachable(site: Site) -> Site:
    made = replace(site, config=Config.model_validate({"site": {"public_url": URL}}))
    serve(made)
    create_service("Newsletter", now=NOW, actor="test")
    return made


def page(site: Site) -> int:
    return save_page(definition(name="Weekly <news>"), content=site.content, public_url=URL, now=NOW, actor="test")


def request(address: str = "ann@example.org") -> None:
    asked = Asked(address=address, services=(), fields={}, language="en", asked_from="192.0.2.7")
    ask("news", asked, allow_undotted=False, now=NOW)


def test_without_a_page_it_says_what_to_do(client_as: ClientAs) -> None:
    assert "There is no landing page yet." in text_of(client_as(), "/landing-pages/")
    assert "there is none yet" in text_of(client_as(), "/landing-pages/new/")


def test_a_page_is_made_changed_and_removed(client_as: ClientAs, reachable: Site) -> None:
    client = client_as(Role.OPERATOR)
    answer = client.post("/landing-pages/new/", FORM)
    number = LandingPage.objects.get().pk
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/landing-pages/{number}/")
    found = find_page("news").definition
    assert (found.theme.value, found.active, found.texts["fr"].title) == ("green", True, "Des nouvelles")
    assert found.fields[0].label == {"en": "First name", "fr": "Prénom"}
    shown = text_of(client, f"/landing-pages/{number}/")
    assert f'href="{URL}/join/news"' in shown
    form = text_of(client, f"/landing-pages/{number}/edit/")
    assert 'value="Des nouvelles"' in form
    assert client.post(f"/landing-pages/{number}/edit/", {**FORM, "active": ""}).status_code == 302
    assert not find_page("news").definition.active
    assert "Its address answers no more, and 0 requests" in text_of(client, f"/landing-pages/{number}/remove/")
    assert client.post(f"/landing-pages/{number}/remove/").status_code == 302
    assert client.get(f"/landing-pages/{number}/").status_code == 404


@pytest.mark.parametrize(("changes", "words"), [
    ({"slug": "A b"}, "small letters"),
    ({"services": []}, "required"),
    ({"sender": "nobody"}, "the mail (en)"),
    ({"en_mail_text": "no link"}, "must hold the link"),
    ({"field_1_name": "email"}, "cannot be used"),
    ({"name": ""}, "required"),
])  # fmt: skip
def test_mistakes_are_told_and_nothing_typed_is_lost(
    client_as: ClientAs, reachable: Site, changes: dict[str, Any], words: str
) -> None:
    answer: Any = client_as().post("/landing-pages/new/", {**FORM, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Prénom" in answer.content.decode()
    assert not LandingPage.objects.exists()


def test_the_preview_shows_what_is_typed_and_keeps_nothing(client_as: ClientAs, reachable: Site) -> None:
    sent = {**FORM, "en_title": "<b>Hello</b>"}
    answer: Any = client_as().post("/landing-pages/preview/", sent)
    text = answer.content.decode()
    assert "&lt;b&gt;Hello&lt;/b&gt;" in text
    assert f"{URL}/confirm/…" in text
    assert "theme-green" in text
    assert not LandingPage.objects.exists()
    assert client_as().get("/landing-pages/preview/").status_code == 405
    broken: Any = client_as().post("/landing-pages/preview/", {**FORM, "en_mail_text": "{{ confirm_url }} {% if"})
    assert broken.status_code == 200


def test_requests_and_figures_are_shown(client_as: ClientAs, reachable: Site) -> None:
    number = page(reachable)
    for place in range(51):
        request(f"p{place}@example.org")
    text = text_of(client_as(), f"/landing-pages/{number}/")
    assert "Weekly &lt;news&gt;" in text
    assert "p50@<wbr>example.org" in text
    assert "p0@<wbr>example.org" not in text
    assert "192.0.2.7" in text
    assert "Earlier ones" in text
    assert ">51<" in text_of(client_as(), "/landing-pages/")


@pytest.mark.parametrize(("role", "reads", "writes"), [
    (Role.ADMINISTRATOR, True, True),
    (Role.DELIVERABILITY, True, False),
    (Role.OPERATOR, True, True),
    (Role.VIEWER, False, False),
])  # fmt: skip
def test_each_role_sees_and_does_what_it_may(
    client_as: ClientAs, reachable: Site, role: Role, reads: bool, writes: bool
) -> None:
    number, client = page(reachable), client_as(role)
    assert (client.get("/landing-pages/").status_code == 200) is reads
    assert (client.get(f"/landing-pages/{number}/").status_code == 200) is reads
    for path in ("new/", f"{number}/edit/", f"{number}/remove/"):
        assert (client.get(f"/landing-pages/{path}").status_code == 200) is writes
        assert (client.post(f"/landing-pages/{path}").status_code != 403) is writes
    assert ("/landing-pages/" in text_of(client_as(role), "/")) is reads
    if reads and not writes:
        assert "Edit</a>" not in text_of(client, f"/landing-pages/{number}/")


@pytest.mark.parametrize(("language", "width", "dark"), [("en", 390, False), ("fr", 1440, True)])
def test_everybody_can_use_the_pages(
    desk: Callable[..., Desk], reachable: Site, language: str, width: int, dark: bool
) -> None:
    number = page(reachable)
    request()
    window = desk(language=language, width=width, dark=dark)
    for path in ("", f"{number}/", f"{number}/remove/"):
        window.open(f"/landing-pages/{path}")
        assert window.faults() == []
    shown = window.open(f"/landing-pages/{number}/edit/")
    assert window.faults() == []
    shown.locator("#id_en_title").fill("Stay in touch")
    shown.locator("#preview").get_by_text("Stay in touch").wait_for()
    assert window.faults() == []
    window.click("form#page-form button[type=submit]")
    assert shown.url == f"{window.url}/landing-pages/{number}/"
    assert find_page("news").definition.texts["en"].title == "Stay in touch"


def test_the_delivery_of_its_mails_opens(client_as: ClientAs, reachable: Site) -> None:
    page(reachable)
    request()
    make_mails(providers={}, keyring=reachable.keyring, now=NOW)
    number, client = Delivery.objects.get().pk, client_as()
    for path in ("", "messages/", "exclusions/", "failures/", "content/"):
        answer = client.get(f"/deliveries/{number}/{path}")
        assert answer.status_code == 200, path
    assert "ann@example.org" in text_of(client, f"/deliveries/{number}/messages/")
