"""The frame of every page: signing in, the menu, languages, headers, and a page that is refused."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from rebond.channels.email.settings import SmtpSettings
from rebond.config import Config
from rebond.core.words import Role
from rebond.services.users import create_user, forget_password
from rebond.web.current import serve
from rebond.web.links import sign_in_link
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.receiving import receiving

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ROOT = Path(__file__).parents[2]


def test_nobody_sees_a_page_without_signing_in(site: Site) -> None:
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/account/login/")


def test_every_console_view_names_its_operation() -> None:
    views = list(_views(get_resolver().url_patterns))
    unnamed = [str(pattern.pattern) for pattern in views if not hasattr(pattern.callback, "operation")]
    assert views
    assert not unnamed


def _views(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for one in patterns:
        if isinstance(one, URLResolver):
            found += _views(one.url_patterns)
        elif str(getattr(one.callback, "__module__", "")).startswith("rebond.console"):
            found.append(one)
    return found


def test_pages_load_nothing_from_elsewhere_and_no_inline_script(client_as: ClientAs) -> None:
    answer = client_as().get("/")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    text = answer.content.decode()
    assert "<script>" not in text
    assert not re.search(r"\son[a-z]+=", text)
    assert " style=" not in text
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_link_lets_a_new_person_set_a_password_once(desk: Callable[..., Desk], site: Site) -> None:
    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=site.clock.now(), actor="test")
    window = desk(None)
    link = sign_in_link("ada", base=window.url)
    page = window.page
    page.goto(link)
    page.fill("input[name=password1]", "a long and odd phrase")
    page.fill("input[name=password2]", "a long and odd phrase")
    window.click("main button[type=submit]:not([name=language])")
    page.wait_for_selector(".sidebar")
    assert "ada" in page.inner_text(".sidebar .foot")
    other = desk(None)
    page = other.open("/account/login/")
    page.fill("input[name=login]", "ada")
    page.fill("input[name=password]", "a long and odd phrase")
    other.click("button.main")
    page.wait_for_selector(".sidebar")
    again = desk(None)
    again.page.goto(link)
    assert not again.page.query_selector("input[name=password1]")


def test_a_new_link_ends_the_old_password(site: Site, client_as: ClientAs) -> None:
    client = client_as(Role.VIEWER)
    assert client.get("/").status_code == 200
    forget_password("viewer", now=site.clock.now(), actor="test")
    assert client.get("/").status_code == 302


def test_signing_in_is_slowed_down_after_wrong_passwords(site: Site) -> None:
    create_user("eve", role=Role.VIEWER, now=site.clock.now(), actor="test")
    for port in range(6):
        client = Client(headers={"Host": f"localhost:{port}"})  # another name of the site gives no further tries
        answer = client.post("/account/login/", {"login": "eve", "password": "wrong"})
    assert "Too many failed login attempts" in answer.content.decode()


def test_the_interface_speaks_french(client_as: ClientAs) -> None:
    assert "Ce qui vous attend" in client_as(language="fr").get("/").content.decode()
    assert "What needs you" in client_as(language="en").get("/").content.decode()


def test_every_text_has_its_french() -> None:
    run = subprocess.run(
        [sys.executable, "tools/translations.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("host", ["localhost", "localhost:9999"])
def test_a_forgotten_password_is_made_anew_by_mail_at_the_sites_own_address(
    site: Site, monkeypatch: pytest.MonkeyPatch, settings: Any, host: str
) -> None:
    taken = Taken()
    serve(replace(site, config=Config.model_validate({"site": {"public_url": "https://desk.shop.example"}})))
    settings.EMAIL_BACKEND = "rebond.web.mail.SiteRelay"
    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=site.clock.now(), actor="test")
    with receiving(taken) as port:
        relay = SmtpSettings.from_url(f"smtp://127.0.0.1:{port}?tls=none")
        monkeypatch.setattr(Site, "smtp_settings", relay)
        asked = Client(headers={"Host": host}).post("/account/password/reset/", {"email": "ada@shop.example"})
    assert asked.status_code == 302
    (mail,) = taken.mails
    assert mail.rcpt_tos == ["ada@shop.example"]
    text = mail.content.decode().replace("=\r\n", "").replace("=3D", "=")
    assert "Subject: [Rebond] " in text
    assert "localhost:9999" not in text
    assert re.search(r"https://desk\.shop\.example/account/password/reset/key/[\w-]+/", text)


class Taken:
    """What a relay on loopback has taken."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 taken"


def test_nobody_makes_the_site_write_to_strangers(site: Site, client_as: ClientAs) -> None:
    from django.core import mail

    assert Client().post("/account/password/reset/", {"email": "stranger@victim.example"}).status_code == 302
    adding = {"email": "stranger@victim.example", "action_add": "1"}
    assert client_as(Role.VIEWER).post("/account/email/", adding).status_code == 404
    assert not mail.outbox


def test_a_relay_that_is_away_is_no_fault_of_the_page(
    site: Site, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "rebond.web.mail.SiteRelay"
    create_user("ada", role=Role.OPERATOR, email="ada@shop.example", now=site.clock.now(), actor="test")
    monkeypatch.setattr(Site, "smtp_settings", SmtpSettings.from_url("smtp://127.0.0.1:1?tls=none"))
    assert Client().post("/account/password/reset/", {"email": "ada@shop.example"}).status_code == 302


def test_a_very_long_name_is_refused(site: Site) -> None:
    answer = Client().post("/account/login/", {"login": "a" * 60_000, "password": "x"})
    assert answer.status_code == 200
    assert "at most 254 characters" in answer.content.decode()
