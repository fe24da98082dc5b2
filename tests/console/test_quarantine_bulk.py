"""Many addresses at once, from the console: dry run, confirmation in numbers, progress, undo."""

from collections.abc import Callable

import pytest

from rebond.core.words import AddressStatus, Role
from rebond.services.bulk import carry_on
from rebond.services.bulk_steps import Acting
from rebond.store.read.bulk import BulkStep, list_bulk
from rebond.web.current import current_site
from tests.console.conftest import ClientAs, Desk
from tests.console.quarantine_fixtures import ANNA, BOB, addresses
from tests.core.given import at
from tests.services.event_fixtures import hard, state, took

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
ASKED = "?kind=release&domain=shop.example"
BEGIN = f"/quarantine/bulk/begin/{ASKED}"


def work() -> None:
    """Do what a worker would."""
    site = current_site()
    acting = Acting(policy=site.policy, actor="worker", now=site.clock.now)
    carry_on(list_bulk()[0].number, acting=acting)


def test_a_dry_run_tells_the_effect_in_numbers(client_as: ClientAs) -> None:
    addresses()
    text = " ".join(client_as().get(f"/quarantine/bulk/{ASKED}").content.decode().split())
    assert "Release 2 addresses" in text
    assert "Left as they are: Denylisted" in text
    assert ANNA in text
    assert not list_bulk()


def test_what_was_confirmed_is_begun_and_its_page_follows_it(client_as: ClientAs) -> None:
    addresses()
    client = client_as(Role.DELIVERABILITY)
    answer = client.post(BEGIN, {"because": "a fault of ours", "expected": 2})
    (operation,) = list_bulk()
    assert (operation.actor, operation.step) == ("console:deliverability", BulkStep.ACT)
    page = answer["Location"]
    text = client.get(page).content.decode()
    assert "every 2s" in text
    assert "shop.example" in text
    client.post(f"{page}resume/")
    assert state(ANNA).status is AddressStatus.VALID
    fragment = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in fragment
    assert "<html" not in fragment
    assert "a fault of ours" in client.get("/quarantine/operations/").content.decode()
    assert client.post(f"{page}undo/", {"because": ""}).status_code == 422
    assert client.post(f"{page}undo/", {"because": "no fault"}).status_code == 302
    work()
    assert state(ANNA).status is AddressStatus.QUARANTINED
    assert list_bulk()[0].put_back == 2
    assert client.post(f"{page}undo/", {"because": "again"}).status_code == 409


@pytest.mark.parametrize(
    ("query", "given", "words"),
    [
        (ASKED, {"expected": 2}, "This field is required"),
        (ASKED.replace("shop", "gone"), {"because": "typed", "expected": 2}, "No address would change"),
        ("?kind=release", {"because": "typed", "expected": 2}, "Say which addresses"),
        ("?kind=zzz&domain=shop.example", {"because": "typed", "expected": 2}, "Select a valid choice"),
        (f"{ASKED}&delivery=99999999999999999999", {"because": "typed", "expected": 2}, "less than or equal"),
    ],
)
def test_what_cannot_be_done_is_told(client_as: ClientAs, query: str, given: dict[str, str], words: str) -> None:
    addresses()
    answer = client_as().post(f"/quarantine/bulk/begin/{query}", given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not list_bulk()


def test_many_more_than_confirmed_are_not_done(client_as: ClientAs) -> None:
    took(*(hard(at(), f"x{number}@shop.example") for number in range(15)))
    answer = client_as().post(BEGIN, {"because": "typed", "expected": 2})
    assert "15 addresses would change by now" in answer.content.decode()
    assert not list_bulk()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_others_may_not(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    assert {client.get(f"/quarantine/{path}").status_code for path in ("bulk/", "operations/", "operations/1/")} == {
        403
    }
    assert client.post(BEGIN, {"because": "x", "expected": 2}).status_code == 403
    assert client.post("/quarantine/operations/1/undo/", {"because": "x"}).status_code == 403


def test_an_operation_that_is_none_is_told(client_as: ClientAs) -> None:
    assert client_as().get("/quarantine/operations/99/").status_code == 404
    assert "Nothing was done" in client_as().get("/quarantine/operations/?before=zzz").content.decode()


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "fr")])
def test_a_lead_releases_many_and_undoes_it(desk: Callable[..., Desk], width: int, language: str) -> None:
    addresses()
    window = desk(Role.DELIVERABILITY, width=width, language=language)
    page = window.open("/quarantine/?status=quarantined")
    window.click(".table-foot a.button")
    window.click("form.panel button[type=submit]")
    page.fill("textarea[name=because]", "Nobody was unknown")
    window.click("section button.main")
    page.wait_for_selector("progress")
    # The page looks again by itself, and is loaded anew when the operation has ended.
    with window.leaving():
        work()
    assert page.locator("progress").count() == 0
    assert {state(ANNA).status, state(BOB).status} == {AddressStatus.VALID}
    page.fill("input[name=because]", "They were")
    window.click("button.danger")
    page.wait_for_selector("progress")
    with window.leaving():
        work()
    assert page.locator("progress").count() == 0
    assert {state(ANNA).status, state(BOB).status} == {AddressStatus.QUARANTINED}
    assert window.fits()
