"""Invented ordinary mail that looks like a bounce: one row a mail, read with two envelopes."""

import json
from typing import Any

from tests.core.read.samples import FOLDER

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "ordinary.jsonl").read_text(encoding="utf-8").splitlines()
]


def mail(row: dict[str, Any], envelope: str) -> bytes:
    path = "<>" if envelope == "nobody" else row["from"][row["from"].find("<") :]
    head = [f"Return-Path: {path}", f"From: {row['from']}", "To: news@shop.example", f"Subject: {row['subject']}"]
    head += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\n".join([*head, "", row["text"], ""]).encode()
