"""Alerts as records: raised where something is counted, listed, acknowledged by a person, ended by what settles them.

Whoever tells people about them (the console, notifications) reads the records.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.said import said
from rebond.core.words import AlertKind, QualificationStatus
from rebond.services.errors import NotFoundError, RefusedError
from rebond.store.read.alerts import AlertRow, find_alert, open_alerts, times_of
from rebond.store.write.alerts import (
    NewAlert,
    acknowledge_alert,
    add_alerts,
    end_alerts,
    end_named_alerts,
    tell_alert,
)
from rebond.store.write.audit import add_audit
from rebond.store.write.qualifications import SeenText

TEXT = AlertKind.UNQUALIFIED_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class OftenUnqualified:
    """How often, within how long, a text that nobody has qualified must come to raise an alert."""

    count: int = 10
    within: timedelta = timedelta(hours=24)


def alert_about_texts(seen: Iterable[SeenText], *, often: OftenUnqualified, now: datetime) -> None:
    """Raise an alert for each text to be qualified that comes too often; `seen` came in this transaction.

    It goes by the time of each failure, so what waited for a week and is settled in a minute is no burst. After a
    text's count was reset, only what came since counts.
    """
    waiting = {
        text.number: text
        for text in seen
        if text.status is QualificationStatus.TO_QUALIFY and text.count >= often.count
    }
    told = open_alerts(TEXT, waiting)
    alerts = []
    for number, text in sorted(waiting.items()):
        if number not in told:
            times = times_of(number, about=(text.first_at, text.last_at), within=often.within, last=text.count)
            if burst := _last_burst(times, often):
                alerts.append(NewAlert(subject=number, count=len(burst), first_at=burst[0], last_at=burst[-1]))
    add_alerts(TEXT, alerts, now=now)


def alert_about_update(name: str, *, failed: str, held: str = "", now: datetime) -> None:
    """Raise, or tell again, what is the matter with a source of packs or with the update itself; end what is over."""
    for kind, words in ((AlertKind.UPDATE_FAILED, failed), (AlertKind.UPDATE_HELD, held)):
        if words:
            tell_alert(kind, name, words=words, now=now)
        else:
            end_named_alerts(kind, of=name, because="over", now=now)


def end_for_sources_gone(known: Collection[str], *, now: datetime) -> None:
    """End the alerts about sources of packs that are no longer configured."""
    for kind in (AlertKind.UPDATE_FAILED, AlertKind.UPDATE_HELD):
        end_named_alerts(kind, but=known, because="source gone", now=now)


def _last_burst(times: Sequence[datetime], often: OftenUnqualified) -> Sequence[datetime]:
    """Find the last span in which so many came, with all that came in it; `times` are in order."""
    for end in range(len(times), often.count - 1, -1):
        start = end - often.count
        if times[end - 1] - times[start] <= often.within:
            while start and times[end - 1] - times[start - 1] <= often.within:
                start -= 1
            return times[start:end]
    return ()


def acknowledge(number: int, *, actor: str, now: datetime, because: str = "") -> AlertRow:
    """Write down that a person has seen an alert and takes care of it; audited. It stays open until it is settled."""
    with transaction.atomic():
        if not acknowledge_alert(number, actor=actor, now=now):
            raise _not_to_be_acknowledged(number)
        add_audit(
            "alert.acknowledge",
            subject=f"alert {number}",
            actor=actor,
            now=now,
            after={"acknowledged_by": actor},
            because=because,
        )
    found = find_alert(number)
    assert found is not None
    return found


def _not_to_be_acknowledged(number: int) -> Exception:
    found = find_alert(number)
    if found is None:
        return NotFoundError(said("there is no alert {number}: see rebond alerts list", number=number))
    if found.ended_at is not None:
        return RefusedError(
            said(
                "alert {number} has ended at {ended_at:%Y-%m-%d %H:%M}: {ended_because}",
                number=number,
                ended_at=found.ended_at,
                ended_because=found.ended_because,
            )
        )
    seen = f"{found.acknowledged_at:%Y-%m-%d %H:%M} by {found.acknowledged_by}"
    return RefusedError(said("alert {number} was acknowledged at {seen}", number=number, seen=seen))


def end_for_texts(numbers: Iterable[int], *, because: str, now: datetime, operation: int | None = None) -> None:
    """End the alerts about texts that are decided, or counted from nothing again."""
    end_alerts(TEXT, list(numbers), because=because, now=now, operation=operation)
