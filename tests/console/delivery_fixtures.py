"""Deliveries in every state, with rows in both logs and the sums that the pages read."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rebond.core.words import AddressStatus
from rebond.store.models import AddressStateRow, Delivery, DeliveryCounts, Message, SendingFact, SummedDelivery
from tests.services.people_fixtures import Person, add_people, draft, run, set_state

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HARD_TEXT = "550 5.1.1 No such user <here>"


def prepared(name: str = "Spring news", *, people: int = 8, **changes: Any) -> int:
    """A prepared delivery: of the people one has no address, one a bad one, one opted out, one is quarantined."""
    if not AddressStateRow.objects.filter(address_key="quarantined@shop.example").exists():
        set_state("quarantined@shop.example", AddressStatus.QUARANTINED)
    add_people(
        [
            Person(""),
            Person("not an address"),
            Person("out@shop.example", denials=("email",)),
            Person("quarantined@shop.example"),
            *(Person(f"ann{n}@{'gmail.com' if n % 2 else 'shop.example'}") for n in range(people - 4)),
        ]
    )
    number = draft(name=name, **changes)
    run(number)
    return number


def sent(name: str = "Spring news", **changes: Any) -> int:
    """The same, sent: one failed, one came back, the others were taken; summed."""
    number = prepared(name, **changes)
    rows = list(Message.objects.filter(delivery=number).order_by("profile"))
    at = NOW + timedelta(hours=1)
    Message.objects.filter(delivery=number).update(
        status="delivered", attempts=1, last_attempt_at=at, delivered_at=at, next_attempt_at=None
    )
    verdict = {"type": "hard", "reason": "user_unknown", "cause": "no_such_user", "rule": "gmail/01", "text": HARD_TEXT}
    Message.objects.filter(id=rows[0].pk).update(status="failed", delivered_at=None, **verdict)
    told = {f"return_{name}": value for name, value in verdict.items()}
    Message.objects.filter(id=rows[1].pk).update(returned_at=at + timedelta(hours=2), **told)
    DeliveryCounts.objects.filter(delivery=number).update(pending=0, delivered=len(rows) - 1, failed=1, returned=1)
    Delivery.objects.filter(id=number).update(
        status="finished", started_at=NOW, ends_at=NOW + timedelta(days=5), finished_at=at
    )
    fact = {"delivery": number, "channel": "email", "provider": "gmail"}
    of = {name: verdict[name] for name in ("type", "reason", "cause")}
    SendingFact.objects.bulk_create(
        [
            SendingFact(**fact, hour=at, kind="delivered", number=len(rows) - 1),
            SendingFact(**fact, hour=at, kind="failed", number=1, **of),
            SendingFact(**fact, hour=at + timedelta(hours=2), kind="returned", number=1, **of),
        ]
    )
    SummedDelivery.objects.create(delivery=number, seen=[], at=at)
    return number
