"""What an address does: by its name, or by a seeded draw that is the same at every attempt (specification 06)."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import accumulate


class Behaviour(StrEnum):
    """What happens to mail for an address; all but the first can be asked for by the local part."""

    ACCEPT = "accept"
    UNKNOWN = "unknown"
    FULL = "full"
    SOFT = "soft"
    GREY = "grey"
    THROTTLE = "throttle"
    DISABLED = "disabled"
    SPAM = "spam"
    BLOCKED = "blocked"
    WEIRD = "weird"
    COMPLAIN = "complain"
    OOO = "ooo"
    DELAY = "delay"
    FORWARD = "forward"


# These take the message, and send something back by themselves.
TAKEN = frozenset({Behaviour.ACCEPT, Behaviour.COMPLAIN, Behaviour.OOO, Behaviour.DELAY, Behaviour.FORWARD})

_NAMES: Mapping[str, Behaviour] = {
    **{behaviour.value: behaviour for behaviour in Behaviour if behaviour is not Behaviour.ACCEPT},
    "slow": Behaviour.THROTTLE,
}
_NAMED = re.compile(r"(later-)?([a-z]+)(?![a-z])")


@dataclass(frozen=True, slots=True)
class Conduct:
    """A behaviour; `later`: what refuses accepts first, and sends a bounce afterwards."""

    behaviour: Behaviour
    later: bool = False

    @property
    def name(self) -> str:
        """The behaviour as an address asks for it, as in `later-full`."""
        return f"later-{self.behaviour}" if self.later else str(self.behaviour)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSettings:
    """How the world behaves; the same settings and the same addresses make the same world.

    `accepted` is the share of addresses, among those that ask for nothing, that simply take their mail; `mix` divides
    the rest, by weight, over names as in `later-full`. A greylist opens `grey_wait` after the first attempt,
    `throttled` is the share of attempts at a throttled address that are refused. Returns come between `earliest` and
    `latest` after the message was taken, most of them early. One that Rebond refuses for the moment comes again after
    `retry_first`, then at doubled intervals up to an hour, and is given up after `give_up`. `remembered` bounds what
    is kept about addresses and in the logs, `most_due` the returns that wait. `sender_ip`: what receivers say ours is.
    """

    seed: int = 1
    accepted: float = 0.94
    mix: Mapping[str, float] = field(
        default_factory=lambda: {
            "unknown": 20,
            "full": 12,
            "soft": 8,
            "grey": 10,
            "throttle": 6,
            "disabled": 5,
            "spam": 5,
            "blocked": 4,
            "weird": 3,
            "later-unknown": 8,
            "later-full": 5,
            "later-disabled": 2,
            "later-spam": 1,
            "complain": 2,
            "ooo": 6,
            "delay": 2,
            "forward": 1,
        }
    )
    grey_wait: timedelta = timedelta(minutes=5)
    throttled: float = 0.5
    earliest: timedelta = timedelta(minutes=2)
    latest: timedelta = timedelta(hours=6)
    retry_first: timedelta = timedelta(minutes=1)
    give_up: timedelta = timedelta(days=5)
    remembered: int = 500_000
    most_due: int = 100_000
    sender_ip: str = "192.0.2.25"

    def __post_init__(self) -> None:
        for name in self.mix:
            if asked(name) is None:
                raise ValueError(f"{name!r} in the mix is no behaviour; there are {', '.join(_NAMES)}, and later-…")
        if not 0 <= self.accepted <= 1 or not 0 <= self.throttled <= 1:
            raise ValueError("accepted and throttled are shares, between 0 and 1")


def asked(local: str) -> Conduct | None:
    """Read what a local part asks for, as in `full`, `unknown-12`, `later-full.marie`; None for nothing."""
    found = _NAMED.match(local.lower())
    if found is None or found[2] not in _NAMES:
        return None
    behaviour = _NAMES[found[2]]
    return Conduct(behaviour, later=found[1] is not None and behaviour not in TAKEN)


def conduct(address: str, *, settings: WorldSettings) -> Conduct:
    """Tell what an address does, at every attempt alike."""
    address = address.lower()
    named = asked(address.rpartition("@")[0])
    if named is not None:
        return named
    point = fraction(settings.seed, "mix", address)
    if point < settings.accepted or not settings.mix:
        return Conduct(Behaviour.ACCEPT)
    point = (point - settings.accepted) / (1 - settings.accepted) * sum(settings.mix.values())
    bounds = list(accumulate(settings.mix.values()))
    name = list(settings.mix)[min(bisect_right(bounds, point), len(bounds) - 1)]
    return asked(name) or Conduct(Behaviour.ACCEPT)


def fraction(*parts: object) -> float:
    """Draw a number from 0 to under 1 that depends on nothing but the parts."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(errors="surrogateescape"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def identifier(*parts: object) -> str:
    """Make an id of 12 hexadecimal digits that depends on nothing but the parts."""
    return (
        hashlib.blake2b("\0".join(map(str, parts)).encode(errors="surrogateescape"), digest_size=6).hexdigest().upper()
    )
