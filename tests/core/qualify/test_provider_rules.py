"""What a provider says in the same words as others, and means otherwise: told by the phase, the code or its name."""

import pytest

from rebond.core.words import Phase
from rebond.packs import default_qualifier

REPLIES = [
    # A carrier says one thing of two: before the message the address does not exist, after it the person filters us.
    ("docomo", "rcpt", "550 Unknown user a@shop.example", "hard user_unknown/no_such_user"),
    ("docomo", "after_data", "550 Unknown user a@shop.example", "soft refused/recipient_filter"),
    ("docomo", "report", "550 5.2.0 Unknown user a@shop.example", "soft refused/recipient_filter"),
    ("docomo", "report", "550 5.1.1 Unknown user a@shop.example", "hard user_unknown/no_such_user"),
    ("kddi", "rcpt", "550 <a@shop.example>: User unknown", "hard user_unknown/no_such_user"),
    ("kddi", "data", "550 <a@shop.example>: User unknown", "soft refused/recipient_filter"),
    ("kddi", "report", "550 user unknown (in reply to end of DATA command)", "soft refused/recipient_filter"),
    ("kddi", "report", "550 user unknown (in reply to RCPT TO command)", "hard user_unknown/no_such_user"),
    ("", "after_data", "550 Unknown user a@shop.example", "hard user_unknown/no_such_user"),
    ("docomo", "rcpt", "552 Too much mail data a@shop.example", "soft mailbox_full/quota"),
    ("softbank", "rcpt", "553 shop.example does not exist", "soft refused/sender_rejected"),
    ("sina", "rcpt", "554 mail address invalid.", "soft refused/sender_rejected"),
    # The code of a full mailbox, said of the sender's own account.
    ("microsoft", "report", "550 5.2.2 Submission quota exceeded", "soft refused/rate_limited"),
    ("microsoft", "report", "552 5.2.2 Mailbox full, quota exceeded", "soft mailbox_full/quota"),
    # A sender refused while the recipient is being named is no recipient that does not exist.
    ("orange", "rcpt", "550 5.1.0 Emetteur invalide. OFR_415 [415]", "soft refused/sender_rejected"),
    ("orange", "report", "550 5.1.0 Emetteur invalide. OFR_415 [415]", "soft refused/sender_rejected"),
]


@pytest.mark.parametrize(("provider", "phase", "text", "verdict"), REPLIES)
def test_a_providers_reply_is_judged(provider: str, phase: str, text: str, verdict: str) -> None:
    found = default_qualifier().qualify_reply(text, provider=provider, phase=Phase(phase)).verdict
    assert f"{found.type} {found.reason}/{found.cause}" == verdict


def test_a_recipient_denied_by_the_directory_is_asked_for_twice() -> None:
    found = default_qualifier().qualify_reply("550 5.7.504 [a@shop.example]: Recipient address rejected: Access denied")
    assert found.verdict.confirm == 2
    assert found.verdict.cause == "no_such_user"
