"""Files that people give on a page, kept until a worker has read them."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from rebond.services.errors import InputError
from rebond.web.current import current_site

FOLDER = "uploads"
LARGEST = 512 * 1024 * 1024
_LINES = (".jsonl", ".ndjson")


def keep(file: "UploadedFile[Any]") -> Path:
    """Write a file below the data directory, for its owner's eyes alone; InputError when it is too large."""
    if (file.size or 0) > LARGEST:
        raise InputError(f"the file has more than {LARGEST // 1024**2} MiB: bring it in with rebond profiles import")
    folder = current_site().data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    suffix = ".jsonl" if Path(file.name or "").suffix.lower() in _LINES else ".csv"
    handle, name = tempfile.mkstemp(dir=folder, suffix=suffix)
    with os.fdopen(handle, "wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    return Path(name)
