"""The LMTP listener: what cannot be stored, what is stored together, and how it stops."""

import asyncio
import threading

import pytest
from django.db import DataError, OperationalError

from rebond.intake.session import Limits
from tests.intake.lmtp_peer import DOMAIN, MAIL, Listening, Memory, run, until


def test_a_database_that_is_away_is_told_once_and_its_return_too(caplog: pytest.LogCaptureFixture) -> None:
    memory = Memory(fault=OperationalError("gone"))

    async def test(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            for fault in (memory.fault, memory.fault, None, None):
                memory.fault = fault
                await peer.envelope()
                await peer.data(MAIL)

    run(test, memory=memory)
    assert [record.getMessage() for record in caplog.records if record.name == "rebond.intake"] == [
        "returns could not be stored, and were not acknowledged: the database does not answer (gone)",
        "returns can be stored again",
    ]


@pytest.mark.parametrize(
    "fault", [OperationalError("database or disk is full"), OperationalError("database is locked"), MemoryError()]
)
def test_what_cannot_be_stored_is_kept_by_the_peer(fault: Exception) -> None:
    memory = Memory(fault=fault)

    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope(f"b+1@{DOMAIN}", f"b+2@{DOMAIN}")
            assert [reply[:9] for reply in await peer.data(MAIL, replies=2)] == ["451 4.3.0"] * 2
            memory.fault = None
            await peer.envelope()
            assert (await peer.data(MAIL))[0].startswith("250")

    assert len(run(talk, memory=memory).stored) == 1


def test_one_recipient_that_cannot_be_stored_does_not_hold_up_the_others() -> None:
    memory = Memory()
    store = memory.accept

    def accept(batch):  # type: ignore[no-untyped-def]
        if any("odd" in item.envelope_to for item in batch):
            raise DataError("it does not fit")
        return store(batch)

    memory.accept = accept  # type: ignore[method-assign]

    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope(f"b+1@{DOMAIN}", f"b+odd@{DOMAIN}", f"b+3@{DOMAIN}")
            replies = await peer.data(MAIL, replies=3)
            assert [reply[:3] for reply in replies] == ["250", "451", "250"]

    assert len(run(talk, memory=memory).stored) == 2


def test_what_many_receive_at_once_is_stored_together() -> None:
    held = threading.Event()
    memory = Memory(before=lambda: held.wait(60))

    async def one(listener: Listening, number: int) -> str:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            await peer.says("DATA")
            await peer.send(MAIL + b"%d\r\n.\r\n" % number)
            return await peer.reply()

    async def talk(listener: Listening) -> None:
        peers = [asyncio.ensure_future(one(listener, number)) for number in range(20)]
        await until(lambda: listener.intake.receiving.bytes >= 20 * len(MAIL))
        held.set()
        assert all(reply.startswith("250") for reply in await asyncio.gather(*peers))

    run(talk, memory=memory)
    assert sum(memory.groups) == 20
    assert len(memory.groups) <= 3


def test_stopping_answers_what_is_in_flight_and_sends_the_others_away() -> None:
    held = threading.Event()
    memory = Memory(before=lambda: held.wait(60))

    async def talk(listener: Listening) -> None:
        async with listener.peer() as busy, listener.peer() as idle:
            for peer in (busy, idle):
                await peer.greet()
            await busy.envelope()
            await busy.says("DATA")
            stopping = asyncio.ensure_future(listener.intake.stop())
            assert (await idle.reply()).startswith("421")
            await busy.send(MAIL + b".\r\n")
            held.set()
            assert (await busy.reply()).startswith("250")
            assert (await busy.reply()).startswith("421")
            await stopping
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", listener.port)

    assert len(run(talk, memory=memory, limits=Limits(farewell=60)).stored) == 1


def test_stopping_does_not_wait_for_ever() -> None:
    async def talk(listener: Listening) -> None:
        async with listener.peer() as peer:
            await peer.greet()
            await peer.envelope()
            await peer.says("DATA")
            await listener.intake.stop()
            assert await peer.gone()

    run(talk, limits=Limits(farewell=0.05))
