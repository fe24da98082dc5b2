"""Profiles for people who look something up: a page of them, or one with all that it is part of."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebond.core.address import parse_address
from rebond.core.words import Channel
from rebond.services.errors import no_profile
from rebond.services.profiles import ShownProfile, show_profile
from rebond.store.read.people import find_profile
from rebond.store.read.people_pages import (
    ListedProfile,
    Membership,
    SentMessage,
    lists_of,
    messages_of,
    profile_page,
    subscriptions_of,
)


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """Some profiles, the newest first; `next` is the number to go on before, None at the end."""

    rows: Sequence[ListedProfile]
    next: int | None


@dataclass(frozen=True, slots=True)
class WholeProfile:
    """A profile with its addresses' states, and the lists, services and messages that it has."""

    shown: ShownProfile
    lists: Sequence[Membership]
    subscriptions: Sequence[Membership]
    messages: Sequence[SentMessage]


def page_of_profiles(
    who: str = "", *, region: str = "", allow_undotted: bool = False, before: int | None = None, limit: int = 50
) -> ProfilePage:
    """Return a page of profiles; with `who` those of that id, or with that address on any channel."""
    parsed = [parse_address(who, channel=one, region=region, allow_undotted=allow_undotted) for one in Channel]
    keys = [one.key for one in parsed if one.key] if who else []
    rows = profile_page(external_id=who, keys=keys, before=before, limit=limit + 1)
    return ProfilePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def whole_profile(external_id: str) -> WholeProfile:
    """Return all that is known of a profile; NotFoundError when there is no such."""
    shown, number = show_profile(external_id), find_profile(external_id)
    if number is None:
        raise no_profile(external_id)
    return WholeProfile(shown, lists_of(number), subscriptions_of(number), messages_of(number))
