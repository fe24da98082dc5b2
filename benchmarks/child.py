"""One row at one size in a process of its own: Django can be configured once a process, and memory starts clean."""

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module

from benchmarks.figures import LeftOutError


def main(arguments: list[str]) -> int:
    """Measure `MODULE NUMBER DATABASE`, and print a JSON line a measure; exit 3 with the words when it cannot be."""
    module, number, database = arguments
    # Only the figures go to standard output, whatever a measured program prints.
    figures = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        for measured in import_module(module).measure(int(number), database=database):
            print(json.dumps(asdict(measured)), file=figures, flush=True)
    except LeftOutError as why:
        print(why, file=figures, flush=True)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
