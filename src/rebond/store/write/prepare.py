"""Preparation inside the database: a chunk of profiles at a time, a fixed number of statements each.

A chunk is classified into a temporary table, by the rules of `core/exclusion.py` in their order; from there come its
messages and its exclusions, and with them, in the same transaction, the counters and the cursor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from rebond.core.exclusion import CONFIRMATION_GAP, ExclusionRule, Ground, rules_for
from rebond.core.failure import Origin
from rebond.core.words import AddressStatus, Channel, DeliveryStatus, FailureType, MessageClass, MessageStatus, Reason
from rebond.store.dialect import domain_of, fill, is_postgresql, locking, moment, prefer_indexes, temporary_table
from rebond.store.models import Message
from rebond.store.read.deliveries import Aim, DeliveryRow
from rebond.store.read.targets import TargetSql, target_sql
from rebond.store.write.counters import move_counts

OTHER = "other"
_MOST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk made; `cursor` is the last profile of it."""

    cursor: int
    profiles: int
    messages: int


class MovedOnError(Exception):
    """Another process prepared this chunk, or the delivery is not being prepared any more."""


_MEMBERS = "target_member, list_member, subscription"


def ready_planner() -> None:
    """Let PostgreSQL look at the tables first: right after a large import it takes them for empty, and plans so."""
    if is_postgresql():
        with connection.cursor() as cur:
            cur.execute(f"ANALYZE profile, profile_address, profile_denial, address_state, {_MEMBERS}")


def prepare_chunk(
    delivery: DeliveryRow, *, cursor: int, size: int, providers: Mapping[str, str], now: datetime
) -> Chunk | None:
    """Prepare the next profiles behind the cursor in one transaction; None when there are no more.

    `providers` names the provider of a domain, as a label. Raises MovedOnError.
    """
    with transaction.atomic(), connection.cursor() as cur:
        target = target_sql(Aim(delivery.target, delivery.target_ref), delivery=delivery.id)
        last = _last(cur, target, cursor=cursor, size=size)
        if last is None:
            return None
        cur.execute(_ADVANCE, [last, delivery.id, DeliveryStatus.PREPARING.value, cursor])
        if cur.rowcount != 1:
            raise MovedOnError
        cur.execute(temporary_table("prepare_person", _STAGING))
        cur.execute(temporary_table("prepare_provider", "domain text PRIMARY KEY, provider text"))
        prefer_indexes(cur)
        fill(cur, "prepare_provider", ("domain", "provider"), sorted(providers.items()))
        fill(cur, "prepare_person", ("profile",), ())
        statement, parameters = _classify(delivery, target, now=now)
        cur.execute(statement, [*parameters, cursor, last])
        # Those of this statement, not of the one before: somebody may have left the target between the two.
        profiles = cur.rowcount
        messages = _make_messages(cur, delivery)
        cur.execute(_EXCLUSIONS.format(**_names(delivery.message_class)), [delivery.id])
        excluded = cur.rowcount
        cur.execute(_COUNT_EXCLUSIONS.format(**_names(delivery.message_class)), [delivery.id])
        move_counts(delivery.id, {"target": profiles, "excluded": excluded, "messages": messages, "pending": messages})
    return Chunk(cursor=last, profiles=profiles, messages=messages)


_STAGING = "profile bigint, address text, address_key text, provider text, rule integer"
_ADVANCE = "UPDATE delivery SET cursor = %s WHERE id = %s AND status = %s AND cursor = %s"


def _last(cur: Any, target: TargetSql, *, cursor: int, size: int) -> int | None:
    """Find the last profile of the next chunk, None when there is none."""
    inner = (
        f"SELECT {target.number} AS id FROM {target.people}"
        f" WHERE {target.condition} {target.number} > %s AND p.erased_at IS NULL ORDER BY 1 LIMIT %s"
    )
    cur.execute(f"SELECT max(id) FROM ({inner}) c", [*target.parameters, cursor, size])
    last: int | None = cur.fetchone()[0]
    return last


