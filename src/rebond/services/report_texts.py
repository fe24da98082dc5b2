"""The report of qualification: what is not qualified, how old the queue is, which rules work and which never fire."""

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo

from rebond.core.words import QualificationStatus
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table, share_of
from rebond.store.read.facts import Scope
from rebond.store.read.reports import RuleUse, decisions, rule_use, text_figures

_WAITING = QualificationStatus.TO_QUALIFY
_BY_CODE = ("code:", "smtp:")
_NO_RULE = ("none", *_BY_CODE, "given")
_MOST_RULES = 100


def qualification_report(
    scope: Scope, about: ReportAbout, *, zone: tzinfo, now: datetime, rules: frozenset[str]
) -> NamedReport:
    """Report on the texts of failures as they stand, and on the decisions of a period; `rules`: all in force."""
    used = rule_use(about.channel)
    by_rule: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in used:
        if not one.rule.startswith(_NO_RULE):
            by_rule[one.rule][0] += one.texts
            by_rule[one.rule][1] += one.occurrences
    most_used = sorted(by_rule.items(), key=lambda item: (-item[1][1], item[0]))
    return NamedReport(
        name="qualification",
        about=about,
        as_of=None,
        tables=(
            _unqualified(used),
            _queue(about, now=now),
            _decided(scope, zone=zone),
            Table(
                "rules",
                (Column("rule", Kind.TEXT), Column("texts"), Column("occurrences")),
                [(rule, *numbers) for rule, numbers in most_used[:_MOST_RULES]],
            ),
            Table("never", (Column("rule", Kind.TEXT),), [(name,) for name in sorted(rules - by_rule.keys())]),
        ),
        drawings=(Drawing(table="decisions", x="week", series=("made", "undone")),),
    )


def _unqualified(used: list[RuleUse]) -> Table:
    """What waits in the queue, and beside it what the code of the answer was enough for."""
    occurrences = sum(one.occurrences for one in used)
    waiting = sum(one.occurrences for one in used if one.status is _WAITING)
    by_code = sum(one.occurrences for one in used if one.status is not _WAITING and one.rule.startswith(_BY_CODE))
    return Table(
        "unqualified",
        (
            Column("occurrences"),
            Column("unknown"),
            Column("share", Kind.SHARE, "occurrences"),
            Column("by_code"),
            Column("share_by_code", Kind.SHARE, "occurrences"),
        ),
        [(occurrences, waiting, share_of(waiting, occurrences), by_code, share_of(by_code, occurrences))],
    )


def _queue(about: ReportAbout, *, now: datetime) -> Table:
    rows = [
        (one.status, one.texts, one.occurrences, one.oldest, _days(one.oldest, now))
        for one in text_figures(about.channel)
    ]
    order = list(QualificationStatus)
    columns = (
        Column("status", Kind.WORD, "QualificationStatus"),
        Column("texts"),
        Column("occurrences"),
        Column("oldest", Kind.MOMENT),
        Column("days"),
    )
    return Table("queue", columns, sorted(rows, key=lambda row: order.index(row[0])))


def _days(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else (now - since).days


def _decided(scope: Scope, *, zone: tzinfo) -> Table:
    weeks: dict[object, list[int]] = defaultdict(lambda: [0, 0])
    for at, _, undone in decisions(since=scope.since, until=scope.until):
        day = at.astimezone(zone).date()
        week = weeks[day - timedelta(days=day.weekday())]
        week[0] += 1
        week[1] += undone
    rows = [(week, made, undone) for week, (made, undone) in sorted(weeks.items(), key=str)]
    return Table("decisions", (Column("week", Kind.DAY), Column("made"), Column("undone")), rows)
