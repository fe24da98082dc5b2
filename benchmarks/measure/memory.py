"""The most memory that a process of each streaming command holds, at three sizes.

Only commands are run from here, so that this process stays small: what it holds would count for its children.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Measured
from benchmarks.invent import csv_lines, email_of
from benchmarks.measure.prepare import STATE, state_rows
from benchmarks.sink import sink
from benchmarks.site import REBOND, data_directory, load, plain_connection, rebond

_PEOPLE = 1_000
_MESSAGES = 50
_FACTORS = (1, 10, 100)
_LINES_A_PERSON = 5
_TEXT = "Dear {{ first_name }} {{ last_name }},\n\n" + "Some news for everybody in {{ city }} this week.\n" * 20


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure import, prepare, send and check; `number` multiplies the sizes."""
    runs = [_run(database, people=_PEOPLE * number * one, messages=_MESSAGES * number * one) for one in _FACTORS]
    for name, (how_many, megabytes) in runs[-1].items():
        before, less = runs[-2][name]
        all_sizes = ", ".join(f"{run[name][1]:.0f}" for run in runs)
        yield Measured(
            number=how_many,
            ours=megabytes,
            baseline=less,
            baseline_number=before,
            baseline_name=f"with {before:,}",
            label=name,
            note=f"{all_sizes} MB at ×1, ×10, ×100",
        )


def _run(database: str, *, people: int, messages: int) -> dict[str, tuple[int, float]]:
    with data_directory(database) as folder, sink() as port:
        os.environ["REBOND_DATA"] = str(folder)
        os.environ["REBOND_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        rebond("init")
        everybody, some, asked, text = (folder / name for name in ("all.csv", "some.csv", "asked.txt", "text.txt"))
        text.write_text(_TEXT)
        for path, size in ((everybody, people), (some, messages)):
            with path.open("w", encoding="utf-8") as file:
                file.writelines(csv_lines(size))
        with asked.open("w") as file:
            file.writelines(f"{email_of(place)}\n" for place in range(people * _LINES_A_PERSON))
        found = {"import": (people, rebond("profiles", "import", str(everybody))[1])}
        found["prepare"] = (people, rebond("delivery", "prepare", _create(text, to="all"))[1])
        delivery = _create(text, to=str(some))
        rebond("delivery", "prepare", delivery)
        found["send"] = (messages, rebond("delivery", "send", delivery)[1])
        fill = [sys.executable, "-m", "benchmarks.measure.memory", str(folder), str(people * _LINES_A_PERSON)]
        subprocess.run(fill, stdin=subprocess.DEVNULL, check=True)
        found["check"] = (people * _LINES_A_PERSON, rebond("check", str(asked))[1])
        return found


def main(folder: str, number: str) -> None:
    """Give many addresses a status, in a process of its own."""
    from rebond.store.connect import disconnect
    from rebond.wiring import open_site

    with plain_connection(open_site(Path(folder))) as connection:
        load(connection, "address_state", STATE, state_rows(int(number)))
    disconnect()


def _create(text: Path, *, to: str) -> str:
    command = [REBOND, "--json", "delivery", "create", "--name", "bench", "--channel", "email", "--to", to]
    command += ["--from", "Shop <news@shop.example>", "--subject", "{{ first_name }}", "--text-file", str(text)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return str(json.loads(done.stdout)["id"])


if __name__ == "__main__":
    main(*sys.argv[1:])
