"""What the stored webhooks of email providers amount to, read and put beside the sending log.

Their signatures were checked before they were stored, so what one tells of its own account's messages is `signed`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rebond.core.address import parse_address
from rebond.core.qualifier import Qualifier
from rebond.core.read.providers import PROVIDERS, Befell, Told
from rebond.core.read.providers.body import events_in, unpack
from rebond.core.said import said
from rebond.core.tokens import Keyring, find, read
from rebond.core.words import Channel, ReturnKind
from rebond.services.attribute import Log
from rebond.services.hook_telling import HookItem, HookLog, HookTeller
from rebond.services.interpret import Meaning
from rebond.store.read.messages import find_messages
from rebond.store.read.returns import StoredReturn
from rebond.store.write.text import storable

KIND = "webhook"
# Written in one transaction: each address takes a lock.
_PART = 500
_MOST_PROBLEMS = 20
_AHEAD = timedelta(minutes=10)
# Providers repeat what was not taken for three days at most; what is older is somebody's copy.
_MOST_AGE = timedelta(days=30)
_LONGEST_ID = 255


@dataclass(slots=True)
class Heard:
    """What one body amounts to, in parts; `problems` says which of its events could not be read."""

    stored: StoredReturn
    meanings: list[Meaning] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def note(self) -> str:
        """What a person reads of it: what could not be read, else how many events of which kind it held."""
        if self.problems:
            more = len(self.problems) - _MOST_PROBLEMS
            return "; ".join(self.problems[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        return ", ".join(f"{name} {number}" for name, number in sorted(self.counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class HookInterpreter:
    """Interprets stored webhooks."""

    qualifier: Qualifier
    keyring: Keyring
    allow_undotted: bool = False

    def interpret(self, stored: Sequence[StoredReturn]) -> list[Heard]:
        """Decide what bodies amount to, looking up at once which of our messages they speak of."""
        heard = [Heard(one) for one in stored]
        items = [list(self._items(one)) for one in heard]
        log = self._log(heard, items)
        for one, found in zip(heard, items, strict=True):
            provider = _provider(one.stored)
            for start in range(0, len(found), _PART):
                meaning = Meaning(ReturnKind.OTHER, one.stored.received_at, source=one.stored.identity)
                one.meanings.append(meaning)
                for item in found[start : start + _PART]:
                    HookTeller(one.stored, meaning, provider, item, log, self.qualifier).tell()
        return heard

    def _items(self, heard: Heard) -> Iterator[HookItem]:
        try:
            provider, body = unpack(heard.stored.raw)
            events = events_in(provider, body)
        except ValueError as error:
            heard.problems.append(str(error))
            return
        for place, event in enumerate(events, 1):
            try:
                yield from self._read(provider, event, place=place, heard=heard)
            except (ValueError, RecursionError) as error:
                heard.problems.append(said("event {place}: {error}", place=place, error=error))

    def _read(self, provider: str, event: Any, *, place: int, heard: Heard) -> Iterator[HookItem]:
        if not isinstance(event, dict):
            raise ValueError(said("this is no object"))
        digest = ""
        for told in PROVIDERS[provider].read(event):
            heard.counts[told.befell] += 1
            if told.befell is Befell.NOTHING:
                continue
            if not told.id and not digest:
                digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
            written = storable(told.address, len(told.address))
            if written != told.address:
                raise ValueError(said("its address holds a character that no address can"))
            self._refuse_time(told, heard.stored)
            ids = tuple(name.strip().strip("<>") for name in told.pointers if "@" in name and len(name) <= _LONGEST_ID)
            yield HookItem(
                place=place,
                told=told,
                digest=told.id or digest,
                address=parse_address(written, channel=Channel.EMAIL, allow_undotted=self.allow_undotted),
                tokens=tuple(find(told.pointers)) if told.pointers else (),
                message_ids=ids,
            )

    @staticmethod
    def _refuse_time(told: Told, stored: StoredReturn) -> None:
        if told.at is not None and told.at > stored.received_at + _AHEAD:
            raise ValueError(said("its time is more than ten minutes ahead of its arrival"))
        if told.at is not None and told.at < stored.received_at - _MOST_AGE:
            raise ValueError(said("its time is more than {days} days before its arrival", days=_MOST_AGE.days))

    def _log(self, heard: Sequence[Heard], items: Sequence[Sequence[HookItem]]) -> HookLog:
        numbers: dict[str, int] = {}
        for one, found in zip(heard, items, strict=True):
            today = one.stored.received_at.date()
            for token in {token for item in found for token in item.tokens}:
                reading = read(token, keyring=self.keyring, today=today)
                if reading.problem is None and reading.message is not None:
                    numbers[token] = reading.message
        names = {name for found in items for item in found for name in item.message_ids}
        return HookLog(numbers, Log.of(find_messages(set(numbers.values()), message_ids=names)))


def _provider(stored: StoredReturn) -> str:
    try:
        return unpack(stored.raw)[0]
    except ValueError:
        return ""  # there is nothing of it to tell
