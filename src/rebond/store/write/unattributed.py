"""The list of returns that acted on nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.words import Channel, Trust
from rebond.store.models import Unattributed
from rebond.store.write.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnattributed:
    """A failure or complaint under the trust that its source requires; `evidence` names what a person can accept."""

    identity: str
    at: datetime
    source: str
    returned_mail: str
    channel: Channel
    address: str
    evidence: str
    trust: Trust
    required: Trust
    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class Acceptable:
    """An entry as far as accepting it needs it."""

    address: str
    evidence: str
    accepted: bool


def add_unattributed(items: Sequence[NewUnattributed], *, now: datetime) -> None:
    """List them; one that is listed already stays as it is."""
    rows = [
        Unattributed(
            identity=item.identity,
            at=item.at,
            stored_at=now,
            source=item.source,
            returned_mail=item.returned_mail,
            channel=item.channel.value,
            address=storable(item.address),
            evidence=item.evidence,
            trust=item.trust.value,
            required=item.required.value,
            why=item.why,
            detail=storable(item.detail),
        )
        for item in sorted(items, key=lambda item: item.identity)
    ]
    Unattributed.objects.bulk_create(rows, batch_size=40, ignore_conflicts=True)


def find_unattributed(numbers: Collection[int]) -> dict[int, Acceptable]:
    """Find entries by their numbers, and lock them until the transaction ends."""
    rows = Unattributed.objects.select_for_update().filter(id__in=numbers).order_by("id")
    return {row.pk: Acceptable(row.address, row.evidence, row.accepted_at is not None) for row in rows}


def mark_accepted(numbers: Collection[int], *, actor: str, now: datetime) -> None:
    """Write down who accepted entries."""
    Unattributed.objects.filter(id__in=numbers).update(accepted_at=now, accepted_by=actor)
