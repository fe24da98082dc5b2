"""Proofs: a delivery's message as one profile would get it, handed over to addresses that somebody chose.

They are no messages of the delivery: no row, no counter and no state of an address knows of them.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from rebond.core.ports import Outcome, OutcomeKind, Outgoing, Sender
from rebond.core.said import said, words_of
from rebond.core.words import Channel
from rebond.services.check import check_batch
from rebond.services.deliveries import get_delivery
from rebond.services.errors import InputError, RefusedError, no_profile
from rebond.services.preview import profile_for
from rebond.store.read.deliveries import DeliveryRow
from rebond.store.read.people import read_profile
from rebond.store.write.audit import add_audit

MOST = 10
_SECONDS = 45.0


class Proving(Protocol):
    """What a proof asks of a channel."""

    def proof(
        self, delivery: DeliveryRow, *, to: str, number: int, address: str, fields: Mapping[str, Any], date: datetime
    ) -> Outgoing:
        """Build the message of a profile for somebody else; ValueError with the words when that cannot be done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of one: `text` is the answer of who took it or not."""

    address: str
    accepted: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """As whom it was built, and what became of each."""

    profile: str
    items: Sequence[Proof]

    @property
    def accepted(self) -> int:
        return sum(item.accepted for item in self.items)


def addresses_in(text: str) -> list[str]:
    """Read addresses with commas, semicolons, blanks or line ends between them."""
    return [one for one in re.split(r"[\s,;]+", text) if one]


def send_proof(
    delivery_id: int,
    to: Sequence[str],
    *,
    external_id: str = "",
    content: Proving,
    sender: Callable[[], Sender],
    now: datetime,
    actor: str,
    allow_undotted: bool = False,
) -> Proofs:
    """Hand the message of a profile (the first one's, when none is named) over to these addresses.

    InputError when an address may not be written to or the message cannot be built; NotFoundError; RefusedError when
    the transport does not answer.
    """
    delivery = get_delivery(delivery_id)
    to = list(dict.fromkeys(one.strip() for one in to))
    _check(to, channel=delivery.channel, allow_undotted=allow_undotted)
    external_id = external_id or profile_for(delivery_id)
    if not external_id:
        raise InputError(said("name a profile: the delivery has no message yet to take one of"))
    profile = read_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    address = next((one.text for one in profile.addresses if one.channel is delivery.channel), "")
    try:
        window = [
            content.proof(delivery, to=one, number=number, address=address, fields=profile.fields, date=now)
            for number, one in enumerate(to, 1)
        ]
    except ValueError as error:
        raise InputError(
            said("it cannot be built for {profile!r}: {error}", profile=external_id, error=error)
        ) from None
    told = {"to": to, "profile": external_id}
    add_audit("delivery.proof", subject=f"delivery:{delivery_id}", actor=actor, now=now, after=told)
    outcomes = _hand_over(window, sender)
    return Proofs(profile=external_id, items=[_proof(one, outcomes.get(place)) for place, one in enumerate(to, 1)])


def _check(to: Sequence[str], *, channel: Channel, allow_undotted: bool) -> None:
    if not 1 <= len(to) <= MOST:
        raise InputError(said("give 1 to {most} addresses", most=MOST))
    for one, reason in zip(to, check_batch(to, channel=channel, allow_undotted=allow_undotted), strict=True):
        if reason is not None:
            raise InputError(said("{address!r} may not be written to: {reason:Reason}", address=one, reason=reason))


def _hand_over(window: Sequence[Outgoing], sender: Callable[[], Sender]) -> dict[int, Outcome]:
    async def run() -> dict[int, Outcome]:
        transport = sender()
        try:
            async with asyncio.timeout(_SECONDS):
                return {outcome.message: outcome async for outcome in transport.send(window)}
        finally:
            await transport.close()

    try:
        return asyncio.run(run())
    except TimeoutError:
        raise RefusedError(
            said("the transport did not answer within {seconds:g} s: see whether the proofs came", seconds=_SECONDS)
        ) from None
    except ValueError as error:
        raise InputError(words_of(error)) from None


def _proof(address: str, outcome: Outcome | None) -> Proof:
    if outcome is None:
        return Proof(address=address, accepted=False, text="")
    return Proof(address=address, accepted=outcome.kind is OutcomeKind.ACCEPTED, text=outcome.text)
