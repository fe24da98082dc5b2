"""Preparation: a delivery's target becomes messages and exclusions; nothing is sent (specification 05)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction

from rebond.core.accounting import Counts
from rebond.core.message import DeliveryAction
from rebond.core.policy import Policy
from rebond.core.said import said, said_n, words_of
from rebond.core.schedule import counted_hours
from rebond.core.words import DeliveryStatus, Reason
from rebond.services.deliveries import act, get_delivery, locked
from rebond.services.errors import RefusedError
from rebond.store.read.deliveries import DeliveryRow, Target, counts_of, messages_to_verify
from rebond.store.write.prepare import MovedOnError, begin_again, clear_some, prepare_chunk, ready_planner, spoil

CHUNK = 50_000
SAMPLE = 1_000
_CLEARING = -1


class Problems(Protocol):
    """What a check of a delivery's content found: `red` blocks, `yellow` warns."""

    @property
    def red(self) -> Sequence[str]: ...

    @property
    def yellow(self) -> Sequence[str]: ...


class Content(Protocol):
    """What preparation asks of a channel about a delivery's content."""

    def check(self, delivery: DeliveryRow) -> Problems:
        """Check what can be checked without a profile."""
        ...

    def try_build(self, delivery: DeliveryRow) -> Callable[[int, str, Mapping[str, Any]], None]:
        """Return what builds a message from number, address and fields, and raises ValueError when it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class PrepareProgress:
    """How far a preparation is: profiles done so far, and messages verified."""

    profiles: int
    verified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What preparation made, and what to know before sending."""

    target: int
    messages: int
    production_errors: int
    exclusions: Mapping[Reason, int]
    warnings: tuple[str, ...]


def prepare(
    delivery_id: int,
    *,
    content: Content,
    providers: Mapping[str, str],
    policy: Policy,
    now: datetime,
    actor: str,
    chunk: int = CHUNK,
    sample: int = SAMPLE,
    progress: Callable[[PrepareProgress], None] | None = None,
) -> Prepared:
    """Check the content, then make each profile of the target one message or one exclusion, chunk by chunk.

    What was cut short runs on; preparing again replaces what was made. RefusedError when the delivery's state or its
    content does not allow it, NotFoundError when there is no such delivery.
    """
    delivery = begin_preparing(delivery_id, now=now, actor=actor)
    warnings = _check(delivery, content, now=now, actor=actor)
    report = progress or (lambda _: None)
    end = _run(delivery, chunk=chunk, providers=providers, now=now, report=report)
    warnings += _verify(delivery, content, sample=None if delivery.verify_all else sample, report=report)
    _end(delivery_id, cursor=end, now=now, actor=actor)
    counts = counts_of(delivery_id)
    exclusions = counts.by_reason()
    warnings += warnings_about(delivery, counts, policy=policy)
    return Prepared(
        target=counts.target,
        messages=counts.messages,
        production_errors=counts.production_errors,
        exclusions=exclusions,
        warnings=tuple(warnings),
    )


def begin_preparing(delivery_id: int, *, now: datetime, actor: str) -> DeliveryRow:
    """Write down that a delivery is being prepared, for `prepare` to run, here or elsewhere; or join who does."""
    with transaction.atomic():
        # Held while it is decided whether to begin or to join: another process may begin at the same moment.
        delivery = locked(delivery_id, DeliveryAction.PREPARE)
        if delivery.target is Target.INCOMPLETE:
            raise RefusedError(
                said(
                    "delivery {number}: the file of its target was not read to the end: give it again"
                    " (rebond delivery edit {number} --to FILE)",
                    number=delivery_id,
                )
            )
        if delivery.status is not DeliveryStatus.PREPARING:
            # A draft goes on where it was stopped; when it was edited since, its cursor says that all is cleared first.
            stopped = delivery.status is DeliveryStatus.DRAFT
            cursor = delivery.cursor if stopped else _CLEARING if delivery.cursor else 0
            act(delivery_id, DeliveryAction.PREPARE, now=now, actor=actor, cursor=cursor, scheduled_at=None)
    return get_delivery(delivery_id)


def stop_preparing(delivery_id: int, *, now: datetime, actor: str) -> DeliveryStatus:
    """Stop a preparation after the chunk at hand; prepared again without an edit, it goes on from there."""
    return act(delivery_id, DeliveryAction.STOP, now=now, actor=actor)


def _end(delivery_id: int, *, cursor: int, now: datetime, actor: str) -> None:
    with transaction.atomic():
        if locked(delivery_id, DeliveryAction.PREPARED).cursor != cursor:
            raise RefusedError(
                said("delivery {number} is being prepared again: this preparation has been stopped", number=delivery_id)
            )
        act(delivery_id, DeliveryAction.PREPARED, now=now, actor=actor, prepared_at=now)


