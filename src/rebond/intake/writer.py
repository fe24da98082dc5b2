"""Group commit: what many sessions receive at once is stored by one thread, in one transaction."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, OperationalError

from rebond.services.accept import Accepted, Incoming
from rebond.store.trouble import trouble

MOST_MAILS = 200
MOST_BYTES = 64 * 1024 * 1024
_SAY_AGAIN = 60.0
log = logging.getLogger("rebond.intake")
Outcomes = tuple[Accepted | None, ...]


@dataclass(slots=True)
class _Wish:
    items: Sequence[Incoming]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Outcomes]
    outcomes: list[Accepted | None]


class GroupWriter:
    """Stores what is submitted; while one group is committed the next one gathers.

    `store` is `services.accept.accept_many` with its clock; `forget` drops this thread's database connections after
    a fault, so that the next group gets new ones. The queue is bounded by those who wait for its answers.
    """

    def __init__(
        self, store: Callable[[Sequence[Incoming]], Sequence[Accepted]], *, forget: Callable[[], None]
    ) -> None:
        self._store = store
        self._forget = forget
        self._wishes: deque[_Wish] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._said_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="rebond-intake-writer")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Store what is still in the queue, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def submit(self, items: Sequence[Incoming]) -> asyncio.Future[Outcomes]:
        """Queue mails; the answer has one outcome each, None for one that could not be stored."""
        loop = asyncio.get_running_loop()
        wish = _Wish(items, loop, loop.create_future(), [])
        with self._changed:
            self._wishes.append(wish)
            self._changed.notify()
        return wish.answer

    def _run(self) -> None:
        try:
            while group := self._next_group():
                items = [item for wish in group for item in wish.items]
                outcomes = iter(self._outcomes(items))
                for wish in group:
                    wish.outcomes = [next(outcomes) for _ in wish.items]
                group[0].loop.call_soon_threadsafe(_answer, group)
        finally:
            self._forget()

    def _next_group(self) -> list[_Wish]:
        with self._changed:
            self._changed.wait_for(lambda: self._wishes or self._stopping)
            group: list[_Wish] = []
            mails = size = 0
            while self._wishes:
                wish = self._wishes[0]
                mails += len(wish.items)
                size += len(wish.items[0].raw)
                if group and (mails > MOST_MAILS or size > MOST_BYTES):
                    break
                group.append(self._wishes.popleft())
            return group

    def _outcomes(self, items: Sequence[Incoming]) -> Sequence[Accepted | None]:
        try:
            stored = self._store(items)
            if self._said_at is not None:
                self._said_at = None
                log.warning("returns can be stored again")
            return stored
        except (DatabaseError, InterfaceError, ValueError) as error:
            if isinstance(error, (OperationalError, InterfaceError)) or trouble(error).passes:
                # The database or its disk: no mail's fault, and asking for each would only make all wait longer.
                self._say(error)
                self._forget()
                return [None] * len(items)
            log.error("returns could not be stored: %s", error)
            if len(items) > 1:
                return [outcome for item in items for outcome in self._outcomes([item])]
        except Exception:
            log.exception("returns could not be stored")
            self._forget()
        return [None] * len(items)

    def _say(self, error: Exception) -> None:
        """Say that the database is away: once, and then each minute, however many mails are refused."""
        if self._said_at is None or time.monotonic() - self._said_at > _SAY_AGAIN:
            self._said_at = time.monotonic()
            log.error("returns could not be stored, and were not acknowledged: %s", trouble(error).words)


def _answer(group: Sequence[_Wish]) -> None:
    for wish in group:
        if not wish.answer.done():
            wish.answer.set_result(tuple(wish.outcomes))
