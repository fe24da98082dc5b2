"""The neck: whatever speaks of an address is recorded here, and its state computed, in one transaction."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from rebond.core.failure import AddressState, Event, Evidence
from rebond.core.policy import Policy
from rebond.core.words import Channel, QualificationStatus, Reason
from rebond.services.alerts import OftenUnqualified, alert_about_texts
from rebond.store.read.evidence import AddressKey, known_identities
from rebond.store.write.evidence import NewEvidence, add_evidence, add_told_successes
from rebond.store.write.qualifications import SeenText, Sighting, sight_texts
from rebond.store.write.states import hold_addresses, refold

_TRIES = 3
OFTEN = OftenUnqualified()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One new piece of evidence about one address, and what belongs to it.

    `template` is the normalised text; without one no qualification row is kept (the verdict was given).
    `message` is the number of our message in the sending log; a success without it is somebody else's.
    """

    channel: Channel
    address: str
    key: str
    evidence: Evidence
    scope: str = ""
    template: str = ""
    code: int = 0
    enhanced: str = ""
    phase: str = ""
    message: int | None = None
    returned_mail: str = ""

    @property
    def about(self) -> AddressKey:
        return AddressKey(self.channel, self.key, self.scope)

    @property
    def text_digest(self) -> str:
        provider = self.evidence.provider
        return hashlib.sha256(f"{self.channel}\0{provider}\0{self.template}".encode("utf-8", "replace")).hexdigest()[
            :32
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch: the identities stored now, and the states of the addresses that it touched."""

    stored: frozenset[str]
    states: Mapping[AddressKey, AddressState]


def record(
    occurrences: Sequence[Occurrence],
    *,
    policy: Policy,
    now: datetime,
    write: Callable[[frozenset[str]], None] | None = None,
    delivered: Collection[tuple[Channel, str]] = (),
    often: OftenUnqualified = OFTEN,
) -> Recorded:
    """Store what is new and fold the addresses it touches, in one transaction (nested in an open one).

    What is known by its identity is passed over. `write` does the caller's message rows and counters, in the place
    that the lock order gives them, told which identities are new. `delivered` names addresses with a new
    success in the sending log: those that have a state are folded again. `often` says which texts raise an alert.
    """
    if transaction.get_connection().in_atomic_block:
        return _record(occurrences, policy=policy, now=now, write=write, delivered=delivered, often=often)
    for left in reversed(range(_TRIES)):
        try:
            return _record(occurrences, policy=policy, now=now, write=write, delivered=delivered, often=often)
        except IntegrityError:
            # Another worker stored the same meanwhile; the next look sees it. A fault that stays is no race.
            if not left:
                raise
    raise AssertionError("unreachable")


def _record(
    occurrences: Sequence[Occurrence],
    *,
    policy: Policy,
    now: datetime,
    write: Callable[[frozenset[str]], None] | None,
    delivered: Collection[tuple[Channel, str]],
    often: OftenUnqualified,
) -> Recorded:
    with transaction.atomic():
        succeeded = [AddressKey(channel, key) for channel, key in delivered]
        new = _unknown(occurrences)
        texts = sight(new)
        stored = frozenset(item.evidence.identity for item in new)
        # A success and a failure of one address, written at the same instant, must see each other.
        touched = {item.about: item.address for item in new}
        hold_addresses(touched, succeeding=succeeded)
        if write is not None:
            write(stored)
        _store(new, texts, now=now)
        alert_about_texts(texts.values(), often=often, now=now)
        states = refold(touched, policy=policy, now=now, succeeded=succeeded)
        return Recorded(stored=stored, states=states)


def _unknown(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Leave out what is stored already, and the second of two that are the same."""
    by_identity = {item.evidence.identity: item for item in reversed(list(occurrences))}
    known = known_identities(by_identity)
    return sorted(
        (item for identity, item in by_identity.items() if identity not in known),
        key=lambda item: (item.evidence.at, item.evidence.identity),
    )


def sight(new: Sequence[Occurrence]) -> Mapping[str, SeenText]:
    """Count the texts of what acts now, in order of time; returns the row of each text by its digest."""
    groups: dict[str, list[Occurrence]] = {}
    for item in new:
        if item.template and item.evidence.verdict:
            groups.setdefault(item.text_digest, []).append(item)
    return sight_texts([_sighting(digest, group) for digest, group in groups.items()])


def _sighting(digest: str, group: Sequence[Occurrence]) -> Sighting:
    # The group is in order of time, so that the first sight does not depend on the order within a batch.
    first, last = group[0], group[-1]
    verdict = first.evidence.verdict
    assert verdict is not None
    open_question = verdict.reason is Reason.NOT_DEFINED or verdict.review
    return Sighting(
        digest=digest,
        channel=first.channel,
        provider=first.evidence.provider,
        template=first.template,
        text=first.evidence.text,
        first=first.evidence.identity,
        verdict=verdict,
        status=QualificationStatus.TO_QUALIFY if open_question else QualificationStatus.KEEP,
        count=len(group),
        first_seen_at=first.evidence.at,
        last_seen_at=last.evidence.at,
    )


def _store(new: Sequence[Occurrence], texts: Mapping[str, SeenText], *, now: datetime) -> None:
    evidence, successes = [], []
    for item in new:
        if item.evidence.event is Event.DELIVERED:
            successes.append((item.about, item.evidence))
            continue
        seen = texts.get(item.text_digest) if item.template else None
        evidence.append(
            NewEvidence(
                address=item.about,
                text=item.address,
                evidence=sighted(item.evidence, seen),
                code=item.code,
                enhanced=item.enhanced,
                phase=item.phase,
                qualification=seen.number if seen else None,
                message=item.message,
                returned_mail=item.returned_mail,
            )
        )
    add_evidence(evidence, now=now)
    add_told_successes(successes, now=now)


def sighted(evidence: Evidence, seen: SeenText | None) -> Evidence:
    """Write down of evidence whether it is the first sight of its text."""
    return replace(evidence, first_sight=True) if seen and seen.first == evidence.identity else evidence
