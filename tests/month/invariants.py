"""What must hold after each day (specification 04 and 05), each by SQL and models of its own; a problem is a text."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.month.raw import one, rows, rows_of, rows_of_returns, when

if TYPE_CHECKING:
    from tests.month.month import Month

_COUNTERS = ("target", "excluded", "messages", "pending", "delivered", "failed", "cancelled", "production_errors")
_OPEN = ("pending", "sending", "uncertain")


def accounting(month: "Month") -> Iterator[str]:
    """Recount every delivery from its rows, compare with its counters, and check the equations."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for delivery, status, number in rows("SELECT delivery_id, status, count(*) FROM message GROUP BY 1, 2"):
        found[delivery][status] = number
    back_again = "SELECT delivery_id, count(*) FROM message WHERE returned_at IS NOT NULL AND status = 'delivered'"
    returned = dict(rows(f"{back_again} GROUP BY 1"))
    excluded: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    counted: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for table, into in (
        ("SELECT delivery_id, reason, cause, count(*) FROM exclusion GROUP BY 1, 2, 3", excluded),
        ("SELECT delivery_id, reason, cause, number FROM exclusion_count WHERE number <> 0", counted),
    ):
        for delivery, reason, cause, number in rows(table):
            into[delivery][reason, cause] = number
    names = ", ".join(_COUNTERS)
    for delivery, back, *numbers in rows(f"SELECT delivery_id, returned, {names} FROM delivery_counts"):
        counts = dict(zip(_COUNTERS, numbers, strict=True))
        yield from _equations(delivery, counts, back)
        yield from _never_falls(month, delivery, counts["delivered"])
        if delivery in month.purged:
            continue
        by_status = found[delivery]
        recount = {
            "pending": sum(by_status[status] for status in _OPEN),
            "delivered": by_status["delivered"] + by_status["received"],
            "failed": by_status["failed"],
            "cancelled": by_status["cancelled"],
            "production_errors": by_status["production_error"],
            "messages": by_status.total() - by_status["excluded_late"],
            "excluded": excluded[delivery].total(),
        }
        for name, number in recount.items():
            if counts[name] != number:
                yield f"delivery {delivery}: {name} is counted as {counts[name]}, its rows are {number}"
        if back != returned.get(delivery, 0):
            yield f"delivery {delivery}: returned is counted as {back}, its rows are {returned.get(delivery, 0)}"
        if excluded[delivery] != counted[delivery]:
            yield f"delivery {delivery}: exclusions {excluded[delivery]} are counted as {counted[delivery]}"


def _equations(delivery: int, counts: dict[str, int], returned: int) -> Iterator[str]:
    parts = ("production_errors", "failed", "cancelled", "delivered", "pending")
    if counts["target"] != counts["excluded"] + counts["messages"]:
        yield f"delivery {delivery}: target is not exclusions and messages: {counts}"
    if counts["messages"] != sum(counts[name] for name in parts):
        yield f"delivery {delivery}: messages are not the sum of their states: {counts}"
    if returned > counts["delivered"]:
        yield f"delivery {delivery}: {returned} returned of {counts['delivered']} delivered"


def _never_falls(month: "Month", delivery: int, delivered: int) -> Iterator[str]:
    if delivered < month.delivered.get(delivery, 0):
        yield f"delivery {delivery}: delivered fell from {month.delivered[delivery]} to {delivered}"
    month.delivered[delivery] = delivered


def marks(month: "Month") -> Iterator[str]:
    """An error after delivery stands beside `delivered`, never instead of it, and nothing open is settled."""
    for number, status in rows(
        "SELECT id, status FROM message WHERE (status = 'delivered') <> (delivered_at IS NOT NULL)"
        " OR (status NOT IN ('pending', 'sending', 'uncertain') AND (next_attempt_at IS NOT NULL OR worker <> ''))"
    ):
        yield f"message {number} is {status}, and its row says otherwise"
    # A worker that died with a window of a cancelled delivery leaves it to the next cleanup.
    for delivery, status, number in rows(
        "SELECT d.id, m.status, count(*) FROM delivery d JOIN message m ON m.delivery_id = d.id"
        " WHERE d.status IN ('finished', 'cancelled') AND m.status IN ('pending', 'sending', 'uncertain')"
        " AND (d.status = 'finished' OR m.status <> 'sending') GROUP BY 1, 2"
    ):
        yield f"delivery {delivery} is over with {number} messages {status}"


