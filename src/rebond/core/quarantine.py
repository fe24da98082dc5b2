"""The one function that decides about an address: its state is a fold over its evidence (specification 04)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from rebond.core.failure import AddressState, Event, Evidence, Judgement, Origin, Snapshot, Verdict, WhyNot
from rebond.core.policy import Counting, Policy
from rebond.core.words import (
    CAUSES,
    AddressStatus,
    Channel,
    ExclusionCause,
    FailureType,
    Reason,
)


class Trigger(StrEnum):
    """What an event amounts to for the table of transitions."""

    HARD = "hard"
    COUNTING = "soft that counts"
    UNCOUNTED = "soft that does not count, ignored"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    COMPLAINT = "complaint"
    STOP = "STOP"
    START = "START"
    EXIT_DUE = "exit_due"
    RELEASED = "a person releases"
    TOLD = "a person quarantines / denylists / allowlists"


class Effect(StrEnum):
    """What a transition does."""

    NOTHING = "–"
    NOTE = "noted"
    QUARANTINE = "quarantined"
    COUNT = "count + 1; at the threshold quarantined"
    CLEAR = "valid, count 0"
    CLEAR_IF_SOFT = "valid, count 0 if soft errors put it there"
    DENY = "denylisted"
    LIFT_UNLESS_COMPLAINT = "valid unless by complaint"
    LIFT_IF_STOP = "valid, if STOP put it there"
    EXIT = "valid, count 0 when its time has come"
    TELL = "as told"


_STATUSES = (
    AddressStatus.VALID,
    AddressStatus.ERRONEOUS,
    AddressStatus.QUARANTINED,
    AddressStatus.DENYLISTED,
    AddressStatus.ALLOWLISTED,
)


def _table() -> dict[tuple[AddressStatus, Trigger], Effect]:
    n, o, clear, deny = Effect.NOTE, Effect.NOTHING, Effect.CLEAR, Effect.DENY
    hard, told = Effect.QUARANTINE, Effect.TELL
    rows = {
        #                    valid         erroneous     quarantined            denylisted   allowlisted
        Trigger.HARD: (hard, hard, n, n, n),
        Trigger.COUNTING: (Effect.COUNT, Effect.COUNT, n, n, n),
        Trigger.UNCOUNTED: (n, n, n, n, n),
        Trigger.DELIVERED: (o, clear, Effect.CLEAR_IF_SOFT, n, o),
        Trigger.CONFIRMED: (o, clear, clear, Effect.LIFT_UNLESS_COMPLAINT, o),
        Trigger.COMPLAINT: (deny, deny, deny, n, deny),
        Trigger.STOP: (deny, deny, deny, n, deny),
        Trigger.START: (o, o, o, Effect.LIFT_IF_STOP, o),
        Trigger.EXIT_DUE: (o, Effect.EXIT, Effect.EXIT, o, o),
        Trigger.RELEASED: (o, clear, clear, clear, clear),
        Trigger.TOLD: (told, told, told, told, told),
    }
    return {
        (status, trigger): effect
        for trigger, effects in rows.items()
        for status, effect in zip(_STATUSES, effects, strict=True)
    }


TRANSITIONS = _table()

_TOLD = {
    Event.QUARANTINED: (AddressStatus.QUARANTINED, Reason.QUARANTINED),
    Event.DENYLISTED: (AddressStatus.DENYLISTED, Reason.DENYLISTED),
    Event.ALLOWLISTED: (AddressStatus.ALLOWLISTED, None),
}
_TRIGGERS = {
    Event.DELIVERED: Trigger.DELIVERED,
    Event.CONFIRMED: Trigger.CONFIRMED,
    Event.COMPLAINT: Trigger.COMPLAINT,
    Event.STOP: Trigger.STOP,
    Event.START: Trigger.START,
    Event.EXIT_DUE: Trigger.EXIT_DUE,
    Event.RELEASED: Trigger.RELEASED,
    **dict.fromkeys(_TOLD, Trigger.TOLD),
}
_CLEARED_BY = {
    Event.DELIVERED: Origin.SUCCESS,
    Event.CONFIRMED: Origin.CONFIRMATION,
    Event.EXIT_DUE: Origin.EXIT,
    Event.START: Origin.RELEASE,
    Event.RELEASED: Origin.RELEASE,
}
_ORDER = {event: place for place, event in enumerate(Event)}


def fold(
    policy: Policy,
    snapshot: Snapshot | None,
    evidence: Iterable[Evidence],
    *,
    channel: Channel = Channel.EMAIL,
) -> AddressState:
    """Compute an address's state from all its evidence, whatever order it arrived in."""
    return explain(policy, snapshot, evidence, channel=channel)[0]


