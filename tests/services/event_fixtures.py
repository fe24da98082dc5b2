"""Events in few words, and what they come to."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.core.given import at, policy

from rebond.core.address import parse_address
from rebond.core.failure import AddressState
from rebond.core.policy import Policy
from rebond.core.words import AddressStatus, Channel
from rebond.packs import default_qualifier
from rebond.services.clean import Cleaned, Retention, clean
from rebond.services.events import EventsTaken, take_events
from rebond.services.why import Why, why
from rebond.store.read.evidence import AddressKey, states_of

NOW = at(days=400)
ANNA = "anna@shop.example"
FULL = "552 5.2.2 The mailbox is over its quota"
UNKNOWN_USER = "550 5.1.1 No such user here"
STRANGE = "550 Zorglub says the moon is wrong today"
DAY = timedelta(days=1)
KEPT = Retention(evidence=180 * DAY, raw_mails=30 * DAY, deliveries=730 * DAY, audit=365 * DAY)
# Nothing is old enough to go.
FOR_EVER = Retention(evidence=3650 * DAY, raw_mails=3650 * DAY, deliveries=3650 * DAY, audit=3650 * DAY)


def event(name: str, when: datetime | str, address: str = ANNA, *, channel: str = "email", **fields: Any) -> str:
    moment = when if isinstance(when, str) else when.isoformat()
    return json.dumps({"channel": channel, "address": address, "event": name, "occurred_at": moment, **fields})


def soft(when: datetime, address: str = ANNA, *, reason: str = "unreachable", **fields: Any) -> str:
    return event("failure", when, address, type="soft", reason=reason, **fields)


def hard(when: datetime, address: str = ANNA, **fields: Any) -> str:
    return event("failure", when, address, type="hard", reason="user_unknown", **fields)


def full(when: datetime, address: str = ANNA, **fields: Any) -> str:
    return soft(when, address, reason="mailbox_full", **fields)


def daily(count: int, *, reason: str = "unreachable", start: float = 0, **fields: Any) -> list[str]:
    return [soft(at(days=start + day), reason=reason, **fields) for day in range(count)]


def take(*lines: str | bytes, now: datetime = NOW, judged_by: Policy | None = None) -> EventsTaken:
    return take_events(lines, policy=judged_by or policy(), qualifier=default_qualifier(), now=now)


def took(*lines: str, now: datetime = NOW) -> None:
    """Take events that must all be good."""
    taken = take(*lines, now=now)
    assert taken.rejected == ()
    assert taken.stored + taken.duplicates == len(lines)


def explained(address: str = ANNA, *, channel: Channel = Channel.EMAIL) -> Why:
    return why(parse_address(address, channel=channel), policy=policy())


def state(address: str = ANNA, *, channel: Channel = Channel.EMAIL) -> AddressState:
    return explained(address, channel=channel).state


def has_row(address: str = ANNA, *, channel: Channel = Channel.EMAIL) -> bool:
    key = parse_address(address, channel=channel).key
    assert key is not None
    return bool(states_of([AddressKey(channel, key)]))


def counts(address: str = ANNA) -> tuple[AddressStatus, int]:
    found = state(address)
    return found.status, found.error_count


def why_not(address: str = ANNA) -> list[str]:
    return [str(judgement.why_not) for judgement in explained(address).judgements]


def cleaned(when: datetime, retention: Retention = FOR_EVER) -> Cleaned:
    return clean(policy=policy(), retention=retention, now=when)


def empty_tables() -> None:
    """Begin anew within one test: hypothesis runs many examples in it."""
    from rebond.store import models

    tables: Iterable[Any] = (
        models.EvidenceRow,
        models.ToldSuccess,
        models.AddressStateRow,
        models.SnapshotRow,
        models.Qualification,
        models.JobRun,
    )
    for table in tables:
        table.objects.all().delete()
