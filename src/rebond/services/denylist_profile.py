"""Putting a profile on the denylist, and off it again: the opt-out of a person, from a channel or from all."""

from datetime import datetime

from django.db import transaction

from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.errors import InputError, RefusedError, no_profile
from rebond.services.hold_person import hold_person
from rebond.store.read.blocked import channels_denied
from rebond.store.read.people import find_profile
from rebond.store.write.audit import add_audit
from rebond.store.write.blocked import lift_denial
from rebond.store.write.messages import deny_profile

ALL = "all"


def denylist_profile(external_id: str, *, channel: str, now: datetime, actor: str, because: str = "") -> bool:
    """Opt a profile out of a channel, or of `all`; False when it was already.

    InputError for an unknown channel, NotFoundError for an unknown external id.
    """
    profile = _profile(external_id, channel)
    with transaction.atomic():
        hold_person(profile, external_id)
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


def allow_profile(external_id: str, *, channel: str, now: datetime, actor: str, because: str) -> bool:
    """End a profile's opt-out of a channel, or of `all`; False when there was none. Audited.

    InputError for an unknown channel or no reason, NotFoundError for an unknown external id, RefusedError when it is
    an opt-out of all channels that keeps the one from being used.
    """
    profile = _profile(external_id, channel)
    if not because.strip():
        raise InputError(said("say why: it is kept with the change"))
    with transaction.atomic():
        hold_person(profile, external_id)
        if channel != ALL and ALL in channels_denied(profile):
            raise RefusedError(
                said(
                    "{external_id} opted out of all channels, not of {channel}: say --channel {all}",
                    external_id=external_id,
                    channel=channel,
                    all=ALL,
                )
            )
        lifted = lift_denial(profile, channel=channel)
        if lifted:
            add_audit(
                "profile.allow",
                subject=external_id,
                actor=actor,
                now=now,
                before={"channel": channel},
                because=because,
            )
    return lifted


def _profile(external_id: str, channel: str) -> int:
    known = [*(channel.value for channel in Channel), ALL]
    if channel not in known:
        raise InputError(
            said("channel {channel!r} is unknown: write one of {known}", channel=channel, known=tuple(known))
        )
    profile = find_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    return profile