def explain(
    policy: Policy,
    snapshot: Snapshot | None,
    evidence: Iterable[Evidence],
    *,
    channel: Channel = Channel.EMAIL,
) -> tuple[AddressState, tuple[Judgement, ...]]:
    """Fold, and tell for each piece of evidence, in order of time, whether it counted and why not."""
    ordered = sorted(evidence, key=lambda item: (item.at, _ORDER[item.event], item.identity))
    voided = _voided(ordered)
    retracted = _retracted(item for item in ordered if item.identity not in voided)
    state = snapshot.state if snapshot else AddressState()
    counting = policy.counting(channel)
    judgements = []
    for item in ordered:
        if item.identity in voided:
            counted, why_not = False, WhyNot.VOIDED
        elif snapshot and item.at <= snapshot.horizon:
            counted, why_not = False, WhyNot.BEFORE_SNAPSHOT
        elif item.event is Event.UNDO:
            counted, why_not = True, WhyNot.COUNTED
        elif item.identity in retracted:
            counted, why_not = False, WhyNot.RETRACTED
        else:
            state, why_not = _step(policy, counting, state, item)
            counted = why_not is WhyNot.COUNTED
        judgements.append(
            Judgement(
                evidence=item,
                counted=counted,
                why_not=why_not,
                status=state.status,
                error_count=state.error_count,
            )
        )
    return replace(state, until=_exit_at(policy, state)), tuple(judgements)


def _voided(ordered: Iterable[Evidence]) -> frozenset[str]:
    """Collect what undo events make void; an undo that is itself void voids nothing."""
    voided: set[str] = set()
    for item in sorted((item for item in ordered if item.event is Event.UNDO), key=lambda i: i.at, reverse=True):
        if item.identity not in voided:
            voided |= item.voids
    return frozenset(voided)


def _retracted(evidence: Iterable[Evidence]) -> frozenset[str]:
    """Find the successes that a later hard or soft failure of the same message takes back.

    A returned mail is later than the success by nature, even when its clock says otherwise.
    """
    successes: dict[str, list[Evidence]] = {}
    failures: dict[str, list[Evidence]] = {}
    for item in evidence:
        if not item.message or not item.trusted:
            continue
        if item.event is Event.DELIVERED:
            successes.setdefault(item.message, []).append(item)
        elif item.verdict and item.verdict.type is not FailureType.IGNORED:
            failures.setdefault(item.message, []).append(item)
    return frozenset(
        success.identity
        for message, found in successes.items()
        for success in found
        if any(failure.asynchronous or failure.at >= success.at for failure in failures.get(message, ()))
    )


def _step(policy: Policy, counting: Counting, state: AddressState, item: Evidence) -> tuple[AddressState, WhyNot]:
    if not item.trusted:
        return state, WhyNot.TRUST
    if item.event is Event.FAILURE:
        assert item.verdict is not None
        return _failure(policy, counting, state, item, item.verdict)
    trigger = _TRIGGERS[item.event]
    effect = TRANSITIONS[state.status, trigger]
    if effect in (Effect.NOTHING, Effect.NOTE):
        return state, WhyNot.STATUS
    if effect is Effect.CLEAR_IF_SOFT and state.origin is not Origin.SOFT:
        return state, WhyNot.STATUS
    if effect is Effect.LIFT_UNLESS_COMPLAINT and state.origin is Origin.COMPLAINT:
        return state, WhyNot.STATUS
    if effect is Effect.LIFT_IF_STOP and state.origin is not Origin.STOP:
        return state, WhyNot.STATUS
    if effect is Effect.EXIT and not _due(policy, state, item.at):
        return state, WhyNot.NOT_DUE
    if effect is Effect.DENY:
        return _deny(state, item), WhyNot.COUNTED
    if effect is Effect.TELL:
        return _tell(state, item)
    return _clear(state, item), WhyNot.COUNTED


def _failure(
    policy: Policy, counting: Counting, state: AddressState, item: Evidence, verdict: Verdict
) -> tuple[AddressState, WhyNot]:
    if item.held_by:
        return state, WhyNot.INCIDENT
    if verdict.type is FailureType.IGNORED:
        return state, WhyNot.TYPE_IGNORED
    before = state
    if verdict.owner in policy.count_owners:
        state = replace(state, last_error_at=item.at)
    why_not = _why_uncounted(policy, counting, before, item, verdict)
    if why_not is not WhyNot.COUNTED:
        return state, why_not
    if verdict.confirm > 1 and verdict.cause in state.confirming:
        state = replace(state, error_count=state.error_count + 1, last_counted_at=item.at)
        return _quarantine(state, item, verdict, Origin.HARD), WhyNot.COUNTED
    if verdict.type is FailureType.HARD or verdict.cause in policy.immediate_causes:
        return _quarantine(state, item, verdict, Origin.HARD), WhyNot.COUNTED
    return _count(policy, counting, state, item, verdict), WhyNot.COUNTED


