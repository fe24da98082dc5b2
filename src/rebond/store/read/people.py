"""Reading people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rebond.core.words import Channel
from rebond.store.models import Profile, ProfileAddress
from rebond.store.read.blocked import Denial, denials_by


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """A profile's address on a channel; `key` is None when the text is no possible one."""

    channel: Channel
    text: str
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """A person, as imported, with what stands against writing to them."""

    external_id: str
    fields: Mapping[str, Any]
    addresses: tuple[OwnAddress, ...]
    denials: tuple[Denial, ...]
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


def find_profile(external_id: str) -> int | None:
    """Return a profile's number by its external id, None when there is no such."""
    number: int | None = Profile.objects.filter(external_id=external_id).values_list("id", flat=True).first()
    return number


def any_known(external_ids: Sequence[str]) -> bool:
    """Tell whether a profile has one of these ids."""
    return Profile.objects.filter(external_id__in=[one.strip() for one in external_ids]).exists()


def read_profile(external_id: str) -> ProfileRow | None:
    """Read a profile by its external id, None when there is no such."""
    row = Profile.objects.filter(external_id=external_id).first()
    if row is None:
        return None
    addresses = ProfileAddress.objects.filter(profile=row).order_by("channel").values_list("channel", "text", "key")
    return ProfileRow(
        external_id=row.external_id,
        fields=row.fields,
        addresses=tuple(OwnAddress(Channel(channel), text, key) for channel, text, key in addresses),
        denials=denials_by(row.pk),
        created_at=row.created_at,
        updated_at=row.updated_at,
        erased_at=row.erased_at,
    )
