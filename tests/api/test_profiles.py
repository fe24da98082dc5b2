"""`/profiles`, `/imports` and `/reports`."""

from typing import Any
from urllib.parse import urlencode

import pytest

from rebond.core.words import Role
from rebond.store.models import AuditEntry
from tests.api.conftest import Asker, KeyFor, refused

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PEOPLE = b"id,email,Prenom\n7/a,ada@shop.example,Ada\n8,no address,Bob\n8,bob@shop.example,Bob\n"


@pytest.fixture
def imported(asker: Asker) -> Any:
    answer = asker.post("/imports?mapping=%7B%22first_name%22%3A%22Prenom%22%7D", PEOPLE, content_type="text/csv")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_people_are_imported_and_bad_rows_told(asker: Asker, imported: Any) -> None:
    assert (imported["rows"], imported["created"], imported["rejected"]) == (3, 2, 1)
    assert imported["rejected_lines"][0]["line"] == 4
    shown = asker.get("/profiles/7/a").json()
    assert shown["fields"]["first_name"] == "Ada"
    assert [(one["address"], one["status"]) for one in shown["addresses"]] == [("ada@shop.example", "valid")]
    impossible = asker.get("/profiles/8").json()["addresses"][0]
    assert (impossible["status"], impossible["reason"]) == (None, "invalid_address")
    lines = b'{"id": "9", "email": "eve@shop.example"}\n'
    assert asker.post("/imports", lines, content_type="application/x-ndjson").json()["created"] == 1


def test_a_person_opts_out_and_in_again(asker: Asker, imported: Any) -> None:
    out = asker.post("/profiles/7%2Fa/denylist", {"channel": "all", "because": "asked"}).json()
    assert out == {"profile": "7/a", "channel": "all", "changed": True}
    assert not asker.post("/profiles/7/a/denylist", {"channel": "all"}).json()["changed"]
    (denial,) = asker.get("/profiles/7/a").json()["denials"]
    assert (denial["channel"], denial["because"]) == ("all", "asked")
    assert AuditEntry.objects.get(action="profile.denylist").actor == f"key:{asker.number} a administrator's"
    refused(asker.ask("DELETE", "/profiles/7/a/denylist?channel=email&because=asked"), 409)
    assert asker.ask("DELETE", "/profiles/7/a/denylist?channel=all&because=asked").json()["changed"]
    assert asker.get("/profiles/7/a").json()["denials"] == []


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/profiles/nobody", None, 404),
        ("POST", "/profiles/nobody/denylist", {"channel": "all"}, 404),
        ("POST", "/profiles/8/denylist", {"channel": "fax"}, 422),
        ("POST", "/profiles/8/denylist", {}, 422),
        ("POST", "/profiles/8/denylist", {"channel": "all", "since": "2026"}, 422),
        ("DELETE", "/profiles/8/denylist?channel=all", None, 422),
        ("DELETE", "/profiles/8/denylist?channel=all&because=", None, 422),
        ("GET", "/profiles/" + "x" * 256, None, 422),
        ("GET", "/profiles/a%00b", None, 422),
    ],
)
def test_what_cannot_be_done_is_refused(asker: Asker, method: str, path: str, body: Any, status: int) -> None:
    refused(asker.ask(method, path, body), status)


@pytest.mark.parametrize(
    ("query", "body", "kind", "status"),
    [
        ("", b"a,b\n1,2\n", "text/csv", 422),
        ("", b"", "text/csv", 415),
        ("", b"id,email\n", "text/plain", 415),
        ("?mapping=email", PEOPLE, "text/csv", 422),
        ("?mapping=%5B%5D", PEOPLE, "text/csv", 422),
        ("?mapping=%7B%22email%22:1%7D", PEOPLE, "text/csv", 422),
        ("?dry_run=perhaps", PEOPLE, "text/csv", 422),
        ("", b"id,city\n1,Lille\n", "text/csv", 422),
        ("", b"id,email,,email\n1,a@x.example,,\n", "text/csv", 422),
        ("?encoding=klingon", PEOPLE, "text/csv", 422),
        ("?delimiter=;", PEOPLE, "text/csv", 422),
        ("", b"\xff\xfe\x00", "text/csv", 422),
    ],
)
def test_a_file_of_another_shape_is_refused(asker: Asker, query: str, body: bytes, kind: str, status: int) -> None:
    refused(asker.post(f"/imports{query}", body, content_type=kind), status)


@pytest.mark.parametrize("path", ["/imports", "/quarantine/imports?because=x"])
@pytest.mark.parametrize(
    "body", [b"a,b\n1,2\n", b"\n", "id,email\n".encode("utf-16"), b"id,e\0mail\n", b"PK\x03\x04\xff\n"]
)
def test_where_a_file_lies_is_not_told(asker: Asker, path: str, body: bytes) -> None:
    told = refused(asker.post(path, body, content_type="text/csv"), 422)["detail"]
    assert told.startswith(("the file", "the columns"))
    assert "/" not in told


