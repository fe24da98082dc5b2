"""All evidence that was ever stored, read from the tables, and what the naive oracle makes of it."""

import json
import random
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rebond.core.failure import Event, Evidence, Verdict
from rebond.core.policy import Policy
from rebond.core.words import Cause, FailureType, Reason, Trust
from tests.core.oracle import Address, tell
from tests.month.raw import rows, rows_of, when

_EVIDENCE = (
    "SELECT id, address_key, identity, event, at, type, reason, cause, confirm, message_id, asynchronous, trust,"
    " trusted, first_sight, held_by, voids, text FROM evidence WHERE channel = 'email' AND scope = ''"
)
_TOLD = "SELECT id, address_key, identity, at, message_id FROM told_success WHERE channel = 'email'"
_TAKEN = "SELECT id, address_key, delivered_at, message_id FROM message WHERE delivered_at IS NOT NULL"


@dataclass(slots=True)
class Known:
    """What is known of one address. `start` is what its purged evidence, up to `horizon`, added up to."""

    items: dict[str, Evidence] = field(default_factory=dict)
    start: Address | None = None
    horizon: datetime | None = None
    told: Address | None = None


class Ledger:
    """Keeps evidence when retention removes it, so that what it said can still be asked for."""

    def __init__(self, policy: Policy, chance: random.Random) -> None:
        self.policy = policy
        self.known: dict[str, Known] = defaultdict(Known)
        self.identities: set[str] = set()
        self.doubtful: set[str] = set()
        self.spoken_of: set[str] = set()
        self._chance = chance
        self._last = [0, 0]

    def use(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self.policy = policy
        for known in self.known.values():
            known.told = None

    def refresh(self, *, succeeded: Collection[str] = ()) -> None:
        """Read what is new: evidence by its number, and the successes of these addresses and of new ones."""
        fresh: set[str] = set()
        for row in rows(f"{_EVIDENCE} AND id > %s ORDER BY id", self._last[0]):
            self._last[0] = row[0]
            item = _evidence(row)
            fresh.add(self._add(row[1], item))
            if not item.identity.startswith("attempt:"):
                self.spoken_of.add(item.message)
            if not item.trusted:
                self.doubtful.add(item.identity)
        for number, key, identity, at, message in rows(f"{_TOLD} AND id > %s ORDER BY id", self._last[1]):
            self._last[1] = number
            fresh.add(self._add(key, _success(identity, at, message)))
        self._successes(fresh | {key for key in succeeded if key in self.known})

    def _successes(self, keys: Iterable[str]) -> None:
        for number, key, at, message in rows_of(_TAKEN + " AND address_key IN ({some})", sorted(keys)):
            self._add(key, _success(f"message:{number}", at, message))

    def _add(self, key: str, item: Evidence) -> str:
        known = self.known[key]
        self.identities.add(item.identity)
        if known.horizon is None or item.at > known.horizon:
            known.items[item.identity] = item
            known.told = None
        return key

    def reload(self, snapshots: dict[str, datetime]) -> list[str]:
        """Read everything again; what is gone is folded as of its address's snapshot. Returns what should not be so."""
        there: dict[str, dict[str, Evidence]] = defaultdict(dict)
        for row in rows(_EVIDENCE):
            there[row[1]][row[2]] = _evidence(row)
        for _, key, identity, at, message in rows(_TOLD):
            there[key][identity] = _success(identity, at, message)
        for number, key, at, message in rows_of(_TAKEN + " AND address_key IN ({some})", sorted(self.known)):
            there[key][f"message:{number}"] = _success(f"message:{number}", at, message)
        problems = []
        for key, known in self.known.items():
            gone = known.items.keys() - there[key].keys()
            if gone or known.horizon != snapshots.get(key):
                problems += self._fold_gone(key, known, gone, snapshots.get(key))
            for identity, item in there[key].items():
                if known.horizon is None or item.at > known.horizon:
                    known.items[identity] = item
            known.told = None
        return problems

    def _fold_gone(self, key: str, known: Known, gone: Collection[str], horizon: datetime | None) -> list[str]:
        before = self.address(key)
        if horizon is not None and (known.horizon is None or horizon > known.horizon):
            # What later evidence takes back is not in a snapshot: nothing could take it out again.
            old = [item for item in known.items.values() if item.at <= horizon and not _taken_back(item, known)]
            known.start, known.horizon = self._tell(old, known.start), horizon
        for identity in list(known.items):
            if identity in gone or (known.horizon is not None and known.items[identity].at <= known.horizon):
                del known.items[identity]
        known.told = None
        after = self.address(key)
        same = ("status", "count", "reason", "last_error", "last_counted", "releases")
        if any(getattr(before, name) != getattr(after, name) for name in same):
            return [f"{key} was {before} before its evidence was purged, and is {after}"]
        return []

    def address(self, key: str) -> Address:
        """Tell an address's state by the oracle, its evidence shuffled first."""
        if key not in self.known:
            return Address()
        known = self.known[key]
        if known.told is None:
            known.told = self._tell(list(known.items.values()), known.start)
        return known.told

    def _tell(self, items: list[Evidence], start: Address | None) -> Address:
        self._chance.shuffle(items)
        counting = self.policy.email
        days = self.policy.full_exit.days
        return tell(items, threshold=counting.threshold, gap=counting.gap, days=days, start=start)

    def blocked(self) -> dict[str, Address]:
        """List the addresses that are quarantined or denylisted."""
        found = ((key, self.address(key)) for key in self.known)
        return {key: address for key, address in found if address.status in ("quarantined", "denylisted")}


def _taken_back(item: Evidence, known: Known) -> bool:
    return item.event is Event.DELIVERED and any(
        other.message == item.message and other.trusted and other.verdict and not other.verdict.harmless
        and (other.asynchronous or other.at >= item.at)
        for other in known.items.values()
        if item.message
    )  # fmt: skip


def _evidence(row: tuple[Any, ...]) -> Evidence:
    kind, reason, cause, confirm = row[5:9]
    verdict = None
    if kind:
        verdict = Verdict(
            type=FailureType(kind), reason=Reason(reason), cause=Cause(cause), rule="read", confirm=confirm
        )
    at = when(row[4])
    assert at is not None
    voids = json.loads(row[15]) if isinstance(row[15], str) else row[15]
    return Evidence(
        identity=row[2],
        event=Event(row[3]),
        at=at,
        verdict=verdict,
        message=row[9],
        asynchronous=bool(row[10]),
        trust=Trust(row[11]),
        trusted=bool(row[12]),
        first_sight=bool(row[13]),
        held_by=row[14],
        voids=frozenset(voids),
        text=row[16],
    )


def _success(identity: str, at: Any, message: str) -> Evidence:
    moment = when(at)
    assert moment is not None
    return Evidence(identity=identity, event=Event.DELIVERED, at=moment, message=message)
