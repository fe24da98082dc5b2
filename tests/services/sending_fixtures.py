"""Deliveries to send, a transport in memory that answers as told, and a clock that moves by jumps."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections

from rebond.core.policy import Policy, read_policy
from rebond.core.ports import Outcome, OutcomeKind, Outgoing
from rebond.core.tokens import Keyring
from rebond.core.words import Phase
from rebond.packs import default_qualifier
from rebond.services.rules_in_force import RulesInForce
from rebond.services.send import SendResult, send
from rebond.store.models import Delivery, DeliveryCounts, ExclusionCount, Message, Profile, ProfileAddress
from rebond.store.read.sending import SendingDelivery

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
KEYRING = Keyring({0: b"0" * 16, 1: b"1" * 16}, 0)
HOUR = timedelta(hours=1)
SOFT = "452 4.2.2 The mailbox is over its quota"
HARD = "550 5.1.1 No such user here"
SOFT_PERMANENT = "552 5.2.2 The mailbox is over its quota"


def policy(**overrides: Any) -> Policy:
    import tomllib
    from importlib.resources import files

    presets = tomllib.loads(files("rebond.data").joinpath("policies.toml").read_text("utf-8"))
    return read_policy(presets, overrides=overrides)


class JumpingClock:
    """Moves when it is told to, and when somebody sleeps."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


Answer = str | OutcomeKind


