"""Erasing a person: what tells of them is removed, what was counted stays, what stood against them stays by a hash."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.said import said
from rebond.services.errors import InputError, RefusedError, no_profile
from rebond.services.hold_person import hold_person
from rebond.store.erasure_keys import NoErasureKeyError
from rebond.store.overwrite import overwriting
from rebond.store.read.hook_bodies import bodies_naming
from rebond.store.read.people import find_profile
from rebond.store.read.traces import Traces, being_prepared, names_of, places_of, traces_of, unfinished_erasures
from rebond.store.write import erase as write
from rebond.store.write.audit import add_audit

_PROOFS_KEPT = timedelta(days=3 * 365 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure does, in numbers; `addresses_kept` are those that stay blocked, by a keyed hash alone."""

    profile: str
    messages: int
    exclusions: int
    evidence: int
    raw_returns: int
    mentions: int
    addresses: int
    addresses_kept: int
    done: bool

    def numbers(self) -> dict[str, int]:
        """Give the numbers alone."""
        return {name: value for name, value in asdict(self).items() if name not in ("profile", "done")}


def look_at_erasure(external_id: str, *, now: datetime) -> Erased:
    """Tell what erasing a profile would do; nothing is changed. NotFoundError when there is no such."""
    profile = find_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    bodies = bodies_naming(names_of(profile))
    with transaction.atomic():
        traces = traces_of(profile, now=now, bodies=bodies)
        kept = _with_key(traces, now=now)
        transaction.set_rollback(True)
    return _effect(traces, kept=kept, done=False)


def erase_profile(external_id: str, *, because: str, actor: str, now: datetime) -> Erased:
    """Erase a profile. What was left of an earlier erasure that was cut short is finished first.

    InputError without a reason, NotFoundError when there is no such profile, RefusedError while one of its messages is
    with the transport, or a delivery is being prepared: what is under way then would be written down afterwards.
    """
    if not because.strip():
        raise InputError(said("say why: it is kept with the change"))
    finish_erasures(now=now)
    profile = find_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    bodies = bodies_naming(names_of(profile))
    with overwriting(), transaction.atomic():
        effect = _erase(profile, external_id=external_id, because=because, actor=actor, now=now, bodies=bodies)
    finish_erasures(now=now)
    return effect


def finish_erasures(*, now: datetime) -> int:
    """Empty the returned mails of erased people, which may be in a database of their own; returns of how many."""
    left = unfinished_erasures()
    if left:
        with overwriting():
            for number, identities in left:
                write.empty_returns(identities)
                write.finish_erasure(number, now=now)
    return len(left)


def clean_erased(*, now: datetime) -> int:
    """Finish what was cut short, and forget what ends by itself; returns how many hashes and proofs went."""
    finish_erasures(now=now)
    with overwriting():
        return write.purge_erased(now=now, proofs=now - _PROOFS_KEPT)


def _erase(profile: int, *, external_id: str, because: str, actor: str, now: datetime, bodies: Sequence[str]) -> Erased:
    held = places_of(profile)
    write.hold_places(held)
    hold_person(profile, external_id)
    traces = traces_of(profile, now=now, bodies=bodies)
    if not {(place.channel, place.key) for place in traces.places} <= {(place.channel, place.key) for place in held}:
        raise RefusedError(said("{external_id} was changed at this very moment: erase again", external_id=external_id))
    if traces.on_its_way:
        raise RefusedError(
            said(
                "a message to {external_id} is with the transport at this moment: erase again in a minute",
                external_id=external_id,
            )
        )
    if preparing := being_prepared():
        raise RefusedError(said("the delivery {name} is being prepared: erase again when it is", name=preparing))
    kept = _with_key(traces, now=now)
    write.forget_messages(traces, now=now)
    write.forget_evidence(traces)
    write.forget_person(traces, now=now)
    write.forget_mentions(traces)
    effect = _effect(traces, kept=kept, done=True)
    write.note_erasure(traces, actor=actor, now=now, numbers=effect.numbers())
    about = f"profile:{profile}"
    add_audit("profile.erase", subject=about, actor=actor, now=now, after=effect.numbers(), because=because)
    return effect


def _with_key(traces: Traces, *, now: datetime) -> int:
    try:
        return write.keep_hashes(traces, now=now)
    except NoErasureKeyError as error:
        raise RefusedError(str(error)) from None


def _effect(traces: Traces, *, kept: int, done: bool) -> Erased:
    beside = (traces.naming, traces.texts, traces.unattributed, traces.items, traces.operations)
    audit = {*traces.audit, *traces.mentioned}
    mentions = [*beside, audit, traces.views, traces.uploads, traces.events, traces.requests]
    return Erased(
        profile=traces.external_id,
        messages=len(traces.messages),
        exclusions=len(traces.exclusions),
        evidence=len(traces.evidence),
        raw_returns=len(traces.returns),
        mentions=sum(map(len, mentions)),
        addresses=len(traces.places),
        addresses_kept=kept,
        done=done,
    )
