"""What a delivery's content comes to for one profile, without sending anything (specification 05, "Content")."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from rebond.core.said import words_of
from rebond.services.deliveries import get_delivery
from rebond.services.errors import no_profile
from rebond.store.read.deliveries import DeliveryRow
from rebond.store.read.log_pages import LogFilter, sending_log_page
from rebond.store.read.people import read_profile
from rebond.store.read.templates import TemplateRow

Previewed: TypeAlias = DeliveryRow | TemplateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The parts as one profile would get them; `text` is made from the HTML where there is none of its own."""

    subject: str
    text: str
    html: str


class Previewing(Protocol):
    """What previewing asks of a channel."""

    def preview(self, delivery: Previewed, *, address: str, fields: Mapping[str, Any]) -> Preview:
        """Fill the templates in; ValueError with the words when that cannot be done."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A preview for a profile, or why there is none: `problem` would be a production error."""

    profile: str
    preview: Preview | None
    problem: str


def preview(delivery_id: int, external_id: str, *, content: Previewing) -> Shown | None:
    """Show a delivery's content for a profile, without one for the first of its messages; None when it has none.

    NotFoundError when there is no such delivery or profile.
    """
    delivery = get_delivery(delivery_id)
    external_id = external_id or profile_for(delivery_id)
    if not external_id:
        return None
    return preview_of(delivery, external_id, content=content)


def preview_of(settings: Previewed, external_id: str, *, content: Previewing) -> Shown:
    """Show the content of a delivery or a template for a profile; NotFoundError when there is no such profile."""
    profile = read_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    address = next((one.text for one in profile.addresses if one.channel is settings.channel), "")
    try:
        shown = content.preview(settings, address=address, fields=profile.fields)
    except ValueError as error:
        return Shown(profile=external_id, preview=None, problem=words_of(error))
    return Shown(profile=external_id, preview=shown, problem="")


def profile_for(delivery_id: int) -> str:
    """Return the id of the profile of a delivery's first message; '' when it has none."""
    first = sending_log_page(delivery_id, LogFilter(), limit=1).rows
    return first[0].profile if first else ""
