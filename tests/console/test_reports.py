"""The pages of the reports."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from rebond.core.words import Role
from rebond.services.aggregate import aggregate
from rebond.services.reports import REPORTS
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.test_reports import MONDAY, NOW, PARIS, week

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PERIOD = f"?since={MONDAY}&until={MONDAY + timedelta(days=13)}"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", REPORTS)
def test_each_report_opens_with_and_without_figures(client_as: ClientAs, name: str, language: str) -> None:
    client = client_as(Role.VIEWER, language=language)
    assert client.get(f"/reports/{name}/").status_code == 200
    week()
    aggregate(now=NOW, zone=PARIS)
    assert client.get(f"/reports/{name}/{PERIOD}").status_code == 200


def test_definitions_stand_on_the_page(client_as: ClientAs) -> None:
    page = client_as().get("/reports/quarantine/").content.decode()
    assert "22 % after the first year, 32.5 % after the second" in page
    page = client_as().get("/reports/delivery-summary/").content.decode()
    assert "target = excluded + messages" in page


def test_a_table_is_exported_with_formulas_defused(client_as: ClientAs) -> None:
    row = week()
    type(row).objects.filter(pk=row.pk).update(name="=cmd|' /C calc'!A0")
    aggregate(now=NOW, zone=PARIS)
    client = client_as(Role.VIEWER)
    answer = client.get(f"/reports/delivery-summary/deliveries.csv{PERIOD}")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert text.splitlines()[0].startswith("delivery,name,started,target")
    assert "'=cmd" in text
    lines = client.get(f"/reports/delivery-summary/deliveries.jsonl{PERIOD}")
    assert b'"target": 10' in b"".join(lines.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?since=2026-03-02&until=2026-03-01", "before it begins"),
        ("?since=1999-01-01&until=2026-03-01", "over 800 days"),
        ("?since=yesterday", "Enter a valid date"),
        ("?channel=pigeon", "Select a valid choice"),
        ("?delivery=-1", "greater than or equal to 1"),
    ],
)
def test_a_question_that_cannot_be_is_answered_beside_its_field(client_as: ClientAs, query: str, said: str) -> None:
    answer = client_as().get(f"/reports/providers/{query}")
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_what_is_not_there_is_said(client_as: ClientAs) -> None:
    client = client_as()
    assert client.get("/reports/weather/").status_code == 404
    assert client.get("/reports/providers/weather.csv").status_code == 404
    assert client.get("/reports/providers/providers.exe").status_code == 404


@pytest.mark.parametrize("width", [390, 1440])
def test_a_report_is_read_in_a_browser(desk: Callable[..., Desk], site: Site, width: int) -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    window = desk(Role.VIEWER, width=width, language="fr")
    page = window.open(f"/reports/delivery-summary/{PERIOD}")
    assert page.inner_text("h1") == "Bilan des diffusions"
    assert page.query_selector("svg.chart") is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= width
