"""Putting a profile on the denylist: the opt-out of a person, from a channel or from all."""

from datetime import datetime

from django.db import transaction

from rebond.core.words import Channel
from rebond.services.errors import InputError, NotFoundError
from rebond.store.read.people import find_profile
from rebond.store.write.audit import add_audit
from rebond.store.write.messages import deny_profile

ALL = "all"


def denylist_profile(external_id: str, *, channel: str, now: datetime, actor: str, because: str = "") -> bool:
    """Opt a profile out of a channel, or of `all`; False when it was already.

    InputError for an unknown channel, NotFoundError for an unknown external id.
    """
    known = [*(channel.value for channel in Channel), ALL]
    if channel not in known:
        raise InputError(f"channel {channel!r} is unknown: write one of {', '.join(known)}")
    profile = find_profile(external_id)
    if profile is None:
        raise NotFoundError(f"there is no profile with the id {external_id!r}: rebond profiles import brings them in")
    with transaction.atomic():
        new = deny_profile(profile, channel=channel, at=now, origin="person", proof=because)
        if new:
            add_audit(
                "profile.denylist",
                subject=external_id,
                actor=actor,
                now=now,
                after={"channel": channel},
                because=because,
            )
    return new
