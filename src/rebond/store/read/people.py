"""Reading people."""

from rebond.store.models import Profile


def find_profile(external_id: str) -> int | None:
    """Return a profile's number by its external id, None when there is no such."""
    number: int | None = Profile.objects.filter(external_id=external_id).values_list("id", flat=True).first()
    return number
