"""Profiles as files: each field in a column of its own, and what has none beside them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.services.people_fixtures import NOW, Person, add_people

from rebond.services import audiences, export_people
from rebond.services.csv_cells import spreadsheet
from rebond.services.import_people import import_people
from rebond.services.people_file import FileOptions
from rebond.store.models import Profile

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def table(**options: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(export_people.export_people(kind="csv", **options)))))


def test_each_field_has_a_column() -> None:
    add_people([
        Person("ann@shop.example", denials=("email",), fields={"city": "Saint-Étienne", "points": 3}),
        Person("bob@shop.example", fields={"city": "=1+1", "tags": ["a", "b"], "vip": True}),
        Person(None),
    ])  # fmt: skip
    ann, bob, none = table()
    assert list(ann) == ["id", "email", "sms", "push", "opted_out", "city", "points", "tags", "vip"]
    assert (ann["city"], ann["points"], ann["tags"], ann["opted_out"]) == ("Saint-Étienne", "3", "", "email")
    assert (bob["city"], bob["tags"], bob["vip"]) == ("'=1+1", '["a", "b"]', "true")
    assert set(none.values()) == {"p2", ""}


def test_only_the_fields_of_a_list_have_columns() -> None:
    add_people([Person("ann@shop.example", fields={"city": "Paris"}), Person("bob@shop.example", fields={"age": 4})])
    number = audiences.create_list("Winners", now=NOW, actor="test")
    audiences.change_list(number, "p1", on=True, now=NOW, actor="test")
    (bob,) = table(people_list=number)
    assert list(bob)[5:] == ["age"]


def test_fields_that_no_column_can_be_called_after_and_those_beyond_the_most_are_kept_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_people, "_MOST_FIELDS", 2)
    fields = {"a": 1, "b": 2, "c": 3, "Phone": "not ours", "": "nameless"}
    add_people([Person("ann@shop.example", fields=fields), Person("bob@shop.example", fields={"a": 5})])
    ann, bob = table()
    assert list(ann)[5:] == ["a", "b", "other_fields"]
    assert json.loads(ann["other_fields"]) == {"c": 3, "Phone": "not ours", "": "nameless"}
    assert (bob["a"], bob["other_fields"]) == ("5", "")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_a_spreadsheet_opens_is_read_in_again(tmp_path: Path, language: str) -> None:
    add_people([Person("ann@shop.example", fields={"city": "Saint-Étienne", "note": "a;b,c"})])
    file = tmp_path / "people.csv"
    text = "".join(export_people.export_people(kind="csv", form=spreadsheet(language)))
    file.write_bytes(text.encode())
    Profile.objects.update(fields={})
    done = import_people(file, options=FileOptions(mapping={}), now=NOW, actor="test")
    assert (done.updated, done.created, done.rejected_number) == (1, 0, 0)
    assert Profile.objects.get().fields == {"opted_out": "", "city": "Saint-Étienne", "note": "a;b,c"}
