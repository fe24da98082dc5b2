"""One worker's pass over a delivery: windows are handed over while the ones before them are written down.

While one window is with the transport, one commit records the outcomes of the window before and begins the next. So the
messages that a crash leaves uncertain are those of two windows.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rebond.core.policy import Policy
from rebond.core.ports import Clock, Outcome, OutcomeKind, Outgoing, Sender
from rebond.core.qualifier import Qualifier
from rebond.core.tokens import Keyring, sign_unsubscribe, signed_like
from rebond.core.words import DeliveryStatus, MessageStatus
from rebond.services.database_thread import DatabaseThread
from rebond.services.record import record
from rebond.services.send_claim import LEASE, Claim, Claimed, claim
from rebond.services.send_outcome import Judge, Judged, give_back
from rebond.store.read.sending import Progress, SendingDelivery, progress, transport_pause
from rebond.store.write.sending import Committed, commit_window, reclaim_lost, release, renew
from rebond.store.write.transports import clear_transport, pause_transport

WINDOW = 50
BATCH = 500
# What was claimed longer ago is claimed again before it goes: an opt-out takes effect within a minute.
_STALE = 30.0
_RENEW = 60.0
_LOOK = 1.0


class Build(Protocol):
    """Builds one message; ValueError, with the words for the sending log, when it cannot be built."""

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
    ) -> Outgoing: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a worker sends with; `worker` is unlike that of any other, `stop` ends it after the window in flight."""

    policy: Policy
    keyring: Keyring
    qualifier: Qualifier
    sender: Sender
    bounce_domain: str
    clock: Clock
    worker: str
    stop: asyncio.Event
    on_progress: Callable[[Progress], None] | None = None


@dataclass(slots=True)
class Tally:
    """What one worker did."""

    handed_over: int = 0
    delivered: int = 0
    retried: int = 0
    failed: int = 0
    cancelled: int = 0
    uncertain: int = 0
    excluded_late: int = 0
    production_errors: int = 0

    def add(self, committed: Committed, judged: Sequence[Judged]) -> None:
        became = committed.became
        self.handed_over += sum(item.kind not in _NOT_TRIED for item in judged)
        self.delivered += became[MessageStatus.DELIVERED]
        self.retried += became[MessageStatus.PENDING]
        self.uncertain += became[MessageStatus.UNCERTAIN]
        self.failed += became[MessageStatus.FAILED]
        self.production_errors += became[MessageStatus.PRODUCTION_ERROR]


_NOT_TRIED = frozenset({OutcomeKind.FAULT, OutcomeKind.UNSENT})
_REACHED = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.REFUSED})


@dataclass(frozen=True, slots=True)
class Window:
    """Messages that have begun, built."""

    fence: int
    messages: tuple[tuple[Claimed, Outgoing], ...]


@dataclass(slots=True)
class Ended:
    """A window whose outcomes are known and not yet written down; `fault` has the words of what the transport met."""

    fence: int
    judged: list[Judged] = field(default_factory=list)
    fault: str = ""


