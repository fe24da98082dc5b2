"""Outgoing webhooks: written with what causes them, signed, tried again, told again."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from tests.services.opt_in_fixtures import ANN, asks, confirms, mails, page, token_in
from tests.services.sending_fixtures import SOFT, START, JumpingClock, MemorySender, accept, delivery, run_send

from rebond.config import Config
from rebond.core.ports import OutcomeKind
from rebond.core.webhooks import RETRIES, EventType, WebhookState
from rebond.core.words import AddressStatus, Channel, MessageClass
from rebond.services import webhooks
from rebond.services.deliver_webhooks import PostError, deliver_webhooks
from rebond.services.deliveries import NewDelivery, cancel_delivery, create_delivery
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.people import read_address, release, tell
from rebond.store.models import OptInRequest, WebhookDelivery, WebhookEvent, WebhookSubscription
from rebond.store.read.webhooks import webhook_log, webhooks_due
from rebond.wiring import load_policy

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = b"k" * 32
SITE = webhooks.Site(key=KEY, refuse=lambda url: "" if url.startswith("https://") else "no https address")
POLICY = load_policy(Config())


@dataclass
class Receiver:
    """Answers what it is told to, and keeps what it was posted."""

    answers: list[int | str] = field(default_factory=list)
    got: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((url, body, headers))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, str):
            raise PostError(answer)
        return answer


@dataclass
class Clock:
    """A clock that stands still unless moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


def subscribed(*events: EventType, url: str = "https://shop.example/hook", salt: str = "salt") -> Any:
    return webhooks.subscribe(url, events=events, salt=salt, site=SITE, now=NOW, actor="test")


def quarantine(name: str = "ada") -> None:
    address = read_address(f"{name}@shop.example", channel=Channel.EMAIL)
    tell(address, status=AddressStatus.QUARANTINED, because="x", actor="test", policy=POLICY, now=NOW)


def deliver(receiver: Receiver, clock: Clock | None = None) -> Any:
    return deliver_webhooks(post=receiver.post, key=KEY, clock=clock or Clock())


def test_an_event_is_written_with_what_causes_it_for_those_who_want_it() -> None:
    one, all_, other = subscribed(EventType.ADDRESS_QUARANTINED), subscribed(), subscribed(EventType.DELIVERY_FAILED)
    with transaction.atomic():
        quarantine("eve")
        transaction.set_rollback(True)
    assert not WebhookEvent.objects.exists()
    quarantine()
    event = WebhookEvent.objects.get()
    told = json.loads(event.body)
    assert (told["type"], told["timestamp"]) == ("address.quarantined", "2026-03-01T08:00:00Z")
    told = told["data"]
    assert (told["channel"], told["address"]) == ("email", "ada@shop.example")
    assert (told["before"], told["status"]) == ("valid", "quarantined")
    assert set(told) == {"channel", "address", "before", "status", "reason", "cause"}
    whom = set(WebhookDelivery.objects.values_list("subscription", flat=True))
    assert whom == {one.row.number, all_.row.number}
    assert not webhook_log(other.row.number)


def test_nothing_is_written_for_nobody() -> None:
    quarantine()
    assert not WebhookEvent.objects.exists()


def test_leaving_quarantine_is_told_and_other_changes_are_not() -> None:
    subscribed()
    quarantine()
    address = read_address("ada@shop.example", channel=Channel.EMAIL)
    release(address, because="x", actor="test", policy=POLICY, now=NOW)
    tell(address, status=AddressStatus.ALLOWLISTED, because="x", actor="test", policy=POLICY, now=NOW)
    tell(address, status=AddressStatus.DENYLISTED, because="x", actor="test", policy=POLICY, now=NOW)
    types = list(WebhookEvent.objects.order_by("id").values_list("type", flat=True))
    assert types == ["address.quarantined", "address.released", "address.denylisted"]


def test_what_becomes_of_a_delivery_is_told() -> None:
    subscribed()
    new = NewDelivery(
        name="March",
        channel=Channel.EMAIL,
        sender="news@shop.example",
        subject="x",
        text="x",
        html="",
        message_class=MessageClass.COMMERCIAL,
        validity=POLICY.validity,
        retries=POLICY.retries,
        retry_permanent=POLICY.retry_permanent,
    )
    number = create_delivery(new, now=NOW, actor="test").id
    cancel_delivery(number, now=NOW, actor="test")
    event = WebhookEvent.objects.get()
    assert event.type == "delivery.cancelled"
    data = {"delivery": number, "name": "March", "status": "cancelled", "problem": ""}
    assert json.loads(event.body)["data"] == data


