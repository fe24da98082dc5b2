"""The simulated receivers and the shipped rules agree on what an answer means, and the reader reads every return."""

import pytest

from rebond.core.read import read_mail
from rebond.core.words import FailureType, Owner, Phase, Reason, ReturnKind
from rebond.packs import default_qualifier
from rebond.simulate.behaviour import WorldSettings, conduct
from rebond.simulate.dialects import dialects
from rebond.simulate.returns import Kind, Return, Taken, compose, headers_of, words
from tests.simulate.conftest import CONTENT, SENDER, START

MEANT = {
    "unknown": (FailureType.HARD, Reason.USER_UNKNOWN),
    "full": (FailureType.SOFT, Reason.MAILBOX_FULL),
    "soft": (FailureType.SOFT, Reason.UNREACHABLE),
    "disabled": (FailureType.SOFT, Reason.ACCOUNT_DISABLED),
    "weird": (FailureType.SOFT, Reason.NOT_DEFINED),
}
KINDS = {
    Kind.BOUNCE: {ReturnKind.DSN, ReturnKind.BOUNCE},
    Kind.DELAY: {ReturnKind.DELAYED},
    Kind.AUTO_REPLY: {ReturnKind.AUTO_REPLY},
    Kind.COMPLAINT: {ReturnKind.COMPLAINT},
}


@pytest.mark.parametrize("name", [name for name, dialect in dialects().items() if not dialect.fickle])
@pytest.mark.parametrize("behaviour", MEANT)
def test_an_answer_is_judged_as_it_is_meant(name: str, behaviour: str) -> None:
    dialect, recipient = dialects()[name], f"{behaviour}@{name}.sim.example"
    values = words(dialect, recipient, sender=SENDER, sender_ip="192.0.2.25", at=START, identity="0A1B2C3D4E5F")
    for reply in dialect.replies[behaviour]:
        verdict = default_qualifier().qualify_reply(reply.text(values), phase=Phase.RCPT, recipient=recipient).verdict
        assert (verdict.type, verdict.reason) == MEANT[behaviour], reply
        assert verdict.owner in (Owner.RECIPIENT, Owner.PROVIDER, Owner.UNKNOWN)


@pytest.mark.parametrize("name", dialects())
@pytest.mark.parametrize(
    ("local", "kind"),
    [
        ("later-unknown", Kind.BOUNCE),
        ("later-full", Kind.BOUNCE),
        ("later-weird", Kind.BOUNCE),
        ("delay", Kind.DELAY),
        ("ooo", Kind.AUTO_REPLY),
        ("complain", Kind.COMPLAINT),
    ],
)
def test_a_return_is_read_as_what_it_is(name: str, local: str, kind: Kind) -> None:
    recipient = f"{local}@{name}.sim.example"
    taken = Taken(sender=SENDER, recipient=recipient, at=START, headers=headers_of(CONTENT))
    does = conduct(recipient, settings=WorldSettings())
    due = Return(kind=kind, conduct=does, taken=taken, at=START, seed=1, sender_ip="192.0.2.25")
    reading = read_mail(compose(due))
    assert reading.kind in KINDS[kind]
    assert reading.date == START
    if kind in (Kind.BOUNCE, Kind.DELAY):
        assert [facts.recipient for facts in reading.facts] == [recipient]
    assert "token123@shop.example" in reading.message_ids or any("token123" in found for found in reading.candidates)