class Run:
    """One worker on one delivery. `problem` says why its transport cannot be used now, `paused_until` until when."""

    def __init__(
        self, delivery: SendingDelivery, *, judge: Judge, build: Build, means: Means, database: DatabaseThread
    ) -> None:
        self.tally = Tally()
        self.problem = ""
        self.paused_until: datetime | None = None
        self.status = delivery.status
        self._delivery = delivery
        self._judge = judge
        self._build = build
        self._means = means
        self._database = database
        self._pool: deque[tuple[Claimed, float]] = deque()
        self._fetch: asyncio.Task[Claim] | None = None
        self._exhausted = False
        self._held: set[int] = set()
        self._begun: set[int] = set()
        self._fence = 0
        self._renewed = means.clock.monotonic()
        self._faulty = False

    async def drain(self) -> None:
        """Hand over all that is due now, unless the transport is paused."""
        means = self._means
        self._exhausted = False
        await self._database.call(reclaim_lost, self._delivery.id, now=means.clock.now())
        if await self._is_paused():
            return
        flight: asyncio.Task[Ended] | None = None
        ended: list[Ended] = []
        try:
            window = await self._turn(ended)
            while window is not None:
                flight = asyncio.create_task(self._hand_over(window))
                ahead = await self._turn(ended)
                landed = await self._land(flight)
                ended = [landed]
                if landed.fault:
                    if ahead is not None:
                        ended.append(_unsent(ahead))
                    await self._turn(ended, begin=False)
                    await self._pause(landed)
                    return
                window = ahead
            await self._turn(ended, begin=False)
        finally:
            if flight is not None and not flight.done():
                await asyncio.wait({flight})
            await self._let_go()

    async def _is_paused(self) -> bool:
        pause = await self._database.transact(transport_pause, self._means.sender.name)
        self._faulty = pause is not None
        if pause is None or pause.until <= self._means.clock.now():
            self.problem, self.paused_until = "", None
            return False
        self.problem, self.paused_until = _paused(self._means.sender.name, pause.until, pause.problem), pause.until
        return True

    async def _pause(self, landed: Ended) -> None:
        name, now = self._means.sender.name, self._means.clock.now()
        until = await self._database.transact(pause_transport, name, now=now, problem=landed.fault)
        self._faulty = True
        self.problem, self.paused_until = _paused(name, until, landed.fault), until

    async def _turn(self, ended: Sequence[Ended], *, begin: bool = True) -> Window | None:
        """Record what ended and begin the next window, in one commit; None when there is nothing to begin."""
        while True:
            taken = await self._take(WINDOW) if begin and self._goes_on() else []
            built, spoiled = self._build_all(taken)
            if not (ended or taken):
                return None
            self._fence += 1
            committed = await self._commit(ended, begin=[item.due.id for item, _ in built], spoiled=spoiled)
            self._held -= committed.begun | set(spoiled)
            self._begun |= committed.begun
            window = Window(self._fence, tuple(pair for pair in built if pair[0].due.id in committed.begun))
            if window.messages or not taken:
                return window if window.messages else None
            ended = []

    def _goes_on(self) -> bool:
        return self.status is DeliveryStatus.SENDING and not self._means.stop.is_set()

    async def _commit(self, ended: Sequence[Ended], *, begin: Sequence[int], spoiled: Mapping[int, str]) -> Committed:
        means = self._means
        committed = await self._database.call(
            _record_window,
            self._delivery,
            ended,
            begin=begin,
            fence=self._fence,
            spoiled=spoiled,
            worker=means.worker,
            policy=means.policy,
            now=means.clock.now(),
        )
        judged = [item for window in ended for item in window.judged]
        self._begun -= {item.settlement.message for item in judged}
        self.status = committed.status
        self.tally.add(committed, judged)
        if self._faulty and any(item.kind in _REACHED for item in judged):
            await self._database.transact(clear_transport, means.sender.name)
            self._faulty = False
        if means.on_progress is not None:
            means.on_progress(await self._database.transact(progress, self._delivery.id))
        return committed

    async def _take(self, number: int) -> list[Claimed]:
        """Take claimed messages from the pool, claiming ahead so that the next ones are there in time."""
        now = self._means.clock.monotonic()
        if self._pool and now - self._pool[0][1] > _STALE:
            await self._let_go()
            self._exhausted = False
        if len(self._pool) < number * 2 and self._fetch is None and not self._exhausted:
            self._fetch = asyncio.create_task(self._claim())
        while not self._pool and self._fetch is not None:
            await self._fetched()
            if not self._pool and not self._exhausted:
                self._fetch = asyncio.create_task(self._claim())
        if self._fetch is not None and self._fetch.done():
            await self._fetched()
        return [self._pool.popleft()[0] for _ in range(min(number, len(self._pool)))]

    async def _claim(self) -> Claim:
        means = self._means
        return await self._database.transact(
            claim,
            self._delivery,
            worker=means.worker,
            now=means.clock.now(),
            limit=BATCH,
            keyring=means.keyring,
            bounce_domain=means.bounce_domain,
        )

    async def _fetched(self) -> None:
        assert self._fetch is not None
        found, self._fetch = await self._fetch, None
        self._exhausted = found.taken == 0
        self.tally.excluded_late += found.excluded_late
        self.tally.failed += found.failed
        self.tally.cancelled += found.cancelled
        at = self._means.clock.monotonic()
        self._pool.extend((item, at) for item in found.claimed)
        self._held.update(item.due.id for item in found.claimed)

    def _build_all(self, taken: Sequence[Claimed]) -> tuple[list[tuple[Claimed, Outgoing]], dict[int, str]]:
        built: list[tuple[Claimed, Outgoing]] = []
        spoiled: dict[int, str] = {}
        for item in taken:
            try:
                built.append((item, self._build_one(item)))
            except ValueError as error:
                spoiled[item.due.id] = str(error)
        return built, spoiled

    def _build_one(self, item: Claimed) -> Outgoing:
        due, keyring = item.due, self._means.keyring
        assert due.first_claimed_at is not None
        token = due.message_id.partition("@")[0]
        return self._build(
            message=due.id,
            address=due.address,
            fields=item.fields,
            message_id=due.message_id,
            token=token,
            unsubscribe_token=sign_unsubscribe(
                due.profile, delivery=self._delivery.id, keyring=signed_like(token, keyring=keyring)
            ),
            date=due.first_claimed_at,
        )

    async def _hand_over(self, window: Window) -> Ended:
        """Give a window to the transport and judge what it answers."""
        ended = Ended(window.fence)
        waiting = {item.due.id: item.due for item, _ in window.messages}
        async for outcome in self._means.sender.send([outgoing for _, outgoing in window.messages]):
            due = waiting.pop(outcome.message, None)
            if due is not None:
                ended.judged.append(self._judge.judge(due, outcome))
                if outcome.kind is OutcomeKind.FAULT and not ended.fault:
                    ended.fault = outcome.text or "the transport could not be used, and did not say why"
        for due in waiting.values():
            lost = Outcome(
                message=due.id,
                kind=OutcomeKind.UNCERTAIN,
                at=self._means.clock.now(),
                text="the transport did not say what became of this message",
            )
            ended.judged.append(self._judge.judge(due, lost))
        return ended

    async def _land(self, flight: asyncio.Task[Ended]) -> Ended:
        """Wait for a window; hold on to our leases meanwhile."""
        while not flight.done():
            await asyncio.wait({flight}, timeout=_LOOK)
            now = self._means.clock.monotonic()
            if now - self._renewed > _RENEW:
                self._renewed = now
                until = self._means.clock.now() + LEASE
                held = self._held | self._begun
                await self._database.transact(renew, held, worker=self._means.worker, until=until)
        return await flight

    async def _let_go(self) -> None:
        """Give back what is claimed and has not begun."""
        if self._fetch is not None:
            await self._fetched()
        self._pool.clear()
        if self._held:
            await self._database.transact(release, self._held, worker=self._means.worker)
        self._held = set()


