"""The states of messages and deliveries (specification 05)."""

import pytest

from rebond.core.accounting import COUNTER_OF
from rebond.core.message import (
    DELIVERY_TRANSITIONS,
    MESSAGE_TRANSITIONS,
    OPEN_MESSAGES,
    DeliveryAction,
    IllegalTransitionError,
    MessageAction,
    after,
)
from rebond.core.words import DeliveryStatus, MessageStatus

# What each status allows, and where it leads.
ALLOWED = {
    "draft": {"edit": "draft", "prepare": "preparing", "cancel": "cancelled"},
    "preparing": {
        "prepare": "preparing",
        "stop": "draft",
        "prepared": "prepared",
        "prepare_failed": "prepare_failed",
        "cancel": "cancelled",
        "fail": "failed",
    },
    "prepare_failed": {"edit": "draft", "prepare": "preparing", "cancel": "cancelled"},
    "prepared": {
        "edit": "draft",
        "prepare": "preparing",
        "schedule": "scheduled",
        "send": "sending",
        "cancel": "cancelled",
    },
    "scheduled": {
        "edit": "draft",
        "prepare": "preparing",
        "schedule": "scheduled",
        "unschedule": "prepared",
        "send": "sending",
        "cancel": "cancelled",
    },
    "sending": {"send": "sending", "pause": "paused", "cancel": "cancelled", "finish": "finished", "fail": "failed"},
    "paused": {"resume": "sending", "cancel": "cancelled", "finish": "finished"},
    "finished": {},
    "cancelled": {},
    "failed": {},
}


@pytest.mark.parametrize("status", DeliveryStatus)
@pytest.mark.parametrize("action", DeliveryAction)
def test_deliveries(status: DeliveryStatus, action: DeliveryAction) -> None:
    target = ALLOWED[status].get(action)
    if target:
        assert after(status, action) == target
    else:
        with pytest.raises(
            IllegalTransitionError, match=f"the delivery is {status}, so it cannot be asked to {action}"
        ):
            after(status, action)


def test_an_illegal_action_names_the_states_that_allow_it() -> None:
    with pytest.raises(IllegalTransitionError, match="that needs prepared or scheduled or sending"):
        after(DeliveryStatus.DRAFT, DeliveryAction.SEND)


def test_every_action_is_in_its_table() -> None:
    assert set(DELIVERY_TRANSITIONS) == set(DeliveryAction)
    assert set(MESSAGE_TRANSITIONS) == set(MessageAction)


def test_what_was_settled_stays_settled() -> None:
    for action, (before, target) in MESSAGE_TRANSITIONS.items():
        if action is MessageAction.CONFIRM:
            assert (before, target) == ({MessageStatus.DELIVERED}, MessageStatus.RECEIVED)
        else:
            assert before <= OPEN_MESSAGES


def test_delivered_never_falls() -> None:
    for before, target in MESSAGE_TRANSITIONS.values():
        if any(COUNTER_OF.get(status) == "delivered" for status in before):
            assert COUNTER_OF[target] == "delivered"


def test_a_message_tried_already_is_not_excluded_any_more() -> None:
    before, target = MESSAGE_TRANSITIONS[MessageAction.EXCLUDE]
    assert MessageStatus.UNCERTAIN not in before
    assert target is MessageStatus.EXCLUDED_LATE


def test_every_status_can_be_reached() -> None:
    assert {target for _, target in MESSAGE_TRANSITIONS.values()} == set(MessageStatus)
    assert {target for _, target in DELIVERY_TRANSITIONS.values()} == set(DeliveryStatus)
