"""The commands about people and deliveries: their JSON and exit codes are a contract."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rich.console import Console

from rebond import wiring
from rebond.cli import delivery as delivery_family
from rebond.cli import delivery_read, output, people_file
from rebond.cli import profiles as profiles_family
from rebond.cli.report_view import draw_report
from rebond.config import Config
from rebond.core.words import AddressStatus, DeliveryStatus
from rebond.services.deliveries import get_delivery
from rebond.store.models import AddressStateRow, Delivery, Message

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Result]
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FROM = ("--from", "Shop <news@shop.example>")


@pytest.fixture
def run(commands: Callable[..., Run]) -> Run:
    return commands(profiles_family, delivery_family)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands draw for somebody with 80 columns."""
    for module in (output, delivery_family, delivery_read, people_file, profiles_family):
        monkeypatch.setattr(module, "wants_json", lambda as_json: as_json)
    monkeypatch.setenv("COLUMNS", "80")


def as_json(result: Result) -> Any:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return lines[0] if len(lines) == 1 else lines


def make(run: Run, *options: str) -> int:
    Path("text.txt").write_text("Hello {{ first_name }}: {{ email }}, {{ unsubscribe_url }}")
    made = as_json(
        run("delivery", "create", "--name", "N", *FROM, "--subject", "S", "--text-file", "text.txt", *options)
    )
    number: int = made["id"]
    return number


def test_from_people_to_report(run: Run) -> None:
    Path("people.csv").write_text(
        "id,Mail,Prénom\n1,a@x.example,Ann\n2,A@X.example,Bob\n3,,Cy\n4,nobody,Dee\n5,e@gmail.com,Zoé\n6,q@x.example,Q\n7,g@x.example\n"
    )
    imported = run("profiles", "import", "people.csv", "--map", "email=Mail,first_name=Prénom", code=3)
    assert as_json(imported) == {
        "rows": 7,
        "created": 6,
        "updated": 0,
        "rejected": [{"line": 8, "reason": "it has 2 cells, and the header 3"}],
    }
    assert "1 of 7 rows were rejected" in imported.stderr
    assert as_json(run("profiles", "denylist", "5", "--channel", "all"))["changed"] is True
    assert as_json(run("profiles", "denylist", "5", "--channel", "all"))["changed"] is False
    AddressStateRow.objects.create(
        channel="email", address_key="q@x.example", address="q@x.example", status=AddressStatus.QUARANTINED
    )
    number = make(run)
    prepared = as_json(run("delivery", "prepare", str(number)))
    assert prepared["warnings"][1:] == ["1 profile has an address that is not a possible one"]
    assert prepared["warnings"][0].startswith("email.bounce_domain is still bounce.localhost")
    assert {name: prepared[name] for name in ("target", "messages", "production_errors", "exclusions")} == {
        "target": 6,
        "messages": 1,
        "production_errors": 0,
        "exclusions": {
            "address_empty": 1,
            "denylisted": 1,
            "duplicate": 1,
            "invalid_address": 1,
            "quarantined": 1,
        },
    }
    assert as_json(run("delivery", "exclusions", str(number))) == [
        {"profile": "2", "address": "A@X.example", "reason": "duplicate", "cause": None},
        {"profile": "3", "address": "", "reason": "address_empty", "cause": None},
        {"profile": "4", "address": "nobody", "reason": "invalid_address", "cause": None},
        {"profile": "5", "address": "e@gmail.com", "reason": "denylisted", "cause": "opted_out"},
        {"profile": "6", "address": "q@x.example", "reason": "quarantined", "cause": None},
    ]
    log = as_json(run("delivery", "log", str(number)))
    assert set(log) >= {
        "profile", "address", "status", "type", "reason", "cause", "attempts", "next_attempt_at", "returned_at",
        "uncertain", "text", "rule", "message", "message_id", "provider", "last_attempt_at",
    }  # fmt: skip
    assert (log["profile"], log["status"], log["attempts"]) == ("1", "pending", 0)
    report = as_json(run("delivery", "report", str(number)))
    assert report["families"] == {"quarantine": 1, "delivery": 0, "after_delivery": 0, "production": 0}
    assert report["reconciled"] is True
    assert (report["target"], report["messages"], report["pending"], report["reached"]) == (6, 1, 1, 0)
    assert report["exclusions_by_cause"]["denylisted/opted_out"] == 1
    status = as_json(run("delivery", "status", str(number)))
    assert (status["status"], status["pending"], status["prepared_at"][-1]) == ("prepared", 1, "Z")


