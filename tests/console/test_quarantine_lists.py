"""Lists that come in and go out by the console, and kept views."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rebond.core.words import AddressStatus, Role
from rebond.store.read.bulk import list_bulk
from rebond.web.current import current_site
from tests.console.conftest import ClientAs, Desk
from tests.console.quarantine_fixtures import ANNA, BOB, addresses
from tests.console.test_quarantine_bulk import work
from tests.core.given import at
from tests.services.event_fixtures import hard, state, took

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
SES = b"EmailAddress,Reason\na@x.example,BOUNCE\nnobody,BOUNCE\n"


def given(body: bytes, name: str = "list.csv", **more: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, body), "because": "from SES", "encoding": "utf-8", **more}


def test_a_list_is_taken_in_and_its_page_tells_what_was_found(client_as: ClientAs) -> None:
    client = client_as(Role.DELIVERABILITY)
    answer = client.post("/quarantine/import/", given(SES))
    assert answer.status_code == 302
    work()
    assert state("a@x.example").status is AddressStatus.QUARANTINED
    text = " ".join(client.get(answer["Location"]).content.decode().split())
    assert "SES" in text
    assert "list.csv" in text
    assert "is not a possible email address" in text
    assert not list((current_site().data / "uploads").iterdir())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The submitted file is empty"),
        (b"name,zip\nA,1\n", "are of no list that is known here"),
        ("é,email\n".encode("cp1252"), "say the encoding"),
        (b"x" * (16 * 1024 * 1024 + 1), "more than 16 MiB"),
    ],
    ids=["empty", "another shape", "another encoding", "too large"],
)
def test_a_file_that_cannot_be_used_is_told_beside_it(client_as: ClientAs, body: bytes, words: str) -> None:
    answer = client_as().post("/quarantine/import/", given(body))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "from SES" in answer.content.decode()
    assert not list_bulk()


def test_a_list_goes_out_with_its_filters_and_no_formulas(client_as: ClientAs) -> None:
    addresses()
    took(hard(at(), "=cmd@shop.example"))
    client = client_as()
    answer = client.get("/quarantine/export/addresses.csv?status=quarantined")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert {row["address"] for row in rows} == {ANNA, BOB, "'=cmd@shop.example"}
    french = client_as(language="fr")
    assert "CSV pour Excel" in french.get("/quarantine/?status=quarantined").content.decode()
    opened = b"".join(french.get("/quarantine/export/addresses.csv?status=quarantined&for=excel")).decode()
    assert opened.startswith("\ufeffchannel;address;")
    lines = b"".join(client.get("/quarantine/export/addresses.jsonl?text=QUOTA")).decode().splitlines()
    (found,) = map(json.loads, lines)
    assert (found["address"], found["reason"], found["error_count"]) == (BOB, "mailbox_full", 5)
    assert "attachment" in answer["Content-Disposition"]
    assert client.get("/quarantine/export/addresses.zip").status_code == 422
    assert client.get("/quarantine/export/addresses.csv?status=zzz").status_code == 422


def test_a_person_keeps_views_and_forgets_them(client_as: ClientAs) -> None:
    client = client_as(Role.DELIVERABILITY)
    kept = client.post("/quarantine/views/?status=quarantined&domain=&after=zzz&evil=1", {"name": " My  view "})
    assert kept["Location"] == "/quarantine/?status=quarantined"
    (view,) = client.get("/quarantine/").context["views"]
    assert (view.name, view.query) == ("My view", "status=quarantined")
    assert client_as(Role.ADMINISTRATOR).get("/quarantine/").context["views"] == []
    assert client_as(Role.ADMINISTRATOR).post(f"/quarantine/views/{view.number}/forget/").status_code == 404
    assert client.post(f"/quarantine/views/{view.number}/forget/").status_code == 302
    assert client.get("/quarantine/").context["views"] == []
    assert client.post("/quarantine/views/?status=valid", {"name": " "}).status_code == 422


def test_not_more_views_than_may_be(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.saved_views.MOST_VIEWS", 1)
    client = client_as()
    posts = [client.post("/quarantine/views/?status=valid", {"name": name}) for name in ("one", "one", "two")]
    assert [answer.status_code for answer in posts] == [302, 302, 409]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_others_may_not(client_as: ClientAs, role: Role) -> None:
    client = client_as(role)
    assert {client.get(f"/quarantine/{path}").status_code for path in ("import/", "export/addresses.csv")} == {403}
    assert client.post("/quarantine/import/", given(SES)).status_code == 403
    assert client.post("/quarantine/views/", {"name": "x"}).status_code == 403


@pytest.mark.parametrize(("width", "language"), [(1440, "fr"), (390, "en")])
def test_a_lead_imports_a_list(desk: Callable[..., Desk], width: int, language: str, tmp_path: Path) -> None:
    path = tmp_path / "bounces.csv"
    path.write_bytes(SES)
    window = desk(Role.DELIVERABILITY, width=width, language=language)
    page = window.open("/quarantine/import/")
    page.set_input_files("input[type=file]", path)
    page.fill("textarea[name=because]", "Our old sender")
    window.click("form.panel button.main")
    page.wait_for_selector("progress")
    # The page looks again by itself, and is loaded anew when the import has ended.
    with window.leaving():
        work()
    assert page.locator("progress").count() == 0
    assert "bounces.csv" in page.inner_text("main")
    assert window.fits()
