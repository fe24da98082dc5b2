"""`rebond webhook`, through the real command line, to a receiver on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.intake.commands import answer, rebond, rows, site
from tests.test_post import plain

__all__ = ["plain"]
pytestmark = pytest.mark.either_database


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("webhooks") / "data"
    with site(folder):
        settings = folder / "rebond.toml"
        settings.write_text(settings.read_text().replace("# private = false  ", "private = true  ", 1))
        yield folder


def test_from_a_subscription_to_what_is_told(data: Path, plain: tuple[int, list[Any]]) -> None:
    port, got = plain
    url = f"http://127.0.0.1:{port}/hook"
    made = answer(data, "webhook", "add", url, "--event", "address.quarantined,webhook.test", "--name", "shop")
    assert made["secret"].startswith("whsec_")
    number = str(made["id"])
    add = ("quarantine", "add", "ada@shop.example", "--status", "quarantined", "--because", "x")
    answer(data, *add)
    answer(data, "webhook", "test", number)
    assert answer(data, "webhook", "deliver") == {"delivered": 2, "failed": 0}
    assert [json.loads(body)["type"] for _, body, _ in got] == ["address.quarantined", "webhook.test"]
    lines = rows(data, "webhook", "log", number)
    assert {(line["state"], line["answer"]) for line in lines} == {("delivered", 202)}
    assert answer(data, "webhook", "replay", number, "--line", str(lines[0]["line"]))["again"] == 1
    assert answer(data, "webhook", "deliver")["delivered"] == 1
    assert answer(data, "webhook", "secret", number)["secret"] != made["secret"]
    assert not answer(data, "webhook", "edit", number, "--inactive")["active"]
    (listed,) = rows(data, "webhook", "list")
    assert (listed["active"], "secret" in listed) == (False, False)
    assert rebond(data, "webhook", "test", number).returncode == 4
    assert answer(data, "webhook", "remove", number)["removed"]


def test_what_cannot_be_done_is_told_in_words(data: Path) -> None:
    for wrong in (("add", "shop.example"), ("add", "https://shop.example", "--event", "moon"), ("test", "99")):
        done = rebond(data, "webhook", *wrong)
        assert done.returncode == 2
        assert done.stderr
