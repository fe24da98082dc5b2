"""The audit trail: append only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rebond.store.models import AuditEntry
from rebond.store.write.text import storable


def add_audit(
    action: str,
    *,
    subject: str,
    actor: str,
    now: datetime,
    before: Any = None,
    after: Any = None,
    because: str = "",
) -> None:
    """Write down who changed what, from what to what, and why."""
    AuditEntry.objects.create(
        at=now,
        actor=storable(actor, 150),
        action=action,
        object=storable(subject),
        before=before,
        after=after,
        because=storable(because),
    )


def add_audits(action: str, after: Mapping[str, Any], *, actor: str, now: datetime, because: str) -> None:
    """Write down the same action on many things, with what each became."""
    entry = {"at": now, "actor": storable(actor, 150), "action": action, "because": storable(because)}
    rows = [AuditEntry(object=storable(subject), after=became, **entry) for subject, became in after.items()]
    AuditEntry.objects.bulk_create(rows, batch_size=100)
