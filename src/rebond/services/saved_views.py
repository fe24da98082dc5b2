"""Filters that a person keeps by a name."""

from rebond.core.said import said
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.saved_views import kept_views
from rebond.store.write.saved_views import drop_view, put_view

MOST_VIEWS = 30
LONGEST_NAME = 80


def save_view(*, person: str, page: str, name: str, query: str) -> None:
    """Keep the filters of a page under a name, in the place of what was kept under it."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InputError(said("a view needs a name of 1 to {longest_name} signs", longest_name=LONGEST_NAME))
    kept = {view.name for view in kept_views(person, page=page)}
    if name not in kept and len(kept) >= MOST_VIEWS:
        raise RefusedError(said("you keep {most_views} views already: forget one first", most_views=MOST_VIEWS))
    put_view(person, page=page, name=name, query=query)


def forget_view(*, person: str, number: int) -> None:
    """Forget a view of this person."""
    if not drop_view(person, number=number):
        raise NotFoundError(said("there is no such view of yours"))
