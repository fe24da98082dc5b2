"""What the mail of a request to subscribe says, read at each claim."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from rebond.core.words import OptInStatus
from rebond.store.models import OptInRequest, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """A mail's request; `signing` is the number of the key that signs its link."""

    request: int
    page: int
    key: str
    title: str
    services: tuple[str, ...]
    expires_at: datetime
    signing: int
    confirmed: bool


def letters_behind(messages: Collection[int]) -> dict[int, LetterRow]:
    """Read, by message, the requests that messages are the mails of."""
    rows = list(OptInRequest.objects.filter(message__in=messages).select_related("text"))
    names = dict(Service.objects.filter(id__in={one for row in rows for one in row.services}).values_list("id", "name"))
    return {
        row.message: LetterRow(
            request=row.pk,
            page=row.page_id,
            key=row.address_key,
            title=row.text.content["title"],
            services=tuple(names[one] for one in row.services if one in names),
            expires_at=row.expires_at,
            signing=row.key,
            confirmed=row.status == OptInStatus.CONFIRMED.value,
        )
        for row in rows
        if row.message is not None and row.expires_at is not None
    }