def one_each(month: "Month") -> Iterator[str]:
    """Each profile of a target is exactly one message or one exclusion."""
    for delivery in sorted(month.unfinished):
        sending = month.sendings[delivery]
        found = rows(
            "SELECT profile, count(*) FROM (SELECT profile FROM message WHERE delivery_id = %s"
            " AND status <> 'excluded_late' UNION ALL SELECT profile FROM exclusion WHERE delivery_id = %s) both_logs"
            " GROUP BY profile",
            delivery,
            delivery,
        )
        if any(number != 1 for _, number in found):
            yield f"delivery {delivery}: some have a message and an exclusion, or two: {found}"
        wanted = sending.members if sending.members is not None else frozenset(month.population.people)
        have = {month.population.by_profile[profile].id for profile, _ in found}
        if have != wanted:
            yield f"delivery {delivery}: left out {sorted(wanted - have)}, too many {sorted(have - wanted)}"
        status = one("SELECT status FROM delivery WHERE id = %s", delivery)
        if status in ("finished", "cancelled"):
            month.unfinished.discard(delivery)


def states(month: "Month") -> Iterator[str]:
    """Each row is what the oracle tells of all that was ever stored about the address."""
    ledger = month.ledger
    ledger.refresh()
    found = {}
    for row in rows(
        "SELECT address_key, status, error_count, reason, last_error_at, last_counted_at, releases, origin, since"
        " FROM address_state WHERE channel = 'email' AND scope = ''"
    ):
        found[row[0]] = row
    threshold = ledger.policy.email.threshold
    for key in found.keys() | ledger.known.keys():
        told, row = ledger.address(key), found.get(key)
        if row is None:
            if told.status != "valid":
                yield f"{key} has no row, and is {told}"
            continue
        _, status, count, reason, error, counted, releases, origin, _ = row
        has = (status, count, reason, when(error), when(counted), releases)
        wanted = (told.status, told.count, told.reason or "", told.last_error, told.last_counted, told.releases)
        if has != wanted:
            yield f"{key} is {has}, and should be {wanted}; {_history(month, key)}"
        if status == "erroneous" and count >= threshold and not (month.policy_changed and ledger.known[key].start):
            yield f"{key} is erroneous at {count} errors"
        if status == "quarantined" and origin == "soft" and count != threshold and not month.policy_changed:
            yield f"{key} was quarantined by soft errors at {count}"


def _history(month: "Month", key: str) -> str:
    items = sorted(month.ledger.known[key].items.values(), key=lambda item: (item.at, item.identity))
    return "; ".join(
        f"{item.at:%d %H:%M:%S} {item.event} {item.identity[:24]}"
        + (f" {item.verdict.type}/{item.verdict.cause}" if item.verdict else "")
        for item in items[-12:]
    )


def whole(month: "Month") -> Iterator[str]:
    """No evidence is lost, and none is there twice: each attempt's failure, each return, each event, each act."""
    there = month.ledger.identities
    attempts = {identity for identity in there if identity.startswith("attempt:")}
    if missing := month.courses.refused - attempts:
        yield f"{len(missing)} refusals left no evidence: {sorted(missing)[:3]}"
    if extra := attempts - month.courses.refused:
        yield f"{len(extra)} refusals that never were: {sorted(extra)[:3]}"
    by_mail: Counter[str] = Counter()
    for identity in there - month.ledger.doubtful:
        if identity.startswith("mail:"):
            by_mail[identity.split(":")[1]] += 1
    for digest, mail in month.returns.items():
        if mail.expected is not None and by_mail[digest] != mail.expected:
            yield f"the return {mail} has {by_mail[digest]} pieces of evidence"
    if unknown := by_mail.keys() - month.returns.keys():
        yield f"evidence of returns that never came: {sorted(unknown)[:3]}"
    doubled = rows("SELECT identity, count(*) FROM evidence GROUP BY 1 HAVING count(*) > 1")
    if doubled:
        yield f"evidence is there twice: {doubled[:3]}"
    stored = dict(rows_of_returns("SELECT state, count(*) FROM returned_mail GROUP BY 1"))
    if stored.get("stored") or stored.get("dead"):
        yield f"returns were not settled: {stored}"
    others = sum(not identity.startswith(("attempt:", "mail:", "message:", "exit:")) for identity in there)
    if others != month.acts:
        yield f"{others} events and acts are stored, {month.acts} were done"


