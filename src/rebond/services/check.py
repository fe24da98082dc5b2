"""May I write to these? Addresses in, allowed or the reason out, in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from rebond.core.address import parse_address
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.store.read.evidence import denied_keys, stopped_statuses

CHUNK = 5000
_REASONS = {AddressStatus.QUARANTINED: Reason.QUARANTINED, AddressStatus.DENYLISTED: Reason.DENYLISTED}


@dataclass(frozen=True, slots=True)
class Checked:
    """One address as given, and why it must not be written to (None: it may)."""

    address: str
    reason: Reason | None

    @property
    def allowed(self) -> bool:
        return self.reason is None


def check(
    addresses: Iterable[str], *, channel: Channel = Channel.EMAIL, region: str = "", allow_undotted: bool = False
) -> Iterator[Checked]:
    """Answer for each address, in the order given."""
    stream = iter(addresses)
    while chunk := list(islice(stream, CHUNK)):
        parsed = [parse_address(text, channel=channel, region=region, allow_undotted=allow_undotted) for text in chunk]
        keys = list({address.key for address in parsed if address.key})
        stopped = stopped_statuses(channel, keys)
        denied = denied_keys(channel, keys)
        for address in parsed:
            yield Checked(address.text, _reason(address.text, address.key, stopped, denied))


def _reason(text: str, key: str | None, stopped: dict[str, AddressStatus], denied: frozenset[str]) -> Reason | None:
    if not text:
        return Reason.ADDRESS_EMPTY
    if key is None:
        return Reason.INVALID_ADDRESS
    if key in denied:
        return Reason.DENYLISTED
    status = stopped.get(key)
    return _REASONS[status] if status else None
