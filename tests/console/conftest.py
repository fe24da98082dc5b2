"""A served site on the test database, people of each role, and a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.tokens import Keyring
from rebond.core.words import Role
from rebond.web.current import serve
from rebond.wiring import Site, SystemClock, load_policy
from tests.databases import ON_POSTGRESQL
from tests.missing import missing

ClientAs = Callable[..., Client]
PASSWORD = "correct horse battery"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Look through a window on SQLite alone: what pages ask of PostgreSQL, the tests without a window ask of it too."""
    if not ON_POSTGRESQL:
        return
    through_windows = [item for item in items if "desk" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=through_windows)
    items[:] = [item for item in items if item not in through_windows]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The site that the test's pages show."""
    config = Config(email=EmailSection(bounce_domain="bounce.shop.example"))
    keyring = Keyring({0: b"a key for these tests only"}, 0)
    made = Site(data=tmp_path, config=config, policy=load_policy(config), keyring=keyring, clock=SystemClock())
    serve(made)
    return made


def make_person(role: Role) -> Any:
    """Make a person of this role."""
    from django.contrib.auth import get_user_model

    users: Any = get_user_model().objects
    found = users.filter(username=role.value).first()
    return found or users.create(username=role.value, email=f"{role}@shop.example", password=_hashed(), role=role.value)


@cache
def _hashed() -> str:
    """Hash the password of all people once: to do so is slow on purpose."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


@pytest.fixture
def client_as(site: Site) -> ClientAs:
    """Sign a role in: gives a client whose pages are in that language."""

    def sign_in(role: Role = Role.ADMINISTRATOR, *, language: str = "en") -> Client:
        client = Client(headers={"Accept-Language": language})
        client.force_login(make_person(role), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in


# Counts what parts of a page have asked for and not yet shown, and lets them ask for nothing while a page is looked at.
_COUNT = """
window.asked = 0;
window.held = false;
document.addEventListener("htmx:beforeRequest", (event) => { if (held) event.preventDefault(); });
document.addEventListener("htmx:beforeSend", (event) => {
  asked += 1;
  event.detail.xhr.addEventListener("loadend", () => { asked -= 1; });
});
"""
_SETTLED = "() => !window.asked && !document.querySelector('.htmx-swapping, .htmx-settling, .htmx-added')"
# Machines that do much else are slow, and no test is about how fast they are.
PATIENCE = 60_000.0


@dataclass
class Desk:
    """A browser window, signed in; `problems` are what its console and its requests complained of.

    To press something does not wait for what it brings. What leads to another page is done by `click`, or within
    `leaving`; what only changes a part of the page is awaited by `settle`, or within `asking`.
    """

    page: Any
    url: str
    problems: list[str]
    # The browser's console notes each refusal: those that the test provokes.
    refusals: set[int] = field(default_factory=set)

    def open(self, path: str) -> Any:
        """Open a page of the console."""
        self.page.goto(self.url + path)
        return self.page

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait until the page that the block leads to is there, whole."""
        with self.page.expect_navigation():
            yield

    def click(self, selector: str) -> None:
        """Press what leads to another page, and wait for that page."""
        with self.leaving():
            self.page.click(selector)

    @contextmanager
    def asking(self, address: str) -> Iterator[None]:
        """Wait until the page has asked this address, as it does a while after somebody typed, and shows the answer."""
        with self.page.expect_response(address):
            yield
        self.settle()

    def settle(self) -> None:
        """Wait until all that was asked for by parts of this page is shown."""
        self.page.wait_for_function(_SETTLED)

    def fits(self) -> bool:
        """Tell whether this page is as wide as its window at most."""
        with self._still():
            return self._excess() <= 0

    def faults(self) -> list[str]:
        """What hinders people on this page: serious faults by axe-core's rules, or more width than the window has."""
        from axe_playwright_python.sync_playwright import Axe

        with self._still():
            wide, response = self._excess(), Axe().run(self.page).response
        found = [
            f"{one['id']} ({one['impact']}): {node['html'][:200]}"
            for one in response["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        return found + ([f"the page is {wide} pixels too wide"] if wide > 0 else [])

    @contextmanager
    def _still(self) -> Iterator[None]:
        """Keep the page as it is for the block: parts that look again by themselves would change it meanwhile."""
        self.page.wait_for_load_state()
        self.page.evaluate("window.held = true")
        self.settle()
        yield
        self.page.evaluate("window.held = false")

    def _excess(self) -> int:
        measured: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return measured


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; the profile is empty and nothing is asked of anybody.

    For a module at most: its event loop would be in the way of the tests of other folders that run one.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        missing("chromium")
    # Playwright keeps an event loop in this thread; the tests' own database calls are made beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def desk(chromium: Any, site: Site, live_server: Any) -> Iterator[Callable[..., Desk]]:
    """Open a window for a role, a language, a width and a theme; a complaint of any page fails the test."""
    contexts: list[Any] = []
    opened: list[Desk] = []

    def open_desk(
        role: Role | None = Role.ADMINISTRATOR, *, language: str = "en", width: int = 1440, dark: bool = False
    ) -> Desk:
        context = chromium.new_context(
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if role is not None:
            context.add_cookies([_session(role, live_server.url)])
        page = context.new_page()
        window = Desk(page=page, url=live_server.url, problems=[])
        _listen(window)
        opened.append(window)
        return window

    yield open_desk
    problems = [problem for window in opened for problem in window.problems]
    for context in contexts:
        context.close()
    assert not problems


def _session(role: Role, url: str) -> dict[str, str]:
    client = Client()
    client.force_login(make_person(role), backend="allauth.account.auth_backends.AuthenticationBackend")
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


def _listen(window: Desk) -> None:
    def heard(message: Any) -> None:
        refused = any(f"status of {status} " in message.text for status in window.refusals)
        if message.type in ("error", "warning") and not refused:
            window.problems.append(f"{message.type}: {message.text}")

    def asked(request: Any) -> None:
        if not request.url.startswith((window.url, "data:", "blob:")):
            window.problems.append(f"asked elsewhere: {request.url}")

    window.page.add_init_script(_COUNT)
    window.page.on("console", heard)
    window.page.on("pageerror", lambda error: window.problems.append(str(error)))
    window.page.on("request", asked)
