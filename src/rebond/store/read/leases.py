"""When a lease or a pause is over."""

from datetime import datetime, timedelta

from django.db.models import Q

# Nobody takes one that ends later than this: one that does was taken by a clock that has been put back since.
FARTHEST = timedelta(hours=1)


def is_over(now: datetime) -> Q:
    """Return the condition that a lease has ended, or is none of this time."""
    return Q(lease_until__lt=now) | Q(lease_until__gt=now + FARTHEST)
