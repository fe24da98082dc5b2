"""Files that people give on a page, kept until a worker has read them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from rebond.core.said import said
from rebond.services.errors import InputError
from rebond.services.uploads import FOLDER
from rebond.web.current import current_site

LARGEST = 512 * 1024 * 1024
_LINES = (".jsonl", ".ndjson")


def keep(file: "UploadedFile[Any]") -> Path:
    """Write a file below the data directory, for its owner's eyes alone; InputError when it is too large."""
    if (file.size or 0) > LARGEST:
        raise InputError(
            said(
                "the file has more than {largest} MiB: bring it in with rebond profiles import",
                largest=LARGEST // 1024**2,
            )
        )
    folder = current_site().data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    suffix = ".jsonl" if Path(file.name or "").suffix.lower() in _LINES else ".csv"
    handle, name = tempfile.mkstemp(dir=folder, suffix=suffix)
    with _unless_it_fails(Path(name)), os.fdopen(handle, "wb") as written:
        for chunk in file.chunks():
            written.write(chunk)
    return Path(name)


@contextmanager
def kept(file: "UploadedFile[Any]") -> Iterator[Path]:
    """Keep a file when the block ends well; whatever goes wrong in it, nothing of the file is left."""
    path = keep(file)
    with _unless_it_fails(path):
        yield path


@contextmanager
def _unless_it_fails(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