def _record_window(
    delivery: SendingDelivery,
    ended: Sequence[Ended],
    *,
    begin: Sequence[int],
    fence: int,
    spoiled: Mapping[int, str],
    worker: str,
    policy: Policy,
    now: datetime,
) -> Committed:
    """Record outcomes, with the evidence that they are, and begin the next window: one transaction."""
    judged = [(window.fence, item) for window in ended for item in window.judged]
    committed: list[Committed] = []

    def write(_: frozenset[str]) -> None:
        committed[:] = [
            commit_window(
                delivery.id,
                [(number, item.settlement) for number, item in judged],
                begin=begin,
                fence=fence,
                spoiled=spoiled,
                worker=worker,
                until=now + LEASE,
            )
        ]

    occurrences = [item.occurrence for _, item in judged if item.occurrence]
    delivered = [(delivery.channel, item.delivered_key) for _, item in judged if item.delivered_key]
    record(occurrences, policy=policy, now=now, write=write, delivered=delivered)
    return committed[0]


def _unsent(window: Window) -> Ended:
    returned = [Judged(give_back(item.due), OutcomeKind.UNSENT) for item, _ in window.messages]
    return Ended(window.fence, returned)


def _paused(name: str, until: datetime, words: str) -> str:
    return f"the transport {name} is not used before {until:%Y-%m-%d %H:%M:%S} UTC: {words}"
