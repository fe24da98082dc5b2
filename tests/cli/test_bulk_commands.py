"""`rebond quarantine bulk`, `operations`, `undo` and `resume`, through the real command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_quarantine_commands import ago, event, take
from tests.intake.commands import answer, rebond, rows, site

MOON = "550 5.1.1 The moon knows nobody of that name"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with site(tmp_path_factory.mktemp("bulk") / "data") as folder:
        yield folder


@pytest.mark.either_database
def test_many_addresses_are_released_and_put_back(data: Path) -> None:
    names = [f"m{number}@shop.example" for number in range(3)]
    take(data, *(event("failure", name, ago(3), text=MOON, type="hard", reason="user_unknown") for name in names))
    asked = ("quarantine", "bulk", "release", "--error-text", "the MOON", "--domain", "Shop.example")
    found = answer(data, *asked)
    assert (found["would_change"], found["changes"], sorted(found["sample"])) == (3, {"quarantined": 3}, names)
    assert rows(data, "quarantine", "operations") == []
    done = answer(data, *asked, "--apply", "3", "--because", "a fault of the moon")
    assert (done["kind"], done["step"], done["changed"]) == ("release", "done", 3)
    assert done["selection"] == {"domain": "shop.example", "text": "the MOON"}
    assert answer(data, "why", names[0])["status"] == "valid"
    undone = answer(data, "quarantine", "undo", str(done["number"]), "--because", "no fault")
    assert (undone["step"], undone["put_back"]) == ("undone", 3)
    assert answer(data, "why", names[0])["status"] == "quarantined"
    assert [one["number"] for one in rows(data, "quarantine", "operations")] == [done["number"]]
    assert rows(data, "quarantine", "resume") == []


def test_what_was_done_to_one_address_is_undone(data: Path) -> None:
    answer(data, "quarantine", "add", "anna@shop.example", "--status", "denylisted", "--because", "by letter")
    done = answer(data, "quarantine", "undo", "--address", "anna@shop.example", "--because", "another Anna")
    assert done["status"] == "valid"
    assert rebond(data, "quarantine", "undo", "--address", "anna@shop.example", "--because", "x").returncode == 2


def test_a_list_of_another_system_is_taken_in_and_undone(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "bounces.csv"
    path.write_text("EmailAddress,Reason\nses1@shop.example,BOUNCE\nnobody,BOUNCE\nses2@shop.example,COMPLAINT\n")
    told = answer(data, "quarantine", "import", path, "--because", "from SES", code=3)
    assert (told["format"], told["changed"], told["rejected"], told["rows"]) == ("SES", 2, 1, 3)
    assert told["errors"][0][0] == 3
    assert answer(data, "why", "ses2@shop.example")["cause"] == "complaint"
    undone = answer(data, "quarantine", "undo", str(told["operation"]), "--because", "the wrong file")
    assert undone["put_back"] == 2
    assert answer(data, "why", "ses1@shop.example")["status"] == "valid"


def test_what_was_exported_is_taken_in_as_it_was(data: Path, tmp_path: Path) -> None:
    take(data, event("failure", "there@shop.example", ago(9), text=MOON, type="hard", reason="user_unknown"))
    before = answer(data, "why", "there@shop.example")
    answer(data, "quarantine", "export", tmp_path / "states.csv", "--status", "quarantined,denylisted")
    with site(tmp_path / "other") as other:
        done = rebond(other, "quarantine", "import", tmp_path / "states.csv", "--because", "we moved")
        assert done.returncode == 0, done.stderr.decode()
        after = answer(other, "why", "there@shop.example")
    for name in ("status", "reason", "cause", "since"):
        assert after[name] == before[name]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("bulk", "release"), 2, "say which addresses"),
        (("bulk", "release", "--error-text", "zzz", "--apply", "1", "--because", "x"), 4, "no address would change"),
        (("bulk", "release", "--domain", "no domain"), 2, "not a possible domain"),
        (("undo", "--because", "x"), 2, "name an operation"),
        (("undo", "99", "--because", "x"), 2, "there is no operation 99"),
        (("import", "/dev/null", "--because", "x"), 2, "it is empty"),
        (("import", "/dev/null/none.csv", "--because", "x"), 2, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told(data: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = rebond(data, "quarantine", *arguments)
    assert done.returncode == code
    assert words in done.stderr.decode()
