"""Send a delivery by an SMTP relay, beside aiosmtplib alone handing precomposed bytes to the same sink."""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.figures import Measured
from benchmarks.invent import email_of
from benchmarks.measure.import_people import ADDRESS, PROFILE, rows_of
from benchmarks.measure.prepare import TEXT, make_delivery
from benchmarks.sink import sink
from benchmarks.site import fresh_site, load, plain_connection, settle_statistics

if TYPE_CHECKING:
    from rebond.services.rules_in_force import RulesInForce
    from rebond.services.send import SendResult
    from rebond.wiring import Site


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure from the start of a prepared delivery to its last record; the baseline has as many connections."""
    with sink() as port:
        os.environ["REBOND_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        with fresh_site(database) as site:
            delivery = _prepared(site, number)
            rules = site.rules  # compiling the rules, once a site, is no part of sending
            first = _baseline(port, number, connections=site.config.email.connections)
            began = time.perf_counter()
            processor = time.process_time()
            result = _send(site, delivery, rules=rules)
            ours = time.perf_counter() - began
            processor = time.process_time() - processor
            second = _baseline(port, number, connections=site.config.email.connections)
        assert result.delivered == result.handed_over, result
        assert not result.pending, result
    yield Measured(
        number=result.delivered,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="aiosmtplib alone",
        note=f"{processor / ours:.0%} of a core in this process",
    )


def _prepared(site: "Site", number: int) -> int:
    from rebond.services.prepare import prepare

    now = datetime.now(UTC)
    profiles, addresses = rows_of(number, now=now)
    with plain_connection(site) as connection:
        load(connection, "profile", PROFILE, profiles)
        load(connection, "profile_address", ADDRESS, addresses)
        settle_statistics(connection)
    delivery = make_delivery(site, now=now)
    prepare(delivery, content=site.content, providers=site.providers, policy=site.policy, now=now, actor="bench")
    with plain_connection(site) as connection:
        settle_statistics(connection)
    return delivery


def _send(site: "Site", delivery: int, *, rules: "RulesInForce") -> "SendResult":
    import uvloop

    from rebond.services.send import send

    async def run() -> "SendResult":
        sender = site.smtp_sender()
        try:
            return await send(
                delivery,
                policy=site.policy,
                keyring=site.keyring,
                rules=rules,
                sender=sender,
                composer=site.composer,
                bounce_domain=site.config.email.bounce_domain,
                clock=site.clock,
                worker="bench",
            )
        finally:
            await sender.close()

    return uvloop.run(run())


def _baseline(port: int, number: int, *, connections: int) -> float:
    import uvloop
    from aiosmtplib import SMTP

    body = TEXT.replace("\n", "\r\n")
    made = [(email_of(place), _message(place, body)) for place in range(number)]

    async def lane(some: list[tuple[str, bytes]]) -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False, use_tls=False) as client:
            for recipient, message in some:
                await client.sendmail("b@bounce.example", [recipient], message)

    async def run() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(lane(made[place::connections]) for place in range(connections)))
        return time.perf_counter() - began

    return uvloop.run(run())


def _message(place: int, body: str) -> bytes:
    head = (
        "From: Shop <news@shop.example>\r\n"
        f"To: {email_of(place)}\r\n"
        "Subject: This week at the shop\r\n"
        f"Message-ID: <{place:040}@bounce.example>\r\n"
        "Date: Tue, 3 Mar 2026 09:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nAuto-Submitted: auto-generated\r\n\r\n"
    )
    return (head + body).encode()
