"""The pages of the reports."""

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.translation import override

from rebond.console.reports.words import lasting
from rebond.core.permissions import Operation, may
from rebond.core.words import Role
from rebond.services.aggregate import aggregate
from rebond.services.reports import REPORTS
from rebond.store.models import Message, SendingFact
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.services.test_report_filters import PROVIDERS, forget_the_new_sums, world
from tests.services.test_reports import MONDAY, NOW, PARIS, START, week

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
    for language, words, first in (("en", "CSV for Excel", "delivery,name"), ("fr", "CSV pour Excel", "delivery;name")):
        reader = client_as(Role.VIEWER, language=language)
        assert words in reader.get(f"/reports/delivery-summary/{PERIOD}").content.decode()
        opened = reader.get(f"/reports/delivery-summary/deliveries.csv{PERIOD}&for=excel")
        assert b"".join(opened.streaming_content).decode().startswith(f"\ufeff{first}")  # type: ignore[attr-defined]
    lines = client.get(f"/reports/delivery-summary/deliveries.jsonl{PERIOD}")
    assert b'"target": 10' in b"".join(lines.streaming_content)  # type: ignore[attr-defined]


def test_parquet_is_offered_where_it_can_be_written(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    week()
    aggregate(now=NOW, zone=PARIS)
    client, path = client_as(Role.VIEWER), f"/reports/delivery-summary/deliveries.parquet{PERIOD}"
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("rebond.services.report_export.find_spec", lambda name: None)
    assert ".parquet" not in client.get(f"/reports/delivery-summary/{PERIOD}").content.decode()
    answer = client.get(path)
    assert answer.status_code == 409
    assert "take CSV or JSON Lines" in answer.content.decode()
    monkeypatch.setattr("rebond.services.report_export.find_spec", lambda name: object())
    assert ".parquet" in client.get(f"/reports/delivery-summary/{PERIOD}").content.decode()


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
    assert window.fits()


def test_a_filter_that_a_report_does_not_know_is_not_offered_and_is_refused(client_as: ClientAs) -> None:
    client = client_as(Role.VIEWER)
    offered = client.get("/reports/quarantine/").content.decode()
    assert 'name="channel"' in offered
    assert 'name="provider"' not in offered
    answer = client.get("/reports/quarantine/?provider=gmail")
    assert answer.status_code == 422
    assert "This report cannot be filtered by “Provider”: its sizes are kept by" in answer.content.decode()
    assert client.get("/reports/quarantine/size.csv?provider=gmail").status_code == 422
    french = client_as(Role.VIEWER, language="fr").get("/reports/qualification/?domain=x.example").content.decode()
    assert "ne peut pas être filtré par « Domaine » : un texte est jugé une fois" in french.replace("\u202f", " ")


def test_a_service_and_a_domain_narrow_page_and_file_alike(client_as: ClientAs) -> None:
    _, _, service = world()
    aggregate(now=NOW, zone=PARIS, providers=PROVIDERS)
    client = client_as(Role.VIEWER)
    asked = f"{PERIOD}&service={service.pk}&domain=free.example"
    page = client.get(f"/reports/delivery-summary/{asked}").content.decode()
    assert f'<option value="{service.pk}" selected>Letter</option>' in page
    file = client.get(f"/reports/delivery-summary/totals.jsonl{asked}")
    line = b"".join(file.streaming_content).decode()  # type: ignore[attr-defined]
    assert '"target": 5, "excluded": 2, "messages": 3, "delivered": 2' in line
    assert "&amp;domain=free.example" in page


def test_the_way_to_another_report_keeps_only_what_it_knows(client_as: ClientAs) -> None:
    page = client_as().get("/reports/providers/?channel=email&domain=x.example").content.decode()
    assert 'href="/reports/quarantine/?channel=email"' in page
    assert 'href="/reports/complaints/?channel=email&amp;domain=x.example"' in page


@pytest.mark.parametrize("role", list(Role))
def test_before_there_are_figures_the_job_is_named_and_offered(client_as: ClientAs, role: Role) -> None:
    page = client_as(role).get("/reports/providers/").content.decode()
    assert "The job “aggregates” makes them while a worker runs, the next time at" in page
    offered = 'action="/administration/jobs/aggregates/run/"' in page
    assert offered is may(role, Operation.RUN_JOBS)


def test_what_is_still_to_be_summed_is_said(client_as: ClientAs) -> None:
    world()
    aggregate(now=NOW, zone=PARIS)
    forget_the_new_sums()
    client = client_as(Role.VIEWER)
    page = client.get(f"/reports/providers/{PERIOD}&domain=free.example").content.decode()
    assert "2 deliveries of the period are still to be summed by provider and domain" in page
    assert "still to be summed" not in client.get(f"/reports/providers/{PERIOD}").content.decode()


def test_other_providers_and_unknown_complaints_have_words(client_as: ClientAs) -> None:
    row = week()
    Message.objects.filter(delivery=row).update(provider="other")
    aggregate(now=NOW, zone=PARIS)
    page = client_as(Role.VIEWER, language="fr").get(f"/reports/complaints/{PERIOD}").content.decode()
    assert "Autres fournisseurs" in page
    assert '<td class="number">inconnu</td>' in page
    assert ">other<" not in page


def test_of_many_providers_the_largest_are_drawn(client_as: ClientAs) -> None:
    at = {"delivery": 1, "channel": "email", "hour": START, "kind": "delivered"}
    SendingFact.objects.bulk_create(SendingFact(**at, provider=f"p{number:03}", number=9) for number in range(150))
    page = client_as().get(f"/reports/providers/{PERIOD}").content.decode()
    assert "The 12 largest of 150 are drawn" in page
    assert "100 more rows are in the file" in page
    assert page.count('class="ranked-head"') == 12


@pytest.mark.parametrize(
    ("seconds", "language", "said"),
    [
        (0.4, "en", "0 s"),
        (59.6, "en", "1 min"),
        (1800, "fr", "30 min"),
        (7500, "fr", "2 h 5 min"),
        (90_000, "en", "1 d 1 h"),
        (90_000, "fr", "1 j 1 h"),
    ],
)
def test_waiting_is_told_in_the_units_that_people_count_it_in(seconds: float, language: str, said: str) -> None:
    with override(language):
        assert lasting(seconds) == said
