"""The figures of a site in the format of Prometheus."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

from django.db import Error
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from rebond.jobs.queue import open_queue
from rebond.jobs.state import SEEN_WITHIN, job_states
from rebond.site.traffic import collect_traffic
from rebond.store.read.jobs import running_processes
from rebond.store.read.metrics import figures
from rebond.wiring import Site

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def measure(site: Site) -> bytes:
    """Write the figures of a site."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Figures(site))
    collect_traffic(registry)
    return generate_latest(registry)


class _Figures:
    """prometheus_client's collector protocol."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _one("rebond_info", "The version that runs.", [([version("rebond")], 1)], labels=["version"])
        try:
            yield from [*self._figures(), *self._jobs()]
            up = 1
        except Error:
            up = 0
        yield _one("rebond_database_up", "Whether the database answers.", [((), up)])

    def _figures(self) -> Iterator[GaugeMetricFamily]:
        found = figures(now=self._site.clock.now())
        yield _one(
            "rebond_returns",
            "Returned mails that wait, or could not be settled; not counted beyond 100000.",
            [((state,), number) for state, number in found.returns.items()],
            labels=["state"],
        )
        yield _one(
            "rebond_deliveries",
            "Deliveries, by status.",
            [((status,), number) for status, number in found.deliveries.items()],
            labels=["status"],
        )
        yield _one(
            "rebond_messages",
            "Messages of all deliveries that are kept, by what became of them.",
            [((name,), number) for name, number in found.messages.items()],
            labels=["state"],
        )
        yield _one("rebond_addresses", "Addresses by status.", found.addresses.items(), labels=["channel", "status"])
        yield _one("rebond_open_alerts", "Alerts that are open.", [((), found.open_alerts)])
        yield _one("rebond_paused_transports", "Transports that rest after a fault.", [((), found.paused_transports)])

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        states = job_states(self._site)
        ran = [((job.name,), job.last.at.timestamp()) for job in states if job.last]
        yield _one("rebond_job_last_run_timestamp_seconds", "When a job last ran.", ran, labels=["job"])
        problems = [((job.name,), int(bool(job.last and job.last.problem))) for job in states]
        yield _one("rebond_job_problem", "Whether the last run had a problem.", problems, labels=["job"])
        stale = [((job.name,), int(job.stale)) for job in states]
        yield _one("rebond_job_stale", "Whether a job has not run for 48 hours.", stale, labels=["job"])
        since = self._site.clock.now() - SEEN_WITHIN
        kinds = Counter(process.kind for process in running_processes() if process.seen_at >= since)
        alive = [((kind,), kinds[kind]) for kind in ("web", "worker", "intake", "beat")]
        yield _one("rebond_processes", "Processes that run.", alive, labels=["kind"])
        yield _one("rebond_queue_calls", "Wake-up calls that nobody has taken.", [((), self._calls())])

    def _calls(self) -> float:
        try:
            queue = open_queue(self._site)
            try:
                return queue.size()
            finally:
                queue.huey.storage.close()
        except Exception:  # it is said so: the queue may be Redis, which may be away
            return float("nan")


def _one(
    name: str, words: str, values: Iterable[tuple[Sequence[str], float]], *, labels: Sequence[str] = ()
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family
