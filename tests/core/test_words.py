"""The closed lists of specification 02, copied here by hand: a code that changes must not pass unseen."""

import pytest

from rebond.core.words import (
    BEFORE_RECIPIENT,
    CAUSES,
    FAILURE_REASONS,
    REASONS,
    Cause,
    Channel,
    FailureType,
    Owner,
    Phase,
    Reason,
    Trust,
    default_cause,
)

CODES = {
    0: ("not_defined", "soft", "all"),
    1: ("user_unknown", "hard", "all"),
    2: ("invalid_domain", "soft", "email"),
    3: ("unreachable", "soft", "all"),
    4: ("account_disabled", "soft", "all"),
    5: ("mailbox_full", "soft", "email sms"),
    6: ("not_connected", "ignored", "sms push"),
    7: ("address_empty", "hard", "all"),
    8: ("denylisted", "hard", "all"),
    9: ("quarantined", "hard", "all"),
    10: ("duplicate", "ignored", "all"),
    11: ("excluded_by_rule", "ignored", "all"),
    20: ("refused", "soft", "all"),
    25: ("error_ignored", "ignored", "all"),
    40: ("text_too_long", "ignored", "sms"),
    41: ("unsupported_character", "ignored", "sms"),
    50: ("invalid_address", "hard", "all"),
    51: ("production_error", "ignored", "all"),
    60: ("not_a_failure", "ignored", "all"),
}


def test_reasons_have_their_codes_types_and_channels() -> None:
    found = {
        facts.code: (reason.value, facts.type.value, _channels(facts.channels)) for reason, facts in REASONS.items()
    }
    assert found == CODES
    assert set(REASONS) == set(Reason)


def _channels(channels: frozenset[Channel]) -> str:
    return "all" if len(channels) == 3 else " ".join(channel for channel in Channel if channel in channels)


def test_every_cause_has_its_facts() -> None:
    assert set(CAUSES) == set(Cause)


OWNED = {
    "recipient": (
        "no_such_user moved ambiguous address_syntax owner_changed no_such_number no_sms_service token_gone"
        " no_such_domain null_mx no_mail_service unroutable closed_service inactive suspended closed quota handset_full"
        " absent switched_off roaming busy recipient_filter recipient_block not_allowed auto_reply challenge"
        " read_receipt success"
    ),
    "provider": (
        "system timeout connection dns loop expired greylisted throttled tls config system_full receiver_policy barred"
        " delayed technical"
    ),
    "sender": (
        "transport policy_unspecified reputation blocklist authentication reverse_dns relaying complaints"
        " sender_rejected rate_limited protocol credentials"
    ),
    "content": "spam_content virus too_large attachment link malformed",
    "unknown": "unknown",
}


@pytest.mark.parametrize("owner", Owner)
def test_owners(owner: Owner) -> None:
    assert {cause.value for cause, facts in CAUSES.items() if facts.owner is owner} == set(OWNED[owner].split())


def test_marks() -> None:
    final = {cause.value for cause, facts in CAUSES.items() if facts.final}
    deferrals = {cause.value for cause, facts in CAUSES.items() if facts.deferral}
    assert final == {"no_such_domain", "null_mx", "protocol", "virus", "too_large", "attachment", "link", "malformed"}
    assert deferrals == {"greylisted", "throttled", "tls", "config", "system_full"}


def test_hard_is_owned_by_the_recipient_and_has_a_reason_that_can_be_hard() -> None:
    hard = [facts for facts in CAUSES.values() if facts.hard]
    assert {facts.owner for facts in hard} == {Owner.RECIPIENT}
    assert {facts.reason for facts in hard} == {
        Reason.USER_UNKNOWN,
        Reason.ACCOUNT_DISABLED,
        Reason.UNREACHABLE,
        Reason.REFUSED,
    }


@pytest.mark.parametrize("reason", sorted(FAILURE_REASONS))
def test_each_reason_of_a_failure_has_one_default_cause(reason: Reason) -> None:
    assert [cause for cause, facts in CAUSES.items() if facts.reason is reason and facts.default] == [
        default_cause(reason)
    ]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason.USER_UNKNOWN, Cause.NO_SUCH_USER),
        (Reason.ACCOUNT_DISABLED, Cause.CLOSED),
        (Reason.UNREACHABLE, Cause.CLOSED_SERVICE),
        (Reason.REFUSED, Cause.RECIPIENT_BLOCK),
    ],
)
def test_a_hard_verdict_has_a_default_cause_of_its_own(reason: Reason, cause: Cause) -> None:
    assert default_cause(reason, failure_type=FailureType.HARD) is cause


def test_a_reason_that_no_failure_has_has_no_default_cause() -> None:
    with pytest.raises(KeyError):
        default_cause(Reason.DUPLICATE)
    with pytest.raises(KeyError):
        default_cause(Reason.MAILBOX_FULL, failure_type=FailureType.HARD)


def test_trust_is_ordered() -> None:
    assert Trust.SIGNED.meets(Trust.MATCHED)
    assert Trust.MATCHED.meets(Trust.MATCHED)
    assert not Trust.UNVERIFIED.meets(Trust.MATCHED)


def test_nothing_before_rcpt_speaks_of_a_recipient() -> None:
    assert set(Phase) - BEFORE_RECIPIENT == {Phase.RCPT, Phase.DATA, Phase.AFTER_DATA, Phase.REPORT}
