"""One worker's pass over a delivery: windows are handed over while the ones before them are written down.

While one window is with the transport, one commit records the outcomes of the window before and begins the next. So the
messages that a crash leaves uncertain are those of two windows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.ports import Outcome, OutcomeKind, Outgoing
from rebond.core.said import said
from rebond.core.tokens import sign_unsubscribe, signed_like
from rebond.core.words import DeliveryStatus, MessageStatus
from rebond.services.database_thread import DatabaseThread
from rebond.services.send_claim import LEASE, Claimed
from rebond.services.send_means import Build, Means
from rebond.services.send_outcome import Judge, Judged
from rebond.services.send_pool import Pool
from rebond.services.send_window import Ended, Window, record_window, unsent
from rebond.store.read.sending import SendingDelivery, progress, transport_pause
from rebond.store.write.claims import reclaim_lost, renew
from rebond.store.write.sending import Committed
from rebond.store.write.transports import clear_transport, pause_transport

# Two windows are open at once, one with the transport and one being written down: a crash leaves at most fifty
# messages uncertain.
WINDOW = 25
_RENEW = 60.0
_LOOK = 1.0
# Connections lost in a window that ended no message well: then it is the transport that is ill, not one message.
_LOST = 3


@dataclass(slots=True)
class Tally:
    """What one worker did."""

    handed_over: int = 0
    delivered: int = 0
    retried: int = 0
    failed: int = 0
    uncertain: int = 0
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
        self.pool = Pool(delivery, means=means, database=database)
        self._begun: set[int] = set()
        self._fence = 0
        self._renewed = means.clock.monotonic()
        self._renewed_at = means.clock.now()
        self._lapsed = False
        self._faulty = False

    async def drain(self) -> None:
        """Hand over all that is due now, unless the transport is paused."""
        means = self._means
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
                        ended.append(unsent(ahead))
                    await self._turn(ended, begin=False)
                    await self._pause(landed)
                    return
                window = ahead
            await self._turn(ended, begin=False)
        finally:
            if flight is not None and not flight.done():
                await asyncio.wait({flight})
            await self.pool.empty()

    async def _is_paused(self) -> bool:
        pause = await self._database.transact(transport_pause, self._means.sender.name, now=self._means.clock.now())
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
            taken = await self.pool.take(WINDOW) if begin and self._goes_on() else []
            built, spoiled = self._build_all(taken)
            if not (ended or taken):
                return None
            self._fence += 1
            committed = await self._commit(ended, begin=[item.due.id for item, _ in built], spoiled=spoiled)
            self.pool.gone(committed.begun | set(spoiled))
            self._begun |= committed.begun
            window = Window(self._fence, tuple(pair for pair in built if pair[0].due.id in committed.begun))
            if window.messages or not taken:
                return window if window.messages else None
            ended = []

    def _goes_on(self) -> bool:
        return self.status is DeliveryStatus.SENDING and not self._means.stop.is_set()

    async def _commit(self, ended: Sequence[Ended], *, begin: Sequence[int], spoiled: Mapping[int, str]) -> Committed:
        means = self._means
        self._see_lapse()
        committed = await self._database.call(
            record_window,
            self._delivery,
            ended,
            lapsed=self._lapsed,
            begin=begin,
            fence=self._fence,
            spoiled=spoiled,
            worker=means.worker,
            policy=means.policy,
            often=means.often,
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
            # Somebody who has yet to confirm is no profile.
            unsubscribe_token=sign_unsubscribe(
                due.profile, delivery=self._delivery.id, keyring=signed_like(token, keyring=keyring)
            )
            if due.profile > 0
            else "",
            date=due.first_claimed_at,
        )

    async def _hand_over(self, window: Window) -> Ended:
        """Give a window to the transport and judge what it answers."""
        ended = Ended(window.fence)
        waiting = {item.due.id: item.due for item, _ in window.messages}
        cut: list[str] = []
        async for outcome in self._means.sender.send([outgoing for _, outgoing in window.messages]):
            due = waiting.pop(outcome.message, None)
            if due is not None:
                ended.judged.append(self._judge.judge(due, outcome))
                if outcome.kind is OutcomeKind.UNCERTAIN:
                    cut.append(outcome.text)
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
        if not ended.fault and len(cut) >= _LOST and not any(item.kind in _REACHED for item in ended.judged):
            ended.fault = f"every connection was lost while it handed a message over: {cut[0]}"
        return ended

    async def _land(self, flight: asyncio.Task[Ended]) -> Ended:
        """Wait for a window; hold on to our leases meanwhile."""
        while not flight.done():
            await asyncio.wait({flight}, timeout=_LOOK)
            now = self._means.clock.monotonic()
            if now - self._renewed > _RENEW:
                self._see_lapse()
                self._renewed, self._renewed_at = now, self._means.clock.now()
                until = self._means.clock.now() + LEASE
                held = self.pool.held | self._begun
                await self._database.transact(renew, held, worker=self._means.worker, until=until)
        return await flight

    def _see_lapse(self) -> None:
        """Notice that leases were not renewed in time, as after a machine slept, or that the clock was put back.

        Another worker may have taken over.
        """
        since = self._means.clock.now() - self._renewed_at
        self._lapsed = self._lapsed or not timedelta() <= since <= LEASE


def _paused(name: str, until: datetime, words: str) -> str:
    return said(
        "waiting until {until:%Y-%m-%d %H:%M:%S} UTC for {name}: {words}",
        until=until,
        name=name.partition(" ")[0],
        words=words,
    )
