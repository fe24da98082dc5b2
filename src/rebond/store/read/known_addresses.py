"""Every address that is known: those of profiles, and those that something was ever heard of."""

from collections.abc import Iterator, Mapping

from rebond.core.words import Channel
from rebond.store.models import ProfileAddress
from rebond.store.read.evidence import AddressKey, list_addresses

_PAGE = 5_000


def known_addresses() -> Iterator[Mapping[AddressKey, str]]:
    """Page through them with their texts; one may come twice."""
    last = 0
    rows = ProfileAddress.objects.filter(key__isnull=False).order_by("id")
    while page := list(rows.filter(id__gt=last).values_list("id", "channel", "key", "text")[:_PAGE]):
        last = page[-1][0]
        yield {AddressKey(Channel(channel), key): text for _, channel, key, text in page if key}
    for heard_of in list_addresses():
        yield {about: text for about, text in heard_of.items() if not about.scope}
