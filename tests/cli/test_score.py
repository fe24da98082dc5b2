"""Scoring a labelled corpus, on a small one made here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rebond.cli import score
from rebond.cli.output import Exit
from rebond.cli.score import CorpusError, ScoreResult, score_folder
from rebond.core.failure import Facts, Failure, Report, Verdict
from rebond.core.words import Cause, FailureType, Reason, ReturnKind

HARD = Verdict(type=FailureType.HARD, reason=Reason.USER_UNKNOWN, cause=Cause.NO_SUCH_USER, rule="r1")
NONE = Verdict(type=FailureType.SOFT, reason=Reason.NOT_DEFINED, cause=Cause.UNKNOWN, rule="none")


def _failure(recipient: str, verdict: Verdict = HARD, action: str = "failed") -> Failure:
    return Failure(recipient=recipient, action=action, text="550 no", verdict=verdict)


class Judge:
    """Answers what it was told to, by the bytes of the mail."""

    def __init__(self, reports: Mapping[bytes, Report]) -> None:
        self.reports = reports

    def qualify_mail(self, raw: bytes) -> Report:
        return self.reports[raw]

    def qualify_reply(self, text: str) -> Failure:
        return _failure("", HARD if "unknown" in text else NONE)


def _report(kind: ReturnKind, *failures: Failure, complainants: tuple[str, ...] = ()) -> Report:
    facts = tuple(Facts(recipient=each.recipient, action=each.action) for each in failures)
    return Report(kind=kind, facts=facts, failures=failures, complainants=complainants)


def _corpus(folder: Path, rows: list[dict[str, Any]], replies: list[dict[str, Any]] | None = None) -> None:
    (folder / "messages").mkdir()
    for number, row in enumerate(rows):
        row["path"] = f"{number}.eml"
        (folder / "messages" / row["path"]).write_bytes(b"%d" % number)
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    if replies is not None:
        (folder / "replies.jsonl").write_text("\n".join(map(json.dumps, replies)), encoding="utf-8")


def _score(folder: Path, row: dict[str, Any], report: Report) -> ScoreResult:
    _corpus(folder, [row])
    return score_folder(folder, qualifier=Judge({b"0": report}))


def _rights(result: ScoreResult) -> dict[str, bool]:
    return {name: bool(tally.right) for name, tally in result.metrics.items() if tally.of}


ANN = _report(ReturnKind.DSN, _failure("Ann@y.example"))


@pytest.mark.parametrize(
    ("row", "report", "expected"),
    [
        (
            {"kind": "dsn", "recipients": ["ann@y.example"], "type": "hard", "reason": "user_unknown"},
            ANN,
            {"kind": True, "recipient": True, "type": True, "reason": True, "qualified": True},
        ),
        (
            {"kind": "bounce", "recipients": ["bob@y.example"], "type": "soft", "reason": "mailbox_full"},
            ANN,
            {"kind": False, "recipient": False, "type": False, "reason": False, "qualified": True},
        ),
        (
            {
                "kind": "dsn",
                "type": "soft",
                "also_type": ["hard"],
                "reason": "refused",
                "also_reason": ["user_unknown"],
            },
            ANN,
            {"kind": True, "type": True, "reason": True, "qualified": True},
        ),
        (
            {"kind": "dsn", "recipients": ["bob@y.example"], "recipients_alt": {"bob@y.example": ["ann@y.example"]}},
            ANN,
            {"kind": True, "recipient": True, "qualified": True},
        ),
        (
            {"kind": "dsn", "recipients": ["ann@y.example"]},
            _report(ReturnKind.DSN, _failure("ann@y.example", NONE), _failure("bob@y.example", action="relayed")),
            {"kind": True, "recipient": True, "qualified": True},
        ),
        (
            {"kind": "delivered", "recipients": ["ann@y.example"]},
            _report(ReturnKind.DELIVERED, _failure("ann@y.example", action="relayed")),
            {"kind": True, "recipient": True},
        ),
        (
            {"kind": "complaint", "recipients": ["ann@y.example"], "reason": "denylisted"},
            _report(ReturnKind.COMPLAINT, complainants=("ann@y.example",)),
            {"kind": True, "recipient": True, "reason": True, "complaints_found": True},
        ),
        ({"kind": "other"}, _report(ReturnKind.OTHER), {"kind": True, "ordinary_left_alone": True}),
        (
            {"kind": "other", "recipients": ["ann@y.example"]},
            _report(ReturnKind.OTHER),
            {"kind": True, "ordinary_left_alone": True, "recipient": False},
        ),
        ({"kind": "other"}, ANN, {"kind": False, "ordinary_left_alone": False, "qualified": True}),
        ({"kind": "auto_reply"}, _report(ReturnKind.CHALLENGE), {"kind": True}),
        ({"kind": "auto_reply_or_other"}, _report(ReturnKind.OTHER), {"kind": True}),
        ({"kind": "auto_reply_or_other"}, _report(ReturnKind.AUTO_REPLY), {"kind": True}),
    ],
)
def test_what_is_right(tmp_path: Path, row: dict[str, Any], report: Report, expected: dict[str, bool]) -> None:
    assert _rights(_score(tmp_path, row, report)) == expected


def test_an_unqualified_text_and_a_false_positive_are_counted(tmp_path: Path) -> None:
    result = _score(tmp_path, {"kind": "other"}, _report(ReturnKind.BOUNCE, _failure("a@y.example", NONE)))
    assert result.false_positives == 1
    assert result.metrics["qualified"].percent == 0.0
    assert result.metrics["recipient"].percent is None
    assert {miss.metric for miss in result.misses} == {"kind", "ordinary_left_alone", "qualified"}


def test_replies_and_groups(tmp_path: Path) -> None:
    rows = [{"kind": "dsn", "source": "one"}, {"kind": "other", "source": "two"}]
    replies = [
        {"id": "r/1", "text": "550 unknown", "type": "hard", "reason": None},
        {"id": "r/2", "text": "550 what", "type": "hard", "reason": "user_unknown", "source": "one"},
    ]
    _corpus(tmp_path, rows, replies)
    judge = Judge({b"0": ANN, b"1": _report(ReturnKind.OTHER)})
    result = score_folder(tmp_path, qualifier=judge, by="source")
    assert (result.messages, result.replies) == (2, 2)
    assert result.metrics["reply_type"].percent == 50.0
    assert result.metrics["reply_reason"].percent == 0.0
    assert result.groups["one"]["kind"].of == 1
    assert set(result.as_dict()["groups"]) == {"None", "one", "two"}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (None, "cannot be read"),
        ("{broken", "line 1 is no JSON"),
        ("3", "line 1 is no row of labels"),
        ('{"kind": "dsn"}', "line 1 is no row of labels"),
        ('{"path": "missing.eml", "kind": "dsn"}', "cannot be read"),
    ],
)
def test_a_folder_that_is_no_corpus_is_refused_in_words(tmp_path: Path, labels: str | None, words: str) -> None:
    if labels is not None:
        (tmp_path / "labels.jsonl").write_text(labels, encoding="utf-8")
    with pytest.raises(CorpusError, match=words):
        score_folder(tmp_path, qualifier=Judge({}))


def test_a_label_without_a_kind_is_refused(tmp_path: Path) -> None:
    _corpus(tmp_path, [{"reason": "user_unknown"}])
    with pytest.raises(CorpusError, match=r"0\.eml has no kind"):
        score_folder(tmp_path, qualifier=Judge({}))


@pytest.mark.parametrize("name", ["lang", "language"])
def test_the_language_goes_by_either_name(tmp_path: Path, name: str) -> None:
    _corpus(tmp_path, [{"kind": "dsn", name: "fr"}])
    assert list(score_folder(tmp_path, qualifier=Judge({b"0": ANN}), by="language").groups) == ["fr"]


def test_an_unknown_group_names_the_known_ones(tmp_path: Path) -> None:
    _corpus(tmp_path, [{"kind": "dsn", "mta": "x"}])
    with pytest.raises(CorpusError, match=r"'colour'.*mta"):
        score_folder(tmp_path, qualifier=Judge({}), by="colour")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _corpus(tmp_path, [{"kind": "bounce", "recipients": ["bob@y.example"]}])
    monkeypatch.setattr("rebond.packs.default_qualifier", lambda: Judge({b"0": ANN}))
    return tmp_path


def test_the_command_prints_json(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score.run(small, 1, None, True) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["metrics"]["recipient"] == {"right": 0, "of": 1, "percent": 0.0}
    assert [miss["metric"] for miss in told["misses"]] == ["kind"]


def test_the_command_draws_for_a_person(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score, "wants_json", lambda as_json: False)
    assert score.run(small, 5, "kind", False) == Exit.DONE
    told = capsys.readouterr().out
    assert "1 messages" in told
    assert "bounce: recipient" in told
    assert "wanted ['bob@y.example']" in told


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert score.run(tmp_path / "none", 0, None, True) == Exit.USAGE
    assert "labels.jsonl cannot be read: No such file" in capsys.readouterr().err
