"""Keeping filters."""

from rebond.store.models import SavedView
from rebond.store.write.text import storable


def put_view(person: str, *, page: str, name: str, query: str) -> None:
    """Keep filters under a name, in the place of what was kept under it."""
    SavedView.objects.update_or_create(
        person=storable(person, 150), page=page, name=storable(name, 80), defaults={"query": storable(query)}
    )


def drop_view(person: str, *, number: int) -> bool:
    """Forget filters; tells whether they were this person's."""
    return bool(SavedView.objects.filter(person=person, id=number).delete()[0])
