"""Webhooks of email providers in the console: the sources, what was posted, and what was refused."""

import json
from typing import Any

import pytest
from django.test import Client

from rebond.core.read.providers import Befell
from rebond.core.words import Role
from rebond.store.models import EvidenceRow, RawMail, ReturnedMail, Unattributed
from rebond.web.current import serve
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.hooks_written import ANN, SAMPLES, Posted, body_of, post
from tests.public.hooks_fixtures import hook_site, make_site, send, settle

__all__ = ["hook_site"]
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("hooked")]
ODD = "550 5.1.1 <script>alert(1)</script> \u202e no such user"


@pytest.fixture
def hooked(site: Site, hook_site: Site) -> None:
    """Show the site that has sources, whatever site the other fixtures made."""
    serve(hook_site)


def take(**changed: Any) -> None:
    event = next(one.event for one in SAMPLES if (one.provider, one.befell) == ("sendgrid", Befell.FAILED))
    body = body_of("sendgrid", {**event, **changed}, {**event, "event": "open"})
    assert send(post("sendgrid", body), "sendgrid").status_code == 200
    settle()


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_each_source_is_shown_with_where_its_provider_posts_to(client_as: ClientAs, hook_site: Any) -> None:
    page = text(client_as(Role.ADMINISTRATOR), "/administration/transports/")
    assert "https://desk.shop.example/webhooks/in/second" in page
    assert "rebond intake second" not in page
    assert page.count("Takes in") == 14
    (hook_site.data / "secrets.toml").write_text('[intake.postal]\nkey = "no key"\n')
    make = text(client_as(Role.ADMINISTRATOR, language="fr"), "/administration/transports/")
    assert make.count("Ne reçoit rien") == 2
    assert "la clé de vérification du webhook signé" in make
    assert "no key" not in make


def test_without_a_source_the_page_says_what_to_do(client_as: ClientAs, hook_site: Any) -> None:
    made = make_site(hook_site.data)
    made.config.intake.clear()
    (made.data / "secrets.toml").write_text("")
    assert "None is configured" in text(client_as(Role.ADMINISTRATOR), "/administration/transports/")


def test_what_was_posted_is_shown_as_text_with_what_it_says(client_as: ClientAs) -> None:
    take(reason=ODD)
    client = client_as(Role.DELIVERABILITY)
    number = ReturnedMail.objects.get().pk
    page = text(client, f"/returns/mails/{number}/")
    assert "What SendGrid tells, by the rules in force" in page
    assert "Not delivered: 1 · Without effect: 1" in page
    assert "<script>alert(1)" not in page
    assert "&quot;sg_event_id&quot;: &quot;s1&quot;" in page
    french = text(client_as(Role.DELIVERABILITY, language="fr"), f"/returns/mails/{number}/")
    assert "Ce que dit SendGrid" in french
    for path in (f"/returns/mails/{number}/", "/returns/mails/"):
        shown = text(client_as(Role.DELIVERABILITY, language="fr"), path)
        assert "failed 1" not in shown
        assert "Sans effet" in shown
    saved = client.get(f"/returns/mails/{number}/raw/")
    assert saved["Content-Disposition"].endswith('.txt"')
    assert json.loads(saved.content.partition(b"\n\n")[2])[0]["email"] == ANN
    assert f"/returns/mails/{number}/" in text(client, "/returns/mails/?source=webhook:sendgrid")
    why = text(client, f"/quarantine/why/?channel=email&address={ANN}")
    assert "no such user" in why
    assert "Envelope sender" not in page


def test_the_why_of_an_address_shows_what_was_told_of_it_and_of_nobody_else(client_as: ClientAs) -> None:
    event = next(one.event for one in SAMPLES if (one.provider, one.befell) == ("sendgrid", Befell.FAILED))
    other = {**event, "email": "bob@reader.example", "sg_event_id": "s2"}
    assert send(post("sendgrid", body_of("sendgrid", other, event)), "sendgrid").status_code == 200
    settle()
    identity = EvidenceRow.objects.get(address_key=ANN).identity
    client = client_as(Role.DELIVERABILITY)
    page = text(client, f"/quarantine/why/return/?channel=email&address={ANN}&evidence={identity}")
    assert "<mark>No such user</mark>" in page
    assert "bob@" not in page


def test_when_a_body_is_not_kept_any_more_what_it_told_still_is(client_as: ClientAs) -> None:
    take()
    RawMail.objects.all().delete()
    page = text(client_as(Role.DELIVERABILITY), f"/returns/mails/{ReturnedMail.objects.get().pk}/")
    assert "Not delivered: 1 · Without effect: 1" in page


@pytest.mark.parametrize("body", [b"no json", b"[5]", b"{}", b"[" * 50_000])
def test_a_dead_letter_is_shown_with_its_error_and_tried_again(client_as: ClientAs, body: bytes) -> None:
    assert send(post("sendgrid", body), "sendgrid").status_code == 200
    settle()
    client = client_as(Role.DELIVERABILITY, language="fr")
    row = ReturnedMail.objects.get()
    page = text(client, f"/returns/mails/{row.pk}/")
    assert "Aucun de ses événements ne peut être lu." in page
    assert ("le corps " in page) or ("ce n’est pas un objet" in page)
    assert client.post(f"/returns/mails/{row.pk}/retry/").status_code == 302
    assert settle().dead == 1


def test_what_was_refused_is_listed_and_cannot_be_accepted(client_as: ClientAs) -> None:
    send(Posted(b"[]", {}), "sendgrid")
    client = client_as(Role.DELIVERABILITY)
    page = text(client, "/returns/?why=bad_signature&source=webhook:sendgrid")
    assert "A webhook without a good signature" in page
    number = Unattributed.objects.get().pk
    assert "it was not signed with the key that is configured" in text(client, f"/returns/{number}/")
    assert client.post(f"/returns/{number}/accept/", {"because": "x"}).status_code == 409


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_are_drawn(desk: Desk, width: int) -> None:
    take()
    send(Posted(b"[]", {}), "sendgrid")
    number = ReturnedMail.objects.get().pk
    window = desk(Role.ADMINISTRATOR, width=width)
    for path in ("/administration/transports/", f"/returns/mails/{number}/", "/returns/"):
        page = window.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
