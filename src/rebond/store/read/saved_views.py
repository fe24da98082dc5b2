"""The filters that people keep."""

from dataclasses import dataclass

from rebond.store.models import SavedView


@dataclass(frozen=True, slots=True)
class KeptView:
    """A list's filters under a name: `query` is that of its address."""

    number: int
    name: str
    query: str


def kept_views(person: str, *, page: str) -> list[KeptView]:
    """List what somebody keeps for a page, by name."""
    rows = SavedView.objects.filter(person=person, page=page).order_by("name")
    return [KeptView(row.pk, row.name, row.query) for row in rows]
