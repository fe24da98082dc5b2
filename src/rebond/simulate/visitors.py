"""People who found a landing page of the demonstration: they asked to subscribe, got a mail, and most followed it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rebond.core.landing import read_page
from rebond.core.words import OptInStatus
from rebond.services.audiences import create_service
from rebond.services.database_thread import DatabaseThread
from rebond.services.opt_in import Asked, ask
from rebond.services.opt_in_confirm import confirm
from rebond.services.opt_in_links import link_token
from rebond.services.opt_in_mail import make_mails
from rebond.services.opt_in_pages import requests_of, save_page
from rebond.services.send import send_due
from rebond.simulate.behaviour import WorldSettings, fraction
from rebond.simulate.clock import SteppedClock
from rebond.simulate.demo import with_relay
from rebond.simulate.relay import SimulatedRelay
from rebond.simulate.world import World
from rebond.store.read.jobs import due_to_send
from rebond.store.read.landing import RequestRow
from rebond.wiring import Site

SLUG = "news"
_ACTOR = "demo"
# Hours before the demonstration begins at which some came: within one day, and all is over when it begins.
_ROUNDS = (66, 62, 59, 55, 52, 48, 45)
_EACH = 6
_CONFIRMING = 0.7
_PAGE: Mapping[str, Any] = {
    "slug": SLUG,
    "name": "Newsletter of the shop",
    "languages": ["fr", "en"],
    "services": ["Newsletter"],
    "sender": "La boutique <news@shop.sim.example>",
    "theme": "green",
    "active": True,
    "fields": [
        {"name": "first_name", "label": {"en": "First name", "fr": "Prénom"}},
        {"name": "city", "label": {"en": "City", "fr": "Ville"}},
    ],
    "texts": {"en": {"title": "News of the shop"}, "fr": {"title": "Les nouvelles de la boutique"}},
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks, in which language and from where."""

    address: str
    first_name: str
    language: str
    city: str


def bring_visitors(site: Site, visitors: Sequence[Visitor], *, seed: int, now: datetime) -> int:
    """Make a landing page, and let visitors ask by it in the days before `now`; returns how many confirmed."""
    begun = now - timedelta(hours=_ROUNDS[0] + 1)
    create_service("Newsletter", now=begun, actor=_ACTOR)
    public_url = site.config.site.public_url
    page = save_page(read_page(_PAGE), content=site.content, public_url=public_url, now=begun, actor=_ACTOR)
    clock = SteppedClock(begun)
    return asyncio.run(_days(site, page, visitors[: len(_ROUNDS) * _EACH], seed=seed, clock=clock, now=now))


async def _days(
    site: Site, page: int, visitors: Sequence[Visitor], *, seed: int, clock: SteppedClock, now: datetime
) -> int:
    relay = SimulatedRelay(World(WorldSettings(seed=seed, accepted=1.0), clock))
    await relay.start()
    site = replace(site, clock=clock, config=with_relay(site, port=relay.port))
    database = DatabaseThread(clock)
    confirmed = 0
    try:
        await database.call(lambda: site.rules)
        for place, hours in enumerate(_ROUNDS):
            clock.jump_to(now - timedelta(hours=hours))
            await database.call(_ask, visitors[place * _EACH : (place + 1) * _EACH], clock=clock, seed=seed)
            await database.call(make_mails, providers=site.providers, keyring=site.keyring, now=clock.now())
            await _send(site, clock=clock, database=database)
            clock.jump_to(clock.now() + timedelta(minutes=30))
            confirmed += await database.call(_confirm, site, page, seed=seed, now=clock.now())
        clock.jump_to(now)
        await _send(site, clock=clock, database=database)
    finally:
        await database.close()
        await relay.stop()
    return confirmed


def _ask(visitors: Sequence[Visitor], *, clock: SteppedClock, seed: int) -> None:
    for one in visitors:
        place = int(fraction(seed, "network", one.address) * 250) + 1
        asked = Asked(
            address=one.address,
            services=(),
            fields={"first_name": one.first_name, "city": one.city},
            language=one.language,
            asked_from=f"203.0.113.{place}",
            network=f"203.0.113.{place}/32",
        )
        ask(SLUG, asked, allow_undotted=False, now=clock.now())


async def _send(site: Site, *, clock: SteppedClock, database: DatabaseThread) -> None:
    sender = site.smtp_sender(clock=clock)
    try:
        for number in await database.call(due_to_send, clock.now(), thorough=True):
            await send_due(
                number,
                policy=site.policy,
                keyring=site.keyring,
                rules=site.rules,
                sender=sender,
                composer=site.composer,
                bounce_domain=site.config.email.bounce_domain,
                clock=clock,
                worker=_ACTOR,
            )
    finally:
        await sender.close()


def _confirm(site: Site, page: int, *, seed: int, now: datetime) -> int:
    """Follow the links of those who do, once each."""
    waiting = [one for one in requests_of(page) if one.status is OptInStatus.MAILED]
    going = [one for one in waiting if fraction(seed, "confirms", one.address) < _CONFIRMING]
    for one in going:
        confirm(_token(site, one), keyring=site.keyring, policy=site.policy, now=now, confirmed_from=one.asked_from)
    return len(going)


def _token(site: Site, request: RequestRow) -> str:
    expires = request.expires_at
    if expires is None:
        raise ValueError(f"request {request.id} has no mail")
    return link_token(
        request.id,
        page=request.page,
        key=request.key,
        expires_at=expires,
        signing=request.signing,
        keyring=site.keyring,
    )
