"""What the shipped rules make of refusals that providers, hosters and users publish; each row names where it stands.

A label says what the text means by the tables of failures, and was written before the text was judged. Names and
numbers of real servers are replaced; some rows are a provider's own translation of a standard text.
"""

import json

import pytest

from rebond.packs import default_qualifier
from tests.core.read.samples import FOLDER

ROWS = [json.loads(line) for line in (FOLDER / "public_replies.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['source']} {row['text'][:50]}")
def test_a_published_refusal_is_understood(row: dict[str, str]) -> None:
    verdict = default_qualifier().qualify_reply(row["text"]).verdict
    assert f"{verdict.type} {verdict.reason}" == row["verdict"]


def test_every_row_says_where_its_text_stands() -> None:
    assert all(row["source"] and row["language"] for row in ROWS)
    assert len({row["text"] for row in ROWS}) == len(ROWS)


def test_much_of_the_texts_is_not_in_english() -> None:
    assert sum(row["language"] != "en" for row in ROWS) * 4 >= len(ROWS)
