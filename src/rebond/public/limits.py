"""How often strangers may do something: so many times a minute, by network or by whatever else tells them apart."""

import time
from collections.abc import Hashable
from dataclasses import dataclass

from django.http import HttpRequest

from rebond.web.networks import network_of_address
from rebond.web.rates import Rates

rates = Rates()


_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TooManyError(Exception):
    """Too often; `wait` says for how many seconds nothing more is taken."""

    wait: int


def limit(what: str, who: Hashable, *, per_minute: int) -> None:
    """Count one more of these; TooManyError beyond so many a minute."""
    allowance = rates.take((what, who), limit=per_minute, at=time.monotonic())
    if not allowance.allowed:
        raise TooManyError(allowance.reset)


def address_of(request: HttpRequest) -> str:
    """Tell from which IP address somebody asks; empty where a trusted proxy hands on what is none."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    return text if network_of_address(text) else ""


def network_of(request: HttpRequest) -> str:
    """Tell from which network somebody asks; all whose network nobody knows are taken for one."""
    return network_of_address(address_of(request)) or _UNKNOWN
