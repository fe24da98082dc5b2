"""A quick slice of `make fuzz`, with fixed seeds, and what finds faults is itself tried on faults."""

from dataclasses import replace
from multiprocessing import Pipe, Value
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fuzz.holds import Held
from fuzz.minimise import minimised
from fuzz.run import Total, _begin_again
from fuzz.trial import Trial, limit_of
from fuzz.worker import Share, work

from fuzz import __main__ as command
from rebond.core.failure import Facts, Report, Verdict
from rebond.core.words import Cause, FailureType, Phase, Reason, ReturnKind
from rebond.packs import default_qualifier, load_qualifier


@pytest.fixture(scope="module")
def trial() -> Trial:
    made = Trial(load_qualifier())
    made.tried(made.samples[0])
    return made


@pytest.mark.parametrize("seed", range(8))
def test_mutated_returns_are_answered_by_the_rules(trial: Trial, seed: int) -> None:
    for number in range(250):
        data = trial.made(seed, number)
        tried = trial.tried(data)
        # A busy machine is no fault; `make fuzz` judges the time.
        assert not [words for words in tried.broken if not words.startswith("took ")], (seed, number)
        assert tried.seconds < 20 * limit_of(data), (seed, number)


def test_the_same_bytes_are_answered_alike(trial: Trial) -> None:
    inputs = [trial.made(9, number) for number in range(100)]
    first = [trial.answer(data) for data in inputs]
    trial.forget()
    assert [trial.answer(data) for data in reversed(inputs)] == first[::-1]


def test_a_number_makes_the_same_input_again(trial: Trial) -> None:
    assert [trial.made(3, number) for number in range(50)] == [trial.made(3, number) for number in range(50)]
    assert trial.made(3, 1) != trial.made(4, 1)


def test_shares_are_disjoint_and_whole() -> None:
    shares = [Share(1, 100, 2100, turn, 2) for turn in range(2)]
    numbers = [number for share in shares for batch in share.batches() for number in batch]
    assert sorted(numbers) == list(range(100, 2100))
    after = [number for batch in shares[0].batches(after=150) for number in batch]
    assert after[0] == 151


def test_what_breaks_is_made_smaller() -> None:
    data = b"some lines\n" * 50 + b"here is the X\n" + b"other lines\n" * 50
    small = minimised(data, breaks=lambda smaller: b"X" in smaller)
    assert small == b"X"
    assert minimised(data, breaks=lambda smaller: b"X" in smaller, tries=0) == data
    assert minimised(data, breaks=lambda smaller: b"X" in smaller, seconds=0) == data


HARD = Verdict(type=FailureType.HARD, reason=Reason.USER_UNKNOWN, cause=Cause.NO_SUCH_USER, rule="code:5.1.1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cause": Cause.SYSTEM}, "belongs to reason unreachable"),
        ({"reason": Reason.UNREACHABLE, "cause": Cause.SYSTEM}, "the recipient does not own it"),
        ({"rule": "no-such-rule"}, "no such rule"),
        ({"rule": "smtp:550"}, "the class of an SMTP code"),
        ({"reason": Reason.NOT_DEFINED, "cause": Cause.UNKNOWN}, "what no rule knows is soft"),
        ({"type": FailureType.IGNORED, "confirm": 2}, "asks for a second error"),
        ({"pack_version": "other"}, "pack version"),
    ],
)
def test_a_verdict_against_the_rules_is_told(change: dict[str, Any], words: str) -> None:
    qualifier = default_qualifier()
    held = Held(qualifier)
    fine = qualifier.qualify_reply("550 5.1.1 user unknown")
    assert not list(held.broken_by_failure(fine))
    given = {"rule": "code:5.1.1", "pack_version": qualifier.pack_version, **change}
    wrong = replace(fine, verdict=replace(HARD, **given))
    assert any(words in told for told in held.broken_by_failure(wrong))
    early = replace(fine, phase=Phase.MAIL_FROM)
    assert any("before any recipient" in told for told in held.broken_by_failure(early))


def test_a_report_against_the_rules_is_told() -> None:
    qualifier = default_qualifier()
    held = Held(qualifier)
    failure = qualifier.qualify_reply("550 5.1.1 user unknown")
    reports = {
        "kind other has 1 failures": Report(kind=ReturnKind.OTHER, failures=(failure,)),
        "has a failure that is one": Report(kind=ReturnKind.AUTO_REPLY, failures=(failure,)),
        "delay notice has a failure": Report(kind=ReturnKind.DELAYED, failures=(failure,)),
        "1001 recipients": Report(kind=ReturnKind.DSN, facts=(Facts(),) * 1001),
        "names complainants": Report(kind=ReturnKind.DSN, complainants=("a@b.example",)),
    }
    for words, report in reports.items():
        assert any(words in told for told in held.broken_by_report(report)), words


class _Breaking(Trial):
    """Answers with an exception whatever holds a word."""

    def answer(self, data: bytes) -> Any:
        if b"Final-Recipient" in data:
            raise KeyError("what a reader may raise")
        return super().answer(data)


