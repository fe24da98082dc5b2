"""Importing people: by id, or by the first address; what a cell, an empty cell and a missing column do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from people_fixtures import NOW

from rebond.core.words import Channel
from rebond.services.column_roles import Told
from rebond.services.denylist_profile import denylist_profile
from rebond.services.errors import InputError, NotFoundError
from rebond.services.import_people import Imported, import_people
from rebond.services.people_columns import understand
from rebond.services.people_file import FileOptions
from rebond.store.models import AuditEntry, JobRun, Profile, ProfileAddress, ProfileDenial

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Load = Callable[..., Imported]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def put(content: str, *, name: str = "people.csv", chunk: int = 5_000, **options: Any) -> Imported:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        values: dict[str, Any] = {"mapping": {}, "no_address": True, **options}
        return import_people(path, options=FileOptions(**values), now=NOW, actor="test", chunk=chunk)

    return put


def people() -> dict[str, dict[str, Any]]:
    return dict(Profile.objects.values_list("external_id", "fields"))


def addresses(channel: str = "email") -> dict[str, tuple[str, str | None]]:
    rows = ProfileAddress.objects.filter(channel=channel).values_list("profile__external_id", "text", "key")
    return {external_id: (text, key) for external_id, text, key in rows}


def told(imported: Imported) -> tuple[int, int, int, list[int]]:
    assert imported.rejected_number == len(imported.rejected)
    return imported.rows, imported.created, imported.updated, [row.line for row in imported.rejected]


def test_insert_and_update(load: Load) -> None:
    assert told(load("id,email,name,city\n1,A@x.example,Ann,Lyon\n2,b@x.example,Bob,=1+1\n")) == (2, 2, 0, [])
    assert people() == {"1": {"name": "Ann", "city": "Lyon"}, "2": {"name": "Bob", "city": "=1+1"}}
    assert addresses() == {"1": ("A@x.example", "a@x.example"), "2": ("b@x.example", "b@x.example")}
    assert told(load("city;id\n;1\nNice;3\n")) == (2, 1, 1, [])
    assert people() == {"1": {"name": "Ann", "city": ""}, "2": {"name": "Bob", "city": "=1+1"}, "3": {"city": "Nice"}}
    assert addresses() == {"1": ("A@x.example", "a@x.example"), "2": ("b@x.example", "b@x.example")}


def test_an_import_replaces_the_primary_address(load: Load) -> None:
    load("id,email\n1,old@x.example\n2,two@x.example\n")
    load("id,email\n1,new@x.example\n2,\n")
    assert addresses() == {"1": ("new@x.example", "new@x.example"), "2": ("", None)}


def test_an_invalid_address_is_kept_without_key(load: Load) -> None:
    assert told(load("id,email\n1,not an address\n2, c@x.example \n")) == (2, 2, 0, [])
    assert addresses() == {"1": ("not an address", None), "2": ("c@x.example", "c@x.example")}


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_an_id_that_comes_twice(load: Load, chunk: int) -> None:
    content = "id,n\n1,first\n1,second\n 1 ,third\n,none\n2,a\n1,fourth\n"
    imported = load(content, chunk=chunk)
    assert told(imported) == (6, 2, 0, [3, 4, 5, 7])
    assert [row.reason for row in imported.rejected] == [
        "its id '1' came before in this file",
        "its id '1' came before in this file",
        "its id is empty",
        "its id '1' came before in this file",
    ]
    assert people()["1"] == {"n": "first"}
    assert told(load(content, chunk=chunk)) == (6, 0, 2, [3, 4, 5, 7])


def test_profiles_are_numbered_in_the_order_of_the_file(load: Load) -> None:
    load("id,n\nz,\nb,\nm,\na,\n", chunk=3)
    assert list(Profile.objects.order_by("id").values_list("external_id", flat=True)) == ["z", "b", "m", "a"]


def test_without_id_the_first_address_is_the_key(load: Load) -> None:
    content = "name,Email,phone\nAnn,Ann@X.example,+33612345678\nAnna,ann@x.example,\nBob,nobody,\nCy,,\n"
    imported = load(content)
    assert told(imported) == (4, 2, 0, [3, 5])
    assert people() == {"ann@x.example": {"name": "Ann"}, "nobody": {"name": "Bob"}}
    assert load("name,email\nAnne,ANN@x.example\n").updated == 1
    assert people()["ann@x.example"] == {"name": "Anne"}


def test_channels(load: Load) -> None:
    load("id,email,mobile,push\n1,a@x.example,06 12 34 56 78,tok-1\n2,,0044 20 7946 0018,\n", region="FR")
    assert addresses("sms") == {"1": ("06 12 34 56 78", "+33612345678"), "2": ("0044 20 7946 0018", "+442079460018")}
    assert addresses("push") == {"1": ("tok-1", "tok-1"), "2": ("", None)}
    assert people() == {"1": {}, "2": {}}


def test_columns_are_mapped(load: Load) -> None:
    load("Ref;Mail;Prénom;phone;mobile\n1;a@x.example;Zoé;x;+33612345678\n", mapping={
        "id": "Ref", "email": "Mail", "first_name": "Prénom", "sms": "mobile",
    })  # fmt: skip
    assert people() == {"1": {"first_name": "Zoé", "phone": "x"}}
    assert addresses("sms")["1"] == ("+33612345678", "+33612345678")


@pytest.mark.parametrize(
    ("columns", "mapping", "words"),
    [
        (["name", "city"], {}, "none of them is an id or an address"),
        (["id", "Mail"], {"email": "Mial"}, "not 'Mial': did you mean 'Mail'"),
        (["id", "Mail"], {"email": "Courriel"}, "has the columns id, Mail, and not 'Courriel'"),
        (["id", "id"], {}, "'id' is there twice"),
        (["id", ""], {}, "column 2 has no name"),
        (
            ["id", "", "a", "a"],
            {},
            "column 2 has no name: give it one, or remove it and 'a' is there twice, as column 3",
        ),
        (["id", "name"], {}, "nobody could be written to: say which one is with --map, as in --map email=Mail"),
        (["id", "mail", "courriel"], {}, "'mail' and 'courriel' may all be the email address"),
        (["id", "phone", "mobile"], {}, "would both be the phone number: say which one with --map phone=mobile"),
        (["id", "Mail", "email"], {"email": "Mail"}, "would both be the email address"),
        (["id", "Prénom", "name"], {"name": "Prénom"}, "would both be the field name"),
        (["id", "a"], {"x": "a", "y": "a"}, "one column to two fields"),
    ],
)
def test_columns_that_cannot_be_understood(columns: list[str], mapping: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as error:
        understand(columns, mapping=mapping, name="people.csv")
    assert words in str(error.value)
    assert "people.csv has the columns" in str(error.value)


def test_nothing_is_written_when_the_columns_are_wrong(load: Load) -> None:
    with pytest.raises(InputError, match="none of them is an id or an address"):
        load("name\nAnn\n")
    assert not Profile.objects.exists()
    assert not JobRun.objects.exists()


def test_columns_of_every_channel() -> None:
    columns = understand(["ID", "E", "Phone", "push"], mapping={"email": "E"}, name="f")
    assert columns.id == "ID"
    assert columns.addresses == {Channel.EMAIL: "E", Channel.SMS: "Phone", Channel.PUSH: "push"}


@pytest.mark.parametrize(
    ("columns", "samples", "address", "told"),
    [
        (["id", "E-Mail"], {}, "E-Mail", Told.GUESSED),
        (["id", "mail", "city"], {}, "mail", Told.GUESSED),
        (["id", "Adresse électronique"], {}, "Adresse électronique", Told.GUESSED),
        (["id", "courriel", "mail"], {"courriel": ["a@x.example"]}, "courriel", Told.GUESSED),
        (["id", "adresse"], {"adresse": ["a@x.example", "", "b@x.example"]}, "adresse", Told.SEEN),
        (["id", "mail", "email"], {}, "email", Told.NAMED),
        (["id", "mail", "E"], {"mail": ["a@x.example"]}, "mail", Told.GUESSED),
    ],
)
def test_an_obvious_column_is_taken_as_the_address(
    columns: list[str], samples: dict[str, list[str]], address: str, told: Told
) -> None:
    found = understand(columns, mapping={}, name="f", samples=samples)
    assert found.addresses == {Channel.EMAIL: address}
    column = next(one for one in found.all if one.name == address)
    assert column.told is told
    assert column.place == columns.index(address) + 1
    assert [note for note in found.notes if f"«{address}»" in note] == ([] if told is Told.NAMED else [column.note()])


def test_a_postal_address_is_no_email_address() -> None:
    with pytest.raises(InputError, match="none of them is an address"):
        understand(["id", "adresse"], mapping={}, name="f", samples={"adresse": ["3 rue Haute, Lille", "x@y.example"]})


def test_a_phone_number_is_guessed_where_there_is_no_other_address() -> None:
    assert understand(["id", "Téléphone"], mapping={}, name="f").addresses == {Channel.SMS: "Téléphone"}
    assert understand(["id", "Téléphone", "email"], mapping={}, name="f").fields == {"Téléphone": "Téléphone"}


def test_what_a_person_says_of_a_column_stands() -> None:
    found = understand(["id", "mail", "E"], mapping={"mail": "mail", "email": "E"}, name="f")
    assert found.addresses == {Channel.EMAIL: "E"}
    assert found.fields == {"mail": "mail"}


def test_a_name_that_no_template_can_write_is_told_with_its_column() -> None:
    found = understand(["id", "email", "First name", "for", "prénom"], mapping={}, name="f")
    assert found.notes == (
        "column 3 «First name» cannot be written in a template: give it another name, as in first_name=First name",
        "column 4 «for» cannot be written in a template: give it another name, as in field_for=for",
    )
    assert understand(["id", "email", "First name"], mapping={"first": "First name"}, name="f").notes == ()


def test_people_without_an_address_come_in_when_that_is_meant(load: Load) -> None:
    content = "id,city\n1,Lille\n"
    with pytest.raises(InputError, match="say so with --no-address"):
        load(content, no_address=False)
    assert load(content).created == 1
    assert not ProfileAddress.objects.exists()


def test_a_file_about_people_who_are_known_needs_no_address(load: Load) -> None:
    load("id,email\n1,a@x.example\n")
    assert load("id,city\n1,Lille\n2,Caen\n", no_address=False).updated == 1
    assert addresses()["1"] == ("a@x.example", "a@x.example")


def test_an_address_that_only_later_objects_have_is_found(load: Load) -> None:
    assert load('{"id": "1"}\n{"id": "2", "E-Mail": "a@x.example"}\n', name="people.jsonl").created == 2
    assert addresses("email")["2"] == ("a@x.example", "a@x.example")


def test_json_lines(load: Load) -> None:
    content = (
        '{"id": 1, "email": "a@x.example", "age": 7, "vip": true, "tags": ["x"]}\n'
        '{"id": "2", "age": 1.5, "new": "é"}\n'
        '{"email": "c@x.example"}\n'
        '{"id": "1", "age": 8}\n'
    )
    assert told(load(content, name="people.jsonl")) == (4, 2, 0, [3, 4])
    assert people() == {"1": {"age": 7, "vip": True, "tags": ["x"]}, "2": {"age": 1.5, "new": "é"}}
    load('{"id": "1", "age": null, "tags": []}\n{"id": "2", "email": ""}\n', name="people.jsonl")
    assert people()["1"] == {"age": 7, "vip": True, "tags": []}
    assert addresses() == {"1": ("a@x.example", "a@x.example"), "2": ("", None)}


def test_an_id_that_is_too_long(load: Load) -> None:
    imported = load(f"id,n\n{'i' * 255},\n{'j' * 256},\n")
    assert told(imported) == (2, 1, 0, [3])
    assert "256 characters" in imported.rejected[0].reason


def test_quotes_backslashes_and_controls_in_cells(load: Load) -> None:
    load('id,n\n1,"a ""b"" \\ \t \x01 \u2028 é"\n')
    assert people() == {"1": {"n": 'a "b" \\ \t \x01 \u2028 é'}}


def test_a_run_is_written_down(load: Load) -> None:
    load("id\n1\n\n1\n")
    (run,) = JobRun.objects.all()
    assert (run.name, run.result) == ("import", {"rows": 2, "created": 1, "updated": 0, "rejected": 1})
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.object, entry.actor) == ("profiles.import", "people.csv", "test")


def test_opting_out(load: Load) -> None:
    load("id\n1\n")
    assert denylist_profile("1", channel="email", now=NOW, actor="test", because="asked by phone")
    assert not denylist_profile("1", channel="email", now=NOW, actor="test")
    assert denylist_profile("1", channel="all", now=NOW, actor="test")
    assert list(ProfileDenial.objects.order_by("id").values_list("channel", "origin")) == [
        ("email", "person"),
        ("all", "person"),
    ]
    assert AuditEntry.objects.filter(action="profile.denylist").count() == 2
    with pytest.raises(NotFoundError, match="no profile with the id '2'"):
        denylist_profile("2", channel="all", now=NOW, actor="test")
    with pytest.raises(InputError, match="email, sms, push, all"):
        denylist_profile("1", channel="fax", now=NOW, actor="test")
