"""A filled site for the pages of the console: for each profile five messages, for every second one a state."""

from datetime import datetime
from typing import Any

_MESSAGES = 5
_A_DELIVERY = 100_000
_TEXTS = 2_000

# Written for PostgreSQL, which makes millions of rows in seconds; n is the number of profiles.
_STATEMENTS = (
    """INSERT INTO profile (external_id, fields, created_at, updated_at)
       SELECT 'p' || i, jsonb_build_object('first_name', 'Ada', 'city', 'Lyon'), %(now)s, %(now)s
       FROM generate_series(1, %(n)s) i""",
    """INSERT INTO profile_address (profile_id, channel, text, key)
       SELECT id, 'email', external_id || '@' || domain, external_id || '@' || domain
       FROM (SELECT id, external_id, (ARRAY['gmail.com','yahoo.fr','orange.fr','free.fr','laposte.net','sfr.fr',
             'd' || (id %% 5000) || '.example'])[1 + id %% 7] AS domain FROM profile) p""",
    """INSERT INTO delivery (name, channel, message_class, sender, subject, text, html, target, validity, retries,
         retry_permanent, duplicates, verify_all, status, problem, cursor, created_at, prepared_at, started_at, ends_at,
         finished_at{more_columns})
       SELECT 'Weekly ' || i, 'email', 'commercial', 'Shop <a@shop.example>', 'Hello', 'Hello', '', 'all',
         interval '5 days', '[]', 'daily', false, false, 'finished', '', 0, at, at, at, at + interval '5 days',
         at + interval '5 days'{more_values}
       FROM (SELECT i, %(now)s - (%(deliveries)s - i) * interval '12 hours' - interval '6 days' AS at
             FROM generate_series(1, %(deliveries)s) i) d""",
    """INSERT INTO message (delivery_id, profile, channel, address, address_key, dedupe_key, provider, status, type,
         reason, cause, rule, text, attempts, step, last_attempt_at, next_attempt_at, first_claimed_at, message_id,
         worker, lease_until, fence, uncertain, remote_id, delivered_at, returned_at, return_type, return_reason,
         return_cause, return_rule, return_text, complained_at{more_columns})
       SELECT d.id, a.profile_id, 'email', a.text, a.key, a.key, split_part(a.key, '@', 2),
         CASE WHEN r < 3 THEN 'failed' ELSE 'delivered' END, CASE WHEN r < 3 THEN 'soft' ELSE '' END,
         CASE WHEN r < 3 THEN 'refused' ELSE '' END, CASE WHEN r < 3 THEN 'reputation' ELSE '' END,
         CASE WHEN r < 3 THEN 'generic.reputation' ELSE '' END,
         CASE WHEN r < 3 THEN '550 5.7.1 refused' ELSE '' END, 1, 0, at, NULL, at, d.id || '.' || a.id || '@shop', '',
         NULL, 0, false, '', CASE WHEN r < 3 THEN NULL ELSE at + interval '2 seconds' END,
         CASE WHEN r BETWEEN 3 AND 4 THEN at + interval '1 hour' END,
         CASE WHEN r BETWEEN 3 AND 4 THEN 'hard' ELSE '' END,
         CASE WHEN r BETWEEN 3 AND 4 THEN 'user_unknown' ELSE '' END,
         CASE WHEN r BETWEEN 3 AND 4 THEN 'no_such_user' ELSE '' END, '', '', NULL{more_values}
       FROM (SELECT a.*, k, (a.id * 7 + k * 13) %% 100 AS r,
               1 + ((a.id * %(each)s + k) / %(a_delivery)s) %% %(deliveries)s AS of
             FROM profile_address a, generate_series(0, %(each)s - 1) k) a
       JOIN LATERAL (SELECT id, started_at + (a.id %% 7200) * interval '1 second' AS at FROM delivery
             WHERE id = a.of) d ON true
       ON CONFLICT DO NOTHING""",
    """UPDATE delivery_counts c SET target = m.n + 10, excluded = 10, messages = m.n, delivered = m.d, failed = m.f,
         returned = m.r FROM (SELECT delivery_id, count(*) n, count(delivered_at) d,
           count(*) FILTER (WHERE status = 'failed') f, count(returned_at) r FROM message GROUP BY 1) m
       WHERE m.delivery_id = c.delivery_id""",
    """INSERT INTO exclusion_count (delivery_id, reason, cause, number)
       SELECT id, 'quarantined', '', 10 FROM delivery""",
    """INSERT INTO qualification (digest, channel, provider, template, first_text, first_identity, type, reason, cause,
         rule, pack_version, status, count, first_seen_at, last_seen_at)
       SELECT md5(i::text), 'email', '', '550 5.1.1 text number ' || i, '550 5.1.1 text number ' || i, '', 'hard',
         'user_unknown', 'no_such_user', CASE WHEN i %% 3 = 0 THEN 'none' ELSE 'generic.user' END, '',
         CASE WHEN i %% 3 = 0 THEN 'to_qualify' ELSE 'keep' END, i, %(now)s - interval '9 days', %(now)s
       FROM generate_series(1, %(texts)s) i""",
    """INSERT INTO evidence (identity, channel, address_key, scope, address, event, at, stored_at, type, reason, cause,
         rule, pack_version, confirm, text, code, enhanced, phase, provider, qualification, message_id, message,
         returned_mail, asynchronous, trust, trusted, first_sight, held_by, voids, because, actor)
       SELECT 'e' || id, 'email', key, '', text, 'failure', %(now)s - (id %% 700) * interval '1 day', %(now)s, 'hard',
         'user_unknown', 'no_such_user', 'generic.user', '', 1, '550 5.1.1 unknown', 550, '5.1.1', 'rcpt',
         split_part(key, '@', 2), 1 + id %% %(texts)s, '', NULL, '', false, 'signed', true, false, '', '[]', '', ''
       FROM profile_address WHERE id %% 2 = 0""",
    """INSERT INTO address_state (channel, address_key, scope, address, status, origin, reason, cause, error_count,
         first_error_at, last_error_at, last_counted_at, since, until, error_text, provider, releases, confirming,
         policy_digest{more_columns})
       SELECT channel, address_key, '', address, (ARRAY['quarantined','erroneous','quarantined'])[1 + id %% 3], 'hard',
         reason, cause, 1, at, at, at, at, CASE WHEN id %% 5 = 0 THEN at + interval '30 days' END, text, provider, 0,
         '[]', 'd'{more_values} FROM evidence""",
    """INSERT INTO status_change (at, channel, before, after, reason, cause, delivery)
       SELECT at, channel, 'valid', status, reason, cause, 1 + id %% %(deliveries)s FROM
         (SELECT id, since AS at, channel, status, reason, cause FROM address_state) s""",
)


