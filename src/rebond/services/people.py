"""What a person does to an address: quarantine, denylist, allowlist, release (specification 04)."""

import hashlib
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.evidence_order import in_order, voided
from rebond.core.failure import AddressState, Event, Evidence
from rebond.core.policy import Policy
from rebond.core.said import said
from rebond.core.words import AddressStatus, Channel
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.record import Occurrence, record
from rebond.store.read.blocked import Denial, denials_of
from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of, states_of
from rebond.store.write.audit import add_audit

_TOLD = {
    AddressStatus.QUARANTINED: Event.QUARANTINED,
    AddressStatus.DENYLISTED: Event.DENYLISTED,
    AddressStatus.ALLOWLISTED: Event.ALLOWLISTED,
}
_ACTS = frozenset({Event.RELEASED, *_TOLD.values()})


def read_address(
    text: str, *, channel: Channel | None = None, region: str = "", allow_undotted: bool = False
) -> ParsedAddress:
    """Read an address that a person gave, guessing its channel unless told; InputError when it is none."""
    if channel is None:
        digits = sum(character.isdigit() for character in text)
        phone = digits >= len(text) / 2 and not any(character.isalpha() for character in text)
        if "@" not in text and not digits:
            raise InputError(
                said(
                    "{text!r} is no email address and no phone number: for a push token, --channel push",
                    text=text[:200],
                )
            )
        channel = Channel.EMAIL if "@" in text else Channel.SMS if phone else Channel.PUSH
    address = parse_address(text, channel=channel, region=region, allow_undotted=allow_undotted)
    if address.key is None:
        raise InputError(
            said(
                "{text!r} is not a possible {channel} address: {problem}",
                text=text[:200],
                channel=channel,
                problem=address.problem,
            )
        )
    return address


def tell(
    address: ParsedAddress,
    *,
    status: AddressStatus,
    because: str,
    actor: str,
    policy: Policy,
    now: datetime,
    seen: AddressStatus | None = None,
) -> AddressState:
    """Put an address in quarantine, on the denylist or on the allowlist; audited.

    `seen` is the status that the person looked at: RefusedError when it is another by now.
    """
    if status not in _TOLD:
        raise InputError(said("an address is made {told:or}; to free one, release it", told=tuple(_TOLD)))
    act = Act(event=_TOLD[status], because=because, seen=seen)
    return _act(address, act, actor=actor, policy=policy, now=now)


def release(
    address: ParsedAddress,
    *,
    because: str,
    actor: str,
    policy: Policy,
    now: datetime,
    seen: AddressStatus | None = None,
) -> AddressState:
    """Make an address valid again; audited. RefusedError when it is valid, or not in the status that was `seen`."""
    about = AddressKey(address.channel, address.key or "")
    row = states_of([about]).get(about)
    if row is None or row.state.status is AddressStatus.VALID:
        if denials := denials_of(about.channel, about.key):
            raise RefusedError(
                said(
                    "{address_text} is valid: there is nothing to release; but {denials}",
                    address_text=address.text,
                    denials=in_words(denials),
                )
            )
        raise RefusedError(said("{address_text} is valid: there is nothing to release", address_text=address.text))
    act = Act(event=Event.RELEASED, because=because, seen=seen)
    return _act(address, act, actor=actor, policy=policy, now=now)


def take_back(
    address: ParsedAddress, *, identity: str, because: str, actor: str, policy: Policy, now: datetime
) -> AddressState:
    """Make void what a person did to an address, named by its evidence; audited.

    NotFoundError when no person did that to this address, RefusedError when it is void already.
    """
    about = AddressKey(address.channel, address.key or "")
    known = evidence_of([about])[about]
    done = next((item for item in known if item.identity == identity and item.event in _ACTS), None)
    if done is None:
        raise NotFoundError(
            said(
                "nobody did that to {address_text}, or it is not kept any more: see rebond why",
                address_text=address.text,
            )
        )
    if identity in voided(in_order(known)):
        raise RefusedError(said("that was undone already: see rebond why {address_text}", address_text=address.text))
    act = Act(event=Event.UNDO, because=because, voids=frozenset({identity}))
    return _act(address, act, actor=actor, policy=policy, now=now)


