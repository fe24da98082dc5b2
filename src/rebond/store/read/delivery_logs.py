"""Rows of the sending log and of the exclusion log of a delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rebond.core.words import Cause, ExclusionCause, FailureType, MessageStatus, Reason
from rebond.store.models import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage:
    """One row of the sending log.

    `profile` is the external id, `message` the row's number. Type, reason, cause, text and rule are those of the
    return where there is one, otherwise of the last answer.
    """

    profile: str
    address: str
    status: MessageStatus
    type: FailureType | None
    reason: Reason | None
    cause: Cause | None
    attempts: int
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    returned_at: datetime | None
    uncertain: bool
    text: str
    rule: str
    provider: str
    message: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedExclusion:
    """One row of the exclusion log; `profile` is the external id."""

    profile: str
    address: str
    reason: Reason
    cause: ExclusionCause | None
    late: bool


def logged_message(row: Any, profile: str) -> LoggedMessage:
    """Make a row of the log; with a return, its verdict is told."""
    returned = row.returned_at is not None
    of_type, reason, cause = (
        (row.return_type, row.return_reason, row.return_cause) if returned else (row.type, row.reason, row.cause)
    )
    return LoggedMessage(
        profile=profile,
        address=row.address,
        status=MessageStatus(row.status),
        type=FailureType(of_type) if of_type else None,
        reason=Reason(reason) if reason else None,
        cause=Cause(cause) if cause else None,
        attempts=row.attempts,
        last_attempt_at=row.last_attempt_at,
        next_attempt_at=row.next_attempt_at,
        returned_at=row.returned_at,
        uncertain=row.uncertain,
        text=row.return_text if returned else row.text,
        rule=row.return_rule if returned else row.rule,
        provider=row.provider,
        message=row.pk,
        message_id=row.message_id,
    )


def logged_exclusion(row: Any, profile: str) -> LoggedExclusion:
    """Make a row of the exclusion log."""
    return LoggedExclusion(
        profile=profile,
        address=row.address,
        reason=Reason(row.reason),
        cause=ExclusionCause(row.cause) if row.cause else None,
        late=row.late,
    )


def external_ids(profiles: Sequence[int]) -> Mapping[int, str]:
    """Return the external id of each of these profiles, given in order; those that are gone have none."""
    if not profiles:
        return {}
    known = Profile.objects.filter(id__gte=profiles[0], id__lte=profiles[-1], id__in=profiles)
    return dict(known.values_list("id", "external_id"))
