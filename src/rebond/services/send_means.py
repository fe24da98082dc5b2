"""What a worker sends with."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from rebond.core.policy import Policy
from rebond.core.ports import Clock, Outgoing, Sender
from rebond.core.tokens import Keyring
from rebond.services.alerts import OftenUnqualified
from rebond.services.record import OFTEN
from rebond.services.rules_in_force import RulesInForce
from rebond.store.read.sending import Progress


class Build(Protocol):
    """Builds one message; ValueError, with the words for the sending log, when it cannot be built."""

    def __call__(
        self,
        *,
        message: int,
        address: str,
        fields: Mapping[str, Any],
        message_id: str,
        token: str,
        unsubscribe_token: str,
        date: datetime,
    ) -> Outgoing: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a worker sends with; `worker` is unlike that of any other, `stop` ends it after the window in flight."""

    policy: Policy
    keyring: Keyring
    rules: RulesInForce
    sender: Sender
    bounce_domain: str
    clock: Clock
    worker: str
    stop: asyncio.Event
    often: OftenUnqualified = OFTEN
    on_progress: Callable[[Progress], None] | None = None
