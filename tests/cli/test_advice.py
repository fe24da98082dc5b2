"""Faults of the machine are told with what to do about them."""

import errno
import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError

from rebond import config, secrets_file
from rebond.cli.advice import with_advice
from rebond.wiring import init_site


@pytest.mark.parametrize(
    ("error", "words", "advice"),
    [
        (OperationalError("attempt to write a readonly database"), "attempt to write", "allowed to write in the data"),
        (OperationalError("unable to open database file"), "unable to open", "allowed to write in the data"),
        (OperationalError("database or disk is full"), "is full", "free some space"),
        (OperationalError("something else"), "something else", ""),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "/data/x: Permission denied", "allowed"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system", "mounted read-only"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "x: No space left on device", "free some space"),
        (OSError("no number"), "no number", ""),
    ],
)
def test_a_fault_comes_with_advice(error: Exception, words: str, advice: str) -> None:
    said = with_advice(error)
    assert words in said
    assert advice in said
    assert said.endswith(words) or advice


def test_sqlite_still_says_what_is_looked_for(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite3"
    sqlite3.connect(file).close()
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute("CREATE TABLE t (x)")
    assert with_advice(OperationalError(str(caught.value))) != str(caught.value)


@pytest.mark.parametrize("content", [b"[tokens", b"\xff\xfe", b"", b"[tokens]\ncurrent = 0\n[tokens.keys]\n0 = 'zz'\n"])
def test_broken_secrets_say_what_to_do(tmp_path: Path, content: bytes) -> None:
    secrets = tmp_path / secrets_file.SECRETS_FILE
    secrets.touch(mode=0o600)
    secrets.write_bytes(content)
    with pytest.raises(config.ConfigError, match=f"put back a copy of the file.* run rebond init --data {tmp_path}"):
        init_site(tmp_path)
