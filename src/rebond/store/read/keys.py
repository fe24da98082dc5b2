"""API keys, and the answers that were kept for them."""

from dataclasses import dataclass, field
from datetime import date, datetime

from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.store.models import ApiKey, KeptAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One API key, without its secret, which nobody has kept; `digest` is that of the secret."""

    number: int
    name: str
    role: Role
    scopes: frozenset[Operation]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    last_used_on: date | None
    digest: str = field(repr=False)

    def valid(self, now: datetime) -> bool:
        """Tell whether it opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def list_keys() -> list[KeyRow]:
    """Read all keys, the latest first."""
    return [_row(key) for key in ApiKey.objects.order_by("-id")]


def find_key(number: int) -> KeyRow | None:
    """Read one key."""
    key = ApiKey.objects.filter(id=number).first()
    return _row(key) if key else None


_KNOWN = frozenset(Operation)


def _row(key: ApiKey) -> KeyRow:
    return KeyRow(
        number=key.pk,
        name=key.name,
        role=Role(key.role),
        # What an older version knew and this one does not is no scope any more.
        scopes=frozenset(Operation(scope) for scope in key.scopes if scope in _KNOWN),
        created_at=key.created_at,
        created_by=key.created_by,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        revoked_by=key.revoked_by,
        last_used_on=key.last_used_on,
        digest=key.digest,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was answered to a request; `status` is None while it is at work, or when it was cut short."""

    digest: str
    at: datetime
    status: int | None
    content_type: str
    body: bytes


def find_kept(key: int, name: str) -> Kept | None:
    """Read the answer that was kept under an idempotency key; `body` as it was stored."""
    row = KeptAnswer.objects.filter(key=key, name=name).first()
    if row is None:
        return None
    return Kept(digest=row.digest, at=row.at, status=row.status, content_type=row.content_type, body=bytes(row.body))
