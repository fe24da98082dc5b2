"""Telling subscribers what is due: one bounded batch, with a request at a time for each of them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from rebond.core.ports import Clock
from rebond.core.said import said
from rebond.core.webhooks import GONE, WebhookState, event_id, headers, next_attempt, secret_for
from rebond.services.webhooks import end_subscription
from rebond.store.read.webhooks import SubscriptionRow, active_subscriptions
from rebond.store.write.webhooks import (
    ClaimedWebhook,
    claim_webhooks,
    drop_events_before,
    free_webhooks,
    settle_webhook,
)

KEPT = timedelta(days=30)
_EACH = 20
_AT_ONCE = 8
_LEASE = timedelta(minutes=5)
# A subscriber who is slow and not failing makes room for the next batch.
_SECONDS = 60.0
_DROPPED_AT_ONCE = 500


class PostError(Exception):
    """There was no answer; the text says why."""


# Posts a body with headers to an address, and returns the status of the answer; PostError when there is none.
Post = Callable[[str, bytes, Mapping[str, str]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """How many were told and how many could not be; `more`: some are due that this batch had no room for."""

    told: int = 0
    failed: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    claimed: ClaimedWebhook
    answer: int | None
    problem: str

    @property
    def told(self) -> bool:
        return self.answer is not None and 200 <= self.answer < 300


def deliver_webhooks(*, post: Post, key: bytes, clock: Clock) -> Delivered:
    """Tell some of what is due; what fails is tried again later, with growing waits. Safe to be run by several."""
    drop_events_before(clock.now() - KEPT, limit=_DROPPED_AT_ONCE)
    held = []
    for subscription in active_subscriptions(clock.now()):
        with transaction.atomic():
            now = clock.now()
            claimed = claim_webhooks(subscription.number, now=now, lease_until=now + _LEASE, limit=_EACH)
        if claimed:
            held.append((subscription, claimed))
    if not held:
        return Delivered()
    # No thread touches the database, and no transaction is open while somebody is waited for.
    with ThreadPoolExecutor(min(_AT_ONCE, len(held))) as threads:
        tries = list(threads.map(lambda one: _tell(*one, post=post, key=key, clock=clock), held))
    for (subscription, claimed), tried in zip(held, tries, strict=True):
        _settle(subscription, claimed, tried, clock=clock)
    done = [one for tried in tries for one in tried]
    told = sum(one.told for one in done)
    return Delivered(told=told, failed=len(done) - told, more=any(len(claimed) == _EACH for _, claimed in held))


def _tell(
    subscription: SubscriptionRow, claimed: Sequence[ClaimedWebhook], *, post: Post, key: bytes, clock: Clock
) -> list[_Try]:
    """Post one after the other, until one fails or it has taken long."""
    secrets = [secret_for(salt, key=key) for salt in subscription.salts]
    ends = clock.monotonic() + _SECONDS
    tries: list[_Try] = []
    for one in claimed:
        signed = headers(event_id(one.event, at=one.at), one.body, secrets=secrets, at=clock.now())
        answer, problem = None, ""
        try:
            answer = post(subscription.url, one.body, signed)
        except PostError as error:
            problem = str(error)
        tries.append(_Try(claimed=one, answer=answer, problem=problem))
        if not tries[-1].told or clock.monotonic() >= ends:
            break
    return tries


def _settle(
    subscription: SubscriptionRow, claimed: Sequence[ClaimedWebhook], tries: Sequence[_Try], *, clock: Clock
) -> None:
    now = clock.now()
    again = now
    with transaction.atomic():
        for one in tries:
            attempts = one.claimed.attempts + 1
            due = None if one.told else next_attempt(attempts, now=now)
            again = due or again
            state = WebhookState.DELIVERED if one.told else WebhookState.FAILED if due is None else WebhookState.WAITING
            settle_webhook(
                one.claimed.number,
                state=state,
                attempts=attempts,
                due_at=due or now,
                at=now,
                answer=one.answer,
                problem=one.problem,
            )
        # Who does not answer is not asked twenty times at once: the others wait with the one that failed.
        free_webhooks([one.number for one in claimed[len(tries) :]], due_at=again)
        if any(one.answer == GONE for one in tries):
            end_subscription(subscription.number, because=said("the receiver answered 410 Gone"), now=now)
