"""Transports that rest after a fault of their own."""

from dataclasses import dataclass
from datetime import datetime

from rebond.store.models import TransportPause


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedTransport:
    """A transport that met faults; it rests while `until` lies ahead."""

    name: str
    until: datetime
    faults: int
    problem: str
    resting: bool


def troubled_transports(*, now: datetime) -> list[PausedTransport]:
    """Read the transports whose last attempt was a fault, by name."""
    return [
        PausedTransport(name=row.name, until=row.until, faults=row.faults, problem=row.problem, resting=now < row.until)
        for row in TransportPause.objects.order_by("name")
    ]