def fill(connection: Any, number: int, *, now: datetime) -> None:
    """Fill a site's PostgreSQL; the columns that the statements do not name take what their type has for nothing."""
    deliveries = max(1, number * _MESSAGES // _A_DELIVERY)
    values = {
        "n": number,
        "now": now,
        "deliveries": deliveries,
        "each": _MESSAGES,
        "a_delivery": _A_DELIVERY,
        "texts": _TEXTS,
    }
    for statement in _STATEMENTS:
        table = statement.split()[2]
        connection.execute(_completed(connection, statement, table), values)
        if table == "delivery":
            connection.execute(
                "INSERT INTO delivery_counts (delivery_id, target, excluded, messages, pending, delivered, failed,"
                " cancelled, production_errors, returned) SELECT id, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM delivery"
            )
    connection.commit()


_EMPTY = {"text": "''", "character varying": "''", "boolean": "false", "bigint": "0", "integer": "0", "jsonb": "'{}'"}


def _completed(connection: Any, statement: str, table: str) -> str:
    """Name the columns that came since and may not be null."""
    if "{more_columns}" not in statement:
        return statement
    named = set(
        statement.partition("(")[2].partition("{more_columns}")[0].replace("\n", " ").replace(" ", "").split(",")
    )
    found = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'",
        [table],
    ).fetchall()
    more = [(name, _EMPTY[kind]) for name, kind in found if name not in named]
    columns = "".join(f", {name}" for name, _ in more)
    return statement.replace("{more_columns}", columns).replace("{more_values}", "".join(f", {one}" for _, one in more))
