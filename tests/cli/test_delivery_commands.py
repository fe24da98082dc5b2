"""The commands about people and deliveries: their JSON and exit codes are a contract."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from rebond import wiring
from rebond.cli import delivery as delivery_family
from rebond.cli import profiles as profiles_family
from rebond.config import Config
from rebond.core.tokens import Keyring
from rebond.core.words import AddressStatus, DeliveryStatus
from rebond.store.models import AddressStateRow, Delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Result]
FROM = ("--from", "Shop <news@shop.example>")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against the test database; the expected exit code is 0."""
    config = Config()
    site = wiring.Site(
        data=tmp_path,
        config=config,
        policy=wiring.load_policy(config),
        keyring=Keyring({0: b"0" * 32}, 0),
        clock=wiring.SystemClock(),
    )
    monkeypatch.setattr(wiring, "open_site", lambda data: site)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    profiles_family.register(app)
    delivery_family.register(app)

    def command(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == code, result.output
        return result

    return command


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
    assert prepared["warnings"] == ["1 profiles have an address that is not a possible one"]
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
        (("delivery", "log", "7"), "there is no delivery 7"),
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