def marked(month: "Month") -> Iterator[str]:
    """A message of which an error came back is marked, and no other; so is one that was complained about."""
    there = dict(rows("SELECT id, returned_at FROM message WHERE returned_at IS NOT NULL OR complained_at IS NOT NULL"))
    told: dict[int, set[str]] = defaultdict(set)
    by_mail = "SELECT message, event, type, reason FROM evidence WHERE message IS NOT NULL AND asynchronous AND trusted"
    by_event = (
        "SELECT m.id, e.event, e.type, e.reason FROM evidence e JOIN message m ON m.message_id = e.message_id"
        " AND NOT (m.message_id = '') AND m.address_key = e.address_key WHERE e.message IS NULL AND e.message_id <> ''"
    )
    for message, event, kind, reason in rows(by_mail) + rows(by_event):
        if event == "complaint" or (kind in ("hard", "soft") and reason != "not_a_failure"):
            told[message].add(event)
    still = {number for (number,) in rows_of("SELECT id FROM message WHERE id IN ({some})", sorted(told))}
    for message in sorted(told.keys() & still):
        if message not in there or ("failure" in told[message] and there[message] is None):
            yield f"message {message} came back ({told[message]}), and is not marked"
    # Evidence that retention has removed since has been seen.
    spoken_of = {number for sender, number in month.numbers.items() if sender[2:] in month.ledger.spoken_of}
    if extra := there.keys() - told.keys() - spoken_of:
        yield f"messages are marked of which nothing came back: {sorted(extra)[:5]}"


def untouched(month: "Month") -> Iterator[str]:
    """Quarantine changes nothing about a person: opt-outs, addresses and fields are as people made them."""
    people = month.population
    denied: dict[int, set[str]] = defaultdict(set)
    for profile, channel in rows("SELECT profile_id, channel FROM profile_denial"):
        denied[profile].add(channel)
    texts = dict(rows("SELECT profile_id, text FROM profile_address WHERE channel = 'email'"))
    fields = dict(rows("SELECT id, fields FROM profile"))
    for person in people.people.values():
        if denied.get(person.profile, set()) != person.denied:
            yield f"{person} opted out of {denied.get(person.profile)}"
        if texts[person.profile] != person.text.strip():
            yield f"{person} has the address {texts[person.profile]!r}"
        held = fields[person.profile]
        held = json.loads(held) if isinstance(held, str) else held
        if held != {"first_name": f"Anna {person.id}"} | ({"nick": "Nan"} if person.nick else {}):
            yield f"{person} has the fields {held}"


def production(month: "Month") -> Iterator[str]:
    """What cannot be built is a production error, and nothing else is one."""
    for number, profile, delivery in rows(
        "SELECT id, profile, delivery_id FROM message WHERE status = 'production_error'"
    ):
        if month.population.by_profile[profile].nick or not month.sendings[delivery].nick:
            yield f"message {number} is a production error without a reason"
        if number in month.courses.of and month.courses.of[number].digest:
            yield f"message {number} was handed over and could not be built"


def confirmations(month: "Month") -> Iterator[str]:
    """A confirmation goes to an address at most once in 24 hours."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for number in month.confirmations:
        course = month.courses.of[number]
        times[course.key] += course.taken
    for key, taken in times.items():
        taken.sort()
        for first, second in pairwise(taken):
            if second - first < timedelta(hours=24):
                yield f"{key} was sent confirmations at {first} and {second}"


def arithmetic(month: "Month") -> Iterator[str]:
    """What `why` tells of some addresses adds up to their state, and what it counted is a gap apart."""
    from rebond.core.failure import Event
    from rebond.services.people import read_address
    from rebond.services.why import why

    clearing = {Event.DELIVERED, Event.CONFIRMED, Event.EXIT_DUE, Event.RELEASED, Event.START}
    policy = month.ledger.policy
    keys = sorted(month.ledger.known)
    for key in month.chance.sample(keys, min(len(keys), month.sample)):
        told = why(read_address(key), policy=policy)
        count = told.snapshot.state.error_count if told.snapshot else 0
        last = told.snapshot.state.last_counted_at if told.snapshot else None
        for judgement in told.judgements:
            if not judgement.counted:
                continue
            evidence = judgement.evidence
            if evidence.verdict is None:
                count = 0 if evidence.event in clearing else count
            elif not evidence.verdict.hard_at_once:
                count += 1
                if last and evidence.at - last < policy.email.gap:
                    yield f"{key}: errors at {last} and {evidence.at} both counted"
                last = evidence.at
        state = told.state
        if count != state.error_count and not _removed(key):
            yield f"{key}: {count} counted, {state.error_count} in its row"
        if told.outdated:
            yield f"{key} was computed under another policy"


def _removed(key: str) -> bool:
    return not rows("SELECT 1 FROM address_state WHERE channel = 'email' AND address_key = %s", key)


def courses(month: "Month") -> Iterator[str]:
    yield from month.courses.problems


def messages_of(month: "Month", numbers: set[int]) -> set[int]:
    """Tell which of these messages are still in the log."""
    return {number for (number,) in rows_of("SELECT id FROM message WHERE id IN ({some})", sorted(numbers))}


EVERY: tuple[Callable[["Month"], Iterator[str]], ...] = (
    accounting,
    marks,
    one_each,
    states,
    whole,
    marked,
    untouched,
    production,
    confirmations,
    arithmetic,
    courses,
)
