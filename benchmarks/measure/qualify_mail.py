"""Qualify raw returned mails, beside flufl.bounce on the same files."""

import email
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.figures import LeftOutError, Measured

_PROJECT = Path(__file__).parents[2]
CORPUS = _PROJECT.parent / "shared" / "corpus"
SAMPLES = _PROJECT / "tests" / "samples"
_REPORTS = frozenset({"dsn", "bounce", "delayed", "delivered"})
_PASSES = 3


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure on `number` in a hundred of the corpus, where it is, and of our own samples."""
    try:
        from flufl.bounce import scan_message
    except ImportError:
        raise LeftOutError("flufl.bounce is not installed: use the environment of make bench") from None
    from rebond.packs import load_qualifier

    raised = set()

    def flufl(raw: bytes) -> None:
        try:
            scan_message(email.message_from_bytes(raw))
        except Exception:  # it is measured as it is
            raised.add(raw)

    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)

    for label, everything in (("corpus", _corpus()), ("own samples", _own())):
        mails = everything[:: max(1, 100 // number)]
        if not mails:
            continue
        raised.clear()
        ours, baseline = [], []
        for _ in range(_PASSES):
            # A new qualifier each pass: every file is met once, none from a cache of verdicts.
            qualifier = load_qualifier()
            qualifier.qualify_mail(b"Subject: warm\r\n\r\nwarm\r\n")
            ours.append(_seconds(qualifier.qualify_mail, mails))
            baseline.append(_seconds(flufl, mails))
        yield Measured(
            number=len(mails),
            ours=min(ours),
            baseline=min(baseline),
            baseline_number=len(mails),
            baseline_name="flufl.bounce",
            label=label,
            note=f"processor time, best of {_PASSES} passes" + (f"; {len(raised)} raised in it" if raised else ""),
        )


def _seconds(work: Callable[[bytes], object], mails: Sequence[bytes]) -> float:
    began = time.process_time()
    for raw in mails:
        work(raw)
    return time.process_time() - began


def _corpus() -> list[bytes]:
    labels = CORPUS / "labels.jsonl"
    if not labels.is_file():
        return []
    rows = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    return [(CORPUS / "messages" / row["path"]).read_bytes() for row in rows if row["kind"] in _REPORTS]


def _own() -> list[bytes]:
    return [path.read_bytes() for path in sorted(SAMPLES.rglob("*.eml"))]
