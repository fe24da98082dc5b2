"""Mails that lie in files: a Maildir, an mbox, single files and folders of them. Nothing is moved or changed."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rebond.intake.mbox import MAX_MAIL, is_from_line, split_mbox


@dataclass(frozen=True, slots=True)
class FoundMail:
    """One mail and where it lies; within an mbox `path#3` is the third."""

    path: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read as mail, and why."""

    path: str
    reason: str


Found = FoundMail | Unreadable


def is_maildir(folder: Path) -> bool:
    """Tell whether a folder is a Maildir."""
    return (folder / "new").is_dir() and (folder / "cur").is_dir()


def count_maildir(folder: Path) -> int:
    """Count the files of a Maildir, for a progress bar."""
    return sum(1 for part in ("new", "cur") for entry in os.scandir(folder / part) if not entry.name.startswith("."))


def read_maildir(folder: Path) -> Iterator[Found]:
    """Yield the mails in `new` and `cur`; one that a mail reader moves meanwhile is found where it went."""
    for part in ("new", "cur"):
        with os.scandir(folder / part) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                found = _read_one(entry.path)
                if found is None:
                    found = _moved(folder, entry.name)
                if found is not None:
                    yield found


def _moved(folder: Path, name: str) -> Found | None:
    base = glob.escape(str(folder / "cur" / name.partition(":")[0]))
    for path in (*glob.glob(base), *glob.glob(f"{base}:*")):
        return _read_one(path)
    return None  # deleted: no longer ours to read


def read_mbox(path: Path) -> Iterator[Found]:
    """Yield the mails of an mbox."""
    name = str(path)
    try:
        with _open(name) as file:
            for number, raw in enumerate(split_mbox(file), 1):
                yield _found(f"{name}#{number}", raw)
    except (OSError, ValueError) as error:
        yield Unreadable(name, _reason(error))


def read_files(paths: Iterable[Path]) -> Iterator[Found]:
    """Yield the mails of files and folders; an mbox or a Maildir among them is read as such."""
    for path in paths:
        if path.is_dir():
            yield from read_maildir(path) if is_maildir(path) else _read_folder(path)
        else:
            yield from _read_file(path)


def _read_folder(folder: Path) -> Iterator[Found]:
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        yield Unreadable(str(folder), _reason(error))
        return
    # A link to a folder may lead round in a circle.
    yield from read_files(entry for entry in entries if not (entry.is_symlink() and entry.is_dir()))


def _read_file(path: Path) -> Iterator[Found]:
    try:
        with _open(str(path)) as file:
            many = is_from_line(file.readline(2000))
    except (OSError, ValueError) as error:
        yield Unreadable(str(path), _reason(error))
        return
    if many:
        yield from read_mbox(path)
    else:
        yield _read_one(str(path)) or Unreadable(str(path), "it went away")


def _read_one(path: str) -> Found | None:
    try:
        with _open(path) as file:
            raw = without_from_line(file.read(MAX_MAIL))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        return Unreadable(path, _reason(error))
    return _found(path, raw)


def _found(path: str, raw: bytes) -> Found:
    return FoundMail(path, raw) if raw.strip() else Unreadable(path, "it is empty")


def without_from_line(raw: bytes) -> bytes:
    """Take off the `From ` line that a single mail is sometimes delivered with; it is no part of the mail."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw


def _open(path: str) -> BinaryIO:
    # Non-blocking: a pipe or a device among the files must not hold up the rest.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("it is no regular file")
    return open(descriptor, "rb")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
