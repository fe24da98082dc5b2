"""API keys, and the answers that were kept for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.store.dialect import read_moment
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
    return [_row(values) for values in ApiKey.objects.order_by("-id").values_list(*_COLUMNS)]


def find_key(number: int) -> KeyRow | None:
    """Read one key; in plain SQL, as each request asks: the ORM takes longer to ask than the database to answer."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [number])
        found = cursor.fetchone()
    if found is None:
        return None
    *named, scopes, created_at, expires_at, revoked_at = found
    return _row([*named, json.loads(scopes), *map(read_moment, (created_at, expires_at, revoked_at))])


_COLUMNS = (
    *("id", "name", "role", "created_by", "revoked_by", "last_used_on", "digest"),
    *("scopes", "created_at", "expires_at", "revoked_at"),
)
_FIND = f"SELECT {', '.join(_COLUMNS)} FROM api_key WHERE id = %s"
_KNOWN = frozenset(Operation)


def _row(values: Sequence[Any]) -> KeyRow:
    number, name, role, created_by, revoked_by, last_used_on, digest, scopes, *times = values
    created_at, expires_at, revoked_at = times
    return KeyRow(
        number=number,
        name=name,
        role=Role(role),
        # What an older version knew and this one does not is no scope any more.
        scopes=frozenset(Operation(scope) for scope in scopes if scope in _KNOWN),
        created_at=created_at,
        created_by=created_by,
        expires_at=expires_at,
        revoked_at=revoked_at,
        revoked_by=revoked_by,
        last_used_on=last_used_on,
        digest=digest,
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