@pytest.mark.parametrize(
    ("mapping", "place"),
    [
        ('{"email": "a\\u0000"}', "mapping.email"),
        ('{"email": "a\\ud800"}', "mapping.email"),
        ('{"a\\udfff": "email"}', "mapping"),
        ('{"": "email"}', "mapping"),
    ],
)
@pytest.mark.parametrize("path", ["/imports", "/deliveries/{number}/target"])
def test_a_mapping_that_nothing_can_store_is_refused_by_its_place(
    asker: Asker, path: str, mapping: str, place: str
) -> None:
    number = asker.post("/deliveries", {"name": "n", "sender": "a@shop.example"}).json()["id"]
    method = "POST" if path == "/imports" else "PUT"
    query = urlencode({"mapping": mapping})
    answer = asker.ask(method, f"{path.format(number=number)}?{query}", PEOPLE, content_type="text/csv")
    assert [error["field"] for error in refused(answer, 422)["errors"]] == [place]


def test_a_dry_run_tells_what_each_column_is_taken_for(asker: Asker) -> None:
    people = b"id,E-Mail,First name\n1,ada@shop.example,Ada\n,b@shop.example,Bob\n"
    told = asker.post("/imports?dry_run=true", people, content_type="text/csv").json()
    assert told["columns"] == [
        {"column": "id", "taken_as": "id"},
        {"column": "E-Mail", "taken_as": "email"},
        {"column": "First name", "taken_as": "First name"},
    ]
    assert told["notes"][0] == "column 2 «E-Mail» is taken as the email address"
    assert "column 3 «First name» cannot be written in a template" in told["notes"][1]
    assert (told["dry_run"], told["rows"], told["created"], told["rejected"]) == (True, 2, 0, 1)
    assert asker.get("/profiles").json()["items"] == []
    number = asker.post("/deliveries", {"name": "n", "sender": "a@shop.example"}).json()["id"]
    of_target = asker.ask("PUT", f"/deliveries/{number}/target?dry_run=true", people, content_type="text/csv").json()
    assert of_target["columns"] == told["columns"]
    assert asker.get(f"/deliveries/{number}").json()["target"] == "all"


def test_people_without_an_address_come_in_when_that_is_meant(asker: Asker) -> None:
    people = b"id,city\n1,Lille\n"
    assert asker.post("/imports?no_address=true", people, content_type="text/csv").json()["created"] == 1


def test_each_report_is_told_with_its_definitions(key_for: KeyFor) -> None:
    asker = key_for(Role.VIEWER)
    items = asker.get("/reports").json()["items"]
    filters = {one["name"]: one["filters"] for one in items}
    assert filters["quarantine"] == ["channel"]
    assert filters["delivery-summary"] == ["channel", "delivery", "service", "provider", "domain"]
    names = list(filters)
    for name in names:
        told = asker.get(f"/reports/{name}?since=2026-03-01&until=2026-03-07").json()
        assert (told["name"], told["since"], told["until"]) == (name, "2026-03-01", "2026-03-07")
        for table in told["tables"]:
            assert table["definition"]
            assert all(len(row) == len(table["columns"]) for row in table["rows"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/none", 404),
        ("/reports/quarantine?since=yesterday", 422),
        ("/reports/quarantine?since=2026-03-07&until=2026-03-01", 422),
        ("/reports/quarantine?since=0001-01-01", 422),
        ("/reports/quarantine?until=0001-01-01", 422),
        ("/reports/quarantine?since=9999-12-31&until=9999-12-31", 422),
        ("/reports/quarantine?channel=fax", 422),
        ("/reports/quarantine?delivery=0", 422),
        ("/reports/quarantine?week=3", 422),
        ("/reports/quarantine?delivery=1", 422),
        ("/reports/quarantine?provider=gmail", 422),
        ("/reports/qualification?domain=shop.example", 422),
        ("/reports/providers?service=9", 422),
        ("/reports/providers?domain=shop.example&channel=sms", 422),
    ],
)
def test_a_report_that_cannot_be_is_refused(asker: Asker, path: str, status: int) -> None:
    refused(asker.get(path), status)


def test_a_report_says_why_it_cannot_be_filtered_and_what_it_lacks(asker: Asker) -> None:
    told = refused(asker.get("/reports/quarantine?provider=gmail"), 422)
    assert "cannot be filtered by provider: its sizes are kept by channel" in str(told)
    lacks = asker.get("/reports/providers?domain=Shop.example").json()["gaps"]
    assert lacks == {"waiting": 0, "gone": 0, "beyond": 0, "unplaced": 0}


def test_a_person_is_erased_after_a_look_at_the_effect(asker: Asker, imported: Any) -> None:
    seen = asker.ask("DELETE", "/profiles/7/a?dry_run=true")
    assert (seen.status_code, seen.json()["erased"], seen.json()["addresses"]) == (200, False, 1)
    assert asker.get("/profiles/7/a/held").json()["addresses"][0]["text"] == "ada@shop.example"
    refused(asker.ask("DELETE", "/profiles/7/a"), 422)
    done = asker.ask("DELETE", "/profiles/7/a?because=asked").json()
    assert (done["erased"], done["addresses"], done["addresses_kept"]) == (True, 1, 0)
    refused(asker.get("/profiles/7/a"), 404)
    refused(asker.ask("DELETE", "/profiles/7/a?because=again"), 404)
    assert AuditEntry.objects.get(action="profile.erase").actor == f"key:{asker.number} a administrator's"
