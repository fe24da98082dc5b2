"""`rebond score`: how well a labelled corpus is read and judged (specification 03, section 7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rebond.cli.corpus import CorpusError, mail_rows, named, read_message, reply_rows
from rebond.cli.output import Exit, say, to_json, wants_json
from rebond.core.failure import Failure, Report
from rebond.core.words import ReturnKind

METRICS = (
    "kind",
    "recipient",
    "type",
    "reason",
    "ordinary_left_alone",
    "complaints_found",
    "qualified",
    "reply_type",
    "reply_reason",
)
# What a person may call a field of the label rows.
_FIELDS = {"language": "lang"}
_SUCCESSES = frozenset({"delivered", "relayed", "expanded"})
_NOT_FAILURES = frozenset({ReturnKind.OTHER, ReturnKind.UNSUBSCRIBE, ReturnKind.COMPLAINT})


class Judge(Protocol):
    """What is measured: `rebond.core.qualifier.Qualifier`, or something that answers like it."""

    def qualify_mail(self, raw: bytes) -> Report: ...

    def qualify_reply(self, text: str) -> Failure: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One thing that was got wrong: what, in which message or reply, what was expected, what came."""

    metric: str
    path: str
    wanted: str
    got: str
    text: str = ""


@dataclass(slots=True)
class Tally:
    """How many of how many were right."""

    right: int = 0
    of: int = 0

    def count(self, right: bool) -> None:
        self.right += right
        self.of += 1

    @property
    def percent(self) -> float | None:
        return round(100 * self.right / self.of, 2) if self.of else None


@dataclass(slots=True)
class ScoreResult:
    """The tallies by metric, also by group when one was asked for, and what was missed."""

    metrics: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in METRICS})
    groups: dict[str, dict[str, Tally]] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)
    messages: int = 0
    replies: int = 0

    @property
    def false_positives(self) -> int:
        """How many ordinary mails gave a failure."""
        tally = self.metrics["ordinary_left_alone"]
        return tally.of - tally.right

    def as_dict(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "replies": self.replies,
            "false_positives": self.false_positives,
            "metrics": {name: _shown(tally) for name, tally in self.metrics.items()},
            "groups": {
                group: {name: _shown(tally) for name, tally in tallies.items()}
                for group, tallies in sorted(self.groups.items())
            },
        }


def score_folder(folder: Path, *, qualifier: Judge, by: str | None = None, source: str | None = None) -> ScoreResult:
    """Judge every message and reply of a corpus (`labels.jsonl`, `messages/`, `replies.jsonl`) and count.

    `by` groups the counts by a field of the label rows (source, reason, kind, language …), `source` leaves out the
    rows of all others. Raises CorpusError when the folder holds no labels or a row cannot be read.
    """
    result = ScoreResult()
    rows, replies = list(mail_rows(folder)), list(reply_rows(folder))
    by = _FIELDS.get(by, by) if by else None
    if by and not any(by in row for row in rows):
        known = ", ".join(sorted({name for row in rows for name in row}))
        raise CorpusError(f"no label row has a field {by!r}; there are: {known}")
    if source:
        known_sources = sorted({str(row.get("source")) for row in (*rows, *replies)})
        rows, replies = ([row for row in some if row.get("source") == source] for some in (rows, replies))
        if not rows and not replies:
            raise CorpusError(f"no row has the source {source!r}; there are: {', '.join(known_sources)}")
    for row in rows:
        _score_mail(_Counter(result, row, by), row, qualifier.qualify_mail(read_message(folder, row)))
    for row in replies:
        _score_reply(_Counter(result, row, by), row, qualifier.qualify_reply(row["text"]))
    result.messages, result.replies = len(rows), len(replies)
    return result


def run(
    folder: Path,
    misses: int = 0,
    by: str | None = None,
    as_json: bool = False,
    source: str | None = None,
    leave_out: str | None = None,
) -> int:
    """Score a corpus and print the result, with at most `misses` of what was missed; gives the exit code.

    `leave_out` names a source of the corpus: the rules that win on its mails and replies alone are taken away first.
    """
    from rebond.packs import default_qualifier

    try:
        qualifier: Judge = default_qualifier()
        if leave_out:
            from rebond.cli.coverage import without_rules_of

            qualifier, left_out = without_rules_of(leave_out, folder=folder)
            say(f"without the {len(left_out)} rules that win on {leave_out} alone: {', '.join(left_out)}")
        result = score_folder(folder, qualifier=qualifier, by=by, source=source)
    except CorpusError as error:
        say(f"rebond: {error}")
        return Exit.USAGE
    if wants_json(as_json):
        shown = result.as_dict() | {"misses": [_as_row(miss) for miss in result.misses[:misses]]}
        print(to_json(shown))
    else:
        _draw(result, misses=misses)
    return Exit.DONE


