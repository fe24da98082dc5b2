"""The one function that decides about an address: its state is a fold over its evidence (specification 04)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from rebond.core.evidence_order import in_order, retracted, voided
from rebond.core.failure import AddressState, Event, Evidence, Judgement, Origin, Snapshot, Verdict, WhyNot
from rebond.core.policy import Counting, Policy
from rebond.core.transitions import TRANSITIONS, Effect, Trigger
from rebond.core.words import CAUSES, AddressStatus, Channel, ExclusionCause, Reason

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


def fold(
    policy: Policy,
    snapshot: Snapshot | None,
    evidence: Iterable[Evidence],
    *,
    channel: Channel = Channel.EMAIL,
) -> AddressState:
    """Compute an address's state from all its evidence, whatever order it arrived in."""
    state = snapshot.state if snapshot else _UNKNOWN
    for _, _, now in _walk(policy, snapshot, evidence, channel=channel):
        state = now
    return _ended(policy, state)


def explain(
    policy: Policy,
    snapshot: Snapshot | None,
    evidence: Iterable[Evidence],
    *,
    channel: Channel = Channel.EMAIL,
) -> tuple[AddressState, tuple[Judgement, ...]]:
    """Fold, and tell for each piece of evidence, in order of time, whether it counted and why not."""
    state = snapshot.state if snapshot else _UNKNOWN
    judgements = []
    for item, why_not, now in _walk(policy, snapshot, evidence, channel=channel):
        state = now
        judgements.append(
            Judgement(
                evidence=item,
                counted=why_not is WhyNot.COUNTED,
                why_not=why_not,
                status=state.status,
                error_count=state.error_count,
            )
        )
    return _ended(policy, state), tuple(judgements)


_UNKNOWN = AddressState()


def _walk(
    policy: Policy, snapshot: Snapshot | None, evidence: Iterable[Evidence], *, channel: Channel
) -> Iterator[tuple[Evidence, WhyNot, AddressState]]:
    """Yield each piece of evidence, in order of time, with why it did not count and the state after it."""
    ordered = in_order(evidence)
    void = voided(ordered)
    taken_back = retracted(item for item in ordered if item.identity not in void)
    state = snapshot.state if snapshot else _UNKNOWN
    counting = policy.counting(channel)
    for item in ordered:
        if item.identity in void:
            why_not = WhyNot.VOIDED
        elif snapshot and item.at <= snapshot.horizon:
            why_not = WhyNot.BEFORE_SNAPSHOT
        elif item.event is Event.UNDO:
            why_not = WhyNot.COUNTED
        elif item.identity in taken_back:
            why_not = WhyNot.RETRACTED
        else:
            state, why_not = _step(policy, counting, state, item)
        yield item, why_not, state


def _ended(policy: Policy, state: AddressState) -> AddressState:
    until = _exit_at(policy, state)
    return state if until == state.until else replace(state, until=until)


def _step(policy: Policy, counting: Counting, state: AddressState, item: Evidence) -> tuple[AddressState, WhyNot]:
    if not item.trusted:
        return state, WhyNot.TRUST
    if item.event is Event.FAILURE:
        assert item.verdict is not None
        return _failure(policy, counting, state, item, item.verdict)
    trigger = _TRIGGERS[item.event]
    effect = TRANSITIONS[state.status, trigger]
    if effect is Effect.NOTHING:
        return state, WhyNot.NO_EFFECT
    if _withstood(effect, state.origin):
        return state, WhyNot.STATUS
    if effect is Effect.EXIT and not _due(policy, state, item.at):
        return state, WhyNot.NOT_DUE
    if effect is Effect.DENY:
        return _deny(state, item), WhyNot.COUNTED
    if effect is Effect.TELL:
        return _tell(state, item)
    return _cleared(state, _CLEARED_BY[item.event], item.at), WhyNot.COUNTED


def _withstood(effect: Effect, origin: Origin) -> bool:
    if effect is Effect.CLEAR_IF_SOFT:
        return origin is not Origin.SOFT
    if effect is Effect.LIFT_UNLESS_COMPLAINT:
        return origin is Origin.COMPLAINT
    if effect is Effect.LIFT_IF_STOP:
        return origin is not Origin.STOP
    return effect is Effect.NOTE


def _failure(
    policy: Policy, counting: Counting, state: AddressState, item: Evidence, verdict: Verdict
) -> tuple[AddressState, WhyNot]:
    if item.held_by:
        return state, WhyNot.INCIDENT
    if verdict.harmless:
        return state, WhyNot.TYPE_IGNORED
    if verdict.owner in policy.count_owners:
        state = replace(_rested(policy, state, item.at), last_error_at=item.at)
    hard = verdict.hard_at_once or verdict.cause in policy.immediate_causes
    why_not = _why_uncounted(policy, counting, state, item, verdict, hard=hard)
    if why_not is not WhyNot.COUNTED:
        return state, why_not
    if hard:
        return _quarantine(state, item, verdict, Origin.HARD), WhyNot.COUNTED
    return _count(counting, state, item, verdict), WhyNot.COUNTED


