"""Relays that speak TLS: whose certificate is believed, and when a password is told."""

import asyncio
import ssl
from pathlib import Path

import pytest

from rebond.channels.email.smtp import SmtpSender, SmtpSettings
from rebond.core.ports import Outcome, OutcomeKind
from rebond.core.words import Phase
from tests.certificates import make_certificate
from tests.channels.email.relay import (
    EXTENSIONS,
    Relay,
    StillClock,
    hand_over,
    kinds,
    outgoing,
    running,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, with its key beside it."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("scheme", "query", "user", "found"),
    [
        ("smtp", "tls=starttls&ca={}", "", OutcomeKind.ACCEPTED),
        ("smtp", "tls=starttls&ca={}", "me:secret@", OutcomeKind.ACCEPTED),
        ("smtp", "tls=opportunistic&ca={}", "me:secret@", OutcomeKind.ACCEPTED),
        ("smtp", "tls=opportunistic", "", OutcomeKind.ACCEPTED),
        ("smtp", "tls=starttls&verify=no", "", OutcomeKind.ACCEPTED),
        ("smtps", "ca={}", "me:secret@", OutcomeKind.ACCEPTED),
        ("smtps", "", "", Phase.CONNECT),
        ("smtp", "tls=starttls", "", Phase.HELLO),
        ("smtp", "tls=opportunistic", "me:secret@", Phase.HELLO),
    ],
)
def test_tls(certificate: Path, scheme: str, query: str, user: str, found: OutcomeKind | Phase) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    extensions = (*EXTENSIONS, "AUTH PLAIN", *(["STARTTLS"] if scheme == "smtp" else []))
    relay = Relay(say=lambda step, _: "235 ok" if step == "AUTH" else "", extensions=extensions, tls=context)

    async def run() -> list[Outcome]:
        async with running(relay, context=context if scheme == "smtps" else None):
            url = f"{scheme}://{user}127.0.0.1:{relay.port}?{query.format(certificate)}"
            sender = SmtpSender(SmtpSettings.from_url(url, connections=1, timeout=60), clock=StillClock())
            outcomes = await hand_over(sender, outgoing(2))
            await sender.close()
            return outcomes

    outcomes = asyncio.run(run())
    if found is OutcomeKind.ACCEPTED:
        assert kinds(outcomes) == {0: OutcomeKind.ACCEPTED, 1: OutcomeKind.ACCEPTED}
    else:
        assert kinds(outcomes) == {0: OutcomeKind.FAULT, 1: OutcomeKind.UNSENT}
        assert outcomes[0].phase is found
        assert "certificate" in outcomes[0].text
        assert not relay.messages