# How each ground is asked of the joined rows. `seen_before` is not: the unique (delivery, address key) of the
# messages tells it, and tells it across chunks.
_GROUNDS: Mapping[Ground, str] = {
    Ground.NO_ADDRESS: "coalesce(a.text, '') = ''",
    Ground.NO_KEY: "a.key IS NULL",
    Ground.OPTED_OUT_OF_ALL: "da.id IS NOT NULL",
    Ground.OPTED_OUT_OF_CHANNEL: "dc.id IS NOT NULL",
    Ground.COMPLAINED: f"s.status = '{AddressStatus.DENYLISTED}' AND s.origin = '{Origin.COMPLAINT}'",
    Ground.STOPPED: f"s.status = '{AddressStatus.DENYLISTED}' AND s.origin = '{Origin.STOP}'",
    Ground.DENYLISTED: f"s.status = '{AddressStatus.DENYLISTED}'",
    Ground.QUARANTINED: f"s.status = '{AddressStatus.QUARANTINED}'",
    # Incidents come later; nothing is held yet.
    Ground.HELD: "1 = 0",
    # Those are not in the target.
    Ground.UNSUBSCRIBED: "1 = 0",
    Ground.CONFIRMED_LATELY: (
        "EXISTS (SELECT 1 FROM message c JOIN delivery d ON d.id = c.delivery_id"
        f" WHERE d.message_class = '{MessageClass.CONFIRMATION}' AND c.channel = a.channel"
        " AND c.address_key = a.key AND c.delivered_at > %s)"
    ),
}
_DENIAL = "LEFT JOIN profile_denial {alias} ON {alias}.profile_id = p.id AND {alias}.channel = '{channel}'"
_CLASSIFY = """
INSERT INTO prepare_person (profile, address, address_key, provider, rule)
SELECT p.id, coalesce(a.text, ''), coalesce(a.key, ''), coalesce(v.provider, '{other}'), CASE {cases} END
FROM {people}
LEFT JOIN profile_address a ON a.profile_id = p.id AND a.channel = '{channel}'
LEFT JOIN address_state s ON s.channel = a.channel AND s.address_key = a.key AND s.scope = ''
LEFT JOIN prepare_provider v ON v.domain = {domain}
{denials}
WHERE {condition} p.id > %s AND p.id <= %s AND p.erased_at IS NULL
"""


def _classify(delivery: DeliveryRow, target: TargetSql, *, now: datetime) -> tuple[str, list[Any]]:
    """Make the statement that gives each profile of a chunk the number of the first rule that stops it, or none.

    A rule behind `seen_before` may be asked before it: it is about the address, so that the message which the later
    profile would be a duplicate of was not made either.
    """
    rules = rules_for(delivery.message_class)
    grounds = {rule.ground for rule in rules}
    cases = " ".join(
        f"WHEN {_GROUNDS[rule.ground]} THEN {number}"
        for number, rule in enumerate(rules)
        if rule.ground is not Ground.SEEN_BEFORE
    )
    denials = []
    if Ground.OPTED_OUT_OF_ALL in grounds:
        denials.append(_DENIAL.format(alias="da", channel="all"))
    if Ground.OPTED_OUT_OF_CHANNEL in grounds:
        denials.append(_DENIAL.format(alias="dc", channel=delivery.channel.value))
    statement = _CLASSIFY.format(
        other=OTHER,
        cases=cases,
        people=target.people,
        channel=delivery.channel.value,
        domain=domain_of("a.key") if delivery.channel is Channel.EMAIL else "''",
        denials="\n".join(denials),
        condition=target.condition,
    )
    parameters: list[Any] = [moment(now - CONFIRMATION_GAP)] if Ground.CONFIRMED_LATELY in grounds else []
    return statement, [*parameters, *target.parameters]


_MESSAGES = """
INSERT INTO message (delivery_id, profile, channel, address, address_key, dedupe_key, provider, status, type, reason,
    cause, rule, text, attempts, step, message_id, worker, fence, uncertain, remote_id,
    return_type, return_reason, return_cause, return_rule, return_text)
SELECT %s, s.profile, '{channel}', s.address, s.address_key, {dedupe}, s.provider, '{status}', '', '',
    '', '', '', 0, 0, '', '', 0, false, '', '', '', '', '', ''
FROM prepare_person s WHERE s.rule IS NULL ORDER BY s.profile
ON CONFLICT (delivery_id, dedupe_key) DO NOTHING
"""
_DUPLICATES = """
UPDATE prepare_person SET rule = %s WHERE rule IS NULL AND NOT EXISTS (
    SELECT 1 FROM message m WHERE m.delivery_id = %s AND m.profile = prepare_person.profile)
"""
_EXCLUSIONS = """
INSERT INTO exclusion (delivery_id, profile, address, reason, cause, late)
SELECT %s, s.profile, s.address, {reason}, {cause}, false FROM prepare_person s
WHERE s.rule IS NOT NULL ORDER BY s.profile
"""
_COUNT_EXCLUSIONS = """
INSERT INTO exclusion_count (delivery_id, reason, cause, number)
SELECT %s, x.reason, x.cause, count(*) FROM (
    SELECT {reason} AS reason, {cause} AS cause FROM prepare_person s WHERE s.rule IS NOT NULL) x
GROUP BY x.reason, x.cause ORDER BY x.reason, x.cause
ON CONFLICT (delivery_id, reason, cause) DO UPDATE SET number = exclusion_count.number + excluded.number
"""


