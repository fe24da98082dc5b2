"""`rebond check` over a file of N lines against N addresses with a status, beside DuckDB's anti-join of two files."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import LeftOutError, Measured
from benchmarks.invent import email_of
from benchmarks.measure.prepare import fill
from benchmarks.site import fresh_site, rebond

if TYPE_CHECKING:
    from rebond.wiring import Site

_THREADS = 2


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure the command as a process, its start included; DuckDB reads and writes files, before and after it.

    DuckDB has as many threads as the command: one that reads, one that looks up (with PostgreSQL the server's).
    """
    try:
        import duckdb  # noqa: F401
    except ImportError:
        raise LeftOutError("duckdb is not installed: use the environment of make bench") from None
    with fresh_site(database) as site:
        fill(site, number, now=datetime(2026, 3, 3, 9, tzinfo=UTC))
        asked, stopped = _files(site, number)
        first = _baseline(asked, stopped, site.data / "allowed.csv")
        with (site.data / "answers.jsonl").open("wb") as output:
            ours, megabytes = rebond("check", str(asked), "--data", str(site.data), output=output)
        lines = sum(1 for _ in (site.data / "answers.jsonl").open("rb"))
        second = _baseline(asked, stopped, site.data / "allowed.csv")
    assert lines == number, lines
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="DuckDB",
        note=f"10 M lines at this pace: {ours / number * 1e7:.0f} s; {megabytes:.0f} MB",
    )


def _files(site: "Site", number: int) -> tuple[Path, Path]:
    asked, stopped = site.data / "asked.txt", site.data / "stopped.txt"
    with asked.open("w") as file:
        file.writelines(f"{email_of(place)}\n" for place in range(number))
    with stopped.open("w") as file:
        file.writelines(f"{email_of(place * 10)}\n" for place in range(number))
    return asked, stopped


def _baseline(asked: Path, stopped: Path, allowed: Path) -> float:
    import duckdb

    began = time.perf_counter()
    with duckdb.connect(config={"threads": _THREADS, "temp_directory": os.fspath(allowed.parent)}) as connection:
        columns = "header = false, columns = {'address': 'VARCHAR'}, delim = ','"
        connection.execute(
            f"COPY (SELECT a.address FROM read_csv('{asked}', {columns}) a"
            f" ANTI JOIN read_csv('{stopped}', {columns}) s ON lower(a.address) = lower(s.address))"
            f" TO '{allowed}' (header false)"
        )
    return time.perf_counter() - began
