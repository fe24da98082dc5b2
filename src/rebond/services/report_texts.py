"""The report of qualification: what is not qualified, how old the queue is, which rules work and which never fire."""

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo

from rebond.core.words import QualificationStatus
from rebond.services.report_shape import Column, Drawing, Kind, NamedReport, ReportAbout, Table
from rebond.store.read.reports import Scope, decisions, rule_use, text_figures

_NO_RULE = ("none", "code:", "smtp:", "given")
_MOST_RULES = 100


def qualification_report(
    scope: Scope, about: ReportAbout, *, zone: tzinfo, now: datetime, rules: frozenset[str]
) -> NamedReport:
    """Report on the texts of failures as they stand, and on the decisions of a period; `rules`: all in force."""
    used = rule_use(about.channel)
    occurrences = sum(number for _, _, number in used)
    unknown = sum(number for rule, _, number in used if rule.startswith(_NO_RULE))
    share = unknown / occurrences if occurrences else None
    fired = {rule for rule, _, _ in used}
    return NamedReport(
        name="qualification",
        about=about,
        as_of=None,
        tables=(
            Table(
                "unqualified",
                (Column("occurrences"), Column("unknown"), Column("share", Kind.SHARE, "occurrences")),
                [(occurrences, unknown, share)],
            ),
            _queue(about, now=now),
            _decided(scope, zone=zone),
            Table(
                "rules",
                (Column("rule", Kind.TEXT), Column("texts"), Column("occurrences")),
                [row for row in used if not row[0].startswith(_NO_RULE)][:_MOST_RULES],
            ),
            Table("never", (Column("rule", Kind.TEXT),), [(name,) for name in sorted(rules - fired)]),
        ),
        drawings=(Drawing(table="decisions", x="week", series=("made", "undone")),),
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
