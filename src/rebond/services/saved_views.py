"""Filters that a person keeps by a name."""

from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.saved_views import kept_views
from rebond.store.write.saved_views import drop_view, put_view

MOST_VIEWS = 30
LONGEST_NAME = 80


def save_view(*, person: str, page: str, name: str, query: str) -> None:
    """Keep the filters of a page under a name, in the place of what was kept under it."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InputError(f"a view needs a name of 1 to {LONGEST_NAME} signs")
    kept = {view.name for view in kept_views(person, page=page)}
    if name not in kept and len(kept) >= MOST_VIEWS:
        raise RefusedError(f"you keep {MOST_VIEWS} views already: forget one first")
    put_view(person, page=page, name=name, query=query)


def forget_view(*, person: str, number: int) -> None:
    """Forget a view of this person."""
    if not drop_view(person, number=number):
        raise NotFoundError("there is no such view of yours")