def _make_messages(cur: Any, delivery: DeliveryRow) -> int:
    # A confirmation never goes to an address twice, whatever the delivery allows.
    twice = delivery.duplicates and delivery.message_class is not MessageClass.CONFIRMATION
    statement = _MESSAGES.format(
        channel=delivery.channel.value,
        dedupe="NULL" if twice else "s.address_key",
        status=MessageStatus.PENDING.value,
    )
    cur.execute(statement, [delivery.id])
    made: int = cur.rowcount
    # In the order of the profiles, so that of two with one address the lower number has the message.
    duplicate = [rule.ground for rule in rules_for(delivery.message_class)].index(Ground.SEEN_BEFORE)
    if not twice:
        cur.execute(_DUPLICATES, [duplicate, delivery.id])
    return made


def _names(message_class: MessageClass) -> dict[str, str]:
    """Make the expressions for the reason and the cause of the rule with a row's number."""
    rules = rules_for(message_class)
    return {
        "reason": _case(rules, [rule.reason.value for rule in rules]),
        "cause": _case(rules, [rule.cause.value if rule.cause else "" for rule in rules]),
    }


def _case(rules: Sequence[ExclusionRule], words: Sequence[str]) -> str:
    return "CASE s.rule " + " ".join(f"WHEN {n} THEN '{words[n]}'" for n in range(len(rules))) + " END"


def clear_some(delivery_id: int, *, limit: int) -> int:
    """Take back messages or exclusions of an earlier preparation, in one transaction; returns how many.

    0 when none is left, or when another process has begun to make new ones or ended the preparation.
    """
    with transaction.atomic(), connection.cursor() as cur:
        cur.execute(_CLEARS.format(lock=locking()), [delivery_id, DeliveryStatus.PREPARING.value])
        if cur.fetchone() is None:
            return 0
        return _clear(cur, "message", delivery_id, limit) or _clear(cur, "exclusion", delivery_id, limit)


_CLEARS = "SELECT id FROM delivery WHERE id = %s AND status = %s AND cursor < 0 {lock}"


def _clear(cur: Any, table: str, delivery_id: int, limit: int) -> int:
    which = f"SELECT id FROM {table} WHERE delivery_id = %s ORDER BY profile LIMIT %s"
    columns = "status, ''" if table == "message" else "reason, cause"
    parameters = [delivery_id, limit]
    cur.execute(f"SELECT {columns}, count(*) FROM {table} WHERE id IN ({which}) GROUP BY 1, 2", parameters)
    groups: list[tuple[str, str, int]] = cur.fetchall()
    cur.execute(f"DELETE FROM {table} WHERE id IN ({which})", parameters)
    total = sum(number for _, _, number in groups)
    if table == "message":
        spoiled = sum(number for status, _, number in groups if status == MessageStatus.PRODUCTION_ERROR)
        moves = {"messages": -total, "pending": spoiled - total, "production_errors": -spoiled, "target": -total}
    else:
        moves = {"excluded": -total, "target": -total}
        for reason, cause, number in groups:
            cur.execute(_UNCOUNT, [number, delivery_id, reason, cause])
    move_counts(delivery_id, moves)
    return total


_UNCOUNT = "UPDATE exclusion_count SET number = number - %s WHERE delivery_id = %s AND reason = %s AND cause = %s"


def begin_again(delivery_id: int) -> None:
    """Note that nothing is left of an earlier preparation: the first profile is next."""
    with connection.cursor() as cur:
        cur.execute(
            "UPDATE delivery SET cursor = 0 WHERE id = %s AND status = %s AND cursor < 0",
            [delivery_id, DeliveryStatus.PREPARING.value],
        )


def spoil(delivery_id: int, words: Mapping[int, str]) -> int:
    """Turn pending messages that cannot be built into production errors, with the words; returns how many."""
    with transaction.atomic():
        rows = Message.objects.filter(id__in=words, status=MessageStatus.PENDING.value).order_by("id")
        numbers = list(rows.select_for_update().values_list("id", flat=True))
        for number in numbers:
            Message.objects.filter(id=number).update(
                status=MessageStatus.PRODUCTION_ERROR.value,
                type=FailureType.IGNORED.value,
                reason=Reason.PRODUCTION_ERROR.value,
                rule="none",
                text=words[number][:_MOST_TEXT],
            )
        move_counts(delivery_id, {"pending": -len(numbers), "production_errors": len(numbers)})
    return len(numbers)