@dataclass(slots=True)
class _Counter:
    """Counts one row's metrics, in all and in its group, and keeps what was missed."""

    result: ScoreResult
    row: Mapping[str, Any]
    by: str | None

    def count(self, metric: str, right: bool, *, wanted: object = "", got: object = "", text: str = "") -> None:
        self.result.metrics[metric].count(right)
        if self.by:
            group = self.result.groups.setdefault(str(self.row.get(self.by)), {})
            group.setdefault(metric, Tally()).count(right)
        if not right:
            path = named(self.row)
            self.result.misses.append(Miss(metric=metric, path=path, wanted=str(wanted), got=str(got), text=text[:300]))


def _score_mail(counter: _Counter, row: Mapping[str, Any], report: Report) -> None:
    wanted, got = row["kind"], _kind(report)
    accepted = ("auto_reply", "other") if wanted == "auto_reply_or_other" else (wanted,)
    counter.count("kind", got in accepted, wanted=wanted, got=got)
    if wanted == "other":
        counter.count("ordinary_left_alone", not report.failures, wanted="no failure", got=_told(report.failures))
    if wanted == "complaint":
        counter.count("complaints_found", report.kind is ReturnKind.COMPLAINT, wanted=wanted, got=got)
    if row["recipients"]:
        counter.count("recipient", _same_recipients(row, report), wanted=row["recipients"], got=_recipients(report))
    if report.kind in (ReturnKind.DSN, ReturnKind.BOUNCE):
        for failure in report.failures:
            known = failure.verdict.reason != "not_defined"
            counter.count("qualified", known, wanted="a reason", got="not_defined", text=failure.text)
    _score_verdict(counter, row, report)


def _score_verdict(counter: _Counter, row: Mapping[str, Any], report: Report) -> None:
    """Compare type and reason. A row has one of each: with several recipients one of theirs must be it."""
    failures = report.failures
    text = failures[0].text if failures else ""
    if row["type"] is not None:
        types = {str(failure.verdict.type) for failure in failures}
        right = bool(types & {row["type"], *row["also_type"]})
        counter.count("type", right, wanted=row["type"], got=_told(failures), text=text)
    if row["reason"] is not None:
        complained = report.kind is ReturnKind.COMPLAINT
        reasons = {"denylisted"} if complained else {str(failure.verdict.reason) for failure in failures}
        right = bool(reasons & {row["reason"], *row["also_reason"]})
        counter.count("reason", right, wanted=row["reason"], got=_told(failures), text=text)


def _score_reply(counter: _Counter, row: Mapping[str, Any], failure: Failure) -> None:
    for metric, name, got in (
        ("reply_type", "type", str(failure.verdict.type)),
        ("reply_reason", "reason", str(failure.verdict.reason)),
    ):
        if row[name] is not None:
            right = got == row[name] or got in row[f"also_{name}"]
            counter.count(metric, right, wanted=row[name], got=_told((failure,)), text=row["text"])


def _kind(report: Report) -> str:
    """Give the kind in the labels' words: they call a challenge an automatic answer."""
    return "auto_reply" if report.kind is ReturnKind.CHALLENGE else str(report.kind)


def _recipients(report: Report) -> list[str]:
    if report.kind is ReturnKind.COMPLAINT:
        return sorted({address.lower() for address in report.complainants})
    if report.kind in _NOT_FAILURES:
        return []
    delivered = report.kind is ReturnKind.DELIVERED
    facts = [each for each in report.facts if delivered or each.action not in _SUCCESSES]
    return sorted({each.recipient.lower() for each in facts})


def _same_recipients(row: Mapping[str, Any], report: Report) -> bool:
    wanted, others = set(row["recipients"]), row["recipients_alt"]
    got = set(_recipients(report))
    accepted = wanted.union(*others.values())
    return got <= accepted and all(each in got or got & set(others.get(each, ())) for each in wanted)


def _told(failures: Iterable[Failure]) -> str:
    verdicts = [failure.verdict for failure in failures]
    return "; ".join(dict.fromkeys(f"{each.type} {each.reason}/{each.cause} by {each.rule}" for each in verdicts))


def _shown(tally: Tally) -> dict[str, Any]:
    return {"right": tally.right, "of": tally.of, "percent": tally.percent}


def _as_row(miss: Miss) -> dict[str, str]:
    return {"metric": miss.metric, "path": miss.path, "wanted": miss.wanted, "got": miss.got, "text": miss.text}


def _draw(result: ScoreResult, *, misses: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"{result.messages} messages, {result.replies} replies")
    for heading in ("", "right", "of", "%"):
        table.add_column(heading, justify="left" if not heading else "right")
    sections = [("", result.metrics), *sorted(result.groups.items())]
    for group, tallies in sections:
        for name, tally in tallies.items():
            if tally.of:
                label = f"{group}: {name}" if group else name
                table.add_row(label, str(tally.right), str(tally.of), f"{tally.percent:.1f}")
    console.print(table)
    for miss in result.misses[:misses]:
        line = f"{miss.metric}  {miss.path}\n  wanted {miss.wanted}\n  got    {miss.got}\n  {miss.text}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
