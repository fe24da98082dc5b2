"""What the shipped rules make of the invented samples: returns in many dialects and languages, and replies."""

import json
from typing import Any

import pytest

from rebond.packs import default_qualifier
from tests.core.read.more_samples import VERDICTS
from tests.core.read.samples import FOLDER, raw

GOLDEN = [json.loads(line) for line in (FOLDER / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
REPLIES = [json.loads(line) for line in (FOLDER / "replies.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", VERDICTS)
def test_a_return_is_judged(name: str) -> None:
    failures = default_qualifier().qualify_mail(raw(name)).failures
    assert tuple(f"{failure.verdict.type} {failure.verdict.reason}" for failure in failures) == VERDICTS[name]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["name"])
def test_a_golden_sample_is_judged(row: dict[str, Any]) -> None:
    failures = default_qualifier().qualify_mail(raw(row["name"])).failures
    told = [[failure.recipient, f"{failure.verdict.type} {failure.verdict.reason}"] for failure in failures]
    assert told == row["facts"]


@pytest.mark.parametrize("row", REPLIES, ids=lambda row: row["text"][:60])
def test_a_reply_is_judged(row: dict[str, str]) -> None:
    verdict = default_qualifier().qualify_reply(row["text"]).verdict
    assert (verdict.type, verdict.reason, verdict.owner) == (row["type"], row["reason"], row["owner"])
