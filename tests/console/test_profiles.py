"""Profiles, imports, segments, lists and services: what is shown, what is done, and who may."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from rebond.core.words import AddressStatus, Reason, Role
from rebond.services import audiences, uploads
from rebond.services.uploads import read_in
from rebond.store.models import AddressStateRow, PeopleList, PeopleUpload, Profile, ProfileDenial, Segment, Service
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk
from tests.console.delivery_fixtures import NOW, sent
from tests.console.test_deliveries import text_of
from tests.services.people_fixtures import Person, add_people, set_state

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PAGES = ("/profiles/", "/profiles/one/?id=p0", "/segments/", "/lists/", "/services/")
PARIS = {"name": "Parisians", "match": "all", "field_1": "city", "operator_1": "equals", "value_1": "Paris"}


def ann() -> None:
    add_people([Person("ann@shop.example", fields={"city": "Paris", "note": "<b>x</b>"}), Person("bob@shop.example")])


def test_nobody_yet_says_what_to_do(client_as: ClientAs) -> None:
    assert "There is nobody yet." in text_of(client_as(), "/profiles/")


@pytest.mark.parametrize(("who", "found"), [("p1", "p1"), ("ANN@shop.example", "p0"), ("nobody", ""), ("", "p0 p1")])
def test_profiles_are_found_by_id_and_address(client_as: ClientAs, who: str, found: str) -> None:
    ann()
    text = text_of(client_as(Role.OPERATOR), f"/profiles/?who={who}")
    assert [name for name in ("p0", "p1") if f">{name}</a>" in text] == found.split()
    assert ("Nobody has this id or address." in text) == (not found)


def test_profiles_are_listed_page_by_page(client_as: ClientAs) -> None:
    add_people(Person(f"a{n}@x.example") for n in range(51))
    client = client_as()
    text = text_of(client, "/profiles/")
    assert ">p50</a>" in text
    assert ">p0</a>" not in text
    before = Profile.objects.get(external_id="p1").pk
    text = text_of(client, f"/profiles/?before={before}")
    assert ">p0</a>" in text
    assert ">p1</a>" not in text


def test_a_profile_shows_all_that_is_known(client_as: ClientAs) -> None:
    number = sent()
    who: dict[str, Any] = {"now": NOW, "actor": "test"}
    audiences.subscribe(audiences.create_service("Newsletter", **who), "p4", **who)
    audiences.change_list(audiences.create_list("Winners", **who), "p4", on=True, **who)
    set_state("ann0@shop.example", AddressStatus.ERRONEOUS)
    AddressStateRow.objects.filter(address_key="ann0@shop.example").update(error_count=2, reason=Reason.MAILBOX_FULL)
    text = text_of(client_as(), "/profiles/one/?id=p4")
    for words in ("ann0@shop.example", "Erroneous", "Mailbox full", "2 counted errors", "Newsletter", "Winners"):
        assert words in text
    assert f'href="/deliveries/{number}/"' in text
    assert "/quarantine/why/?channel=email&amp;address=ann0%40shop.example" in text
    assert "/quarantine/why/" not in text_of(client_as(Role.OPERATOR), "/profiles/one/?id=p4")


def test_fields_are_text(client_as: ClientAs) -> None:
    ann()
    text = text_of(client_as(), "/profiles/one/?id=p0")
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "there is no profile with the id" in text_of(client_as(), "/profiles/one/?id=zz", status=404)


def test_a_profile_is_opted_out_and_in_again(client_as: ClientAs) -> None:
    ann()
    client = client_as(Role.OPERATOR)
    client.post("/profiles/denylist/", {"id": "p0", "channel": "email", "because": "asked by phone"})
    assert ProfileDenial.objects.get().proof == "asked by phone"
    assert "asked by phone" in text_of(client, "/profiles/one/?id=p0")
    answer = client.post("/profiles/allow/", {"id": "p0", "channel": "email", "because": " "}, follow=True)
    assert "say why" in answer.content.decode()
    client.post("/profiles/allow/", {"id": "p0", "channel": "email", "because": "asked again"})
    assert not ProfileDenial.objects.exists()
    assert client.post("/profiles/denylist/", {"id": "p0", "channel": "fax"}).status_code == 422


def test_a_file_is_imported_with_its_bad_rows_told(client_as: ClientAs) -> None:
    client = client_as(Role.OPERATOR)
    people_list = audiences.create_list("Winners", now=NOW, actor="test")
    file = SimpleUploadedFile("people.csv", b"id,E-Mail,First name\n7,ann@x.example,Ann\n,b@x.example,Ben\n")
    typed = {"file": file, "encoding": "utf-8", "people_list": str(people_list)}
    answer = client.post("/profiles/imports/", typed, follow=True)
    assert "guessed by its name" in answer.content.decode()
    assert "A template cannot write this name" in answer.content.decode()
    assert uploads.open_uploads() == []
    number = uploads.recent_uploads()[0].id
    assert client.get(f"/profiles/imports/{number}/").headers["Location"].endswith("/columns/")
    settled = {"role_1": "id", "role_2": "email", "role_3": "field", "field_3": "first_name"}
    answer = client.post(f"/profiles/imports/{number}/columns/", settled, follow=True)
    assert "Waiting" in answer.content.decode()
    assert uploads.open_uploads() == [number]
    # Somebody else who has the page open is told.
    assert client.post(f"/profiles/imports/{number}/columns/", settled).status_code == 409
    assert client.post(f"/profiles/imports/{number}/drop/").status_code == 409
    assert 'hx-trigger="every 2s"' in text_of(client, f"/profiles/imports/{number}/")
    read_in(number, now=lambda: NOW, stopping=lambda: False)
    text = text_of(client, f"/profiles/imports/{number}/live/")
    assert "hx-trigger" not in text
    assert '<td class="number">3</td>' in text
    assert "people.csv" in text_of(client, "/profiles/imports/")
    assert audiences.get_list(people_list).number == 1
    assert Profile.objects.get(external_id="7").fields == {"first_name": "Ann"}
    assert client.get("/profiles/imports/99/").status_code == 404


SETTLED = {"role_1": "id", "role_2": "field", "field_2": "city"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "none of them is an address"),
        ({"role_2": "id"}, "Columns id and city are both taken for the same"),
        ({"field_2": " "}, "Column 2 has no field to fill"),
        ({"field_2": "Email"}, "is the name of an address"),
        ({"field_2": "a\0"}, "holds a NUL character"),
    ],
)
def test_columns_that_cannot_be_read_so_are_told_and_the_file_stays(
    client_as: ClientAs, changes: dict[str, str], words: str
) -> None:
    client = client_as(Role.OPERATOR)
    file = SimpleUploadedFile("people.csv", b"id,city\n7,Lille\n")
    answer = client.post("/profiles/imports/", {"file": file, "encoding": "utf-8"}, follow=True)
    assert "none of them is an address" in answer.content.decode()
    number = uploads.recent_uploads()[0].id
    answer = client.post(f"/profiles/imports/{number}/columns/", {**SETTLED, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    answer = client.post(f"/profiles/imports/{number}/columns/", {**SETTLED, "no_address": "1"})
    assert answer.status_code == 302
    assert uploads.open_uploads() == [number]


def test_a_file_is_let_go_of_before_it_is_read(client_as: ClientAs, site: Site) -> None:
    client = client_as(Role.OPERATOR)
    file = SimpleUploadedFile("people.csv", b"id,email\n7,a@x.example\n")
    client.post("/profiles/imports/", {"file": file, "encoding": "utf-8"})
    number = uploads.recent_uploads()[0].id
    client.post(f"/profiles/imports/{number}/drop/")
    assert uploads.recent_uploads() == []
    assert not list(Path(site.data, "uploads").iterdir())
    assert client_as(Role.VIEWER).post(f"/profiles/imports/{number}/drop/").status_code == 403


@pytest.mark.parametrize(
    ("content", "changes", "words"),
    [
        (b"id,,id\nAnn,,\n", {}, "people.csv has the columns id, , id: column 2 has no name"),
        (b"id,email\n1,a@x.example\n", {"encoding": "klingon"}, "Select a valid choice"),
        ("Prénom,email\nZoé,a@x.example\n".encode("cp1252"), {}, "say the encoding"),
        (b"", {}, "empty"),
    ],
)
def test_a_file_of_another_shape_is_told(
    client_as: ClientAs, content: bytes, changes: dict[str, str], words: str
) -> None:
    typed = {"file": SimpleUploadedFile("people.csv", content), "encoding": "utf-8", **changes}
    answer = client_as().post("/profiles/imports/", typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert uploads.open_uploads() == []


def test_a_segment_is_counted_saved_changed_and_deleted(client_as: ClientAs) -> None:
    ann()
    client = client_as(Role.OPERATOR)
    text = " ".join(client.post("/segments/new/", {**PARIS, "count": "1"}).content.decode().split())
    assert "<strong>1 profile</strong> of 2 is in it now." in text
    assert not Segment.objects.exists()
    client.post("/segments/new/", PARIS)
    number = Segment.objects.get().pk
    text = text_of(client, f"/segments/{number}/")
    assert "<code>city</code> is Paris" in text
    assert ">p0</a>" in text
    assert 'value="Paris"' in text_of(client, f"/segments/{number}/edit/")
    changed = {**PARIS, "operator_1": "in", "value_1": "Paris, Lyon", "field_2": "note", "operator_2": "is_empty"}
    client.post(f"/segments/{number}/edit/", changed)
    assert len(audiences.get_segment(number).filter.parts) == 2
    client.post(f"/segments/{number}/delete/")
    assert not Segment.objects.exists()


def test_a_segment_of_subscribers_names_the_service(client_as: ClientAs) -> None:
    service = audiences.create_service("Newsletter", now=NOW, actor="test")
    client = client_as()
    client.post("/segments/new/", {**PARIS, "field_1": "", "operator_1": "subscribed", "value_1": "Newsletter"})
    (segment,) = audiences.list_segments()
    assert segment.filter.parts[0].value == str(service)  # type: ignore[union-attr]
    assert 'value="Newsletter"' in text_of(client, f"/segments/{segment.id}/edit/")


def test_groups_within_groups_are_shown_and_never_dropped(client_as: ClientAs) -> None:
    inner = {"match": "any", "parts": [{"field": "city", "operator": "is_empty"}]}
    group = audiences.read_filter({"match": "all", "parts": [inner]})
    number = audiences.save_segment("Nested", group, now=NOW, actor="test")
    client = client_as()
    assert "any of these applies" in text_of(client, f"/segments/{number}/")
    assert client.get(f"/segments/{number}/edit/").status_code == 409
    assert client.post(f"/segments/{number}/edit/", PARIS).status_code == 409
    assert audiences.get_segment(number).filter == group


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "name has 1 to 255 characters"),
        ({"value_1": ""}, "nothing to compare with"),
        ({"operator_1": "like"}, "no operator"),
        ({"operator_1": "before"}, "write a day"),
        ({"operator_1": "subscribed"}, "choose one"),
        ({"match": "some"}, "is &quot;all&quot;"),
        ({"field_1": 'a"b'}, "a field has a name"),
    ],
)
def test_a_filter_that_cannot_be_used_is_told_and_kept(
    client_as: ClientAs, changes: dict[str, str], words: str
) -> None:
    answer = client_as().post("/segments/new/", {**PARIS, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="city"' in answer.content.decode() or "field_1" in changes
    assert not Segment.objects.exists()


@pytest.mark.parametrize("kind", ["list", "service"])
def test_lists_and_services_are_made_filled_and_deleted(client_as: ClientAs, kind: str) -> None:
    ann()
    client = client_as(Role.OPERATOR)
    model = PeopleList if kind == "list" else Service
    client.post(f"/{kind}s/", {"name": "First <one>"})
    number = model.objects.get().pk
    answer = client.post(f"/{kind}s/", {"name": "First <one>"})
    assert answer.status_code == 422
    assert "already" in answer.content.decode()
    client.post(f"/{kind}s/change/", {"number": str(number), "id": "p0", "on": "1"})
    text = text_of(client, f"/{kind}s/")
    assert "First &lt;one&gt;" in text
    assert "Delete, with 1 entry" in text
    assert "First &lt;one&gt;" in text_of(client, "/profiles/one/?id=p0")
    client.post(f"/{kind}s/change/", {"number": str(number), "id": "p0", "on": "0"})
    assert client.post(f"/{kind}s/change/", {"number": "x", "id": "p0", "on": "1"}).status_code == 404
    assert "Delete, with 0 entries" in text_of(client, f"/{kind}s/")
    client.post(f"/{kind}s/{number}/delete/")
    assert not model.objects.exists()
    assert client.post(f"/{kind}s/99/delete/").status_code == 404


def test_who_may_not_see_profiles_is_refused_and_not_shown_them(client_as: ClientAs) -> None:
    ann()
    client = client_as(Role.VIEWER)
    assert 'href="/profiles/"' not in text_of(client, "/deliveries/")
    for path in PAGES:
        assert client.get(path).status_code == 403


def test_who_may_look_alone_is_shown_no_button_and_refused(client_as: ClientAs) -> None:
    ann()
    people_list = audiences.create_list("Winners", now=NOW, actor="test")
    client = client_as(Role.DELIVERABILITY)
    for path in PAGES:
        forms = re.findall(r'<form method="post"[^>]*', text_of(client, path).partition("<main")[2])
        # What is held about a person is given by those who answer for the quarantine, too.
        assert [form for form in forms if "/profiles/held/" not in form] == []
    for path in ("/profiles/denylist/", "/profiles/allow/", "/profiles/imports/", "/segments/new/", "/lists/",
                 "/services/", "/lists/change/", f"/lists/{people_list}/delete/"):  # fmt: skip
        assert client.post(path, {"id": "p0", "channel": "email", "name": "x"}).status_code == 403
    assert not ProfileDenial.objects.exists()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_people_fit_their_window(desk: Callable[..., Desk], width: int) -> None:
    sent()
    group = audiences.read_filter({"match": "all", "parts": [{"field": "city", "operator": "is_empty"}]})
    number = audiences.save_segment("Nowhere", group, now=NOW, actor="test")
    window = desk(Role.OPERATOR, width=width, language="fr" if width == 390 else "en")
    for path in ("/profiles/", "/profiles/one/?id=p4", "/profiles/imports/", "/segments/", f"/segments/{number}/",
                 "/segments/new/", "/lists/", "/services/"):  # fmt: skip
        window.open(path)
        assert window.fits(), path


def test_profiles_are_exported_as_files(client_as: ClientAs) -> None:
    add_people([Person("ann@shop.example", denials=("email",), fields={"first_name": "=1+1"}), Person(None)])
    client = client_as(Role.OPERATOR)
    lines = b"".join(client.get("/profiles/export/?as=csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines == ["id,email,sms,push,opted_out,first_name", "p0,ann@shop.example,,,email,'=1+1", "p1,,,,,"]
    french = client_as(Role.OPERATOR, language="fr")
    assert "CSV pour Excel" in text_of(french, "/profiles/")
    assert "CSV pour Excel" not in text_of(french, "/profiles/?who=p0")
    opened = b"".join(french.get("/profiles/export/?as=csv&for=excel").streaming_content)  # type: ignore[attr-defined]
    assert opened.decode().startswith("\ufeffid;email;")
    answer = client.get("/profiles/export/?as=jsonl")
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]  # type: ignore[attr-defined]
    assert rows[0] == {"id": "p0", "email": "ann@shop.example", "opted_out": "email", "first_name": "=1+1"}
    assert rows[1] == {"id": "p1"}
    assert "profiles.jsonl" in answer.headers["Content-Disposition"]
    assert client.get("/profiles/export/?as=xlsx").status_code == 422
    assert client_as(Role.VIEWER).get("/profiles/export/").status_code == 403


# --- erasing --------------------------------------------------------------------------------------------------------


def test_the_effect_is_shown_in_numbers_before_a_person_is_erased(client_as: ClientAs) -> None:
    sent()
    client = client_as(Role.DELIVERABILITY)
    assert "Erase…" in text_of(client, "/profiles/one/?id=p4")
    text = text_of(client, "/profiles/erase/?id=p4")
    for words in ("Erase this person?", "1 message loses its address and texts", "0 kept as keyed hashes"):
        assert words in text
    assert Profile.objects.get(external_id="p4").erased_at is None
    refused = client.post("/profiles/erase/", {"id": "p4", "because": " "})
    assert (refused.status_code, "say why" in refused.content.decode()) == (422, True)
    done = client.post("/profiles/erase/", {"id": "p4", "because": "asked for it"}, follow=True)
    assert "The person is erased." in done.content.decode()
    assert not Profile.objects.filter(external_id="p4").exists()
    assert client.post("/profiles/erase/", {"id": "p4", "because": "again"}).status_code == 404


def test_all_that_is_held_comes_as_a_file(client_as: ClientAs) -> None:
    sent()
    answer = client_as().post("/profiles/held/", {"id": "p4"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="held.json"'
    assert json.loads(answer.content)["profile"]["external_id"] == "p4"
    assert client_as().get("/profiles/held/?id=p4").status_code == 405


def test_who_may_not_erase_is_not_shown_it(client_as: ClientAs) -> None:
    ann()
    assert "Erase…" not in text_of(client_as(Role.OPERATOR), "/profiles/one/?id=p0")
    for address in ("/profiles/erase/", "/profiles/held/"):
        assert client_as(Role.OPERATOR).post(address, {"id": "p0", "because": "x"}).status_code == 403


@pytest.mark.parametrize(("language", "width"), [("fr", 390), ("en", 1440)])
def test_the_page_that_erases_can_be_used_by_everybody(desk: Callable[..., Desk], language: str, width: int) -> None:
    sent()
    window = desk(Role.DELIVERABILITY, language=language, width=width)
    page = window.open("/profiles/one/?id=p4")
    assert not window.faults()
    window.click("a.danger")
    page.wait_for_selector("#because")
    assert not window.faults()
    page.fill("#because", "asked for it")
    window.click("main form button.danger")
    assert page.url == f"{window.url}/profiles/"
    assert not Profile.objects.filter(external_id="p4").exists()


def test_what_was_read_in_offers_what_comes_next(client_as: ClientAs) -> None:
    values: dict[str, Any] = {
        "name": "p.csv",
        "path": "p.csv",
        "options": {},
        "actor": "x",
        "size": 1,
        "created_at": NOW,
        "touched_at": NOW,
    }
    done = PeopleUpload.objects.create(**values, status="done", rejected_number=2, rejected=[[3, "x"]])
    text = text_of(client_as(), f"/profiles/imports/{done.id}/")
    assert all(f'href="{path}"' in text for path in ("/profiles/", "/segments/new/", "/deliveries/new/"))
    assert "Mend the rejected rows" in text
    failed = PeopleUpload.objects.create(**values, status="failed", rejected_number=0)
    assert "What next" not in text_of(client_as(), f"/profiles/imports/{failed.id}/")
