"""The audit trail: append only."""

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
