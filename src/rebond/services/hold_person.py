"""Changing what belongs to a person, who may be erased at this very moment."""

from rebond.services.errors import no_profile
from rebond.store.write.unsubscribing import hold_profile


def hold_person(profile: int, external_id: str) -> None:
    """Keep a profile from being erased until the transaction ends; NotFoundError when it is erased already.

    Without this, what is written a moment later would name somebody whom nothing is to name any more.
    """
    if not hold_profile(profile):
        raise no_profile(external_id)