@dataclass
class MemorySender:
    """Answers each message as `answer(recipient, time)` says: a reply's text, or a kind of outcome.

    As a real transport, it leaves the rest of a window unsent after a fault.
    """

    clock: JumpingClock
    answer: Callable[[str, datetime], Answer]
    name: str = "memory"
    taken: list[Outgoing] = field(default_factory=list)
    times: dict[str, list[datetime]] = field(default_factory=dict)
    windows: list[int] = field(default_factory=list)
    before: Callable[[Sequence[Outgoing]], None] = lambda window: None

    async def send(self, window: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        self.windows.append(len(window))
        self.before(window)
        broken = False
        for outgoing in window:
            await asyncio.sleep(0)
            answer = OutcomeKind.UNSENT if broken else self.answer(outgoing.recipient, self.clock.now())
            at = self.clock.now()
            if answer is OutcomeKind.FAULT:
                broken = True
            elif answer is not OutcomeKind.UNSENT:
                self.taken.append(outgoing)
                self.times.setdefault(outgoing.recipient, []).append(at)
            yield _outcome(outgoing.message, answer, at)

    async def close(self) -> None:
        pass


def _outcome(message: int, answer: Answer, at: datetime) -> Outcome:
    if isinstance(answer, OutcomeKind):
        words = {OutcomeKind.ACCEPTED: "250 2.0.0 Taken", OutcomeKind.FAULT: "connection refused"}.get(answer, "cut")
        return Outcome(message=message, kind=answer, at=at, text="" if answer is OutcomeKind.UNSENT else words)
    return Outcome(
        message=message, kind=OutcomeKind.REFUSED, at=at, phase=Phase.RCPT, code=int(answer[:3]), text=answer
    )


def meanwhile(work: Callable[[], object]) -> None:
    """Do something in a thread and with a connection of its own, as another process would, and wait for it."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def accept(recipient: str, at: datetime) -> Answer:
    return OutcomeKind.ACCEPTED


def people(number: int, *, start: int = 0, domain: str = "example.org") -> list[int]:
    """Insert profiles with an address; returns their numbers."""
    profiles = Profile.objects.bulk_create(
        Profile(external_id=f"p{i}", fields={"first_name": f"Name{i}"}, created_at=START, updated_at=START)
        for i in range(start, start + number)
    )
    ProfileAddress.objects.bulk_create(
        ProfileAddress(profile=p, channel="email", text=f"{p.external_id}@{domain}", key=f"{p.external_id}@{domain}")
        for p in profiles
    )
    return [p.pk for p in profiles]


def delivery(
    number: int = 1,
    *,
    profiles: Iterable[int] | None = None,
    status: str = "prepared",
    validity: timedelta = timedelta(days=5),
    retries: str = "5x1h,4x1d",
    message_class: str = "commercial",
    domain: str = "example.org",
) -> int:
    """Insert a prepared delivery to that many new people, as preparation leaves it; returns its number."""
    from rebond.core.policy import parse_retries

    row = Delivery.objects.create(
        name="Spring",
        channel="email",
        message_class=message_class,
        sender="Shop <news@shop.example>",
        subject="Hello",
        text="Hello {{ first_name }}",
        target="all",
        validity=validity,
        retries=[int(step.total_seconds()) for step in parse_retries(retries)],
        retry_permanent="daily",
        status=status,
        created_at=START,
        prepared_at=START,
    )
    chosen = list(profiles) if profiles is not None else people(number, domain=domain)
    known = {p.pk: p.external_id for p in Profile.objects.filter(id__in=chosen)}
    Message.objects.bulk_create(
        Message(
            delivery=row,
            profile=profile,
            channel="email",
            address=f"{known[profile]}@{domain}",
            address_key=f"{known[profile]}@{domain}",
            dedupe_key=f"{known[profile]}@{domain}",
            provider="other",
            status="pending",
        )
        for profile in chosen
    )
    total = len(chosen)
    DeliveryCounts.objects.create(delivery=row, target=total, messages=total, pending=total)
    return row.pk


class SimpleBuild:
    """Builds a text of the token and a name; a profile whose name is `Bad` cannot be built."""

    def __init__(self, content: SendingDelivery) -> None:
        self.content = content

    def __call__(
        self,
        *,
        message: int,
        address: str,
        fields: Mapping[str, Any],
        message_id: str,
        token: str,
        unsubscribe_token: str,
        date: datetime,
    ) -> Outgoing:
        if fields.get("first_name") == "Bad":
            raise ValueError("'nickname' is undefined")
        lines = (f"Message-ID: <{message_id}>", f"Date: {date.isoformat()}", f"U: {unsubscribe_token}", "")
        content = "\r\n".join((*lines, f"Hello {fields.get('first_name', '')}")).encode()
        return Outgoing(message=message, sender=f"b+{token}@bounce.example", recipient=address, content=content)


def run_send(number: int, *, sender: MemorySender, worker: str = "w1", **changes: Any) -> SendResult:
    """Run `send` to its end in an event loop of its own."""
    return asyncio.run(send(number, **means(sender, worker=worker, **changes)))


def means(sender: MemorySender, *, worker: str = "w1", **changes: Any) -> dict[str, Any]:
    """Return the arguments of `send`."""
    return {
        "policy": policy(),
        "keyring": KEYRING,
        "rules": RulesInForce(lambda _: default_qualifier()),
        "sender": sender,
        "composer": SimpleBuild,
        "bounce_domain": "bounce.example",
        "clock": sender.clock,
        "worker": worker,
        **changes,
    }


def statuses(number: int) -> dict[str, int]:
    """Count a delivery's rows by status."""
    found: dict[str, int] = {}
    for status in Message.objects.filter(delivery=number).values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


def assert_reconciled(number: int) -> None:
    """Recount from the rows, and check them against the counters and the equations."""
    counts = DeliveryCounts.objects.get(delivery=number)
    rows = statuses(number)
    open_rows = sum(rows.get(status, 0) for status in ("pending", "sending", "uncertain"))
    assert counts.pending == open_rows
    assert counts.delivered == rows.get("delivered", 0)
    assert counts.failed == rows.get("failed", 0)
    assert counts.cancelled == rows.get("cancelled", 0)
    assert counts.production_errors == rows.get("production_error", 0)
    assert counts.messages == sum(rows.values()) - rows.get("excluded_late", 0)
    assert counts.target == counts.excluded + counts.messages
    listed = sum(ExclusionCount.objects.filter(delivery=number).values_list("number", flat=True))
    assert listed == counts.excluded
    returned = Message.objects.filter(delivery=number, delivered_at__isnull=False, returned_at__isnull=False)
    assert counts.returned == returned.count()


def always(answer: Answer) -> MemorySender:
    return MemorySender(JumpingClock(), lambda recipient, at: answer)


def run_to_the_end(number: int, sender: MemorySender, *, most: int = 2000) -> None:
    """Send, jump to when something is due, send again, as the demo does."""
    for _ in range(most):
        result = run_send(number, sender=sender)
        assert_reconciled(number)
        if result.next_due is None:
            return
        assert result.next_due > sender.clock.time
        sender.clock.time = result.next_due
    raise AssertionError(f"still {result}")


def hours(sender: MemorySender, recipient: str) -> list[int]:
    return [int((at - START) / HOUR) for at in sender.times[recipient]]
