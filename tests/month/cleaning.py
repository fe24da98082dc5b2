"""The cleanup of the month, at odd times, and what it may do and may not."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rebond.services.clean import clean
from tests.month.plan import DAY
from tests.month.raw import one, rows, rows_of_returns, when

if TYPE_CHECKING:
    from tests.month.month import Month

_STATES = (
    "SELECT address_key, status, origin, reason, last_error_at, since FROM address_state"
    " WHERE channel = 'email' AND scope = ''"
)


def clean_up(month: "Month", now: datetime) -> None:
    """Run it as of a time, and compare all that it changed with what was due."""
    month.ledger.refresh()
    before = _states()
    old = now - month.plan.retention.evidence
    raw = month.plan.retention.raw_mails
    leaving = {key for key, row in before.items() if _leaves(row, now, month.policy.full_exit)}
    removed = {key for key, row in before.items() if _removed(row, now)}
    kept = one_of_returns("SELECT count(*) FROM raw_mail WHERE stored_at > %s", now - raw)
    identities = set(month.ledger.identities)
    done = clean(policy=month.policy, retention=month.plan.retention, now=now)
    month.ledger.refresh()
    exits = {identity for identity in month.ledger.identities - identities if identity.startswith("exit:")}
    after = _states()
    left = {key for key in before if key in after and after[key][1] == "valid" and before[key][1] != "valid"}
    about = f"cleanup as of {now}"
    month.hold(left == leaving, f"{about}: {sorted(left - leaving)} left, {sorted(leaving - left)} should have")
    month.hold(len(exits) == len(leaving), f"{about}: {len(exits)} exits for {len(leaving)} that were due")
    gone = before.keys() - after.keys()
    month.hold(gone == removed, f"{about}: rows gone {sorted(gone - removed)}, not gone {sorted(removed - gone)}")
    month.hold(not after.keys() - before.keys(), f"{about}: rows appeared {sorted(after.keys() - before.keys())}")
    others = before.keys() - removed - leaving
    changed = [(before[key], after[key]) for key in others if key in after and before[key] != after[key]]
    month.hold(not changed, f"{about}: changed states {changed[:3]}")
    found = rows_of_returns("SELECT count(*) FROM raw_mail WHERE stored_at <= %s", now - raw)[0][0]
    month.hold(found == 0, f"{about}: {found} raw mails are older than their retention")
    month.hold(kept == one_of_returns("SELECT count(*) FROM raw_mail"), f"{about}: raw mails went too early")
    left_open = rows(
        "SELECT m.id FROM delivery d JOIN message m ON m.delivery_id = d.id WHERE d.status = 'cancelled'"
        " AND m.status = 'sending' AND m.lease_until < %s",
        now,
    )
    month.hold(not left_open, f"{about}: cancelled deliveries have open messages {left_open[:5]}")
    _logs(month, old, about)
    if done.evidence_purged or done.messages_purged:
        month.reload(old)


def one_of_returns(statement: str, *parameters: object) -> Any:
    return rows_of_returns(statement, *parameters)[0][0]


def _states() -> dict[str, tuple[Any, ...]]:
    return {row[0]: (*row[:4], when(row[4]), when(row[5])) for row in rows(_STATES)}


def _leaves(row: tuple[Any, ...], now: datetime, full_exit: timedelta) -> bool:
    _, status, origin, reason, error, _ = row
    stuck = status in ("erroneous", "quarantined") and origin != "person"
    return stuck and reason == "mailbox_full" and error is not None and error + full_exit <= now


def _removed(row: tuple[Any, ...], now: datetime) -> bool:
    _, status, origin, _, _, since = row
    if status != "valid" or since is None:
        return False
    return since + (timedelta() if origin == "exit" else 2 * DAY) <= now


def _logs(month: "Month", horizon: datetime, about: str) -> None:
    """The logs of deliveries that ended before the horizon are gone, all others are whole."""
    for delivery, status, finished in rows("SELECT id, status, finished_at FROM delivery"):
        ended = when(finished)
        if status in ("finished", "cancelled") and ended and ended <= horizon:
            month.purged.add(delivery)
    for delivery in month.purged & month.sendings.keys():
        number = one("SELECT count(*) FROM message WHERE delivery_id = %s", delivery)
        month.hold(number == 0, f"{about}: delivery {delivery} still has {number} messages")
