"""Every page of the menu: for each role, in both languages, on a phone and a wide screen, light and dark."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from rebond.console.menu import MENU
from rebond.core.permissions import Operation, may
from rebond.core.words import Role
from rebond.services.aggregate import aggregate
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.test_reports import NOW, PARIS, week

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PAGES = [entry for section in MENU for entry in section.entries]
LOOKS = [(390, False, "fr"), pytest.param((1440, True, "en"), marks=pytest.mark.slow)]


@pytest.mark.parametrize("role", Role)
def test_the_menu_shows_what_a_role_may_open_and_nothing_else(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    shown = client.get("/").content.decode()
    for entry in PAGES:
        address = reverse(entry.page)
        assert (f'href="{address}"' in shown) == may(role, entry.operation) or address == "/", entry.page
        assert client.get(address).status_code == (200 if may(role, entry.operation) else 403), entry.page


@pytest.mark.parametrize("role", Role)
def test_no_role_reaches_what_it_may_not_do(client_as: ClientAs, role: Role) -> None:
    """Every view of the console by its operation, with both methods: what is forbidden is refused before it runs."""
    client = client_as(role)
    for name, operation, arguments in _views(get_resolver().url_patterns):
        if may(role, operation):
            continue
        address = reverse(name, kwargs=arguments)
        answers = {client.get(address).status_code, client.post(address).status_code}
        # A method that a view does not know is refused to everybody.
        assert 403 in answers <= {403, 405}, f"{address} as {role}: {answers}"


_SAMPLES: dict[str, Any] = {"int": 1, "slug": "some", "str": "some", "path": "some"}


def _views(patterns: list[Any]) -> list[tuple[str, Operation, dict[str, Any]]]:
    found: list[tuple[str, Operation, dict[str, Any]]] = []
    for one in patterns:
        if isinstance(one, URLResolver):
            found += _views(one.url_patterns)
        elif isinstance(one, URLPattern) and hasattr(one.callback, "operation"):
            assert one.name
            kinds = one.pattern.converters
            arguments = {name: _SAMPLES[_kind(kind)] for name, kind in kinds.items()}
            found.append((one.name, one.callback.operation, arguments))
    return found


def _kind(converter: object) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.page)
def test_each_page_can_be_used_by_everybody(
    desk: Callable[..., Desk], site: Site, entry: Any, look: tuple[int, bool, str]
) -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    width, dark, language = look
    window = desk(Role.ADMINISTRATOR, width=width, dark=dark, language=language)
    page = window.open(reverse(entry.page))
    assert page.inner_text("h1")
    assert not window.faults()


@pytest.mark.parametrize("look", LOOKS)
def test_the_sign_in_can_be_used_by_everybody(
    desk: Callable[..., Desk], site: Site, look: tuple[int, bool, str]
) -> None:
    width, dark, language = look
    window = desk(None, width=width, dark=dark, language=language)
    window.open("/account/login/")
    assert not window.faults()