def _why_uncounted(policy: Policy, counting: Counting, state: AddressState, item: Evidence, verdict: Verdict) -> WhyNot:
    if item.text_ignored:
        return WhyNot.TEXT_IGNORED
    hard = verdict.type is FailureType.HARD
    if verdict.owner not in policy.count_owners:
        return WhyNot.OWNER
    if CAUSES[verdict.cause].deferral:
        return WhyNot.DEFERRAL
    if item.first_sight and verdict.reason is Reason.NOT_DEFINED:
        return WhyNot.FIRST_SIGHT
    trigger = Trigger.HARD if hard else Trigger.COUNTING
    if TRANSITIONS[state.status, trigger] is Effect.NOTE:
        return WhyNot.STATUS
    last = state.last_counted_at
    if not hard and last is not None and item.at - last < counting.gap:
        return WhyNot.GAP
    return WhyNot.COUNTED


def _count(policy: Policy, counting: Counting, state: AddressState, item: Evidence, verdict: Verdict) -> AddressState:
    last = state.last_counted_at
    if policy.reset_after and last and state.error_count and item.at - last >= policy.reset_after:
        state = replace(state, status=AddressStatus.VALID, error_count=0, confirming=frozenset())
    count = state.error_count + 1
    first = state.first_error_at if state.error_count and state.first_error_at else item.at
    confirming = state.confirming | {verdict.cause} if verdict.confirm > 1 else state.confirming
    state = replace(state, error_count=count, first_error_at=first, last_counted_at=item.at, confirming=confirming)
    if count >= counting.threshold and item.at - first >= counting.span:
        return _quarantine(state, item, verdict, Origin.SOFT)
    since = state.since if state.status is AddressStatus.ERRONEOUS else item.at
    return replace(_because(state, item, verdict), status=AddressStatus.ERRONEOUS, origin=Origin.SOFT, since=since)


def _quarantine(state: AddressState, item: Evidence, verdict: Verdict, origin: Origin) -> AddressState:
    return replace(
        _because(state, item, verdict),
        status=AddressStatus.QUARANTINED,
        origin=origin,
        first_error_at=state.first_error_at or item.at,
        since=item.at,
        confirming=frozenset(),
    )


def _because(state: AddressState, item: Evidence, verdict: Verdict) -> AddressState:
    return replace(state, reason=verdict.reason, cause=verdict.cause, error_text=item.text, provider=item.provider)


def _deny(state: AddressState, item: Evidence) -> AddressState:
    complaint = item.event is Event.COMPLAINT
    return replace(
        state,
        status=AddressStatus.DENYLISTED,
        origin=Origin.COMPLAINT if complaint else Origin.STOP,
        reason=Reason.DENYLISTED,
        cause=ExclusionCause.COMPLAINT if complaint else ExclusionCause.STOP,
        error_text=item.text,
        since=item.at,
    )


def _tell(state: AddressState, item: Evidence) -> tuple[AddressState, WhyNot]:
    status, reason = _TOLD[item.event]
    if status is state.status:
        # Said again it changes nothing: a complaint stays a complaint, an exit date stays.
        return state, WhyNot.STATUS
    told = replace(
        state,
        status=status,
        origin=Origin.PERSON,
        reason=reason,
        cause=None,
        error_text=item.because,
        since=item.at,
    )
    return told, WhyNot.COUNTED


def _clear(state: AddressState, item: Evidence) -> AddressState:
    return replace(
        state,
        status=AddressStatus.VALID,
        origin=_CLEARED_BY[item.event],
        reason=None,
        cause=None,
        error_count=0,
        first_error_at=None,
        since=item.at,
        error_text="",
        confirming=frozenset(),
        releases=state.releases + 1,
    )


def _due(policy: Policy, state: AddressState, at: datetime) -> bool:
    due = _exit_at(policy, state)
    return due is not None and due <= at


def _exit_at(policy: Policy, state: AddressState) -> datetime | None:
    """Tell when the address leaves by itself: a full mailbox, or an erroneous one under `reset_after`."""
    if state.status not in (AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED):
        return None
    dates = []
    if state.reason is Reason.MAILBOX_FULL and state.last_error_at:
        dates.append(state.last_error_at + policy.full_exit)
    if policy.reset_after and state.status is AddressStatus.ERRONEOUS and state.last_counted_at:
        dates.append(state.last_counted_at + policy.reset_after)
    return min(dates, default=None)