def test_steering(run: Run) -> None:
    number = make(run)
    refused = run("delivery", "pause", str(number), code=4)
    assert "is draft" in refused.stderr
    Delivery.objects.filter(id=number).update(status=DeliveryStatus.SENDING)
    for action, status in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert as_json(run("delivery", action, str(number))) == {"id": number, "status": status}
    assert "is cancelled" in run("delivery", "prepare", str(number), code=4).stderr


def test_a_content_that_cannot_be_sent_is_refused(run: Run) -> None:
    number = as_json(run("delivery", "create", "--name", "N", "--from", "Shop", "--subject", " "))["id"]
    refused = run("delivery", "prepare", str(number), code=4)
    assert "subject" in refused.stderr
    assert "'Shop'" in refused.stderr
    assert as_json(run("delivery", "status", str(number)))["status"] == "prepare_failed"


def test_a_name_that_nobody_has_is_a_production_error(run: Run) -> None:
    Path("people.csv").write_text("id,email\n1,a@x.example\n")
    number = make(run, "--to", "people.csv", "--verify", "all")
    prepared = as_json(run("delivery", "prepare", str(number)))
    assert (prepared["messages"], prepared["production_errors"]) == (1, 1)
    log = as_json(run("delivery", "log", str(number)))
    assert log["status"] == "production_error"
    assert "first_name" in log["text"]


def test_an_endless_loop_ends(run: Run) -> None:
    Path("people.csv").write_text("id,email\n" + "".join(f"{n},p{n}@x.example\n" for n in range(30)))
    Path("loop.txt").write_text("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}x")
    number = make(run, "--to", "people.csv", "--text-file", "loop.txt")
    assert as_json(run("delivery", "prepare", str(number)))["production_errors"] == 30


def test_the_people_of_a_file(run: Run) -> None:
    Path("people.csv").write_text("Ref;email\n1;a@x.example\n;b@x.example\n", encoding="cp1252")
    Path("text.txt").write_text("x")
    made = run(
        "delivery", "create", "--name", "N", *FROM, "--subject", "S", "--text-file", "text.txt", "--to", "people.csv",
        "--map", "id=Ref", "--encoding", "cp1252", code=3,
    )  # fmt: skip
    assert as_json(made)["imported"]["rejected"] == [{"line": 3, "reason": "its id is empty"}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("profiles", "import", "none.csv"), "none.csv cannot be read"),
        (("profiles", "import", "wrong.csv"), "wrong.csv has the columns name, town"),
        (("profiles", "import", "wrong.csv", "--map", "email"), "--map 'email': write it as field=Column"),
        (("profiles", "import", "wrong.csv", "--map", "a=b,a=c"), "--map gives the field 'a' twice"),
        (("profiles", "import", "wrong.csv", "--encoding", "x"), "encoding 'x' is unknown"),
        (("profiles", "denylist", "nobody", "--channel", "all"), "no profile with the id 'nobody'"),
        (("profiles", "denylist", "nobody", "--channel", "fax"), "channel 'fax' is unknown"),
        (("delivery", "report", "7"), "there is no delivery 7"),
        (("profiles", "show", "nobody"), "no profile with the id 'nobody'"),
        (("profiles", "allow", "nobody", "--channel", "all", "--because", "x"), "no profile with the id 'nobody'"),
        (("profiles", "allow", "nobody", "--channel", "all"), "--because"),
        (("delivery", "log", "7"), "there is no delivery 7"),
        (("delivery", "log", "7", "--status", "lost"), "status 'lost' is unknown: write one of pending, "),
        (("delivery", "log", "7", "--status", "excluded_late"), "status 'excluded_late' is unknown"),
        (("delivery", "exclusions", "7"), "there is no delivery 7"),
        (("delivery", "prepare", "7"), "there is no delivery 7"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: tuple[str, ...], words: str) -> None:
    Path("wrong.csv").write_text("name,town\nAnn,Lyon\n")
    assert words in run(*arguments, code=2).stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--channel", "sms"), "channel sms cannot be sent on yet"),
        (("--channel", "fax"), "--channel 'fax' is unknown"),
        (("--class", "urgent"), "--class 'urgent' is unknown: write one of commercial, transactional, confirmation"),
        (("--validity", "soon"), "--validity: 'soon' is not a duration"),
        (("--retries", "5y"), "--retries: '5y'"),
        (("--verify", "some"), "--verify 'some'"),
        (("--to", "none.csv"), "none.csv cannot be read"),
        (("--to", ""), "--to is empty"),
        (("--html-file", "none.html"), "none.html cannot be read"),
        (("--html-file", "latin.html"), "latin.html is not UTF-8: byte 2"),
    ],
)
def test_wrong_settings_are_told(run: Run, options: tuple[str, ...], words: str) -> None:
    Path("latin.html").write_bytes(b"x\xe9")
    arguments = ("delivery", "create", "--name", "N", *FROM, "--subject", "S", *options)
    assert words in run(*arguments, code=2).stderr
    assert not Delivery.objects.exists()