def told_events() -> list[tuple[str, Any]]:
    rows = WebhookEvent.objects.order_by("id").values_list("type", "body")
    return [(kind, json.loads(body)["data"]) for kind, body in rows]


def test_that_a_delivery_is_being_sent_is_told_once_and_that_it_is_finished() -> None:
    subscribed(EventType.DELIVERY_SENDING, EventType.DELIVERY_FINISHED)
    number, clock = delivery(2), JumpingClock()
    run_send(number, sender=MemorySender(clock, lambda who, at: SOFT if at == START else OutcomeKind.ACCEPTED))
    assert [kind for kind, _ in told_events()] == ["delivery.sending"]
    run_send(number, sender=MemorySender(JumpingClock(START + timedelta(hours=2)), accept))
    told = [(kind, data["delivery"], data["status"]) for kind, data in told_events()]
    assert told == [("delivery.sending", number, "sending"), ("delivery.finished", number, "finished")]


def test_a_confirmed_subscription_is_told_once_and_its_mails_are_a_delivery_like_others() -> None:
    subscribed()
    page()
    asks()
    (outgoing,) = mails().taken
    assert [kind for kind, _ in told_events()] == ["delivery.sending"]
    for _ in range(2):
        confirms(token_in(outgoing.content))
    ((_, told),) = [one for one in told_events() if one[0] == "subscription.confirmed"]
    number = told.pop("request")
    assert OptInRequest.objects.get().pk == number
    assert told == {"channel": "email", "address": ANN, "services": ["Newsletter"], "page": "news", "language": "en"}


def test_what_is_posted_is_signed_by_the_scheme() -> None:
    made = subscribed()
    assert made.secret.startswith("whsec_")
    assert made.secret not in str(list(WebhookSubscription.objects.values()))
    assert made.secret not in repr(made)
    quarantine()
    receiver = Receiver()
    assert deliver(receiver).told == 1
    ((url, body, headers),) = receiver.got
    assert url == "https://shop.example/hook"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    assert len(key) >= 24
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert "." not in headers["webhook-id"]
    assert deliver(receiver).told == 0
    assert len(receiver.got) == 1


def test_a_new_secret_signs_beside_the_old_one_for_a_day() -> None:
    made = subscribed()
    webhooks.renew_secret(made.row.number, salt="other", site=SITE, now=NOW, actor="test")
    receiver, clock = Receiver(), Clock(NOW + timedelta(hours=23))
    webhooks.send_test(made.row.number, now=clock.at)
    deliver(receiver, clock)
    clock.at = NOW + timedelta(hours=25)
    webhooks.send_test(made.row.number, now=clock.at)
    deliver(receiver, clock)
    assert [len(headers["webhook-signature"].split()) for _, _, headers in receiver.got] == [2, 1]


def test_what_fails_is_tried_again_with_growing_waits_and_then_given_up() -> None:
    number = subscribed().row.number
    quarantine()
    clock = Clock()
    receiver = Receiver(answers=[500, "no answer", 302, *[429] * len(RETRIES)])
    waits = []
    while webhooks_due(clock.at):
        assert deliver(receiver, clock).failed == 1
        (line,) = webhook_log(number)
        if line.state is WebhookState.WAITING:
            waits.append(line.due_at - clock.at)
            assert not webhooks_due(line.due_at - timedelta(seconds=1))
            clock.at = line.due_at
    assert tuple(waits) == RETRIES
    (line,) = webhook_log(number)
    assert (line.state, line.attempts, line.answer) == (WebhookState.FAILED, len(RETRIES) + 1, 429)
    ids = {headers["webhook-id"] for _, _, headers in receiver.got}
    times = {headers["webhook-timestamp"] for _, _, headers in receiver.got}
    assert (len(ids), len(times)) == (1, len(RETRIES) + 1)


