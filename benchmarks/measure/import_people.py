"""Import a file of people, beside COPY or executemany of the same rows into the same tables of another database."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Measured
from benchmarks.invent import COLUMNS, csv_lines, person
from benchmarks.site import empty_twin, fresh_site, load

PROFILE = ("id", "external_id", "fields", "created_at", "updated_at")
ADDRESS = ("profile_id", "channel", "text", "key")
Row = tuple[object, ...]


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure from the file to the last commit; the baseline, its rows ready in memory, before and after it."""
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)
    rows = rows_of(number, now=now)
    with fresh_site(database) as site, empty_twin(site, "before") as one, empty_twin(site, "after") as other:
        path = site.data / "people.csv"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(csv_lines(number))
        first = _baseline(one, *rows)
        ours = _import(path, number, now=now)
        second = _baseline(other, *rows)
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="executemany" if database == "sqlite" else "COPY",
    )


def _baseline(connection: Any, profiles: list[Row], addresses: list[Row]) -> float:
    began = time.perf_counter()
    load(connection, "profile", PROFILE, profiles)
    load(connection, "profile_address", ADDRESS, addresses)
    return time.perf_counter() - began


def _import(path: Path, number: int, *, now: datetime) -> float:
    from rebond.services.import_people import import_people
    from rebond.services.people_file import FileOptions

    began = time.perf_counter()
    done = import_people(path, options=FileOptions(mapping={}), now=now, actor="bench")
    seconds = time.perf_counter() - began
    assert done.created == number, done
    return seconds


def rows_of(number: int, *, now: datetime) -> tuple[list[Row], list[Row]]:
    """The rows of the tables `profile` and `profile_address` for a number of people, numbered from 1."""
    return list(profile_rows(number, now=now)), list(address_rows(number))


def profile_rows(number: int, *, now: datetime) -> Iterator[Row]:
    """The rows of the table `profile` alone, one by one."""
    at = now.isoformat(" ")
    for place in range(number):
        external_id, _, *others = person(place)
        fields = json.dumps(dict(zip(COLUMNS[2:], others, strict=True)), ensure_ascii=False)
        yield place + 1, external_id, fields, at, at


def address_rows(number: int) -> Iterator[Row]:
    """The rows of the table `profile_address` alone, one by one."""
    for place in range(number):
        email = person(place)[1]
        yield place + 1, "email", email, email
