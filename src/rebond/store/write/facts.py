"""What became of one delivery's messages and who was left out of it, summed: hour by hour, by provider, by domain.

The logs are read once, into a table of this transaction; the three sums that are kept are made of that one, so that
they always agree.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection

from rebond.core.words import SendingFact
from rebond.store.dialect import domain_of, hour_of, is_postgresql, later, seconds_between, temporary_table
from rebond.store.write.rows import insert

LATE = timedelta(days=7)
# Beyond so many of its domains a delivery's messages are summed together: what a report asks of is far fewer.
MOST_DOMAINS = 5000
# How many stand apart where all domains are shown beside one another.
SHOWN_DOMAINS = 200
_NO_VERDICT = "'', '', ''"
_NEVER = "1 = 0"  # false, as an expression that both databases know
_VERDICT = ("delivery", "channel", "hour", "kind", "type", "reason", "cause", "late")
_SUMS = ("number", "attempts", "seconds")
_STAGED = (
    "delivery bigint, channel text, hour {}, kind text, type text, reason text, cause text, late boolean,"
    " provider text, domain text, number bigint, attempts bigint, seconds bigint"
)


def sum_facts(delivery: int, *, provider_of: Callable[[str], str]) -> None:
    """Sum a delivery's logs anew; `provider_of` names the provider of a domain, for those who were left out."""
    with connection.cursor() as cursor:
        cursor.execute(temporary_table("staged_fact", _STAGED.format("timestamptz" if is_postgresql() else "text")))
        cursor.execute("DELETE FROM staged_fact")
        cursor.execute(_messages(), [delivery] * _PARTS)
        _stage_exclusions(cursor, delivery, provider_of)
        for table in ("hour_fact", "sending_fact", "domain_hour", "domain_fact"):
            cursor.execute(f"DELETE FROM {table} WHERE delivery = %s", [delivery])
        _keep(cursor, "hour_fact")
        _keep(cursor, "sending_fact", provider="provider")
        _set_apart(cursor)
        _keep_domains(cursor)
        _keep_largest(cursor)


def _messages() -> str:
    begun = "COALESCE(d.started_at, d.prepared_at, d.created_at)"
    # Never the planned end, which lies ahead while it is sending. What cannot be built is so from the start.
    settled = f"COALESCE(m.last_attempt_at, d.finished_at, {begun})"
    settled = f"CASE m.status WHEN 'production_error' THEN {begun} ELSE {settled} END"
    parts = (
        _part(
            f"'{SendingFact.DELIVERED}'",
            at="m.delivered_at",
            verdict=_NO_VERDICT,
            seconds=seconds_between("m.first_claimed_at", "m.delivered_at"),
            which="m.delivered_at IS NOT NULL",
        ),
        _part(
            f"CASE m.status WHEN 'failed' THEN '{SendingFact.FAILED}' WHEN 'cancelled' THEN '{SendingFact.CANCELLED}'"
            f" ELSE '{SendingFact.PRODUCTION_ERROR}' END",
            at=settled,
            verdict="m.type, m.reason, m.cause",
            which="m.status IN ('failed', 'cancelled', 'production_error')",
        ),
        _part(
            f"'{SendingFact.RETURNED}'",
            at="m.returned_at",
            verdict="m.return_type, m.return_reason, m.return_cause",
            late=f"m.returned_at > {later('m.delivered_at', LATE)}",
            which="m.returned_at IS NOT NULL AND m.delivered_at IS NOT NULL",
        ),
        _part(
            f"'{SendingFact.COMPLAINED}'",
            at="m.complained_at",
            verdict=_NO_VERDICT,
            which="m.complained_at IS NOT NULL",
        ),
        _part(
            f"'{SendingFact.PENDING}'",
            at=begun,
            verdict=_NO_VERDICT,
            which="m.status IN ('pending', 'sending', 'uncertain')",
        ),
    )
    assert len(parts) == _PARTS
    columns = ", ".join((*_VERDICT, "provider", "domain", *_SUMS))
    return f"INSERT INTO staged_fact ({columns}) " + " UNION ALL ".join(parts)


_PARTS = 5


