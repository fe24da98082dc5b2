"""Ending what keeps a profile from being written to."""

from rebond.store.models import ProfileDenial


def lift_denial(profile: int, *, channel: str) -> bool:
    """Take a profile off the denylist of a channel or of all; False when it was not on it."""
    return bool(ProfileDenial.objects.filter(profile=profile, channel=channel).delete()[0])