def last_act(address: ParsedAddress) -> str:
    """Find the last thing that a person did to an address and nobody undid, by its evidence; NotFoundError if none."""
    about = AddressKey(address.channel, address.key or "")
    known = in_order(evidence_of([about])[about])
    void = voided(known)
    for item in reversed(known):
        if item.event in _ACTS and item.identity not in void:
            return item.identity
    raise NotFoundError(
        said("nobody did anything to {address_text} that is not undone: see rebond why", address_text=address.text)
    )


def in_words(denials: Sequence[Denial]) -> str:
    """Say, of at least one opt-out, whose they are and what ends them."""
    who = tuple(
        said("the profile {profile} opted out of {channel:Channel}", profile=one.profile, channel=one.channel)
        for one in denials[:_MOST_NAMED]
    )
    first = denials[0]
    command = f"rebond profiles allow {shlex.quote(first.profile)} --channel {first.channel} --because …"
    if len(denials) > _MOST_NAMED:
        return said(
            "{who:and} and {more} more, so nothing is sent to it: {command} ends that",
            who=who,
            more=len(denials) - _MOST_NAMED,
            command=command,
        )
    return said("{who:and}, so nothing is sent to it: {command} ends that", who=who, command=command)


_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person does: the event, why, what it makes void, and the status that they looked at, where it is known."""

    event: Event
    because: str
    voids: frozenset[str] = frozenset()
    seen: AddressStatus | None = None


def _act(address: ParsedAddress, act: Act, *, actor: str, policy: Policy, now: datetime) -> AddressState:
    if not act.because.strip():
        raise InputError(said("say why: it is kept with the change"))
    assert address.key is not None
    about = AddressKey(address.channel, address.key)
    named = f"{about.channel}\0{about.key}\0{act.event}\0{now.isoformat()}\0{actor}"
    identity = f"person:{hashlib.sha256(named.encode()).hexdigest()}"
    with transaction.atomic():
        at = max(now, after_all_that_is_known([about])[about])
        evidence = Evidence(
            identity=identity, event=act.event, at=at, because=act.because, actor=actor, voids=act.voids
        )
        occurrence = Occurrence(channel=address.channel, address=address.text, key=address.key, evidence=evidence)
        row = states_of([about]).get(about)
        before = row.state.status if row else AddressStatus.VALID
        if act.seen is not None and act.seen is not before:
            raise RefusedError(
                said(
                    "{address_text} is {before} by now, and was {seen} when you looked: look again",
                    address_text=address.text,
                    before=before,
                    seen=act.seen,
                )
            )
        state = record([occurrence], policy=policy, now=now).states.get(about)
        if state is None:
            raise RefusedError(said("the same was done by the same person at this very moment"))
        add_audit(
            f"address.{act.event}",
            subject=f"{address.channel}:{address.text}",
            actor=actor,
            now=now,
            before={"status": before},
            after={"status": state.status},
            because=act.because,
        )
        return state


def after_all_that_is_known(addresses: Collection[AddressKey]) -> dict[AddressKey, datetime]:
    """Return for each address a time after everything known of it: a person decides on what is shown.

    A clock that was put back, or a sender whose clock is ahead, must not make of a release one that came too early.
    """
    evidence, snapshots = evidence_of(addresses), snapshots_of(addresses)
    found = {}
    for about in addresses:
        times = [item.at for item in evidence[about]]
        times += [snapshots[about].horizon] if about in snapshots else []
        found[about] = max(times, default=_NEVER) + timedelta(microseconds=1)
    return found


_NEVER = datetime.min.replace(tzinfo=UTC)
