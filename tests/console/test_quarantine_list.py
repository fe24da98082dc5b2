"""The list of addresses: what it shows, its filters, its pages, and who may open it."""

from collections.abc import Callable

import pytest

from rebond.core.words import Role
from tests.console.conftest import ClientAs, Desk
from tests.console.quarantine_fixtures import ANNA, BOB, CARL, DORA, addresses
from tests.core.given import at
from tests.services.event_fixtures import hard, took

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ALL = {ANNA, BOB, CARL, DORA, "+33612345678"}


def shown(client_as: ClientAs, query: str = "", *, status: int = 200) -> set[str]:
    answer = client_as().get(f"/quarantine/{query}")
    assert answer.status_code == status
    text = answer.content.decode()
    return {address for address in ALL if f">{address}</a>" in text}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ALL),
        ("?status=quarantined", {ANNA, BOB}),
        ("?channel=sms", {"+33612345678"}),
        ("?reason=mailbox_full", {BOB}),
        ("?cause=complaint", {CARL}),
        ("?provider=Shop", {ANNA, DORA}),
        ("?domain=Shop.Example", {ANNA, CARL, DORA}),
        ("?domain=shop.example&status=quarantined", {ANNA}),
        ("?text=NO SUCH user", {ANNA}),
        ("?text=zorglub", set()),
        ("?since_from=2026-01-07", {CARL, "+33612345678", BOB}),
        ("?since_to=2026-01-05", {ANNA, DORA}),
        ("?until_from=2026-01-01", {BOB}),
        ("?sort=until", {BOB}),
        ("?sort=errors&status=erroneous", {DORA}),
    ],
)
def test_filters_show_what_they_say(client_as: ClientAs, query: str, found: set[str]) -> None:
    addresses()
    assert shown(client_as, query) == found


@pytest.mark.parametrize("order", ["since", "address", "errors", "until"])
def test_pages_show_each_address_once_in_order(
    client_as: ClientAs, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rebond.console.quarantine.views._PAGE", 2)
    addresses()
    client, query, seen = client_as(), f"?sort={order}", []
    while query:
        page = client.get(f"/quarantine/{query}").context["page"]
        seen += [row.text for row in page.rows]
        query = f"?sort={order}&after={page.after}" if page.after else ""
    assert sorted(seen) == sorted(ALL if order != "until" else {BOB})
    if order == "address":
        assert seen == [ANNA, BOB, CARL, DORA, "+33612345678"]


def test_a_text_is_looked_for_in_bounded_steps(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.store.read.state_pages.LOOK", 2)
    monkeypatch.setattr("rebond.store.read.state_pages._FIRST", 1)
    addresses()
    client = client_as()
    answer = client.get("/quarantine/?text=no such user")
    assert "None of the 2 addresses looked through says this" in answer.content.decode()
    seen = []
    while after := answer.context["page"].after:
        answer = client.get(f"/quarantine/?text=no such user&after={after}")
        seen += [row.text for row in answer.context["page"].rows]
    assert seen == [ANNA]


@pytest.mark.parametrize(
    "query", ["?status=zzz", "?domain=no domain at all", "?since_from=yesterday", "?since_from=0001-01-01"]
)
def test_a_filter_that_cannot_be_used_is_told_beside_it(client_as: ClientAs, query: str) -> None:
    addresses()
    answer = client_as().get(f"/quarantine/{query}")
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()


@pytest.mark.parametrize(
    "after", ["zzz", "W10", "WyJzaW5jZSIsIDEsIDJd", "WyJ1bnRpbCIsICIyMDI2LTAxLTAxIiwgMV0", "é", "bnVsbA"]
)
def test_a_page_that_is_none_is_refused(client_as: ClientAs, after: str) -> None:
    assert client_as().get("/quarantine/", {"after": after}).status_code == 422


def test_empty_lists_say_what_to_do(client_as: ClientAs) -> None:
    assert "Addresses come here by themselves" in client_as().get("/quarantine/").content.decode()
    assert "Clear the filters" in client_as().get("/quarantine/?status=valid").content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_others_neither_see_nor_open_it(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    assert client.get("/quarantine/").status_code == 403
    assert 'href="/quarantine/' not in client.get("/").content.decode()


def test_what_came_from_outside_is_shown_as_text(client_as: ClientAs) -> None:
    took(hard(at(), '"<img src=x>"@shop.example', text="<script>alert(1)</script>"))
    text = client_as().get("/quarantine/").content.decode()
    assert "<img src=x>" not in text
    assert "&lt;img" in text


@pytest.mark.parametrize("width", [390, 1440])
def test_a_lead_finds_an_address_by_its_filters(desk: Callable[..., Desk], width: int) -> None:
    addresses()
    window = desk(Role.DELIVERABILITY, width=width, language="fr")
    page = window.open("/quarantine/")
    page.select_option("select[name=status]", "quarantined")
    page.fill("input[name=domain]", "gmail.com")
    window.click("form.panel button.main")
    assert page.inner_text("tbody").count("bob@gmail.com") == 1
    if width > 400:
        page.click("h1")
        page.keyboard.press("j")
        with window.leaving():
            page.keyboard.press("Enter")
    else:
        window.click("tbody a")
    page.wait_for_selector("h1.address")
    assert "Boîte pleine" in page.inner_text("main")
    assert window.fits()
