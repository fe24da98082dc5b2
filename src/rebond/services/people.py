"""What a person does to an address: quarantine, denylist, allowlist, release (specification 04)."""

import hashlib
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.failure import AddressState, Event, Evidence
from rebond.core.policy import Policy
from rebond.core.words import AddressStatus, Channel
from rebond.services.errors import InputError, RefusedError
from rebond.services.record import Occurrence, record
from rebond.store.read.blocked import Denial, denials_of
from rebond.store.read.evidence import AddressKey, evidence_of, snapshots_of, states_of
from rebond.store.write.audit import add_audit

_TOLD = {
    AddressStatus.QUARANTINED: Event.QUARANTINED,
    AddressStatus.DENYLISTED: Event.DENYLISTED,
    AddressStatus.ALLOWLISTED: Event.ALLOWLISTED,
}


def read_address(
    text: str, *, channel: Channel | None = None, region: str = "", allow_undotted: bool = False
) -> ParsedAddress:
    """Read an address that a person gave, guessing its channel unless told; InputError when it is none."""
    if channel is None:
        digits = sum(character.isdigit() for character in text)
        phone = digits >= len(text) / 2 and not any(character.isalpha() for character in text)
        if "@" not in text and not digits:
            raise InputError(
                f"{text[:200]!r} is no email address and no phone number: for a push token, --channel push"
            )
        channel = Channel.EMAIL if "@" in text else Channel.SMS if phone else Channel.PUSH
    address = parse_address(text, channel=channel, region=region, allow_undotted=allow_undotted)
    if address.key is None:
        raise InputError(f"{text[:200]!r} is not a possible {channel} address: {address.problem}")
    return address


def tell(
    address: ParsedAddress, *, status: AddressStatus, because: str, actor: str, policy: Policy, now: datetime
) -> AddressState:
    """Put an address in quarantine, on the denylist or on the allowlist; audited."""
    if status not in _TOLD:
        raise InputError(f"an address is made {' or '.join(_TOLD)}; to free one, release it")
    return _act(address, _TOLD[status], because=because, actor=actor, policy=policy, now=now)


def release(address: ParsedAddress, *, because: str, actor: str, policy: Policy, now: datetime) -> AddressState:
    """Make an address valid again; audited. RefusedError when nothing keeps it from being written to."""
    about = AddressKey(address.channel, address.key or "")
    row = states_of([about]).get(about)
    if row is None or row.state.status is AddressStatus.VALID:
        if denials := denials_of(about.channel, about.key):
            raise RefusedError(f"{address.text} is valid: there is nothing to release; but {in_words(denials)}")
        raise RefusedError(f"{address.text} is valid: there is nothing to release")
    return _act(address, Event.RELEASED, because=because, actor=actor, policy=policy, now=now)


def in_words(denials: Sequence[Denial]) -> str:
    """Say, of at least one opt-out, whose they are and what ends them."""
    who = " and ".join(f"the profile {one.profile} opted out of {one.channel}" for one in denials[:_MOST_NAMED])
    more = f" and {len(denials) - _MOST_NAMED} more" if len(denials) > _MOST_NAMED else ""
    first = denials[0]
    command = f"rebond profiles allow {shlex.quote(first.profile)} --channel {first.channel} --because …"
    return f"{who}{more}, so nothing is sent to it: {command} ends that"


_MOST_NAMED = 3


def _act(
    address: ParsedAddress, event: Event, *, because: str, actor: str, policy: Policy, now: datetime
) -> AddressState:
    if not because.strip():
        raise InputError("say why: it is kept with the change")
    assert address.key is not None
    about = AddressKey(address.channel, address.key)
    digest = hashlib.sha256(f"{about.channel}\0{about.key}\0{event}\0{now.isoformat()}\0{actor}".encode()).hexdigest()
    with transaction.atomic():
        at = max(now, _after_all_that_is_known(about))
        evidence = Evidence(identity=f"person:{digest}", event=event, at=at, because=because, actor=actor)
        occurrence = Occurrence(channel=address.channel, address=address.text, key=address.key, evidence=evidence)
        row = states_of([about]).get(about)
        before = row.state.status if row else AddressStatus.VALID
        state = record([occurrence], policy=policy, now=now).states.get(about)
        if state is None:
            raise RefusedError("the same was done by the same person at this very moment")
        add_audit(
            f"address.{event}",
            subject=f"{address.channel}:{address.text}",
            actor=actor,
            now=now,
            before={"status": before},
            after={"status": state.status},
            because=because,
        )
        return state


def _after_all_that_is_known(about: AddressKey) -> datetime:
    """Return a time after everything known of an address: a person decides on what is shown.

    A clock that was put back, or a sender whose clock is ahead, must not make of a release one that came too early.
    """
    times = [item.at for item in evidence_of([about])[about]]
    times += [snapshot.horizon for snapshot in snapshots_of([about]).values()]
    return max(times, default=datetime.min.replace(tzinfo=UTC)) + timedelta(microseconds=1)
