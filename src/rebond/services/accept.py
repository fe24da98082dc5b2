"""Store what comes back, before anybody is told that it was taken and before anything is decided about it."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.core.words import Trust
from rebond.store.write.audit import add_audit
from rebond.store.write.returns import NewReturn, store_returns

# Returns are small and repeat themselves: the fastest level saves nearly as much as the best one.
_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A mail that came back.

    `envelope_from` is None when it is not known and empty for the null sender; `envelope_to` is empty when it is not
    known. `required_trust` is what its source asks for. `name` is what its source calls it: another of that name is the
    same return, whatever it says.
    """

    source: str
    raw: bytes
    envelope_from: str | None = None
    envelope_to: str = ""
    required_trust: Trust = Trust.MATCHED
    name: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail that is stored; a duplicate was stored before, and has no second effect."""

    identity: str
    duplicate: bool


def accept_many(batch: Sequence[Incoming], *, now: datetime) -> tuple[Accepted, ...]:
    """Store mails in one transaction and answer for each, in order, once they are durable.

    The same bytes for the same recipient are the same return. Raises django.db.DatabaseError when they
    cannot be stored; then none is.
    """
    # A mail to many recipients is hashed and compressed once.
    packed = {raw: _pack(raw) for raw in {incoming.raw for incoming in batch}}
    news = [_prepare(incoming, packed[incoming.raw], now=now) for incoming in batch]
    fresh = set(store_returns(list({new.identity: new for new in news}.values())))
    accepted = []
    for new in news:
        accepted.append(Accepted(new.identity, new.identity not in fresh))
        # A second one within the batch is a duplicate of the first.
        fresh.discard(new.identity)
    return tuple(accepted)


def _pack(raw: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(raw).hexdigest(), zlib.compress(raw, _LEVEL)


def _prepare(incoming: Incoming, packed: tuple[str, bytes], *, now: datetime) -> NewReturn:
    digest, body = packed
    recipient = _storable(incoming.envelope_to)
    about = f"{incoming.source}\0{incoming.name}" if incoming.name else f"{digest}\n{recipient}"
    return NewReturn(
        identity=hashlib.sha256(about.encode("utf-8", "replace")).hexdigest(),
        digest=digest,
        body=body,
        size=len(incoming.raw),
        source=incoming.source,
        envelope_from=None if incoming.envelope_from is None else _storable(incoming.envelope_from),
        envelope_to=recipient,
        received_at=now,
        required_trust=incoming.required_trust,
    )


def _storable(text: str) -> str:
    """Replace what no database takes in a text: NUL, and bytes that are no UTF-8."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def override_trust(source: str, *, configured: Trust, wanted: Trust, actor: str, now: datetime) -> Trust:
    """Return the trust that a person asks of this run's returns, written down when it is not the configured one."""
    if wanted is not configured:
        add_audit("intake.trust", subject=source, actor=actor, now=now, before=str(configured), after=str(wanted))
    return wanted
