"""What the listener stores, on both databases: through threads and connections of its own."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from rebond.core.words import Trust
from rebond.services.accept import Accepted, Incoming, accept_many, override_trust
from rebond.services.errors import NotFoundError
from rebond.services.retry import retry_dead
from rebond.store.connect import disconnect
from rebond.store.read.returns import ReturnState, count_returns, list_returns, raw_mail
from rebond.store.write.returns import FinishedReturn, claim_returns, finish_returns
from tests.intake.lmtp_peer import DOMAIN, Listening, listening

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAIL = b"Subject: returned\r\n\r\nno such mailbox\r\n"


def accept(batch: Sequence[Incoming]) -> Sequence[Accepted]:
    return accept_many(batch, now=NOW)


def test_the_same_mail_from_many_peers_at_once_is_stored_once() -> None:
    stored: list[None] = []

    async def one(listener: Listening) -> str:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            return (await peer.data(MAIL))[0][:13]

    async def main() -> list[str]:
        async with listening(accept, forget=disconnect, on_stored=lambda: stored.append(None)) as listener:
            return await asyncio.gather(*(one(listener) for _ in range(12)))

    assert sorted(asyncio.run(main())) == ["250 2.0.0 Had"] * 11 + ["250 2.0.0 Sto"]
    assert len(stored) == 1
    (row,) = list_returns()
    assert raw_mail(row.id) == MAIL


def test_a_mail_for_a_hundred_recipients_keeps_its_bytes_once() -> None:
    recipients = [f"b+{number}@{DOMAIN}" for number in range(100)]

    async def main() -> None:
        async with listening(accept, forget=disconnect) as listener, listener.peer() as peer:
            await peer.greet()
            await peer.envelope(*recipients)
            assert {reply[:3] for reply in await peer.data(MAIL, replies=100)} == {"250"}

    asyncio.run(main())
    listed = list(list_returns())
    assert {row.envelope_to for row in listed} == set(recipients)
    assert len({row.digest for row in listed}) == 1


def test_a_refusal_of_the_database_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from rebond.store.write import returns

    async def main() -> None:
        async with listening(accept, forget=disconnect) as listener, listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            with monkeypatch.context() as patch:
                patch.setattr(returns, "_insert_raws", full)
                assert (await peer.data(MAIL))[0].startswith("451")
            await peer.envelope()
            assert (await peer.data(MAIL))[0].startswith("250 2.0.0 Stored")

    def full(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    asyncio.run(main())
    assert count_returns()[ReturnState.STORED] == 1


def test_only_the_dead_are_run_again() -> None:
    accept([Incoming(source="files", raw=b"%d" % number) for number in range(3)])
    ids = [row.id for row in claim_returns(worker="w", now=NOW, limit=3)]
    finish_returns([FinishedReturn(id=number, state=ReturnState.DEAD) for number in ids[:2]])
    with pytest.raises(NotFoundError, match=str(ids[2])):
        retry_dead(ids)
    assert count_returns()[ReturnState.DEAD] == 2
    assert retry_dead([ids[0]]) == 1
    assert retry_dead() == 1


@pytest.mark.parametrize(("wanted", "entries"), [(Trust.UNVERIFIED, 1), (Trust.MATCHED, 0), (Trust.SIGNED, 1)])
def test_another_trust_than_the_configured_one_is_written_down(wanted: Trust, entries: int) -> None:
    from rebond.store.models import AuditEntry

    trust = override_trust("files", configured=Trust.MATCHED, wanted=wanted, actor="cli:anna", now=NOW)
    assert trust is wanted
    found = AuditEntry.objects.values_list("action", "object", "actor", "before", "after")
    assert list(found) == [("intake.trust", "files", "cli:anna", "matched", str(wanted))][:entries]
