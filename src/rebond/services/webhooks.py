"""Subscriptions of outgoing webhooks: who is told what; audited, with a secret that is shown once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.said import said
from rebond.core.webhooks import EventType, secret_for
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.webhooks import SubscriptionRow, count_subscriptions, find_subscription
from rebond.store.write.audit import add_audit
from rebond.store.write.outbox import NewEvent, add_events
from rebond.store.write.webhooks import (
    add_subscription,
    change_salt,
    change_subscription,
    drop_deliveries,
    drop_subscription,
    tell_again,
)

MOST = 100
_MOST_NAME, _MOST_URL = 100, 2_000
_BOTH_SIGN = timedelta(hours=24)
_BATCH = 1_000
_SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What subscriptions need of a site: the key that makes secrets, and what refuses an address with words."""

    key: bytes = field(repr=False)
    refuse: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription that was made, or has a new secret, which is shown this once."""

    row: SubscriptionRow
    secret: str = field(repr=False)


def subscribe(
    url: str, *, events: Sequence[EventType], name: str = "", salt: str, site: Site, now: datetime, actor: str
) -> NewSubscription:
    """Tell somebody of events, of all without any named; `salt` is chance, of which the secret is made.

    InputError for an address or a name that cannot be; RefusedError when there are very many already.
    """
    _check(url, name, site=site)
    with transaction.atomic():
        if count_subscriptions() >= MOST:
            raise RefusedError(said("there are {most} subscriptions already: remove one first", most=MOST))
        kinds = _distinct(events)
        number = add_subscription(name=name, url=url, events=kinds, salt=salt, now=now, actor=actor)
        given = {"name": name, "url": url, "events": [one.value for one in kinds]}
        add_audit("webhook.subscribe", subject=f"webhook:{number}", actor=actor, now=now, after=given)
    return NewSubscription(row=existing_subscription(number), secret=secret_for(salt, key=site.key))


def edit_subscription(
    number: int,
    *,
    site: Site,
    now: datetime,
    actor: str,
    url: str | None = None,
    events: Sequence[EventType] | None = None,
    name: str | None = None,
    active: bool | None = None,
) -> SubscriptionRow:
    """Change what is not None; made active again, it is told what waited meanwhile."""
    if url is None and events is None and name is None and active is None:
        raise InputError(said("say what to change"))
    with transaction.atomic():
        before = existing_subscription(number, lock=True)
        _check(before.url if url is None else url, before.name if name is None else name, site=site)
        kinds = None if events is None else _distinct(events)
        because = "" if active is not False else said("ended by {actor}", actor=actor)
        change_subscription(number, name=name, url=url, events=kinds, active=active, because=because)
        after = existing_subscription(number)
        add_audit(
            "webhook.edit", subject=f"webhook:{number}", actor=actor, now=now, before=_told(before), after=_told(after)
        )
    return after


def renew_secret(number: int, *, salt: str, site: Site, now: datetime, actor: str) -> NewSubscription:
    """Give a subscription another secret; for 24 hours the one before signs as well."""
    with transaction.atomic():
        existing_subscription(number, lock=True)
        change_salt(number, salt=salt, old_until=now + _BOTH_SIGN)
        add_audit("webhook.secret", subject=f"webhook:{number}", actor=actor, now=now)
    return NewSubscription(row=existing_subscription(number), secret=secret_for(salt, key=site.key))


def end_subscription(number: int, *, because: str, now: datetime) -> None:
    """Tell somebody nothing more, because of what they answered; audited."""
    with transaction.atomic():
        change_subscription(number, active=False, because=because)
        subject = f"webhook:{number}"
        add_audit("webhook.end", subject=subject, actor=_SYSTEM, now=now, after={"active": False}, because=because)


def unsubscribe(number: int, *, now: datetime, actor: str) -> None:
    """Forget a subscription, with all that it was told."""
    with transaction.atomic():
        before = existing_subscription(number, lock=True)
        change_subscription(number, active=False, because="removed")
        add_audit("webhook.unsubscribe", subject=f"webhook:{number}", actor=actor, now=now, before=_told(before))
    while drop_deliveries(number, limit=_BATCH):
        pass
    drop_subscription(number)


def send_test(number: int, *, now: datetime) -> None:
    """Tell a subscription of nothing, to see whether it hears; RefusedError when it is not active."""
    with transaction.atomic():
        _active(number)
        add_events([NewEvent(EventType.TEST, {"subscription": number})], now=now, only=number)


def replay(number: int, *, now: datetime, delivery: int | None = None, since: datetime | None = None) -> int:
    """Tell again what was told or given up: one line of the log, or all since a time; returns how many.

    NotFoundError when there is no such line, or it still waits; RefusedError when the subscription is not active.
    """
    if (delivery is None) == (since is None):
        raise InputError(said("say what to tell again: one line of the log, or all since a time"))
    with transaction.atomic():
        _active(number)
        again = tell_again(number, now=now, number=delivery, since=since)
        if delivery is not None and not again:
            raise NotFoundError(
                said(
                    "there is no line {delivery} in the log of webhook {number} that was told or given up",
                    delivery=delivery,
                    number=number,
                )
            )
    return again


def existing_subscription(number: int, *, lock: bool = False) -> SubscriptionRow:
    """Read a subscription; NotFoundError when there is no such."""
    row = find_subscription(number, lock=lock)
    if row is None:
        raise NotFoundError(said("there is no webhook {number}: see rebond webhook list", number=number))
    return row


def _active(number: int) -> None:
    row = existing_subscription(number)
    if not row.active:
        raise RefusedError(
            said(
                "webhook {number} is not active ({ended_because}): make it active first",
                number=number,
                ended_because=row.ended_because,
            )
        )


def _check(url: str, name: str, *, site: Site) -> None:
    if len(url) > _MOST_URL:
        raise InputError(said("an address has at most {most_url} characters", most_url=_MOST_URL))
    if words := site.refuse(url):
        raise InputError(words)
    if len(name) > _MOST_NAME or not name.isprintable():
        raise InputError(said("a name has at most {most_name} visible characters", most_name=_MOST_NAME))


def _distinct(events: Sequence[EventType]) -> list[EventType]:
    return [one for one in EventType if one in set(events)]


def _told(row: SubscriptionRow) -> dict[str, object]:
    return {"name": row.name, "url": row.url, "events": [one.value for one in row.events], "active": row.active}