def test_a_worker_keeps_what_breaks_and_how_to_repeat_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.worker.Trial", _Breaking)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    mine, theirs = Pipe(duplex=False)
    work(Share(1, 0, 30), at=Value("q", -1, lock=False), told=theirs, folder=tmp_path)  # type: ignore[arg-type]
    told = list(iter(mine.recv, None))
    assert sum(progress.tried for progress in told) == 30
    assert [progress.until for progress in told if progress.tried] == list(range(1, 31))
    kept = sorted(tmp_path.glob("exception-*.bin"))
    assert kept
    assert any(path.read_bytes() == b"Final-Recipient" for path in kept)
    assert "KeyError" in (words := kept[0].with_suffix(".txt").read_text())
    assert f"python -m fuzz --again {kept[0]}" in words
    assert "--seed 1 --from 0 --number 30 --processes 1" in words


class _Forgetful(Trial):
    """Answers otherwise when nothing is kept, and tells which input is answered in the second round."""

    seen: list[tuple[int, bool]]
    at: Any
    kept = True

    def answer(self, data: bytes) -> Any:
        if self.at:
            self.seen.append((self.at.value, self.kept))
        return super().answer(data) if self.kept else data

    def forget(self) -> None:
        super().forget()
        self.kept = False


def test_what_is_answered_otherwise_is_told_with_its_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = Pipe(duplex=False)
    at: Any = Value("q", -1, lock=False)
    _Forgetful.at, _Forgetful.seen = at, []
    monkeypatch.setattr("fuzz.worker.Trial", _Forgetful)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    work(Share(1, 250, 253), at=at, told=theirs, folder=tmp_path)
    told = list(iter(mine.recv, None))
    assert [number for progress in told for number, *_ in progress.broken] == [252, 251, 250]
    # Each is named while it is answered the second time, too.
    assert [number for number, kept in _Forgetful.seen if not kept] == [252, 251, 250]
    kept = next(tmp_path.glob("differs-*.txt")).read_text()
    assert "--seed 1 --from 250 --number 253 --processes 1" in kept


def test_a_kept_input_that_is_answered_otherwise_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fuzz.__main__.Trial", _Forgetful)
    monkeypatch.setattr(_Forgetful, "at", None)
    mail = tmp_path / "differs.bin"
    mail.write_bytes(b"Subject: hello\n\nhello\n")
    assert command.main(["--again", str(mail)]) == 1
    assert "it is answered otherwise when nothing is kept" in capsys.readouterr().out


@pytest.mark.parametrize(("until", "after"), [(3, 3), (250, 249)])
def test_what_ends_the_process_is_kept_and_no_input_tried_anew(tmp_path: Path, until: int, after: int) -> None:
    begun: list[int] = []
    each: Any = SimpleNamespace(
        share=Share(1, 0, 1000), folder=tmp_path, until=until, end=lambda: 3, start=lambda *, after: begun.append(after)
    )
    total = Total()
    _begin_again(each, total, "it ended the process (exit code -9)", "crash")
    ((number, words, path),) = total.broken
    assert (number, words) == (3, "it ended the process (exit code -9)")
    assert Path(path).read_bytes() == Trial().made(1, 3)
    assert begun == [after]


@pytest.mark.parametrize(
    "arguments", [["--processes", "0", "--number", "9"], ["--from", "10", "--number", "5"], ["--number", "0"]]
)
def test_a_run_of_nothing_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(arguments)
    assert refused.value.code == 2


def test_the_command_runs_and_repeats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--seed", "5", "--number", "60", "--processes", "1", "--folder", str(tmp_path)]
    # What is slow on a busy machine is told too.
    assert command.main(small) in (0, 1)
    said = capsys.readouterr().out
    assert "seed 5, inputs 0 to 59" in said
    assert "60 inputs of" in said
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"Subject: hello\n\nhello\n")
    assert command.main(["--again", str(mail)]) == 0
    assert "all holds" in capsys.readouterr().out


def test_what_is_slow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(default_qualifier())
    clock = iter(range(1000))
    monkeypatch.setattr("fuzz.trial.thread_time", lambda: float(next(clock)))
    monkeypatch.setattr("fuzz.pace._work", lambda: 1.0)
    assert "took 1000 ms" in trial.tried(b"\n").broken[0]


def test_what_a_busy_neighbour_costs_is_no_fault(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = [0.0]
    slower = iter([1.0] * 100 + [2.0] * 1000)

    def work() -> float:
        return next(slower)

    def answer(data: bytes) -> Any:
        spent[0] += 0.080
        return Trial.answer(trial, data)

    monkeypatch.setattr("fuzz.pace._work", work)
    monkeypatch.setattr("fuzz.trial.thread_time", lambda: spent[0])
    made = Trial(trial.qualifier)
    monkeypatch.setattr(made, "answer", answer)
    tried = made.tried(b"\n")
    assert not tried.broken
    assert tried.seconds == pytest.approx(0.040)


def test_what_takes_memory_is_told() -> None:
    class Greedy(Trial):
        def answer(self, data: bytes) -> Any:
            bytearray(b"x") * (100 << 20)
            return super().answer(data)

    tried = Greedy(default_qualifier()).tried(b"\n")
    assert [words for words in tried.broken if "MiB" in words]
