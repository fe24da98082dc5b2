"""Unsubscribing by a signed link, however it comes: a page, one click of a mail provider, a mail (specification 07)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rebond.core.tokens import Keyring, read_unsubscribe
from rebond.core.words import WayOut
from rebond.store.read.unsubscribing import Leaving, leaving
from rebond.store.write import targets
from rebond.store.write.messages import deny_profile
from rebond.store.write.unsubscribing import add_unsubscription, hold_profile

ORIGIN = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to be left alone, by a valid token."""

    profile: int
    delivery: int


def read_wish(token: str, *, keyring: Keyring) -> Wish | None:
    """Read a token, which never expires; None when it does not hold."""
    reading = read_unsubscribe(token, keyring=keyring)
    if reading.profile is None or reading.delivery is None:
        return None
    return Wish(reading.profile, reading.delivery)


def look(wish: Wish) -> Leaving:
    """Tell what a wish would end; changes nothing."""
    return leaving(wish.profile, delivery=wish.delivery)


def unsubscribe(wish: Wish, *, at: datetime, way: WayOut, source: str = "") -> Leaving:
    """End what the delivery's service sends to a profile, or, where it has none, what comes on its channel.

    Again is harmless: the answer then says that it was over. What is claimed to be sent is looked at again before it
    goes, so nothing goes half a minute later. The proof is kept: when, by which way, from where, and which message.
    """
    with transaction.atomic():
        there = hold_profile(wish.profile)
        found = leaving(wish.profile, delivery=wish.delivery)
        if not there or found.over:
            return found
        if found.service is not None:
            targets.unsubscribe(found.service, wish.profile)
        else:
            proof = f"{way} from {source or 'an unknown source'}, in answer to delivery {wish.delivery}"
            deny_profile(wish.profile, channel=found.channel.value, at=at, origin=ORIGIN, proof=proof)
        add_unsubscription(wish.profile, found, delivery=wish.delivery, at=at, way=way, source=source)
        return found
