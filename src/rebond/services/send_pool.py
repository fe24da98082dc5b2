"""A worker's claimed messages: some always at hand, none held for long."""

import asyncio
from collections import deque
from collections.abc import Collection

from rebond.services.database_thread import DatabaseThread
from rebond.services.send_claim import Claim, Claimed, claim
from rebond.services.send_means import Means
from rebond.store.read.sending import SendingDelivery
from rebond.store.write.claims import release, release_others

BATCH = 500
# Claimed again before it goes, when it was claimed longer ago than this: an opt-out takes effect within a minute.
_STALE = 30.0


class Pool:
    """Claims ahead while windows are handed over. `held` are the numbers claimed and not begun."""

    def __init__(self, delivery: SendingDelivery, *, means: Means, database: DatabaseThread) -> None:
        self.held: set[int] = set()
        self.excluded_late = 0
        self.failed = 0
        self.cancelled = 0
        self._delivery = delivery
        self._means = means
        self._database = database
        self._waiting: deque[tuple[Claimed, float]] = deque()
        self._fetch: asyncio.Task[Claim] | None = None
        self._exhausted = False
        self._interruptions = 0

    async def take(self, number: int) -> list[Claimed]:
        """Take up to `number` claimed messages; none when nothing is due."""
        if self._waiting and self._means.clock.monotonic() - self._waiting[0][1] > _STALE:
            await self.empty()
        if len(self._waiting) < number * 2 and self._fetch is None and not self._exhausted:
            self._fetch = asyncio.create_task(self._claim())
        while not self._waiting and self._fetch is not None:
            await self._fetched()
            if not self._waiting and not self._exhausted:
                self._fetch = asyncio.create_task(self._claim())
        if self._fetch is not None and self._fetch.done():
            await self._fetched()
        return [self._waiting.popleft()[0] for _ in range(min(number, len(self._waiting)))]

    def gone(self, numbers: Collection[int]) -> None:
        """Forget messages that have begun, or are settled."""
        self.held.difference_update(numbers)

    async def empty(self) -> None:
        """Give back what is claimed and has not begun; what is due after that is claimed anew."""
        if self._fetch is not None:
            await self._fetched()
        self._waiting.clear()
        if self.held:
            await self._database.transact(release, self.held, worker=self._means.worker)
        self.held = set()
        self._exhausted = False

    async def _claim(self) -> Claim:
        means = self._means
        await self._database.call(means.rules.renew)
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
        self.excluded_late += found.excluded_late
        self.failed += found.failed
        self.cancelled += found.cancelled
        at = self._means.clock.monotonic()
        self._waiting.extend((item, at) for item in found.claimed)
        self.held.update(item.due.id for item in found.claimed)
        if self._exhausted and self._interruptions < self._database.interruptions:
            await self._forgotten()

    async def _forgotten(self) -> None:
        """Give back what was claimed by a commit whose answer was lost: nobody would send it before its lease ends."""
        self._interruptions = self._database.interruptions
        await self._database.transact(
            release_others, self._delivery.id, worker=self._means.worker, held=frozenset(self.held)
        )
        self._exhausted = False