def test_settings(run: Run) -> None:
    number = make(run, "--validity", "84h", "--retries", "2x1h,1x1d", "--class", "transactional", "--duplicates")
    row = Delivery.objects.get(id=number)
    assert row.validity.total_seconds() == 84 * 3600
    assert row.retries == [3600, 3600, 86400]
    assert (row.message_class, row.duplicates, row.retry_permanent) == ("transactional", True, "daily")
    assert Delivery.objects.get(id=make(run, "--retries", "")).retries == []


def test_a_prepared_delivery_is_scheduled(run: Run) -> None:
    Path("people.csv").write_text("id,E-Mail,first_name\n1,ann@shop.example,Ann\n")
    imported = as_json(run("profiles", "import", "people.csv"))
    assert imported["notes"] == ["column 2 «E-Mail» is taken as the email address"]
    looked = as_json(run("profiles", "import", "people.csv", "--dry-run"))
    assert looked["columns"][1] == {"column": "E-Mail", "taken_as": "email"}
    assert (looked["dry_run"], looked["rows"], looked["created"]) == (True, 1, 0)
    number = str(make(run))
    run("delivery", "prepare", number)
    at = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    assert as_json(run("delivery", "schedule", number, "--at", at.isoformat()))["status"] == "scheduled"
    assert datetime.fromisoformat(as_json(run("delivery", "status", number))["scheduled_at"]) == at
    for wrong in ("tomorrow", "2020-01-01T00:00:00Z"):
        assert run("delivery", "schedule", number, "--at", wrong, code=2).stdout == ""
    assert as_json(run("delivery", "unschedule", number)) == {"id": int(number), "status": "prepared"}
    run("delivery", "unschedule", number, code=4)


def test_a_prepared_delivery_is_edited_and_prepared_again(run: Run) -> None:
    Path("people.csv").write_text("id,email,first_name\n1,ann@shop.example,Ann\n2,ben@shop.example,Ben\n")
    run("profiles", "import", "people.csv")
    number = str(make(run))
    assert as_json(run("delivery", "prepare", number))["messages"] == 2
    Path("page.html").write_text("<p>Hello {{ nobody_has_this }}</p>")
    edited = as_json(run("delivery", "edit", number, "--subject", "T", "--html-file", "page.html", "--validity", "2d"))
    assert edited == {"id": int(number), "status": "draft"}
    assert as_json(run("delivery", "prepare", number))["production_errors"] == 2
    Path("page.html").write_text("")
    Path("target.csv").write_text("id\n2\n9\n")
    edited = as_json(run("delivery", "edit", number, "--html-file", "page.html", "--to", "target.csv"))
    assert edited["imported"]["rows"] == 2
    prepared = as_json(run("delivery", "prepare", number))
    assert (prepared["target"], prepared["messages"], prepared["exclusions"]) == (2, 1, {"address_empty": 1})
    row = Delivery.objects.get()
    assert (row.subject, row.html, row.validity, row.name) == ("T", "", timedelta(days=2), "N")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "say what to change"),
        (("--validity", "soon"), "--validity:"),
        (("--verify", "some"), "--verify 'some' is unknown"),
        (("--name", " "), "a delivery's name has"),
        (("--to", "missing.csv"), "missing.csv cannot be read"),
    ],
)
def test_a_wrong_edit_is_told(run: Run, options: tuple[str, ...], words: str) -> None:
    number = str(make(run))
    assert words in run("delivery", "edit", number, *options, code=2).stderr


