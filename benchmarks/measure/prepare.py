"""Prepare a delivery to N people against N addresses with a status, beside the bare statement that does as much.

The baseline is the same anti-join and dedupe, writing one logged table with the columns, constraints and indexes of the
sending log, in one transaction.
"""

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Measured
from benchmarks.invent import email_of
from benchmarks.measure.import_people import ADDRESS, PROFILE, address_rows, profile_rows
from benchmarks.site import fresh_site, load, plain_connection, settle_statistics

if TYPE_CHECKING:
    from rebond.wiring import Site

STATE = (
    "channel",
    "address_key",
    "scope",
    "address",
    "status",
    "origin",
    "reason",
    "cause",
    "error_count",
    "error_text",
    "provider",
    "releases",
    "confirming",
    "policy_digest",
)
_DENIAL = ("profile_id", "channel", "at", "origin", "proof")
_SELECTION = """
INSERT INTO baseline (delivery_id, profile, channel, address, address_key, dedupe_key, provider, status, type, reason,
    cause, rule, text, attempts, step, message_id, worker, fence, uncertain, remote_id,
    return_type, return_reason, return_cause, return_rule, return_text)
SELECT 1, x.id, 'email', x.text, x.key, x.key, 'other', 'pending', '', '',
    '', '', '', 0, 0, '', '', 0, {no}, '', '', '', '', '', ''
FROM (
    SELECT p.id, a.text, a.key
    FROM profile p JOIN profile_address a ON a.profile_id = p.id AND a.channel = 'email'
    WHERE p.erased_at IS NULL AND a.key IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM address_state s WHERE s.channel = 'email' AND s.address_key = a.key AND s.scope = ''
        AND s.status IN ('quarantined', 'denylisted'))
    AND NOT EXISTS (SELECT 1 FROM profile_denial d WHERE d.profile_id = p.id AND d.channel IN ('email', 'all'))
) x WHERE true ORDER BY x.id
ON CONFLICT (delivery_id, dedupe_key) DO NOTHING
"""


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure `prepare` with its checks, its exclusion log and its counters; the baseline before and after it."""
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)
    with fresh_site(database) as site:
        fill(site, number, now=now)
        first, kept = _baseline(site)
        delivery = make_delivery(site, now=now)
        from rebond.services.prepare import prepare

        began = time.perf_counter()
        done = prepare(
            delivery, content=site.content, providers=site.providers, policy=site.policy, now=now, actor="bench"
        )
        ours = time.perf_counter() - began
        second, _ = _baseline(site)
    assert done.messages + done.production_errors == kept, (done, kept)
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="one INSERT … SELECT",
        note=f"{done.messages:,} messages, {sum(done.exclusions.values()):,} exclusions",
    )


def fill(site: "Site", number: int, *, now: datetime) -> None:
    """People, as many addresses with a status (one in ten is somebody's), and some opt-outs."""
    at = now.isoformat(" ")
    denials = ((place + 1, "email", at, "person", "") for place in range(0, number, 50))
    with plain_connection(site) as connection:
        load(connection, "profile", PROFILE, profile_rows(number, now=now))
        load(connection, "profile_address", ADDRESS, address_rows(number))
        load(connection, "address_state", STATE, state_rows(number))
        load(connection, "profile_denial", _DENIAL, denials)
        if not isinstance(connection, sqlite3.Connection):
            connection.execute("SELECT setval('profile_id_seq', (SELECT max(id) FROM profile))")
        settle_statistics(connection)


def state_rows(number: int) -> Iterator[tuple[object, ...]]:
    """Quarantined addresses, one in ten of which belongs to somebody here."""
    return (_state(email_of(place * 10)) for place in range(number))


def make_delivery(site: "Site", *, now: datetime) -> int:
    """A draft for everybody."""
    from rebond.core.policy import RetryPermanent
    from rebond.core.words import Channel, MessageClass
    from rebond.services.deliveries import NewDelivery, create_delivery

    new = NewDelivery(
        name="bench",
        channel=Channel.EMAIL,
        sender="Shop <news@shop.example>",
        subject="{{ first_name }}, this week at the shop",
        text=TEXT,
        html="",
        message_class=MessageClass.COMMERCIAL,
        validity=timedelta(days=5),
        retries=(timedelta(hours=1),) * 5,
        retry_permanent=RetryPermanent.DAILY,
    )
    return create_delivery(new, now=now, actor="bench").id


# About 1 kB once filled.
TEXT = "Dear {{ first_name }} {{ last_name }},\n\n" + "".join(
    f"Line {line}: news for {{{{ city }}}} and for everybody in {{{{ segment }}}} this week.\n" for line in range(14)
)


def _state(email: str) -> tuple[object, ...]:
    common = (email, "quarantined", "evidence", "user_unknown", "no_such_user", 1, "550 5.1.1 unknown", "")
    return ("email", email, "", *common, 0, "[]", "bench")


def _baseline(site: "Site") -> tuple[float, int]:
    with plain_connection(site) as connection:
        if isinstance(connection, sqlite3.Connection):
            return _baseline_sqlite(connection)
        connection.execute("CREATE TABLE baseline (LIKE message INCLUDING ALL)")
        connection.commit()
        began = time.perf_counter()
        kept = connection.execute(_SELECTION.format(no="false")).rowcount
        connection.commit()
        seconds = time.perf_counter() - began
        connection.execute("DROP TABLE baseline")
        return seconds, kept


def _baseline_sqlite(connection: sqlite3.Connection) -> tuple[float, int]:
    wanted = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'message' AND sql IS NOT NULL"
    for kind, name, sql in connection.execute(wanted).fetchall():
        made = sql.replace('"message"', '"baseline"', 1) if kind == "table" else _on_baseline(sql, name)
        connection.execute(made)
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    kept = connection.execute(_SELECTION.format(no="0")).rowcount
    connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.execute("DROP TABLE baseline")
    return seconds, kept


def _on_baseline(sql: str, name: str) -> Any:
    return sql.replace(f'"{name}"', f'"baseline_{name}"', 1).replace('ON "message"', 'ON "baseline"', 1)
