"""Mails in files and folders: every one is read or listed with a reason; nothing blocks, nothing is moved."""

import os
from pathlib import Path

import pytest

from rebond.core.words import Trust
from rebond.intake.carry import carry
from rebond.intake.files import (
    Found,
    FoundMail,
    Unreadable,
    count_maildir,
    is_maildir,
    read_files,
    read_maildir,
    read_mbox,
    without_from_line,
)
from tests.intake.lmtp_peer import Memory

MAIL = b"Subject: x\n\nbody\n"
FROM = b"From a@b.example Thu Mar  5 09:12:33 2026\n"


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    (tmp_path / "new" / "1.a").write_bytes(MAIL + b"1")
    (tmp_path / "cur" / "2.b:2,S").write_bytes(FROM + MAIL + b"2")
    (tmp_path / "tmp" / "3.c").write_bytes(MAIL + b"3")
    (tmp_path / "new" / ".hidden").write_bytes(MAIL)
    return tmp_path


def raws(found: list[Found]) -> list[bytes]:
    return [item.raw for item in found if isinstance(item, FoundMail)]


def reasons(found: list[Found]) -> list[str]:
    return [item.reason for item in found if isinstance(item, Unreadable)]


def test_a_maildir_gives_what_is_in_new_and_cur(maildir: Path) -> None:
    assert is_maildir(maildir)
    assert not is_maildir(maildir / "new")
    assert count_maildir(maildir) == 2
    assert raws(list(read_maildir(maildir))) == [MAIL + b"1", MAIL + b"2"]
    assert raws(list(read_files([maildir]))) == [MAIL + b"1", MAIL + b"2"]


def test_what_cannot_be_read_is_listed_and_the_rest_is_read(maildir: Path) -> None:
    new = maildir / "new"
    (new / "folder").mkdir()
    (new / "empty").write_bytes(b" \n")
    (new / "broken").symlink_to(maildir / "nowhere")
    (new / "circle").symlink_to(new / "circle")
    os.mkfifo(new / "pipe")
    found = list(read_maildir(maildir))
    assert len(raws(found)) == 2
    assert sorted(reasons(found)) == [
        "Too many levels of symbolic links",
        "it is empty",
        "it is no regular file",
        "it is no regular file",
    ]


def test_a_mail_that_is_moved_meanwhile_is_found_where_it_went(maildir: Path) -> None:
    found = read_maildir(maildir)
    (maildir / "new" / "9.z").write_bytes(MAIL + b"9")
    first = next(found)
    for path in list((maildir / "new").glob("[0-9]*")):
        path.rename(maildir / "cur" / f"{path.name}:2,")
    (maildir / "cur" / "2.b:2,S").rename(maildir / "cur" / "2.b:2,RS")
    assert {*raws([first]), *raws(list(found))} == {MAIL + b"1", MAIL + b"2", MAIL + b"9"}


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.eml").write_bytes(MAIL + b"1")
    (tmp_path / "sub" / ".DS_Store").write_bytes(b"no")
    (tmp_path / "sub" / "round").symlink_to(tmp_path)
    (tmp_path / "two.eml").write_bytes(b"From somebody\n" + MAIL + b"2")
    (tmp_path / "box").write_bytes(FROM + MAIL + b"\n" + FROM + MAIL + b"4\n")
    found = list(read_files([tmp_path / "two.eml", tmp_path / "sub", tmp_path / "box", tmp_path / "missing"]))
    assert raws(found) == [MAIL + b"2", MAIL + b"1", MAIL, MAIL + b"4\n"]
    assert [item.path for item in found][2:4] == [f"{tmp_path}/box#1", f"{tmp_path}/box#2"]
    assert reasons(found) == ["No such file or directory"]


def test_an_mbox_that_is_none_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(MAIL)
    assert "no mbox" in reasons(list(read_mbox(path)))[0]


@pytest.mark.parametrize(
    ("raw", "mail"),
    [(FROM + MAIL, MAIL), (b"From x\r\n" + MAIL, MAIL), (MAIL, MAIL), (b"From: x\n", b"From: x\n"), (b"From x", b"")],
)
def test_the_from_line_of_a_single_mail_is_no_part_of_it(raw: bytes, mail: bytes) -> None:
    assert without_from_line(raw) == mail


def test_carrying_counts_what_was_new_known_and_unreadable() -> None:
    memory, told = Memory(), []
    found: list[Found] = [FoundMail(str(number), b"%d" % (number % 450)) for number in range(500)]
    found.insert(3, Unreadable("x", "it is empty"))
    done = carry(found, accept=memory.accept, source="files", required_trust=Trust.SIGNED, on_progress=told.append)
    assert (done.read, done.stored, done.duplicates, len(done.rejected)) == (500, 450, 50, 1)
    assert memory.groups == [200, 200, 100]
    assert told[-1] == 501
    assert {(item.source, item.required_trust) for item in memory.stored.values()} == {("files", Trust.SIGNED)}


def test_carrying_is_bounded_in_bytes() -> None:
    memory = Memory()
    found = [FoundMail(str(number), bytes([number]) * 6_000_000) for number in range(7)]
    carry(found, accept=memory.accept, source="files", required_trust=Trust.MATCHED)
    assert memory.groups == [3, 3, 1]
