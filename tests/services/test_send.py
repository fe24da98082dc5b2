"""Sending: what is due goes out once, and every answer takes its place in the sending log and the counters."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from sending_fixtures import KEYRING, SOFT, START, always, assert_reconciled, delivery, people, run_send, statuses

from rebond.core.message import DeliveryAction
from rebond.core.ports import OutcomeKind
from rebond.core.tokens import Keyring, read
from rebond.core.words import DeliveryStatus
from rebond.services.deliveries import act
from rebond.services.errors import NotFoundError, RefusedError
from rebond.services.send_run import WINDOW
from rebond.store.models import AuditEntry, Delivery, Message, Profile
from rebond.store.write.sending import start_delivery

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_everything_is_handed_over_once_and_the_delivery_is_finished() -> None:
    number, sender = delivery(1203), always(OutcomeKind.ACCEPTED)
    result = run_send(number, sender=sender)
    assert (result.handed_over, result.delivered, result.status) == (1203, 1203, DeliveryStatus.FINISHED)
    assert (result.next_due, result.problem, result.pending) == (None, "", 0)
    assert len({outgoing.message for outgoing in sender.taken}) == len(sender.taken) == 1203
    assert max(sender.windows) == WINDOW
    assert_reconciled(number)
    row = Delivery.objects.get(id=number)
    assert (row.started_at, row.ends_at, row.finished_at) == (START, START + timedelta(days=5), START)
    message = Message.objects.filter(delivery=number).first()
    assert message is not None
    assert (message.attempts, message.delivered_at, message.worker, message.fence) == (1, START, "", 0)
    assert message.lease_until is None
    assert AuditEntry.objects.get().action == "delivery.send"


def test_token_and_message_id_name_the_message_and_stay_the_same() -> None:
    number = delivery(1)
    sender = always(SOFT)
    run_send(number, sender=sender)
    sender.clock.time += timedelta(hours=1, minutes=7)
    rotated = Keyring(KEYRING.keys, 1)
    run_send(number, sender=sender, worker="w2", keyring=rotated)
    first, second = sender.taken
    assert (first.sender, first.content) == (second.sender, second.content)
    row = Message.objects.get(delivery=number)
    token, _, domain = row.message_id.partition("@")
    assert (read(token, keyring=KEYRING, today=START.date()).message, domain) == (row.pk, "bounce.example")
    assert (row.first_claimed_at, row.attempts, row.status) == (START, 2, "pending")


@pytest.mark.parametrize("status", ["draft", "preparing", "prepare_failed", "paused", "finished", "cancelled"])
def test_a_state_that_does_not_allow_it_is_refused_by_name(status: str) -> None:
    number = delivery(1, status=status)
    with pytest.raises(RefusedError, match=f"the delivery is {status}"):
        run_send(number, sender=always(OutcomeKind.ACCEPTED))


def test_an_edit_at_the_moment_of_the_start_waits_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    number = delivery(1)
    start, refused = start_delivery, []

    def edit() -> None:
        try:
            act(number, DeliveryAction.EDIT, now=START, actor="ann")
        except RefusedError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    editor = threading.Thread(target=edit)

    def started(number: int, **values: Any) -> bool:
        editor.start()
        editor.join(0.2)  # time enough for one that does not wait
        return start(number, **values)

    monkeypatch.setattr("rebond.services.send.start_delivery", started)
    assert run_send(number, sender=always(OutcomeKind.ACCEPTED)).delivered == 1
    editor.join()
    assert len(refused) == 1


def test_an_unknown_delivery() -> None:
    with pytest.raises(NotFoundError, match="no delivery 99"):
        run_send(99, sender=always(OutcomeKind.ACCEPTED))


def test_a_delivery_without_messages_is_finished_at_once() -> None:
    number = delivery(0)
    assert run_send(number, sender=always(OutcomeKind.ACCEPTED)).status is DeliveryStatus.FINISHED


def test_a_message_that_cannot_be_built() -> None:
    number = delivery(3)
    Profile.objects.filter(external_id="p1").update(fields={"first_name": "Bad"})
    result = run_send(number, sender=always(OutcomeKind.ACCEPTED))
    assert (result.production_errors, result.delivered, result.status) == (1, 2, DeliveryStatus.FINISHED)
    row = Message.objects.get(status="production_error")
    assert (row.reason, row.text, row.attempts) == ("production_error", "'nickname' is undefined", 0)
    assert_reconciled(number)


def test_progress_is_told() -> None:
    number, told = delivery(120), []
    run_send(number, sender=always(OutcomeKind.ACCEPTED), on_progress=told.append)
    assert told[-1].delivered == 120
    assert {one.messages for one in told} == {120}


def test_messages_of_other_deliveries_are_left_alone() -> None:
    shared = people(2)
    first, second = delivery(profiles=shared), delivery(profiles=shared)
    run_send(first, sender=always(OutcomeKind.ACCEPTED))
    assert statuses(second) == {"pending": 2}
