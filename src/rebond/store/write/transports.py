"""The pauses of transports that met a fault of their own."""

from datetime import datetime, timedelta

from rebond.store.models import TransportPause
from rebond.store.read.leases import FARTHEST

# In a row; the last one stays.
_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900))


def pause_transport(name: str, *, now: datetime, problem: str) -> datetime:
    """Pause a transport after a fault, longer after each in a row; returns until when.

    Workers that meet the same fault at once make one pause of it.
    """
    TransportPause.objects.bulk_create([TransportPause(name=name, until=now)], ignore_conflicts=True)
    row = TransportPause.objects.select_for_update().get(name=name)
    if now < row.until <= now + FARTHEST:
        return row.until
    row.faults += 1
    row.until = now + _PAUSES[min(row.faults, len(_PAUSES)) - 1]
    row.problem = problem
    row.save()
    return row.until


def clear_transport(name: str) -> None:
    """Forget a transport's faults: it works."""
    TransportPause.objects.filter(name=name).delete()
