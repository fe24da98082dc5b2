"""What an imported list says of addresses, done to them: as evidence, unless they are so already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rebond.core.failure import Event, Evidence, Verdict, given_verdict
from rebond.core.words import AddressStatus, Cause, Channel, ExclusionCause, FailureType, Reason
from rebond.services.record import Occurrence
from rebond.services.suppression_formats import Entry
from rebond.store.read.bulk import BulkItem, BulkOperation
from rebond.store.read.state_json import read_cause

_ORDER = (AddressStatus.VALID, AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED, AddressStatus.DENYLISTED)
_EVENTS = {
    AddressStatus.QUARANTINED: Event.QUARANTINED,
    AddressStatus.DENYLISTED: Event.DENYLISTED,
    AddressStatus.ALLOWLISTED: Event.ALLOWLISTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a list says of an address."""

    status: AddressStatus
    reason: Reason | None = None
    cause: Cause | ExclusionCause | None = None
    at: datetime | None = None
    text: str = ""

    @classmethod
    def of(cls, entry: Entry) -> "Told":
        assert entry.status is not None
        return cls(status=entry.status, reason=entry.reason, cause=entry.cause, at=entry.at, text=entry.text[:2000])

    def to_json(self) -> dict[str, Any]:
        """Write it, to be kept until it is done."""
        said = {"status": self.status, "reason": self.reason, "cause": self.cause, "text": self.text}
        kept = {name: value for name, value in said.items() if value}
        return kept | ({"at": self.at.isoformat()} if self.at else {})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Told":
        return cls(
            status=AddressStatus(values["status"]),
            reason=Reason(values["reason"]) if "reason" in values else None,
            cause=read_cause(values.get("cause", "")),
            at=datetime.fromisoformat(values["at"]) if "at" in values else None,
            text=values.get("text", ""),
        )


def is_so_already(status: AddressStatus, item: BulkItem) -> bool:
    """Tell whether an address of this status is as a list says, or stands further off than that.

    Whom a person allowed here, no list of elsewhere takes off; nor does one free whom nobody may write to.
    """
    told = Told.from_json(item.after)
    if status is AddressStatus.ALLOWLISTED or told.status is AddressStatus.ALLOWLISTED:
        return status is not AddressStatus.VALID
    return _ORDER.index(status) >= _ORDER.index(told.status)


def act_of(operation: BulkOperation, item: BulkItem, *, identity: str, now: datetime, after: datetime) -> Occurrence:
    """Make the evidence of what a list says: at the time that it gives, unless that is to come.

    `after` is a time after all that is known of the address, for a list that gives none.
    """
    told = Told.from_json(item.after)
    verdict, event = _verdict(told), _event(told, item.about.channel)
    said = " · ".join(filter(None, (operation.because, told.text if event is not Event.FAILURE else "")))
    return Occurrence(
        channel=item.about.channel,
        address=item.text,
        key=item.about.key,
        evidence=Evidence(
            identity=identity,
            event=event,
            at=told.at if told.at and told.at <= now else max(now, after),
            verdict=verdict,
            text=told.text if verdict else "",
            because=said,
            actor=operation.actor,
        ),
    )


def _verdict(told: Told) -> Verdict | None:
    """Give the verdict of a hard failure, where the reason is one that can be hard; otherwise a person said so."""
    if told.status is not AddressStatus.QUARANTINED or told.reason is None:
        return None
    try:
        cause = told.cause if isinstance(told.cause, Cause) else None
        return given_verdict(FailureType.HARD, reason=told.reason, cause=cause)
    except ValueError:
        return None


def _event(told: Told, channel: Channel) -> Event:
    if _verdict(told) is not None:
        return Event.FAILURE
    if told.status is AddressStatus.DENYLISTED and told.cause is ExclusionCause.COMPLAINT:
        return Event.COMPLAINT
    if told.status is AddressStatus.DENYLISTED and told.cause is ExclusionCause.STOP and channel is Channel.SMS:
        return Event.STOP
    return _EVENTS[told.status]