def test_what_needs_no_profile_is_said_when_the_draft_is_made(run: Run) -> None:
    Path("text.txt").write_text("Hello")
    made = run("delivery", "create", "--name", "N", "--from", "Shop", "--subject", "{{ x", "--text-file", "text.txt")
    assert as_json(made) == {"id": Delivery.objects.get().pk}
    told = made.stderr.splitlines()
    red = [line for line in told if line.startswith("rebond: warning, it cannot be prepared like this: ")]
    assert [("subject" in line, "'Shop'" in line) for line in red] == [(False, True), (True, False)]
    yellow = [line for line in told if line.startswith("rebond: warning: ")]
    assert len(yellow) == len(told) - len(red) == 2
    assert "has no unsubscribe link" in yellow[0]


def test_the_bounce_domain_is_asked_for_until_it_is_set() -> None:
    def yellow(domain: str) -> tuple[str, ...]:
        config = Config.model_validate({"email": {"bounce_domain": domain}})
        number = Delivery.objects.create(
            name="N", channel="email", message_class="commercial", sender="Shop <a@x.example>", subject="S",
            text="{{ unsubscribe_url }}", target="all", validity=timedelta(days=5), retries=[], retry_permanent="daily",
            status="draft", created_at=NOW,
        ).pk  # fmt: skip
        return wiring.DeliveryContent(config).check(get_delivery(number)).yellow

    assert yellow("bounce.shop.example") == ()
    assert len(yellow("bounce.localhost")) == 1


def test_the_list_of_deliveries_begins_with_the_newest(run: Run) -> None:
    assert run("delivery", "list").stdout == ""
    Path("people.csv").write_text("id,email,first_name\n1,a@x.example,Ann\n2,a@x.example,Bob\n")
    first, second = make(run, "--to", "people.csv"), make(run)
    run("delivery", "prepare", str(first))
    listed = as_json(run("delivery", "list"))
    assert [row["id"] for row in listed] == [second, first]
    figures = {"target": 2, "excluded": 1, "messages": 1, "delivered": 0, "returned": 0, "failed": 0, "pending": 1}
    expected = {"id": first, "name": "N", "channel": "email", "status": "prepared", **figures}
    assert {name: listed[1][name] for name in expected} == expected


def test_a_log_of_one_status(run: Run) -> None:
    Path("people.csv").write_text("id,email,first_name\n1,a@x.example,Ann\n2,b@x.example,Bob\n")
    number = str(make(run, "--to", "people.csv"))
    run("delivery", "prepare", number)
    Message.objects.filter(address="b@x.example").update(status="failed")
    assert as_json(run("delivery", "log", number, "--status", "failed"))["address"] == "b@x.example"
    assert as_json(run("delivery", "log", number, "--status", "pending"))["address"] == "a@x.example"
    assert run("delivery", "log", number, "--status", "cancelled").stdout == ""


def test_a_person_is_shown(run: Run) -> None:
    Path("people.csv").write_text("id,email,phone,push,town\n1,A@x.example,nobody,,Lyon\n")
    run("profiles", "import", "people.csv")
    AddressStateRow.objects.create(
        channel="email", address_key="a@x.example", address="a@x.example", status=AddressStatus.QUARANTINED,
        reason="user_unknown", cause="no_such_user",
    )  # fmt: skip
    run("profiles", "denylist", "1", "--channel", "sms", "--because", "by telephone")
    shown = as_json(run("profiles", "show", "1"))
    assert (shown["profile"], shown["fields"]) == ("1", {"town": "Lyon"})
    assert [tuple(address.values()) for address in shown["addresses"]] == [
        ("email", "A@x.example", "quarantined", "user_unknown", "no_such_user", 0),
        ("push", "", None, "address_empty", None, 0),
        ("sms", "nobody", None, "invalid_address", None, 0),
    ]
    (denial,) = shown["denials"]
    assert (denial["channel"], denial["origin"], denial["because"]) == ("sms", "person", "by telephone")


