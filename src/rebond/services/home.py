"""The first page: what needs whoever looks at it, and how things go; each part only for who may read it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from rebond.core.permissions import Operation
from rebond.core.words import AddressStatus, SendingFact
from rebond.services.access import Person
from rebond.services.kept_queue import Put
from rebond.services.qualifications import Cluster
from rebond.store.read.alerts import AlertRow, count_open, page_of_alerts
from rebond.store.read.cleanup import last_run
from rebond.store.read.home import RecentDelivery, first_run_at, hourly_facts, recent_deliveries
from rebond.store.read.reports import sizes
from rebond.store.read.returned import count_some_dead, count_some_unattributed

LATE = timedelta(hours=48)
DAYS = 30
_DELIVERIES = 5
_CLUSTERS = 3
_ALERTS = 5
_SHOWN_FACTS = (SendingFact.FAILED, SendingFact.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSize:
    """How much waits to be qualified: clusters, the addresses behind them, and the heaviest."""

    clusters: int
    addresses: int
    heaviest: Sequence[Cluster]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """The open alerts: how many, how many of them somebody takes care of, and the latest."""

    number: int
    acknowledged: int
    latest: Sequence[AlertRow]


@dataclass(frozen=True, slots=True)
class LateJob:
    """A job that should have run; `last` is None when it never has."""

    name: str
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A number for each of the last days, by what is counted."""

    days: Sequence[date]
    values: Mapping[str, Sequence[int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The parts of the first page; None: not for this person."""

    queue: QueueSize | None
    alerts: Alerts | None
    unattributed: int | None
    dead: int | None
    late_jobs: Sequence[LateJob]
    outdated: int | None
    deliveries: Sequence[RecentDelivery] | None
    quarantine: Trend | None
    returns: Trend | None

    @property
    def calm(self) -> bool:
        """Tell whether nothing needs anybody."""
        waits = self.queue.clusters if self.queue else 0
        alerts = self.alerts.number if self.alerts else 0
        return not (waits or alerts or self.unattributed or self.dead or self.late_jobs or self.outdated)


def home(
    person: Person,
    *,
    now: datetime,
    zone: tzinfo,
    queue: Callable[[], Put],
    jobs: Sequence[str],
    outdated: Callable[[], int],
) -> Home:
    """Gather what this person may see; `jobs` are those that run each day, `outdated` counts states to recompute."""
    reports, returns = person.may(Operation.READ_REPORTS), person.may(Operation.READ_RETURNS)
    today = now.astimezone(zone).date()
    return Home(
        queue=_queue(queue()) if person.may(Operation.READ_QUALIFICATIONS) else None,
        alerts=_alerts() if person.may(Operation.READ) else None,
        unattributed=count_some_unattributed() if returns else None,
        dead=count_some_dead() if returns else None,
        late_jobs=_late(jobs, now=now) if person.may(Operation.READ_JOBS) else (),
        outdated=outdated() if person.may(Operation.READ_QUARANTINE) else None,
        deliveries=recent_deliveries(_DELIVERIES) if person.may(Operation.READ_DELIVERIES) else None,
        quarantine=_quarantine(today) if reports else None,
        returns=_returns(today, now=now, zone=zone) if reports else None,
    )


def _queue(put: Put) -> QueueSize:
    addresses = sum(cluster.addresses for cluster in put.clusters)
    return QueueSize(clusters=len(put.clusters), addresses=addresses, heaviest=put.clusters[:_CLUSTERS])


def _alerts() -> Alerts:
    number, acknowledged = count_open()
    latest = page_of_alerts(limit=_ALERTS) if number else []
    return Alerts(number=number, acknowledged=acknowledged, latest=latest)


def _late(jobs: Sequence[str], *, now: datetime) -> list[LateJob]:
    """Find the jobs that have not run for two days; on a new site, none is late."""
    late = []
    for name in jobs:
        last = last_run(name)
        if last is not None and now - last > LATE:
            late.append(LateJob(name, last))
        elif last is None:
            first = first_run_at()
            if first is not None and now - first > LATE:
                late.append(LateJob(name, None))
    return late


def _days(today: date) -> list[date]:
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _quarantine(today: date) -> Trend:
    days = _days(today)
    found: dict[date, int] = defaultdict(int)
    for size in sizes(since=days[0], until=today, channel=None):
        found[size.day] += size.number if size.status == AddressStatus.QUARANTINED else 0
    return Trend(days, {AddressStatus.QUARANTINED.value: [found.get(day) for day in days]} if found else {})


def _returns(today: date, *, now: datetime, zone: tzinfo) -> Trend:
    days = _days(today)
    found: dict[tuple[date, SendingFact], int] = defaultdict(int)
    for hour, kind, number in hourly_facts(_SHOWN_FACTS, since=now - timedelta(days=DAYS)):
        found[hour.astimezone(zone).date(), kind] += number
    if not found:
        return Trend(days, {})
    return Trend(days, {kind.value: [found.get((day, kind), 0) for day in days] for kind in _SHOWN_FACTS})
