"""Where packs of rules come from: a file, a directory of packs, or an https address."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from rebond.config_sections import UpdateSection
from rebond.core.qualify.archive import MOST_BYTES
from rebond.core.said import said
from rebond.services.update_rules import Given, PackSource

PATTERN = "*.zip"
MOST_PACKS = 100


def make_source(name: str, section: UpdateSection, *, data: Path) -> PackSource:
    """Make a source of a section of the configuration; paths are those beside the data."""
    return PackSource(name=name, keys=frozenset(section.keys), read=lambda: read_source(section, data=data))


def read_source(section: UpdateSection, *, data: Path) -> Iterator[Given]:
    """Read what a source holds; what cannot be read is said, and never raises."""
    where = section.source
    if where.startswith("https://"):
        yield _fetched(section, data=data)
        return
    path = data / where
    try:
        if not path.is_dir():
            yield read_pack_file(path)
            return
        packs = sorted(path.glob(PATTERN))[: MOST_PACKS + 1]
    except OSError as error:
        yield Given(where=str(path), problem=str(error))
        return
    if not packs or len(packs) > MOST_PACKS:
        problem = (
            said("the directory holds more than {most_packs} packs", most_packs=MOST_PACKS)
            if packs
            else said("it is a directory without packs (*.zip)")
        )
        yield Given(where=str(path), problem=problem)
        return
    yield from map(read_pack_file, packs)


def _fetched(section: UpdateSection, *, data: Path) -> Given:
    from rebond.fetch import FetchError, fetch

    ca = str(data / section.ca) if section.ca else ""
    try:
        found = fetch(section.source, most=MOST_BYTES, ca=ca, private=section.private)
    except FetchError as error:
        return Given(where=section.source, problem=str(error))
    return Given(where=section.source, data=found)


def read_pack_file(path: Path) -> Given:
    """Read a file that is said to be a pack; one that is too long is not read to its end."""
    try:
        # A pipe or a device in its place would keep us waiting.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Given(where=str(path), problem=said("it is no file"))
            return Given(where=str(path), data=file.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:  # a name that no file can have
        return Given(where=str(path), problem=str(getattr(error, "strerror", None) or error))
