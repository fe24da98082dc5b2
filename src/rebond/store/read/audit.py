"""What people gave as their reasons, from the audit trail."""

from collections.abc import Mapping
from datetime import datetime

from rebond.store.models import AuditEntry

_AT_ONCE = 500


def reasons_given(action: str, times: Mapping[str, datetime]) -> dict[str, str]:
    """Find why people took an action on some subjects, at these times; the trail is kept for a time only."""
    found: dict[str, str] = {}
    asked = sorted(set(times.values()))
    for start in range(0, len(asked), _AT_ONCE):
        entries = AuditEntry.objects.filter(at__in=asked[start : start + _AT_ONCE], action=action)
        rows = entries.values_list("object", "at", "because")
        found |= {subject: because for subject, at, because in rows if times.get(subject) == at}
    return found
