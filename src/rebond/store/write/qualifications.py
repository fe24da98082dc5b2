"""Counting the distinct texts that failures carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from rebond.core.failure import Verdict
from rebond.core.words import Channel, QualificationStatus
from rebond.store.dialect import moment
from rebond.store.write.text import storable

_BATCH = 40  # rows a statement: SQLite takes a bounded number of parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One distinct text seen `count` times in a batch; `first` is the earliest evidence that carries it."""

    digest: str
    channel: Channel
    provider: str
    template: str
    text: str
    first: str
    verdict: Verdict
    status: QualificationStatus
    count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class SeenText:
    """A text's row as it is now, the evidence that was its first sight, and between when it came in this batch."""

    number: int
    first: str
    status: QualificationStatus
    count: int
    first_at: datetime
    last_at: datetime


def sight_texts(sightings: Sequence[Sighting]) -> dict[str, SeenText]:
    """Count the texts of a batch, one summed statement, in key order; returns their rows by digest."""
    ordered = sorted(sightings, key=lambda sighting: sighting.digest)
    found: dict[str, SeenText] = {}
    for start in range(0, len(ordered), _BATCH):
        part = ordered[start : start + _BATCH]
        rows = ", ".join(["(" + ", ".join(["%s"] * 15) + ")"] * len(part))
        parameters = [value for sighting in part for value in _sighting_row(sighting)]
        with connection.cursor() as cursor:
            cursor.execute(_SIGHT.format(rows=rows), parameters)
            seen = {digest: row for digest, *row in cursor.fetchall()}
        found.update({one.digest: _seen(one, seen[one.digest]) for one in part})
    return found


_SIGHT = """
INSERT INTO qualification (digest, channel, provider, template, first_text, first_identity, type, reason, cause, rule,
    pack_version, status, count, first_seen_at, last_seen_at)
VALUES {rows}
ON CONFLICT (digest) DO UPDATE SET
    count = qualification.count + excluded.count,
    first_seen_at = CASE WHEN excluded.first_seen_at < qualification.first_seen_at
        THEN excluded.first_seen_at ELSE qualification.first_seen_at END,
    last_seen_at = CASE WHEN excluded.last_seen_at > qualification.last_seen_at
        THEN excluded.last_seen_at ELSE qualification.last_seen_at END
RETURNING digest, id, first_identity, status, count
"""


def _seen(sighting: Sighting, row: Sequence[Any]) -> SeenText:
    number, first, status, count = row
    span = sighting.first_seen_at, sighting.last_seen_at
    return SeenText(number, first, QualificationStatus(status), count, *span)


def _sighting_row(sighting: Sighting) -> tuple[Any, ...]:
    verdict = sighting.verdict
    return (
        sighting.digest,
        sighting.channel.value,
        storable(sighting.provider, 64),
        storable(sighting.template),
        storable(sighting.text),
        sighting.first,
        verdict.type.value,
        verdict.reason.value,
        verdict.cause.value,
        verdict.rule[:128],
        verdict.pack_version[:64],
        sighting.status.value,
        sighting.count,
        moment(sighting.first_seen_at),
        moment(sighting.last_seen_at),
    )
