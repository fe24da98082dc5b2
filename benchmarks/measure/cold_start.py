"""Import rebond and qualify one mail in a new process, beside a process that does nothing."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from benchmarks.figures import Measured
from benchmarks.invent import bounce

_TIMES = 9
_CODE = "import sys, rebond; rebond.qualify(sys.stdin.buffer.read())"


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure with the compiled rules kept from an earlier process, and the very first process beside it."""
    mail = bounce(1, recipient="one@example.net", envelope="b@bounce.example")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}

        def seconds(code: str) -> float:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], input=mail, env=environment, check=True)
            return time.perf_counter() - began

        def processor_seconds() -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds(_CODE)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        first = seconds(_CODE)
        processor = processor_seconds()
        # In turns, so that what else the machine does meets both.
        pairs = [(seconds(_CODE), seconds("pass")) for _ in range(_TIMES)]
    yield Measured(
        number=1,
        ours=statistics.median(ours for ours, _ in pairs),
        baseline=statistics.median(nothing for _, nothing in pairs),
        baseline_number=1,
        baseline_name="python -c pass",
        note=f"median of {_TIMES}; {processor:.2f} s of processor; the very first, compiling the rules: {first:.2f} s",
    )
