"""`rebond key`, through the real command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.intake.commands import answer, rebond, rows, site

pytestmark = pytest.mark.either_database


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("keys") / "data"
    with site(folder):
        yield folder


def test_a_key_is_printed_once_listed_and_revoked(data: Path) -> None:
    made = answer(data, "key", "add", "the shop", "--scope", "check,deliveries.read", "--days", "30")
    assert made["key"].startswith(f"rbd_{made['id']}_")
    assert made["scopes"] == ["check", "deliveries.read"]
    (listed,) = rows(data, "key", "list")
    assert (listed["name"], listed["state"]) == ("the shop", "valid")
    assert made["key"].rpartition("_")[2] not in str(listed)
    ended = answer(data, "key", "revoke", str(made["id"]), "--because", "not used")
    assert ended["state"] == "revoked"
    assert rebond(data, "key", "revoke", str(made["id"])).returncode == 4


@pytest.mark.parametrize("scopes", [(), ("--scope", "everything"), ("--scope", "people.write")])
def test_scopes_are_needed_known_and_within_the_role(data: Path, scopes: tuple[str, ...]) -> None:
    assert rebond(data, "key", "add", "x", *scopes).returncode == 2
