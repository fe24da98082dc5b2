"""May I write to these? Addresses in, allowed or the reason out, in bounded memory."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from rebond.core.address import parse_address, plain_email_keys
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.errors import InputError
from rebond.services.key_filter import KeyFilter
from rebond.store.erasure_keys import hashed_among
from rebond.store.read.blocked import blocked_keys, denied_keys, most_blocked, stopped_keys
from rebond.store.read.erased import erased_hashes

CHUNK = 20_000
# Looking one key up takes the time of reading so many.
_A_LOOK_UP = 8
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
    checker = Checker(channel=channel, region=region, allow_undotted=allow_undotted)
    stream = iter(addresses)
    for chunk, reasons in checker.answer(iter(lambda: list(islice(stream, CHUNK)), [])):
        yield from map(Checked, chunk, reasons)


def check_batch(
    addresses: Sequence[str], *, channel: Channel = Channel.EMAIL, region: str = "", allow_undotted: bool = False
) -> list[Reason | None]:
    """Give the reason why each of these must not be written to, None where it may; each looked up, in this thread."""
    return Checker(channel=channel, region=region, allow_undotted=allow_undotted).answer_one(addresses)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Addresses on their way: the places of those whose `keys` may be blocked."""

    addresses: Sequence[str]
    keys: list[str]
    reasons: list[Reason | None]
    places: Sequence[int]


class Checker:
    """Answers for batches. When they come to enough, all blocked keys are read once, into a filter.

    Then only those that the filter knows, and the few that it takes for known, are looked up. What is blocked after
    the filter was made may not be seen. `expected` is about how many addresses there will be, where that is known.
    """

    def __init__(
        self, *, channel: Channel = Channel.EMAIL, region: str = "", allow_undotted: bool = False, expected: int = 0
    ) -> None:
        self._channel = channel
        self._region = region
        self._allow_undotted = allow_undotted
        self._expected = expected
        self._asked = 0
        self._everything: KeyFilter | None = None
        self._denied: KeyFilter | None = None
        self._erased: frozenset[bytes] = frozenset()

    def answer(self, batches: Iterable[Sequence[str]]) -> Iterator[tuple[Sequence[str], list[Reason | None]]]:
        """Give each batch, and the reason why each of its addresses must not be written to, None where it may.

        A thread makes the keys of the next one while the database is asked about one.
        """
        with ThreadPoolExecutor(1) as thread:
            last: Future[_Batch] | None = None
            for addresses in batches:
                self._asked += len(addresses)
                if self._everything is None:
                    self._read_blocked(thread)
                future = thread.submit(self._prepare, addresses)
                if last is not None:
                    yield self._look_up(last.result())
                last = future
            if last is not None:
                yield self._look_up(last.result())

    def answer_one(self, addresses: Sequence[str]) -> list[Reason | None]:
        """Answer for a single batch: too few for a filter or a thread to pay."""
        return self._look_up(self._prepare(addresses))[1]

    def _prepare(self, addresses: Sequence[str]) -> _Batch:
        """Make the key of each address, empty where there is none, and tell which may be blocked; no database."""
        reasons: list[Reason | None] = [None] * len(addresses)
        plain = plain_email_keys(addresses) if self._channel is Channel.EMAIL else [None] * len(addresses)
        keys = [key or "" for key in plain]
        for place in [place for place, key in enumerate(keys) if not key]:
            text = addresses[place]
            read = parse_address(text, channel=self._channel, region=self._region, allow_undotted=self._allow_undotted)
            if read.key is None:
                reasons[place] = Reason.INVALID_ADDRESS if text.strip() else Reason.ADDRESS_EMPTY
            else:
                keys[place] = read.key
        places = range(len(keys)) if self._everything is None else self._everything.places(keys)
        if self._erased and self._everything is not None:
            places = sorted({*places, *self._once_erased(keys, but=places)})
        return _Batch(addresses, keys, reasons, places)

    def _once_erased(self, keys: Sequence[str], *, but: Sequence[int]) -> Iterator[int]:
        """Tell at which places, but these, there is an address that is kept by its hash alone."""
        looked_up = set(but)
        others = [key for place, key in enumerate(keys) if key and place not in looked_up]
        known = hashed_among(self._channel, others, self._erased)
        return (place for place, key in enumerate(keys) if key in known) if known else iter(())

    def _look_up(self, batch: _Batch) -> tuple[Sequence[str], list[Reason | None]]:
        keys, reasons = batch.keys, batch.reasons
        suspects = sorted({key for place in batch.places if (key := keys[place])})
        denied = [suspects[place] for place in self._denied.places(suspects)] if self._denied else None
        blocked = blocked_keys(self._channel, suspects, denied=denied)
        for place in batch.places:
            if (status := blocked.get(keys[place])) is not None:
                reasons[place] = _REASONS[status]
        return batch.addresses, reasons

    def _read_blocked(self, thread: ThreadPoolExecutor) -> None:
        """Read what is blocked, as soon as that is less work than looking up what was and will be asked."""
        most_stopped, most_denied = most_blocked()
        if max(self._asked, self._expected) * _A_LOOK_UP < most_stopped + most_denied:
            return
        everything, denied = KeyFilter(most_stopped + most_denied), KeyFilter(most_denied)
        noting = thread.submit(everything.add, ())
        for keys in stopped_keys(self._channel):
            noting.result()  # one is read while one is noted, and no more are held
            noting = thread.submit(everything.add, keys)
        noting.result()
        for keys in denied_keys(self._channel):
            everything.add(keys)
            denied.add(keys)
        self._everything, self._denied, self._erased = everything, denied, erased_hashes()


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