def test_an_opt_out_is_taken_back(run: Run) -> None:
    Path("people.csv").write_text("id,email\n1,a@x.example\n")
    run("profiles", "import", "people.csv")
    run("profiles", "denylist", "1", "--channel", "email")
    allow = ("profiles", "allow", "1", "--channel", "email", "--because", "asked again")
    assert as_json(run(*allow)) == {"profile": "1", "channel": "email", "changed": True}
    assert as_json(run("profiles", "show", "1"))["denials"] == []


@pytest.mark.usefixtures("terminal")
def test_what_a_person_sees_fits_the_terminal(run: Run) -> None:
    Path("people.csv").write_text(
        "id,email,first_name\nP000001,a@x.example,Ann\nP000002,a@x.example,Bob\n,c@x.example,Cy\n"
    )
    made = run("delivery", "create", "--name", "N", *FROM, "--subject", "S", "--to", "people.csv", code=3)
    assert "line 4: its id is empty" in made.stderr
    number = str(Delivery.objects.get().pk)
    run("delivery", "prepare", number, code=4)
    unprepared = run("delivery", "log", number)
    assert unprepared.stdout == ""
    assert unprepared.stderr == f"Delivery {number} is prepare_failed: it has no messages.\n"
    Delivery.objects.update(text="{{ first_name }}")
    prepared = run("delivery", "prepare", number)
    assert "warnings" not in prepared.stdout
    assert "no unsubscribe link" in prepared.stderr
    log = run("delivery", "log", number)
    assert "│ P000001 │ a@x.example │ pending" in log.stdout
    assert "message_id" not in log.stdout
    assert "│ P000002 │ a@x.example │ duplicate │" in run("delivery", "exclusions", number).stdout
    report = run("delivery", "report", number).stdout
    assert f"Delivery {number} is prepared" in report
    assert "│ excluded: duplicate │ 1 │ ████████████████████ " in report
    assert "not reached, by family: quarantine 0, delivery 0" in report
    assert "a@x.example: valid" in run("profiles", "show", "P000001").stdout
    listed = run("delivery", "list")
    assert "│ prepared │ 1        │ 0         │" in listed.stdout
    for result in (prepared, log, listed):
        assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_long_report_fits_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    result = {
        "target": 1_234_567,
        "messages": 1_000_000,
        "exclusions_by_cause": {"denylisted/opted_out_of_all": 234_567},
        **dict.fromkeys(("production_errors", "failed", "cancelled", "pending", "delivered", "returned"), 200_000),
        "families": {"quarantine": 1},
        "reconciled": False,
    }
    draw_report(Console(width=60), result, title="T")
    drawn = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 60 and line.count("│") in (0, 4) for line in drawn)
    assert "THE FIGURES DO NOT RECONCILE" in drawn[-2]


def test_lists_and_logs_are_narrowed(run: Run) -> None:
    Path("people.csv").write_text("id,email,first_name\n1,a@x.example,Ann\n2,a@x.example,Bob\n3,c@x.example,Cy\n")
    number = str(make(run, "--to", "people.csv"))
    run("delivery", "prepare", number)
    assert as_json(run("delivery", "list", "--status", "prepared", "--name", "n"))["id"] == int(number)
    assert run("delivery", "list", "--name", "other").stdout == ""
    run("delivery", "list", "--status", "lost", code=2)
    assert as_json(run("delivery", "log", number, "--who", "C@x.example"))["profile"] == "3"
    assert as_json(run("delivery", "log", number, "--who", "1"))["address"] == "a@x.example"
    assert run("delivery", "log", number, "--reason", "mailbox_full").stdout == ""
    assert run("delivery", "log", number, "--returned").stdout == ""
    assert run("delivery", "log", number, "--provider", "nobody").stdout == ""
    assert as_json(run("delivery", "exclusions", number, "--reason", "duplicate"))["profile"] == "2"
    assert run("delivery", "exclusions", number, "--who", "3").stdout == ""
    run("delivery", "exclusions", number, "--reason", "bad", code=2)