def _why_uncounted(
    policy: Policy, counting: Counting, state: AddressState, item: Evidence, verdict: Verdict, *, hard: bool
) -> WhyNot:
    if item.text_ignored:
        return WhyNot.TEXT_IGNORED
    if verdict.owner not in policy.count_owners:
        return WhyNot.OWNER
    if CAUSES[verdict.cause].deferral:
        return WhyNot.DEFERRAL
    if item.first_sight and verdict.reason is Reason.NOT_DEFINED:
        return WhyNot.FIRST_SIGHT
    if TRANSITIONS[state.status, Trigger.HARD if hard else Trigger.COUNTING] is Effect.NOTE:
        return WhyNot.STATUS
    if not hard and state.last_counted_at and item.at - state.last_counted_at < counting.gap:
        return WhyNot.GAP
    return WhyNot.COUNTED


def _rested(policy: Policy, state: AddressState, at: datetime) -> AddressState:
    """Set back an erroneous address that had no counting error for `reset_after`, whether or not cleanup came by.

    The date of a full mailbox is otherwise: only the exit that cleanup stores ends it.
    """
    due = _reset_at(policy, state)
    return state if due is None or due > at else _cleared(state, Origin.EXIT, due)


def _count(counting: Counting, state: AddressState, item: Evidence, verdict: Verdict) -> AddressState:
    count, first = state.error_count + 1, state.first_error_at or item.at
    confirmed = verdict.confirm > 1 and verdict.cause in state.confirming
    many = count >= counting.threshold and item.at - first >= counting.span
    if confirmed or many:
        state = replace(state, error_count=count, first_error_at=first, last_counted_at=item.at)
        return _quarantine(state, item, verdict, Origin.HARD if confirmed else Origin.SOFT)
    return replace(
        state,
        status=AddressStatus.ERRONEOUS,
        origin=Origin.SOFT,
        reason=verdict.reason,
        cause=verdict.cause,
        error_count=count,
        first_error_at=first,
        last_counted_at=item.at,
        since=state.since if state.status is AddressStatus.ERRONEOUS else item.at,
        error_text=item.text,
        provider=item.provider,
        confirming=state.confirming | {verdict.cause} if verdict.confirm > 1 else state.confirming,
    )


def _quarantine(state: AddressState, item: Evidence, verdict: Verdict, origin: Origin) -> AddressState:
    return replace(
        state,
        status=AddressStatus.QUARANTINED,
        origin=origin,
        reason=verdict.reason,
        cause=verdict.cause,
        error_text=item.text,
        provider=item.provider,
        first_error_at=state.first_error_at or item.at,
        since=item.at,
        confirming=frozenset(),
    )


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
        if state.origin in (Origin.PERSON, Origin.COMPLAINT):
            return state, WhyNot.STATUS
        # From now on it stays until a person ends it: no success, START or date does. What was known is kept.
        return replace(state, origin=Origin.PERSON), WhyNot.COUNTED
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


def _cleared(state: AddressState, origin: Origin, at: datetime) -> AddressState:
    return replace(
        state,
        status=AddressStatus.VALID,
        origin=origin,
        reason=None,
        cause=None,
        error_count=0,
        first_error_at=None,
        since=at,
        error_text="",
        confirming=frozenset(),
        releases=state.releases + 1,
    )


def ways_out(state: AddressState) -> tuple[Event, ...]:
    """List what makes an address valid again, by the table of transitions; a date only where there is one."""
    return tuple(
        event
        for event in _CLEARED_BY
        for effect in [TRANSITIONS[state.status, _TRIGGERS[event]]]
        if effect is not Effect.NOTHING and not _withstood(effect, state.origin)
        if event is not Event.EXIT_DUE or state.until
    )


def _due(policy: Policy, state: AddressState, at: datetime) -> bool:
    due = _exit_at(policy, state)
    return due is not None and due <= at


def _exit_at(policy: Policy, state: AddressState) -> datetime | None:
    """Tell when the address leaves by itself: a full mailbox, or an erroneous one under `reset_after`."""
    if state.status not in (AddressStatus.ERRONEOUS, AddressStatus.QUARANTINED) or state.origin is Origin.PERSON:
        return None
    dates = []
    if state.reason is Reason.MAILBOX_FULL and state.last_error_at:
        dates.append(state.last_error_at + policy.full_exit)
    if reset := _reset_at(policy, state):
        dates.append(reset)
    return min(dates, default=None)


def _reset_at(policy: Policy, state: AddressState) -> datetime | None:
    if policy.reset_after and state.status is AddressStatus.ERRONEOUS and state.last_counted_at:
        return state.last_counted_at + policy.reset_after
    return None
