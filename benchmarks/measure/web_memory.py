"""The most memory that a process of `rebond web` holds while it answers pages and requests, at three sizes.

The site is filled by another process, so that this one stays small: what it holds would count for its children.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import LeftOutError, Measured
from benchmarks.invent import email_of
from benchmarks.site import REBOND, data_directory, rebond

_PEOPLE = 2_000
_FACTORS = (1, 10, 100)
_AT_ONCE = 8
_ROUNDS = 5
_CALL = 1_000
_READY = 120.0


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure the largest process of the server; `number` multiplies the sizes."""
    if not Path("/proc/self/status").exists():
        raise LeftOutError("only Linux tells the most memory of another process")
    runs = [_run(database, people=_PEOPLE * number * one) for one in _FACTORS]
    megabytes = [run[0] for run in runs]
    yield Measured(
        number=_PEOPLE * number * _FACTORS[-1],
        ours=megabytes[-1],
        baseline=megabytes[-2],
        baseline_number=_PEOPLE * number * _FACTORS[-2],
        baseline_name=f"with {_PEOPLE * number * _FACTORS[-2]:,}",
        note=f"{', '.join(f'{one:.0f}' for one in megabytes)} MB at ×1, ×10, ×100 after {runs[-1][1]:,} answers",
    )


def _run(database: str, *, people: int) -> tuple[float, int]:
    with data_directory(database) as folder:
        port = _free_port()
        os.environ |= {"REBOND_DATA": str(folder), "REBOND_WEB__PORT": str(port)}
        os.environ["REBOND_API__REQUESTS_PER_MINUTE"] = "1000000"
        rebond("init")
        command = [sys.executable, "-m", "benchmarks.measure.web_memory", str(folder), str(people)]
        told = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
        given = json.loads(told.splitlines()[-1])
        server = subprocess.Popen([REBOND, "web"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            _await(port, server)
            answers = _visit(port, given, people=people)
            return max(map(_most_megabytes, _family(server.pid))), answers
        finally:
            server.terminate()
            server.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"rebond web ended with {server.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"rebond web did not answer within {_READY:.0f} s")


def _visit(port: int, given: dict[str, Any], *, people: int) -> int:
    """Open every page and post to the API, some visitors at once; returns how many answers there were."""
    cookie, key = {"Cookie": given["cookie"]}, {"Authorization": f"Bearer {given['key']}"}
    posting = {**key, "Content-Type": "application/json"}
    asked = json.dumps({"addresses": [email_of(place % people) for place in range(_CALL)]})

    def visit(visitor: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        answers = 0
        for turn in range(_ROUNDS):
            told = {"channel": "email", "event": "failure", "text": "550 5.1.1 no such user"}
            told["occurred_at"] = "2026-03-01T08:00:00Z"
            events = [
                {**told, "address": email_of(place), "id": f"{visitor}.{turn}.{place}"} for place in range(_CALL // 10)
            ]
            requests = [("GET", page, None, cookie) for page in given["pages"]]
            requests.append(("POST", "/api/v1/check", asked, posting))
            requests.append(("POST", "/api/v1/events", json.dumps({"events": events}), posting))
            for method, path, body, headers in requests:
                connection.request(method, path, body=body, headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{path} answers {answer.status}")
                answers += 1
        return answers

    with ThreadPoolExecutor(_AT_ONCE) as visitors:
        return sum(visitors.map(visit, range(_AT_ONCE)))


def _family(parent: int) -> list[int]:
    """A process and all that it began."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *(one for child in children for one in _family(int(child)))]


def _most_megabytes(process: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def main(arguments: Sequence[str]) -> None:
    """Fill a site, in a process of its own, and print who may visit it and which pages there are."""
    from benchmarks.asking import make_key
    from benchmarks.measure.console_pages import make_administrator, menu_and_reports
    from benchmarks.measure.prepare import fill
    from rebond.store.connect import disconnect
    from rebond.web.current import serve
    from rebond.wiring import open_site

    folder, people = arguments
    now = datetime.now(UTC)
    site = open_site(Path(folder), web=True)
    fill(site, int(people), now=now)
    serve(site)
    client = make_administrator()
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    given = {"cookie": cookie, "key": make_key(site), "pages": menu_and_reports(now, days=30)}
    print(json.dumps(given))
    disconnect()


if __name__ == "__main__":
    main(sys.argv[1:])
