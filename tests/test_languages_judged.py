"""What the shipped rules make of a refusal's reason in many languages; above all never hard for the sender's fault."""

import json

import pytest

from rebond.packs import default_qualifier
from tests.core.read.samples import FOLDER

ROWS = [json.loads(line) for line in (FOLDER / "languages.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']} {row['text'][4:50]}")
def test_a_reason_is_understood_in_its_language(row: dict[str, str]) -> None:
    verdict = default_qualifier().qualify_reply(row["text"]).verdict
    assert f"{verdict.type} {verdict.reason}/{verdict.cause}" == row["verdict"]
