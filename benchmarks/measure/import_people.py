"""Import a file of people, beside COPY or executemany of the same rows into the same tables of another database."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.figures import Measured
from benchmarks.invent import COLUMNS, csv_lines, person
from benchmarks.site import empty_twin, fresh_site, load

PROFILE = ("id", "external_id", "fields", "created_at", "updated_at")
ADDRESS = ("profile_id", "channel", "text", "key")


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure from the file to the last commit; the baseline has its rows ready in memory."""
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)
    profiles, addresses = rows_of(number, now=now)
    with fresh_site(database) as site:
        with empty_twin(site) as connection:
            began = time.perf_counter()
            load(connection, "profile", PROFILE, profiles)
            load(connection, "profile_address", ADDRESS, addresses)
            baseline = time.perf_counter() - began
        del profiles, addresses
        from rebond.services.import_people import import_people
        from rebond.services.people_file import FileOptions

        path = site.data / "people.csv"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(csv_lines(number))
        began = time.perf_counter()
        done = import_people(path, options=FileOptions(mapping={}), now=now, actor="bench")
        ours = time.perf_counter() - began
        assert done.created == number, done
    yield Measured(
        number=number,
        ours=ours,
        baseline=baseline,
        baseline_number=number,
        baseline_name="executemany" if database == "sqlite" else "COPY",
    )


def rows_of(number: int, *, now: datetime) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The rows of the tables `profile` and `profile_address` for a number of people, numbered from 1."""
    at = now.isoformat(" ")
    profiles: list[tuple[object, ...]] = []
    addresses: list[tuple[object, ...]] = []
    for place in range(number):
        external_id, email, *others = person(place)
        fields = json.dumps(dict(zip(COLUMNS[2:], others, strict=True)), ensure_ascii=False)
        profiles.append((place + 1, external_id, fields, at, at))
        addresses.append((place + 1, "email", email, email))
    return profiles, addresses