def _part(kind: str, *, at: str, verdict: str, late: str = _NEVER, seconds: str = "0", which: str) -> str:
    domain = f"CASE WHEN m.channel = 'email' THEN {domain_of('m.address_key')} ELSE '' END"
    return (
        f"SELECT m.delivery_id, m.channel, {hour_of(at)}, {kind}, {verdict}, {late}, m.provider, {domain}, count(*),"
        f" sum(m.attempts), COALESCE(sum({seconds}), 0) FROM message m JOIN delivery d ON d.id = m.delivery_id"
        f" WHERE m.delivery_id = %s AND {which} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    )


def _stage_exclusions(cursor: Any, delivery: int, provider_of: Callable[[str], str]) -> None:
    """Who was left out has no provider in the log: it is that of the domain."""
    at = hour_of("COALESCE(d.started_at, d.prepared_at, d.created_at)")
    email = "d.channel = 'email' AND x.address LIKE '%%@%%'"
    domain = f"CASE WHEN {email} THEN lower({domain_of('x.address')}) ELSE '' END"
    cursor.execute(
        f"SELECT d.id, d.channel, {at}, x.reason, x.cause, {domain}, count(*) FROM exclusion x"
        " JOIN delivery d ON d.id = x.delivery_id WHERE x.delivery_id = %s GROUP BY 1, 2, 3, 4, 5, 6",
        [delivery],
    )
    excluded = SendingFact.EXCLUDED.value
    rows = [
        (of, channel, hour, excluded, "", reason, cause, False, *_placed(domain, provider_of), number, 0, 0)
        for of, channel, hour, reason, cause, domain, number in cursor.fetchall()
    ]
    insert("staged_fact", (*_VERDICT, "provider", "domain", *_SUMS), rows)


def _placed(domain: str, provider_of: Callable[[str], str]) -> tuple[str, str]:
    return (provider_of(domain), domain[:255]) if domain else ("", "")


def _keep(cursor: Any, table: str, **more: str) -> None:
    """Sum what is staged into one of the tables; `more`: its further columns, and the expressions for them."""
    columns, groups = (", ".join((*_VERDICT, *names)) for names in (more.keys(), more.values()))
    places = ", ".join(str(place) for place in range(1, len(_VERDICT) + len(more) + 1))
    cursor.execute(
        f"INSERT INTO {table} ({columns}, {', '.join(_SUMS)}) SELECT {groups}, sum(number), sum(attempts),"
        f" sum(seconds) FROM staged_fact GROUP BY {places}"
    )


def _set_apart(cursor: Any) -> None:
    """Rank the domains, the largest first: those that are summed each for itself."""
    cursor.execute(temporary_table("apart_domain", "domain text, place bigint"))
    cursor.execute("DELETE FROM apart_domain")
    cursor.execute(
        "INSERT INTO apart_domain (domain, place) SELECT domain, row_number() OVER (ORDER BY sum(number) DESC, domain)"
        f" FROM staged_fact WHERE domain <> '' GROUP BY domain ORDER BY 2 LIMIT {MOST_DOMAINS}"
    )


def _keep_domains(cursor: Any) -> None:
    """Those apart each for itself, the others under no name; a channel without domains has none."""
    columns = (*_VERDICT, "provider")
    names, groups = ", ".join(columns), ", ".join(f"s.{name}" for name in columns)
    cursor.execute(
        f"INSERT INTO domain_hour ({names}, domain, {', '.join(_SUMS)}) SELECT {groups}, COALESCE(a.domain, ''),"
        " sum(s.number), sum(s.attempts), sum(s.seconds) FROM staged_fact s"
        " LEFT JOIN apart_domain a ON a.domain = s.domain WHERE s.channel = 'email'"
        f" GROUP BY {groups}, COALESCE(a.domain, '')"
    )


def _keep_largest(cursor: Any) -> None:
    """The largest domains at a glance, and the others of each provider together."""
    counted = (SendingFact.DELIVERED, SendingFact.FAILED, SendingFact.RETURNED, SendingFact.COMPLAINED)
    sums = ", ".join(f"sum(CASE WHEN s.kind = '{kind}' THEN s.number ELSE 0 END)" for kind in counted)
    cursor.execute(
        "INSERT INTO domain_fact (delivery, domain, provider, delivered, failed, returned, complained)"
        f" SELECT s.delivery, COALESCE(a.domain, ''), s.provider, {sums} FROM staged_fact s LEFT JOIN apart_domain a"
        f" ON a.domain = s.domain AND a.place <= {SHOWN_DOMAINS} WHERE s.channel = 'email'"
        f" AND s.kind IN ({', '.join(repr(kind.value) for kind in counted)})"
        " GROUP BY 1, 2, 3"
    )
