"""A labelled corpus on disk: `labels.jsonl` with `messages/`, and `replies.jsonl`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_DEFAULTS: dict[str, Any] = {
    "kind": None,
    "recipients": [],
    "recipients_alt": {},
    "type": None,
    "reason": None,
    "also_type": [],
    "also_reason": [],
}


class CorpusError(Exception):
    """The folder is no corpus, or a row of it cannot be read; the message is for the person who asked."""


def mail_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the label rows of the messages; raises CorpusError."""
    for row in _rows(folder / "labels.jsonl"):
        if row["kind"] is None:
            raise CorpusError(f"{folder / 'labels.jsonl'}: the row of {named(row)} has no kind: bounce, other …")
        yield row


def reply_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the rows of the replies, none when the corpus has none; raises CorpusError."""
    path = folder / "replies.jsonl"
    return _rows(path) if path.exists() else iter(())


def read_message(folder: Path, row: Mapping[str, Any]) -> bytes:
    """Read the message of a label row; raises CorpusError."""
    path: Path = folder / "messages" / str(row["path"])
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from error


def named(row: Mapping[str, Any]) -> str:
    """Name a row: the path of its message, or the id of its reply."""
    return str(row.get("path") or row.get("id"))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise CorpusError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise CorpusError(f"{path}, line {number} is no JSON: {error}") from error
            if not isinstance(row, dict) or not {"path", "text"} & row.keys():
                raise CorpusError(f"{path}, line {number} is no row of labels: it names no path and no text")
            language = {"lang": row["language"]} if "language" in row else {}
            yield _DEFAULTS | language | row
