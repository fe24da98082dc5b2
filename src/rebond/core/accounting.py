"""The four error families and the equations that always hold (specification 05, "Accounting")."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rebond.core.words import ErrorFamily, ExclusionCause, MessageStatus, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One delivery's counters. `exclusions` includes the late ones; `messages` does not."""

    target: int = 0
    messages: int = 0
    pending: int = 0
    delivered: int = 0
    failed: int = 0
    cancelled: int = 0
    production_errors: int = 0
    returned: int = 0
    exclusions: Mapping[tuple[Reason, ExclusionCause | None], int] = field(default_factory=dict)

    @property
    def excluded(self) -> int:
        return sum(self.exclusions.values())

    @property
    def reached(self) -> int:
        return self.delivered - self.returned

    def families(self) -> dict[ErrorFamily, int]:
        """Count the four families; addresses denylisted by complaint or STOP are no part of them."""
        quarantined = sum(n for (reason, _), n in self.exclusions.items() if reason is Reason.QUARANTINED)
        return {
            ErrorFamily.QUARANTINE: quarantined,
            ErrorFamily.DELIVERY: self.failed,
            ErrorFamily.AFTER_DELIVERY: self.returned,
            ErrorFamily.PRODUCTION: self.production_errors,
        }

    def by_reason(self) -> dict[Reason, int]:
        """Sum the exclusions over their causes."""
        totals: dict[Reason, int] = {}
        for (reason, _), number in self.exclusions.items():
            totals[reason] = totals.get(reason, 0) + number
        return totals

    def problems(self) -> tuple[str, ...]:
        """Say which equations do not hold, with the figures; empty when all do."""
        parts = self.production_errors + self.failed + self.cancelled + self.delivered + self.pending
        found = []
        if self.target != self.excluded + self.messages:
            found.append(f"target {self.target} is not exclusions {self.excluded} + messages {self.messages}")
        if self.messages != parts:
            found.append(f"messages {self.messages} are not the sum of their states {parts}")
        if self.returned > self.delivered:
            found.append(f"returned {self.returned} is more than delivered {self.delivered}")
        negative = [name for name in _COUNTERS if getattr(self, name) < 0]
        found += [f"{name} is {getattr(self, name)}, below zero" for name in negative]
        found += [
            f"exclusions {reason} ({cause or 'no cause'}) are {number}, below zero"
            for (reason, cause), number in self.exclusions.items()
            if number < 0
        ]
        return tuple(found)


_COUNTERS = (
    "target",
    "messages",
    "pending",
    "delivered",
    "failed",
    "cancelled",
    "production_errors",
    "returned",
)

# The counter that a message of each status is counted in; one excluded late has left the messages.
COUNTER_OF: Mapping[MessageStatus, str] = {
    MessageStatus.PENDING: "pending",
    MessageStatus.SENDING: "pending",
    MessageStatus.UNCERTAIN: "pending",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.RECEIVED: "delivered",
    MessageStatus.FAILED: "failed",
    MessageStatus.CANCELLED: "cancelled",
    MessageStatus.PRODUCTION_ERROR: "production_errors",
}
