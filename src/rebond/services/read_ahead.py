"""Reading the next returned mails while the database works on those before them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType

from rebond.core.failure import Report
from rebond.core.qualifier import Qualifier
from rebond.store.read.returns import StoredReturn
from rebond.store.write.returns import MOST_TRIES


@dataclass(frozen=True, slots=True)
class Batch:
    """Returns that were taken at a time; `reports` waits for what they say, or reads them now."""

    stored: Sequence[StoredReturn]
    now: datetime
    reports: Callable[[], Sequence[Report]]

    @property
    def last_try(self) -> bool:
        """Tell whether one was lost twice with those that were taken with it: now it must be alone in all."""
        return any(item.tries >= MOST_TRIES for item in self.stored)


class Reader:
    """Reads mails in one thread of its own, one batch after another; without `ahead` in the caller's, when asked."""

    def __init__(self, qualifier: Qualifier, *, ahead: bool) -> None:
        self._qualifier = qualifier
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead") if ahead else None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread:
            self._thread.shutdown(cancel_futures=True)

    @property
    def ahead(self) -> bool:
        """Tell whether a batch is read while the one before it is written."""
        return self._thread is not None

    def batch(self, stored: Sequence[StoredReturn], *, now: datetime) -> Batch:
        """Begin to read a batch, but not one that may end this process: what is written meanwhile would be lost too."""
        batch = Batch(stored, now, partial(self.read, stored))
        if self._thread is None or not stored or batch.last_try:
            return batch
        return Batch(stored, now, self._thread.submit(self.read, stored).result)

    def read(self, stored: Sequence[StoredReturn]) -> list[Report]:
        """Read mails at once."""
        return [self._qualifier.qualify_mail(item.raw) for item in stored]
