"""The same checks led by coverage (atheris): inputs that reach new code are kept and changed further."""

import argparse
import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["rebond.core"]):
    from fuzz.trial import Trial

from fuzz.mutations import mutated_mail

_LARGEST = 100_000


def main() -> int:
    """Fuzz for some minutes; the input that breaks something is written by libFuzzer, and the process exits."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.guided", description="Returns led by coverage.")
    parser.add_argument("--minutes", type=float, default=10, help="how long (by default 10)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of chance (by default 1)")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="where inputs are kept")
    options = parser.parse_args()
    corpus = options.folder / "guided"
    corpus.mkdir(parents=True, exist_ok=True)
    trial = Trial()
    for number, sample in enumerate(trial.samples):
        (corpus / f"sample-{number}").write_bytes(sample)
    arguments = [
        sys.argv[0],
        f"-max_total_time={options.minutes * 60:.0f}",
        f"-seed={options.seed}",
        f"-max_len={_LARGEST}",
        f"-artifact_prefix={options.folder}/guided-",
        "-timeout=60",
        str(corpus),
    ]
    atheris.Setup(arguments, lambda data: _hold(trial, data), custom_mutator=lambda *given: _mutated(trial, *given))
    atheris.Fuzz()
    return 0


def _hold(trial: Trial, data: bytes) -> None:
    # Under instruments all is slower, so that time is not judged here.
    broken = [words for words in trial.tried(data).broken if not words.startswith("took ")]
    if broken:
        raise AssertionError("; ".join(broken))


def _mutated(trial: Trial, data: bytes, max_size: int, seed: int) -> bytes:
    """Let libFuzzer change the bytes, or damage the mail as one that knows its structure."""
    if seed % 2:
        changed: bytes = atheris.Mutate(data, max_size)
        return changed
    return mutated_mail(Random(seed), [data, data, trial.samples[seed % len(trial.samples)]])[:max_size]


if __name__ == "__main__":
    sys.exit(main())
