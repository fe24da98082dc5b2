"""Claiming due messages: what stands against them is read again, and what may go is fixed for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rebond.core.exclusion import ExclusionRule, Ground, first_exclusion
from rebond.core.tokens import Keyring, sign
from rebond.core.words import ExclusionCause, MessageClass, MessageStatus, Reason
from rebond.services.opt_in_links import with_links
from rebond.store.read.sending import Due, Person, SendingDelivery, confirmed_lately, due_messages, people_behind
from rebond.store.write.claims import LateExclusion, agree_on_confirmations, close_open, exclude_late, hold

LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message under our lease, its Message-ID and date fixed, and the fields that its content is made from."""

    due: Due
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One batch: how many were due, which of them may go, and how many were settled without being tried."""

    taken: int
    claimed: tuple[Claimed, ...]
    excluded_late: int = 0
    failed: int = 0
    cancelled: int = 0


def claim(
    delivery: SendingDelivery, *, worker: str, now: datetime, limit: int, keyring: Keyring, bounce_domain: str
) -> Claim:
    """Claim up to `limit` due messages in the open transaction; refuse those that may not be written to any more.

    Nothing is due any more once the delivery's validity has ended.
    """
    ended = delivery.ends_at is not None and now > delivery.ends_at
    due = [] if ended else due_messages(delivery.id, now=now, limit=limit)
    if not due:
        return Claim(taken=0, claimed=())
    people = _people(due, delivery, keyring=keyring, now=now)
    going: list[Due] = []
    late: list[LateExclusion] = []
    closed: dict[MessageStatus, list[int]] = {MessageStatus.FAILED: [], MessageStatus.CANCELLED: []}
    for item in due:
        refusal = _refusal(people[item.id], message_class=delivery.message_class)
        if refusal is None:
            going.append(item)
        elif item.attempts == 0 and item.status is MessageStatus.PENDING:
            late.append(LateExclusion(due=item, reason=refusal[0], cause=refusal[1]))
        else:
            closed[_end(refusal)].append(item.id)
    fixed = {
        item.id: f"{sign(item.id, keyring=keyring, issued=now.date())}@{bounce_domain}"
        for item in going
        if not item.message_id
    }
    hold(going, worker=worker, now=now, until=now + LEASE, message_ids=fixed)
    exclude_late(delivery.id, late)
    for status, numbers in closed.items():
        close_open(delivery.id, numbers, status=status)
    return Claim(
        taken=len(due),
        claimed=tuple(_claimed(item, people[item.id], now=now, fixed=fixed) for item in going),
        excluded_late=len(late),
        failed=len(closed[MessageStatus.FAILED]),
        cancelled=len(closed[MessageStatus.CANCELLED]),
    )


def _people(due: Sequence[Due], delivery: SendingDelivery, *, keyring: Keyring, now: datetime) -> Mapping[int, Person]:
    """Read the people behind these messages, with what stands against writing to them now."""
    people = people_behind(due, channel=delivery.channel, service=delivery.service)
    if delivery.message_class is not MessageClass.CONFIRMATION:
        return people
    people = with_links(people, keyring=keyring)
    agree_on_confirmations([item.address_key for item in due])
    lately = confirmed_lately(due, delivery=delivery.id, channel=delivery.channel, now=now)
    grounds = frozenset({Ground.CONFIRMED_LATELY})
    return {
        item.id: replace(people[item.id], grounds=people[item.id].grounds | grounds)
        if item.address_key in lately
        else people[item.id]
        for item in due
    }


def _claimed(due: Due, person: Person, *, now: datetime, fixed: Mapping[int, str]) -> Claimed:
    if due.id in fixed:
        due = replace(due, message_id=fixed[due.id], first_claimed_at=now)
    return Claimed(due=due, fields=person.fields)


_Refusal = tuple[Reason, ExclusionCause]
# An erased profile has no address any more.
_ERASED: _Refusal = (Reason.ADDRESS_EMPTY, ExclusionCause.LATE)


def _refusal(person: Person, *, message_class: MessageClass) -> _Refusal | None:
    if person.erased:
        return _ERASED
    rule: ExclusionRule | None = first_exclusion(person.grounds, message_class=message_class, late=True)
    return (rule.reason, rule.cause or ExclusionCause.LATE) if rule else None


def _end(refusal: _Refusal) -> MessageStatus:
    """After an attempt: a person's own wish cancels; what is wrong with the address leaves the last failure."""
    wished = refusal is _ERASED or refusal[1] is ExclusionCause.OPTED_OUT
    return MessageStatus.CANCELLED if wished else MessageStatus.FAILED
