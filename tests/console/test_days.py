"""Whole days at the console: a deliverability lead's, an operator's, a viewer's; in both languages, wide and phone."""

from collections.abc import Callable

import pytest

from rebond.core.words import AddressStatus, Role
from rebond.services.aggregate import aggregate
from rebond.store.models import ConsoleRule, Delivery, RuleOperation
from rebond.wiring import Site
from tests.console.conftest import Desk
from tests.console.delivery_fixtures import sent
from tests.services.event_fixtures import state
from tests.services.people_fixtures import Person, add_people, run
from tests.services.practice_fixtures import moons, number_of
from tests.services.test_reports import PARIS

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
DAYS = [("en", 1440), ("fr", 390)]
PATTERN = "finds the moon wrong"


@pytest.mark.parametrize(("language", "width"), DAYS)
def test_the_day_of_a_deliverability_lead(desk: Callable[..., Desk], language: str, width: int) -> None:
    moons(3)
    number = number_of("Zorglub")
    window = desk(Role.DELIVERABILITY, language=language, width=width)
    page = window.open("/")
    window.click("a[href^='/qualifications/'] >> visible=true") if width > 800 else window.open("/qualifications/")
    window.click(f"a[href^='/qualifications/{number}/']")
    # Decide, after the back-test has said in numbers what it comes to.
    with window.asking("**/match/"):
        page.fill("#id_pattern", PATTERN)
    page.wait_for_selector("#samples mark")
    page.select_option("#id_reason", "user_unknown")
    window.settle()
    page.select_option("#id_type", "hard")
    window.settle()
    page.click("button[value=test]")
    window.settle()
    assert not window.faults()
    window.click("button[value=save]")
    assert "done=" in page.url
    operation = RuleOperation.objects.get()
    assert operation.actor == "console:deliverability"
    assert [rule.document["text"] for rule in ConsoleRule.objects.all()]
    # Why is somebody out now?
    address = _quarantined()
    page.goto(f"{window.url}/quarantine/?status=quarantined")
    window.click(f"a:has-text('{address}')")
    page.wait_for_selector(".timeline mark")
    assert not window.faults()
    # Let one in again, and take that back.
    page.check("input[name=status][value=valid]")
    page.fill("textarea[name=because]", "She wrote to us")
    window.click("form:has(input[name=status]) button.main, form:has(input[name=status]) button[type=submit]")
    page.wait_for_selector(".timeline >> text=She wrote to us")
    assert state(address).status is AddressStatus.VALID
    page.click(".timeline details.inline summary")
    page.fill(".timeline input[name=because]", "It was another one")
    window.click(".timeline details.inline button")
    page.wait_for_selector(".timeline >> text=It was another one")
    assert state(address).status is AddressStatus.QUARANTINED
    # Undo the decision: everybody is as before.
    page.goto(f"{window.url}/rules/operations/{operation.pk}/")
    window.click("form[action$='/undo/'] button, button[name=do][value=undo]")
    assert not ConsoleRule.objects.exists()
    assert state(address).status is not AddressStatus.QUARANTINED


def _quarantined() -> str:
    from rebond.store.models import AddressStateRow

    return AddressStateRow.objects.filter(status="quarantined").order_by("id")[0].address


@pytest.mark.parametrize(("language", "width"), DAYS)
def test_the_day_of_an_operator(desk: Callable[..., Desk], site: Site, language: str, width: int) -> None:
    add_people([Person(f"ann{n}@shop.example") for n in range(6)] + [Person("")])
    window = desk(Role.OPERATOR, language=language, width=width)
    page = window.open("/deliveries/new/")
    page.fill("[name=name]", "June")
    page.fill("[name=sender]", "Shop <news@shop.example>")
    page.fill("[name=subject]", "Hello")
    page.fill("[name=text]", "Hello, and good bye: {{ unsubscribe_url }}")
    assert not window.faults()
    window.click("button.main")
    number = Delivery.objects.latest("id").pk
    page.goto(f"{window.url}/deliveries/{number}/")
    window.click("form[action$='/prepare/'] button, a[href$='/prepare/']")
    assert Delivery.objects.get(id=number).status == "preparing"
    run(number)  # what a worker does
    page.wait_for_selector("a[href$='/send/']")
    window.click("a[href$='/send/']")
    window.click("form button.main")
    assert Delivery.objects.get(id=number).status == "sending"
    assert not window.faults()
    page.goto(f"{window.url}/deliveries/{number}/messages/")
    assert "ann0@shop.example" in page.inner_text("main")
    aggregate(now=site.clock.now(), zone=PARIS)
    page.goto(f"{window.url}/reports/delivery-summary/?delivery={number}")
    assert "June" in page.inner_text("#deliveries")
    assert not window.faults()


@pytest.mark.parametrize(("language", "width"), DAYS)
def test_the_day_of_a_viewer(desk: Callable[..., Desk], language: str, width: int) -> None:
    moons(3)
    delivery = sent()
    window = desk(Role.VIEWER, language=language, width=width)
    paths = [
        "/",
        "/deliveries/",
        f"/deliveries/{delivery}/",
        "/qualifications/",
        f"/qualifications/{number_of('Zorglub')}/",
    ]
    for path in [*paths, "/rules/", "/reports/", "/reports/quarantine/"]:
        page = window.open(path)
        assert page.inner_text("h1")
        acting = page.query_selector_all("main form[method=post] button[type=submit]")
        assert not [button.inner_text() for button in acting], path
        assert not window.faults()