def _check(delivery: DeliveryRow, content: Content, *, now: datetime, actor: str) -> list[str]:
    problems = content.check(delivery)
    if problems.red:
        words = "\n".join(problems.red)
        act(delivery.id, DeliveryAction.PREPARE_FAILED, now=now, actor=actor, problem=words)
        raise RefusedError(
            said("delivery {number} cannot be prepared:\n{words:lines}", number=delivery.id, words=tuple(problems.red))
        )
    return list(problems.yellow)


def _clear(delivery_id: int, *, size: int) -> None:
    while clear_some(delivery_id, limit=size):
        pass
    begin_again(delivery_id)


def _run(
    delivery: DeliveryRow,
    *,
    chunk: int,
    providers: Mapping[str, str],
    now: datetime,
    report: Callable[[PrepareProgress], None],
) -> int:
    """Prepare chunk after chunk, after clearing what an earlier preparation made; returns the last profile."""
    ready_planner()
    while True:
        present = get_delivery(delivery.id)
        if present.status is not DeliveryStatus.PREPARING:
            raise RefusedError(
                said(
                    "delivery {number} is {status:DeliveryStatus}: its preparation has been stopped",
                    number=delivery.id,
                    status=present.status,
                )
            )
        if present.cursor < 0:
            _clear(delivery.id, size=chunk)
            continue
        try:
            done = prepare_chunk(present, cursor=present.cursor, size=chunk, providers=providers, now=now)
        except MovedOnError:
            continue
        if done is None:
            return present.cursor
        report(PrepareProgress(profiles=counts_of(delivery.id).target, verified=0))


def _verify(
    delivery: DeliveryRow, content: Content, *, sample: int | None, report: Callable[[PrepareProgress], None]
) -> list[str]:
    """Build messages for nobody: those that cannot be built become production errors; says how many, and why."""
    build = content.try_build(delivery)
    verified = last = failed = 0
    first = ""
    while sample is None or verified < sample:
        limit = SAMPLE if sample is None else min(SAMPLE, sample - verified)
        page = messages_to_verify(delivery.id, after=last, limit=limit)
        if not page:
            break
        words: dict[int, str] = {}
        for item in page:
            try:
                build(item.message, item.address, item.fields)
            except ValueError as error:
                words[item.message] = words_of(error)
        if words:
            first = first or next(iter(words.values()))
            failed += spoil(delivery.id, words)
        last = page[-1].profile
        verified += len(page)
        report(PrepareProgress(profiles=counts_of(delivery.id).target, verified=verified))
    if not failed:
        return []
    return [
        said_n(
            "{failed} of the message verified cannot be built; the first: {first}",
            "{failed} of the {n} messages verified cannot be built; the first: {first}",
            verified,
            failed=failed,
            first=first,
        )
    ]


def warnings_about(delivery: DeliveryRow, counts: Counts, *, policy: Policy) -> list[str]:
    """Say what to know before a prepared delivery is sent, beside what its content's check says."""
    return [*_about(counts.target, counts.by_reason()), *_about_validity(delivery, policy=policy)]


def _about(target: int, exclusions: Mapping[Reason, int]) -> list[str]:
    if not target:
        return [said("the target is empty: there is nobody to write to")]
    invalid = exclusions.get(Reason.INVALID_ADDRESS, 0)
    if not invalid:
        return []
    return [
        said_n(
            "{n} profile has an address that is not a possible one",
            "{n} profiles have an address that is not a possible one",
            invalid,
        )
    ]


def _about_validity(delivery: DeliveryRow, *, policy: Policy) -> list[str]:
    """Say when a delivery ends before its soft failures can quarantine an address."""
    counting = policy.counting(delivery.channel)
    moments = counted_hours(delivery.retries, gap=counting.gap)
    counted = sum(moment <= delivery.validity for moment in moments)
    if counted >= counting.threshold:
        return []
    return [
        said_n(
            "trying stops after {time}, at {n} counted error: an address that meets only soft failures is quarantined"
            " at {threshold}, {needed}",
            "trying stops after {time}, at {n} counted errors: an address that meets only soft failures is quarantined"
            " at {threshold}, {needed}",
            counted,
            time=_hours(delivery.validity),
            threshold=counting.threshold,
            needed=_needed(moments, counting.threshold),
        )
    ]


def _needed(moments: Sequence[timedelta], threshold: int) -> str:
    if len(moments) < threshold:
        return said("which these retries never reach")
    return said("for which a validity of {time} or more is needed", time=_hours(moments[threshold - 1]))


def _hours(time: timedelta) -> str:
    minutes = time.total_seconds() / 60
    return (
        said("{minutes:g} min", minutes=minutes) if minutes < 60 else said("{hours:g} h", hours=round(minutes / 60, 1))
    )
