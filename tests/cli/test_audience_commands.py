"""Templates, segments, lists and services on the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rebond.cli import audiences, delivery, profiles, templates
from rebond.services.deliveries import get_delivery
from rebond.store.models import AuditEntry, Message, Segment

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Any]
FROM = ("--from", "Shop <news@shop.example>", "--subject", "Hi")
FILTER = {"match": "all", "parts": [{"field": "city", "operator": "equals", "value": "Paris"}]}


@pytest.fixture
def run(commands: Callable[..., Run]) -> Run:
    """Run a command; gives its JSON, or its output when another exit code is expected."""
    command = commands(audiences, delivery, profiles, templates)

    def invoke(*args: str, code: int = 0) -> Any:
        result = command(*args, "--json", code=code)
        if code:
            return result.output
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return lines[0] if len(lines) == 1 else lines

    Path("people.csv").write_text("id,email,city\n1,a@x.example,Paris\n2,b@x.example,Lyon\n")
    invoke("profiles", "import", "people.csv")
    Path("filter.json").write_text(json.dumps(FILTER))
    return invoke


def sent_to(run: Run, *options: str) -> list[str]:
    number = run("delivery", "create", "--name", "N", *options)["id"]
    Path("text").write_text("Hello")
    run("delivery", "edit", str(number), "--text-file", "text")
    run("delivery", "prepare", str(number))
    return list(Message.objects.filter(delivery=number).order_by("id").values_list("address", flat=True))


def test_a_segment_is_saved_shown_sent_to_and_deleted(run: Run) -> None:
    number = run("segment", "save", "Parisians", "--filter", "filter.json")["id"]
    assert run("segment", "save", "Parisians", "--filter", "filter.json")["id"] == number
    assert run("segment", "list")["filter"] == FILTER
    shown = run("segment", "show", "Parisians")
    assert (shown["profiles"], shown["looked_through"], shown["some"]) == (1, 2, ["1"])
    assert sent_to(run, *FROM, "--to", "segment:Parisians") == ["a@x.example"]
    assert run("segment", "delete", "Parisians")["deleted"]
    assert not Segment.objects.exists()
    assert "no segment named" in run("segment", "show", "Parisians", code=2)


@pytest.mark.parametrize("text", ["{", '{"match": "some"}', "[" * 100_000])
def test_a_filter_that_cannot_be_used_is_told(run: Run, text: str) -> None:
    Path("filter.json").write_text(text)
    run("segment", "save", "Bad", "--filter", "filter.json", code=2)
    assert "cannot be read" in run("segment", "save", "Bad", "--filter", "missing.json", code=2)


@pytest.mark.parametrize(("kind", "put", "take"), [("list", "add", "remove"), ("service", "subscribe", "unsubscribe")])
def test_lists_and_services_are_filled_sent_to_and_deleted(run: Run, kind: str, put: str, take: str) -> None:
    run(kind, "create", "First")
    assert run(kind, put, "First", "2") == {kind: "First", "profile": "2", "changed": True}
    assert not run(kind, put, "First", "2")["changed"]
    row = run(kind, "list")
    assert (row["name"], row["number"]) == ("First", 1)
    assert sent_to(run, *FROM, "--to", f"{kind}:First") == ["b@x.example"]
    assert run(kind, take, "First", "2")["changed"]
    assert "no profile" in run(kind, put, "First", "9", code=2)
    assert "already" in run(kind, "create", "First", code=2)
    run(kind, "delete", "First")
    assert run(kind, "list") == []
    assert AuditEntry.objects.filter(action=f"{kind}.delete").exists()


def test_a_template_is_saved_and_copied(run: Run) -> None:
    run("list", "create", "Winners")
    run("list", "add", "Winners", "1")
    first = run("delivery", "create", "--name", "May", *FROM, "--to", "list:Winners", "--validity", "2d")["id"]
    run("template", "save", str(first), "--name", "Monthly")
    assert run("template", "list")["name"] == "Monthly"
    assert sent_to(run, "--template", "Monthly") == ["a@x.example"]
    made = run("delivery", "create", "--name", "June", "--template", "Monthly", "--subject", "June", "--to", "all")[
        "id"
    ]
    row = get_delivery(made)
    assert (row.subject, row.sender, row.validity.days, row.target) == ("June", "Shop <news@shop.example>", 2, "all")
    assert "--from" in run("delivery", "create", "--name", "July", code=2)
    run("template", "delete", "Monthly")
    assert "no template named" in run("delivery", "create", "--name", "July", "--template", "Monthly", code=2)


def test_a_template_is_made_shown_and_changed_without_a_delivery(run: Run) -> None:
    Path("text").write_text("Hello {{ first_name }}")
    run("service", "create", "Letter")
    run("template", "create", "--name", "Weekly", *FROM, "--text-file", "text", "--to", "service:Letter")
    first = run("template", "show", "Weekly")
    assert (first["subject"], first["text"], first["html"]) == ("Hi", "Hello {{ first_name }}", "")
    assert (first["target"], first["validity_seconds"], first["verify"]) == ("service", 432_000, "sample")
    run("template", "edit", "Weekly", "--name", "Each week", "--retries", "2x1h", "--verify", "all")
    changed = run("template", "show", "Each week")
    assert (changed["retries_seconds"], changed["verify"]) == ([3600, 3600], "all")
    same = {name: value for name, value in first.items() if name not in ("name", "updated_at", "retries_seconds")}
    assert {**changed, "verify": "sample"}.items() >= same.items()
    entry = AuditEntry.objects.filter(action="template.save").latest("id")
    assert (entry.before["name"], entry.after["name"], entry.after["verify_all"]) == ("Weekly", "Each week", True)
    run("template", "edit", "Each week", "--to", "all")
    assert run("template", "show", "Each week")["target"] == "all"


@pytest.mark.parametrize(("arguments", "words"), [
    (("edit", "Weekly"), "say what to change"),
    (("edit", "Weekly", "--to", "people.csv"), "a template goes to all"),
    (("edit", "Weekly", "--name", "Other"), "a template named 'Other' already"),
    (("edit", "Weekly", "--verify", "some"), "--verify 'some' is unknown"),
    (("edit", "None"), "no template named 'None'"),
    (("show", "None"), "no template named 'None'"),
    (("create", "--name", "Weekly", *FROM), "a template named 'Weekly' already"),
    (("create", "--name", "New", "--subject", "Hi"), "--from"),
])  # fmt: skip
def test_what_a_template_cannot_be_is_said(run: Run, arguments: tuple[str, ...], words: str) -> None:
    for name in ("Weekly", "Other"):
        run("template", "create", "--name", name, *FROM)
    assert words in run("template", *arguments, code=2)


def test_profiles_are_exported_and_read_again(run: Run) -> None:
    assert run("profiles", "export", "all.jsonl")["profiles"] == 2
    assert run("profiles", "import", "all.jsonl")["updated"] == 2
    run("list", "create", "Winners")
    run("list", "add", "Winners", "2")
    assert run("profiles", "export", "some.csv", "--list", "Winners")["profiles"] == 1
    assert Path("some.csv").read_text().splitlines()[1].startswith("2,b@x.example")
    run("profiles", "export", "-", code=2)