def test_one_who_fails_does_not_hold_up_others_nor_is_asked_for_all() -> None:
    bad, good = subscribed(url="https://bad.example/"), subscribed(url="https://good.example/")
    for name in ("ada", "bob", "carl"):
        quarantine(name)

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        asked.append(url)
        return 200 if "good" in url else 503

    asked: list[str] = []
    done = deliver_webhooks(post=post, key=KEY, clock=Clock())
    assert (done.told, done.failed) == (3, 1)
    assert sorted(asked) == ["https://bad.example/", *["https://good.example/"] * 3]
    waiting = webhook_log(bad.row.number, state=WebhookState.WAITING)
    assert sorted(line.attempts for line in waiting) == [0, 0, 1]
    assert not webhooks_due(NOW)
    assert {line.state for line in webhook_log(good.row.number)} == {WebhookState.DELIVERED}


def test_whoever_is_gone_is_told_nothing_more() -> None:
    number = subscribed().row.number
    quarantine()
    deliver(Receiver(answers=[410]))
    row = webhooks.existing_subscription(number)
    assert (row.active, row.ended_because) == (False, "the receiver answered 410 Gone")
    quarantine("bob")
    assert len(webhook_log(number)) == 1
    with pytest.raises(RefusedError, match="410 Gone"):
        webhooks.send_test(number, now=NOW)
    webhooks.edit_subscription(number, active=True, site=SITE, now=NOW, actor="test")
    assert deliver(Receiver(), Clock(NOW + timedelta(days=1))).told == 1


def test_what_a_lost_worker_held_is_told_by_another() -> None:
    subscribed()
    quarantine()

    def dies(*_: Any) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_webhooks(post=dies, key=KEY, clock=Clock())
    assert deliver(Receiver()).told == 0
    assert deliver(Receiver(), Clock(NOW + timedelta(minutes=6))).told == 1


def test_what_was_told_is_told_again() -> None:
    number = subscribed().row.number
    for name in ("ada", "bob"):
        quarantine(name)
    receiver = Receiver()
    deliver(receiver)
    line = webhook_log(number)[0]
    assert webhooks.replay(number, delivery=line.number, now=NOW) == 1
    with pytest.raises(NotFoundError):
        webhooks.replay(number, delivery=line.number, now=NOW)
    deliver(receiver)
    assert webhooks.replay(number, since=NOW - timedelta(hours=1), now=NOW) == 2
    assert webhooks.replay(number, since=NOW + timedelta(hours=1), now=NOW) == 0
    deliver(receiver)
    assert len(receiver.got) == 5
    assert len({headers["webhook-id"] for _, _, headers in receiver.got}) == 2
    for wrong in ({}, {"delivery": 1, "since": NOW}):
        with pytest.raises(InputError):
            webhooks.replay(number, now=NOW, **wrong)  # type: ignore[arg-type]


def test_a_batch_is_bounded_and_says_that_there_is_more() -> None:
    number = subscribed().row.number
    for _ in range(25):
        webhooks.send_test(number, now=NOW)
    first, second = deliver(Receiver()), deliver(Receiver())
    assert (first.told, first.more) == (20, True)
    assert (second.told, second.more) == (5, False)


def test_old_events_go() -> None:
    number = subscribed().row.number
    quarantine()
    deliver(Receiver())
    deliver(Receiver(), Clock(NOW + timedelta(days=31)))
    assert not webhook_log(number)
    assert not WebhookEvent.objects.exists()


def test_a_subscription_goes_with_its_log() -> None:
    number = subscribed().row.number
    quarantine()
    webhooks.unsubscribe(number, now=NOW, actor="test")
    assert not WebhookSubscription.objects.exists()
    assert not WebhookDelivery.objects.exists()
    with pytest.raises(NotFoundError):
        webhooks.unsubscribe(number, now=NOW, actor="test")


def test_what_cannot_be_subscribed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"url": "http://x"}, {"url": "https://x/" + "x" * 2000}):
        with pytest.raises(InputError):
            subscribed(**wrong)
    monkeypatch.setattr(webhooks, "MOST", 1)
    number = subscribed().row.number
    with pytest.raises(RefusedError, match="already"):
        subscribed()
    with pytest.raises(InputError, match="visible"):
        webhooks.edit_subscription(number, name="a\nb", site=SITE, now=NOW, actor="test")
    with pytest.raises(InputError, match="what to change"):
        webhooks.edit_subscription(number, site=SITE, now=NOW, actor="test")
