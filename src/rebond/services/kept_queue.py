"""The team's queue as pages show it: put together once for a while, not for each request."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rebond.core.ports import Clock
from rebond.core.qualify.rules import Rule
from rebond.core.words import QualificationStatus
from rebond.services.errors import no_qualification
from rebond.services.qualifications import Cluster, Queue
from rebond.services.rules_in_force import RulesInForce
from rebond.store.read.qualifications import QualificationRow, count_waiting, find_qualifications
from rebond.store.read.rules import RulesVersion, rules_version

KEPT = timedelta(seconds=20)
LEARNED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Put:
    """The queue put together: all texts, and those to be qualified as clusters in order of weight."""

    queue: Queue
    clusters: tuple[Cluster, ...]
    _suggested: dict[int, Cluster] = field(default_factory=dict)

    def suggested(self, cluster: Cluster) -> Cluster:
        """Say what a cluster may mean; kept, for each takes some milliseconds."""
        found = self._suggested.get(cluster.number)
        if found is None or found.texts != cluster.texts:
            found = self._suggested[cluster.number] = self.queue.suggested(cluster)
        return found

    def cluster_of(self, row: QualificationRow) -> Cluster:
        """Find the cluster of a text, with what it may mean; a text that is qualified, or came since, stands alone."""
        found = self._found(row.number) if row.status is QualificationStatus.TO_QUALIFY else None
        return self.suggested(found or Cluster(texts=(row,), count=row.count, addresses=0, suggestion=None))

    def beside(self, number: int) -> tuple[int | None, int | None]:
        """Tell which clusters come before and after that of a text; None where there is none."""
        place = next((place for place, one in enumerate(self.clusters) if _holds(one, number)), None)
        if place is None:
            return None, self.clusters[0].number if self.clusters else None
        before = self.clusters[place - 1].number if place else None
        after = self.clusters[place + 1].number if place + 1 < len(self.clusters) else None
        return before, after

    def _found(self, number: int) -> Cluster | None:
        return next((cluster for cluster in self.clusters if _holds(cluster, number)), None)


def _holds(cluster: Cluster, number: int) -> bool:
    return any(row.number == number for row in cluster.texts)


class KeptQueue:
    """Puts the queue together again when the rules changed or some seconds passed; used by several threads.

    When it is only old, one of those who ask waits for the new one, and the others take it as it was.
    """

    def __init__(self, rules: RulesInForce, *, shipped: Callable[[], Iterable[Rule]], clock: Clock) -> None:
        self._rules = rules
        self._shipped = shipped
        self._clock = clock
        self._turn = threading.Lock()
        self._put: Put | None = None
        self._version: RulesVersion | None = None
        self._until = 0.0
        self._learned_until = 0.0
        self._counts: dict[int, tuple[tuple[int, datetime], int]] = {}

    def now(self) -> Put:
        """Return the queue as it is, or was some seconds ago; what was decided is always out of it."""
        version = rules_version()
        put = self._put
        current = put is not None and version == self._version
        if put is not None and current and self._clock.monotonic() < self._until:
            return put
        if not self._turn.acquire(blocking=not current):
            assert put is not None
            return put
        try:
            return self._renewed(version)
        finally:
            self._turn.release()

    def _renewed(self, version: RulesVersion) -> Put:
        if self._put is None or version != self._version or self._clock.monotonic() >= self._until:
            queue = Queue(self._rules.renew(), rules=self._shipped)
            long_ago = self._clock.monotonic() >= self._learned_until
            if long_ago:
                self._counts = {}
                self._learned_until = self._clock.monotonic() + LEARNED.total_seconds()
            elif self._put is not None and version == self._version:
                # A decision makes it anew; what comes in meanwhile teaches it little.
                queue.suggester = self._put.queue.suggester
            self._put = Put(queue, tuple(queue.by_weight(count=lambda numbers: self._counted(queue, numbers))))
            self._version = version
            self._until = self._clock.monotonic() + KEPT.total_seconds()
        return self._put

    def _counted(self, queue: Queue, numbers: Collection[int]) -> dict[int, int]:
        """Count whom the texts wait on; those that have not come again since are not counted again."""
        seen = {row.number: (row.count, row.last_seen_at) for row in queue.rows if row.number in numbers}
        before = {number: kept for number, kept in self._counts.items() if seen.get(number) == kept[0]}
        found = count_waiting(seen.keys() - before.keys())
        new = {number: (sign, found.get(number, 0)) for number, sign in seen.items() if number not in before}
        self._counts = before | new
        return {number: addresses for number, (_, addresses) in self._counts.items()}


def text_row(number: int) -> QualificationRow:
    """Read a text as it is now; NotFoundError when there is none of this number."""
    rows: Sequence[QualificationRow] = find_qualifications([number])
    if not rows:
        raise no_qualification(number)
    return rows[0]
