"""Writing down that somebody left."""

from datetime import datetime

from rebond.core.words import WayOut
from rebond.store.models import Profile, Unsubscription
from rebond.store.read.unsubscribing import Leaving


def hold_profile(profile: int) -> bool:
    """Let nobody else change who a profile is until the transaction ends; false when it is gone."""
    held = Profile.objects.select_for_update().filter(id=profile, erased_at__isnull=True)
    return held.values_list("id", flat=True).first() is not None


def add_unsubscription(
    profile: int, leaving: Leaving, *, delivery: int, at: datetime, way: WayOut, source: str
) -> None:
    """Keep the proof of an unsubscription."""
    Unsubscription.objects.create(
        profile=profile,
        delivery=delivery,
        message=leaving.message,
        channel=leaving.channel.value,
        service=leaving.service,
        at=at,
        way=way.value,
        source=source[:64],
    )
