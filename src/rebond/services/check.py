"""May I write to these? Addresses in, allowed or the reason out, in bounded memory."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rebond.core.address import parse_address, plain_email_key
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.errors import InputError
from rebond.store.read.blocked import blocked_keys

CHUNK = 20_000
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
        reasons = check_batch(chunk, channel=channel, region=region, allow_undotted=allow_undotted)
        yield from map(Checked, chunk, reasons)


def check_batch(
    addresses: Sequence[str], *, channel: Channel = Channel.EMAIL, region: str = "", allow_undotted: bool = False
) -> list[Reason | None]:
    """Give the reason why each of these must not be written to, None where it may; asked for at once."""
    keys = [_key(text, channel, region=region, allow_undotted=allow_undotted) for text in addresses]
    blocked = blocked_keys(channel, [key for key in keys if key])
    reasons: dict[str | None, Reason] = {key: _REASONS[status] for key, status in blocked.items()}
    reasons[None] = Reason.INVALID_ADDRESS
    reasons[""] = Reason.ADDRESS_EMPTY
    return list(map(reasons.get, keys))


def refuse_columns(line: str, *, channel: Channel) -> None:
    """Raise InputError when a file's first line looks like several columns or their names: every answer would be no.

    A push token can hold any character, so nothing is known of it.
    """
    if channel is Channel.PUSH:
        return
    bare = _QUOTED.sub("", line)
    separated = any(mark in bare for mark in ";,\t") or bare.count("@") > 1
    if separated or re.sub(r"\W|_", "", line).casefold() in _HEADERS:
        raise InputError(f"the first line, {line[:100]!r}, looks like columns: give one address a line, nothing else")


# A quoted local part may hold anything (RFC 5322, 3.4.1).
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=@)')
_HEADERS = frozenset(
    {
        "address",
        "addresses",
        "adresse",
        "adresses",
        "adresseemail",
        "courriel",
        "email",
        "emailaddress",
        "emails",
        "mail",
        "mobile",
        "msisdn",
        "phone",
        "phonenumber",
        "recipient",
        "sms",
        "telephone",
        "téléphone",
    }
)


def _key(text: str, channel: Channel, *, region: str, allow_undotted: bool) -> str | None:
    """Return an address's key, None when it is impossible, and empty when there is none."""
    if channel is Channel.EMAIL and (key := plain_email_key(text)):
        return key
    if not text.strip():
        return ""
    return parse_address(text, channel=channel, region=region, allow_undotted=allow_undotted).key
