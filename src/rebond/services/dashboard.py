"""One delivery at a glance: its figures, what differs from the last time, and what happened hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.exclusion import EXCLUSION_RULES
from rebond.core.message import DELIVERY_TRANSITIONS, DeliveryAction
from rebond.core.words import DeliveryStatus, ExclusionCause, MessageStatus, Reason, UploadStatus
from rebond.services.deliveries import get_delivery
from rebond.services.report import Report, report
from rebond.store.read.deliveries import Aim, DeliveryRow, Earlier, Target, counts_of, earlier_delivery
from rebond.store.read.delivery_logs import LoggedMessage
from rebond.store.read.delivery_sums import FailureSum, Hour, failures_of, hours_of, summed_delivery
from rebond.store.read.jobs import running_processes
from rebond.store.read.log_pages import LogFilter, sending_log_page
from rebond.store.read.targets import aim_name, last_of_target
from rebond.store.read.uploads import UploadRow, last_upload_for


@dataclass(frozen=True, slots=True)
class ExclusionLine:
    """How many were excluded for a reason and cause, and how many the last time (None: there was none)."""

    reason: Reason
    cause: ExclusionCause | None
    number: int
    before: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.number - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A delivery with its figures, which are live, and what can be done to it now.

    `done` is how far its preparation or sending is, from 0 to 1, None when it is at neither. `stalled`: it goes on only
    by a worker, and none runs. `aimed` names the segment, list or service that it goes to; `upload` is the last file
    that was given for its target. `spoiled` are the first messages that cannot be built.
    """

    delivery: DeliveryRow
    report: Report
    actions: frozenset[DeliveryAction]
    done: float | None
    stalled: bool
    aimed: str
    upload: UploadRow | None
    spoiled: Sequence[LoggedMessage]

    @property
    def unbuildable(self) -> bool:
        """Whether messages were prepared and none of them can be built."""
        counts = self.report.counts
        return bool(counts.production_errors) and counts.production_errors == counts.messages

    @property
    def unprepared(self) -> bool:
        """Whether nobody has prepared it yet: there are no figures then, which is not the same as zeros."""
        return self.delivery.status is DeliveryStatus.DRAFT and not self.report.counts.target and not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether its preparation was stopped, to go on from where it was."""
        return self.delivery.status is DeliveryStatus.DRAFT and self.delivery.cursor > 0

    @property
    def stale(self) -> bool:
        """Whether the figures are of a preparation that does not hold any more."""
        return self.delivery.status in _UNPREPARED and bool(self.report.counts.target) and not self.stopped

    @property
    def reading(self) -> bool:
        """Whether the file of its target is still to be read."""
        return self.upload is not None and self.upload.status in {UploadStatus.WAITING, UploadStatus.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A delivery at a glance. `earlier` is what its exclusions are compared with; `hours` are as of `summed_at`."""

    overview: Overview
    earlier: Earlier | None
    exclusions: Sequence[ExclusionLine]
    hours: Sequence[Hour]
    summed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Why a delivery's messages failed or came back, as of `summed_at`."""

    overview: Overview
    sums: Sequence[FailureSum]
    summed_at: datetime | None


# A worker says several times in this time that it runs.
_SEEN_LATELY = timedelta(seconds=60)
_WORKED_ON = (DeliveryStatus.PREPARING, DeliveryStatus.SCHEDULED, DeliveryStatus.SENDING)
_UNPREPARED = (DeliveryStatus.DRAFT, DeliveryStatus.PREPARE_FAILED)
_SPOILED = 3


def overview(delivery_id: int, *, now: datetime) -> Overview:
    """Return a delivery with its figures; NotFoundError when there is no such."""
    delivery, figures = get_delivery(delivery_id), report(delivery_id)
    of_file = delivery.target in {Target.MEMBERS, Target.INCOMPLETE}
    upload = last_upload_for(delivery_id) if of_file else None
    reading = upload is not None and upload.status in {UploadStatus.WAITING, UploadStatus.RUNNING}
    return Overview(
        delivery=delivery,
        report=figures,
        actions=frozenset(
            action for action, (allowed, _) in DELIVERY_TRANSITIONS.items() if delivery.status in allowed
        ),
        done=_done(delivery, figures),
        stalled=(delivery.status in _WORKED_ON or reading) and not _workers(now),
        aimed=aim_name(Aim(delivery.target, delivery.target_ref)),
        upload=upload,
        spoiled=_spoiled(delivery_id) if figures.counts.production_errors else (),
    )


def _spoiled(delivery_id: int) -> Sequence[LoggedMessage]:
    return sending_log_page(delivery_id, LogFilter(status=MessageStatus.PRODUCTION_ERROR), limit=_SPOILED).rows


def _done(delivery: DeliveryRow, figures: Report) -> float | None:
    if delivery.status is DeliveryStatus.PREPARING:
        last = last_of_target(Aim(delivery.target, delivery.target_ref), delivery=delivery.id)
        return min(max(delivery.cursor, 0) / last, 1.0) if last else 0.0
    if delivery.status in {DeliveryStatus.SENDING, DeliveryStatus.PAUSED}:
        messages = figures.counts.messages
        return 1 - figures.counts.pending / messages if messages else 1.0
    return None


def _workers(now: datetime) -> bool:
    return any(one.kind == "worker" and one.seen_at >= now - _SEEN_LATELY for one in running_processes())


def dashboard(delivery_id: int, *, now: datetime) -> Dashboard:
    """Return a delivery at a glance; NotFoundError when there is no such."""
    found = overview(delivery_id, now=now)
    delivery, figures = found.delivery, found.report
    earlier = earlier_delivery(delivery)
    return Dashboard(
        overview=found,
        earlier=earlier,
        exclusions=_compared(figures, earlier),
        hours=hours_of(delivery_id),
        summed_at=summed_delivery(delivery_id),
    )


def _compared(figures: Report, earlier: Earlier | None) -> list[ExclusionLine]:
    now = figures.counts.exclusions
    before = counts_of(earlier.id).exclusions if earlier else {}
    keys = sorted({*now, *before}, key=lambda key: (_ASKED.index(key[0]), key[1] or ""))
    return [ExclusionLine(*key, now.get(key, 0), before.get(key, 0) if earlier else None) for key in keys]


# In the order in which preparation asks.
_ASKED = tuple(dict.fromkeys((*(rule.reason for rule in EXCLUSION_RULES), *Reason)))


def failures(delivery_id: int, *, now: datetime) -> Failures:
    """Return why a delivery's messages failed or came back; NotFoundError when there is no such delivery."""
    return Failures(
        overview=overview(delivery_id, now=now),
        sums=failures_of(delivery_id),
        summed_at=summed_delivery(delivery_id),
    )
