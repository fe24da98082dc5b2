"""Verdicts that others give, and what a verdict says of itself."""

import itertools
from contextlib import suppress

import pytest

from rebond.core.failure import given_verdict
from rebond.core.words import CAUSES, Cause, FailureType, Owner, Reason
from tests.core.given import verdict

HARD, SOFT, IGNORED = FailureType


@pytest.mark.parametrize(
    ("kind", "reason", "given", "cause"),
    [
        (HARD, Reason.USER_UNKNOWN, None, Cause.NO_SUCH_USER),
        (HARD, Reason.ACCOUNT_DISABLED, None, Cause.CLOSED),
        (SOFT, Reason.ACCOUNT_DISABLED, None, Cause.INACTIVE),
        (SOFT, Reason.MAILBOX_FULL, Cause.SYSTEM_FULL, Cause.SYSTEM_FULL),
        (SOFT, Reason.NOT_DEFINED, None, Cause.UNKNOWN),
        (IGNORED, Reason.UNREACHABLE, Cause.DELAYED, Cause.DELAYED),
        (IGNORED, Reason.USER_UNKNOWN, None, Cause.NO_SUCH_USER),
        (IGNORED, Reason.NOT_A_FAILURE, Cause.CHALLENGE, Cause.CHALLENGE),
    ],
)
def test_a_given_verdict(kind: FailureType, reason: Reason, given: Cause | None, cause: Cause) -> None:
    found = given_verdict(kind, reason=reason, cause=given)
    assert (found.type, found.reason, found.cause, found.rule) == (kind, reason, cause, "given")
    assert found.owner is CAUSES[cause].owner


@pytest.mark.parametrize(
    ("kind", "reason", "cause", "words"),
    [
        (SOFT, Reason.DUPLICATE, None, "reason duplicate is not one that a failure can have"),
        (IGNORED, Reason.ERROR_IGNORED, None, "reason error_ignored is not one that a failure can have"),
        (HARD, Reason.MAILBOX_FULL, None, "a failure with reason mailbox_full cannot be hard"),
        (HARD, Reason.USER_UNKNOWN, Cause.AMBIGUOUS, "cause ambiguous cannot be hard"),
        (HARD, Reason.REFUSED, Cause.REPUTATION, "cause reputation cannot be hard"),
        (SOFT, Reason.REFUSED, Cause.QUOTA, "cause quota belongs to reason mailbox_full, not to refused"),
        (SOFT, Reason.UNREACHABLE, Cause.DELAYED, "cause delayed goes with type ignored only"),
        (HARD, Reason.UNREACHABLE, Cause.TECHNICAL, "cause technical goes with type ignored only"),
    ],
)
def test_one_that_does_not_go_together(kind: FailureType, reason: Reason, cause: Cause | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        given_verdict(kind, reason=reason, cause=cause)


def test_a_given_hard_verdict_is_always_the_recipients() -> None:
    for reason, cause in itertools.product(Reason, [None, *Cause]):
        with suppress(ValueError):
            assert given_verdict(HARD, reason=reason, cause=cause).owner is Owner.RECIPIENT


@pytest.mark.parametrize(
    ("kind", "confirm", "at_once"), [(HARD, 1, True), (HARD, 2, False), (SOFT, 1, False), (IGNORED, 1, False)]
)
def test_hard_at_once(kind: FailureType, confirm: int, at_once: bool) -> None:
    assert verdict(Cause.NO_SUCH_USER, kind=kind, confirm=confirm).hard_at_once is at_once


@pytest.mark.parametrize(
    ("kind", "cause", "harmless"),
    [(SOFT, Cause.SYSTEM, False), (IGNORED, Cause.SYSTEM, True), (SOFT, Cause.AUTO_REPLY, True)],
)
def test_harmless(kind: FailureType, cause: Cause, harmless: bool) -> None:
    assert verdict(cause, kind=kind).harmless is harmless
