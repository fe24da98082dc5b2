"""The states of a message and of a delivery, and what may follow what (specification 05)."""

from collections.abc import Mapping
from enum import StrEnum

from rebond.core.said import said
from rebond.core.words import DeliveryStatus, MessageStatus

_M, _D = MessageStatus, DeliveryStatus


class MessageAction(StrEnum):
    """What can happen to a message."""

    CLAIM = "claim"
    RELEASE = "release"
    LOSE = "lose"
    ACCEPT = "accept"
    CONFIRM = "confirm"
    RETRY = "retry"
    FAIL = "fail"
    CANCEL = "cancel"
    EXCLUDE = "exclude"
    SPOIL = "spoil"


# `sending` is a message of a window that has begun; a claim alone leaves it pending or uncertain.
MESSAGE_TRANSITIONS: Mapping[MessageAction, tuple[frozenset[MessageStatus], MessageStatus]] = {
    MessageAction.CLAIM: (frozenset({_M.PENDING, _M.UNCERTAIN}), _M.SENDING),
    MessageAction.RELEASE: (frozenset({_M.SENDING}), _M.PENDING),
    MessageAction.LOSE: (frozenset({_M.SENDING}), _M.UNCERTAIN),
    MessageAction.ACCEPT: (frozenset({_M.SENDING}), _M.DELIVERED),
    MessageAction.CONFIRM: (frozenset({_M.DELIVERED}), _M.RECEIVED),
    MessageAction.RETRY: (frozenset({_M.SENDING}), _M.PENDING),
    MessageAction.FAIL: (frozenset({_M.SENDING, _M.PENDING, _M.UNCERTAIN}), _M.FAILED),
    MessageAction.CANCEL: (frozenset({_M.SENDING, _M.PENDING, _M.UNCERTAIN}), _M.CANCELLED),
    MessageAction.EXCLUDE: (frozenset({_M.PENDING, _M.SENDING}), _M.EXCLUDED_LATE),
    MessageAction.SPOIL: (frozenset({_M.PENDING, _M.SENDING}), _M.PRODUCTION_ERROR),
}

OPEN_MESSAGES = frozenset({_M.PENDING, _M.SENDING, _M.UNCERTAIN})


class DeliveryAction(StrEnum):
    """What a person or a service can do to a delivery."""

    EDIT = "edit"
    PREPARE = "prepare"
    STOP = "stop"
    PREPARED = "prepared"
    PREPARE_FAILED = "prepare_failed"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    SEND = "send"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"
    FAIL = "fail"


DELIVERY_TRANSITIONS: Mapping[DeliveryAction, tuple[frozenset[DeliveryStatus], DeliveryStatus]] = {
    DeliveryAction.EDIT: (frozenset({_D.DRAFT, _D.PREPARED, _D.SCHEDULED, _D.PREPARE_FAILED}), _D.DRAFT),
    # Preparing again is legal until the first attempt; a preparation that was cut short runs on.
    DeliveryAction.PREPARE: (
        frozenset({_D.DRAFT, _D.PREPARING, _D.PREPARED, _D.SCHEDULED, _D.PREPARE_FAILED}),
        _D.PREPARING,
    ),
    # What was prepared stays: preparing goes on from there, unless it is edited.
    DeliveryAction.STOP: (frozenset({_D.PREPARING}), _D.DRAFT),
    DeliveryAction.PREPARED: (frozenset({_D.PREPARING}), _D.PREPARED),
    DeliveryAction.PREPARE_FAILED: (frozenset({_D.PREPARING}), _D.PREPARE_FAILED),
    # Another time may be given.
    DeliveryAction.SCHEDULE: (frozenset({_D.PREPARED, _D.SCHEDULED}), _D.SCHEDULED),
    DeliveryAction.UNSCHEDULE: (frozenset({_D.SCHEDULED}), _D.PREPARED),
    # A second sender joins.
    DeliveryAction.SEND: (frozenset({_D.PREPARED, _D.SCHEDULED, _D.SENDING}), _D.SENDING),
    DeliveryAction.PAUSE: (frozenset({_D.SENDING}), _D.PAUSED),
    DeliveryAction.RESUME: (frozenset({_D.PAUSED}), _D.SENDING),
    DeliveryAction.CANCEL: (
        frozenset({_D.DRAFT, _D.PREPARING, _D.PREPARED, _D.SCHEDULED, _D.PREPARE_FAILED, _D.SENDING, _D.PAUSED}),
        _D.CANCELLED,
    ),
    # Validity may end, and the last answer may come, while it is paused.
    DeliveryAction.FINISH: (frozenset({_D.SENDING, _D.PAUSED}), _D.FINISHED),
    DeliveryAction.FAIL: (frozenset({_D.SENDING, _D.PREPARING}), _D.FAILED),
}


class IllegalTransitionError(ValueError):
    """An action that the present state does not allow; the text names both."""


def after(status: DeliveryStatus, action: DeliveryAction) -> DeliveryStatus:
    """Return the status that an action leads to; IllegalTransitionError when the present one does not allow it."""
    allowed, target = DELIVERY_TRANSITIONS[action]
    if status not in allowed:
        raise IllegalTransitionError(
            said(
                "the delivery is {status:DeliveryStatus}, so it cannot be asked to {action:DeliveryAction}: that needs"
                " {allowed:or}",
                status=status,
                action=action,
                allowed=tuple(sorted(allowed)),
            )
        )
    return target
