"""API keys: made, revoked, and read from requests (specification 09, 10)."""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from rebond.core.permissions import Operation, may
from rebond.core.said import said
from rebond.core.words import Role
from rebond.services.access import Person
from rebond.services.errors import InputError, NotFoundError, RefusedError, ServiceError
from rebond.store.read.keys import KeyRow, find_key
from rebond.store.write.audit import add_audit
from rebond.store.write.keys import add_key, end_key, mark_used

_MOST_NAME = 100
_LEAST_SECRET = 32
# Anybody may send anything: what is no key costs no look-up.
_KEY = re.compile(r"rbd_([1-9][0-9]{0,17})_([0-9A-Za-z]{32,128})", re.ASCII)


class UnknownKeyError(ServiceError):
    """Who asks is not known: no key, a wrong one, or one that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was made, and its text, which is shown this once."""

    row: KeyRow
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sent a request: the number of the key, and the person that it stands for."""

    key: int
    person: Person


def create_key(
    name: str,
    *,
    role: Role,
    scopes: Collection[Operation],
    expires_at: datetime | None = None,
    secret: str,
    now: datetime,
    actor: str,
) -> NewKey:
    """Make a key; `secret` is chance (letters and digits), and only its digest is stored.

    InputError for a name, scopes or an expiry that a key cannot have.
    """
    if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
        raise InputError(
            said(
                "a key's name has 1 to {most_name} visible characters: who uses it, and what for", most_name=_MOST_NAME
            )
        )
    if not scopes:
        raise InputError(said("name at least one scope: what the key may do"))
    if beyond := sorted(scope.value for scope in scopes if not may(role, scope)):
        raise InputError(
            said(
                "the role {role} may not do {beyond}: leave it out, or give another role",
                role=role,
                beyond=tuple(beyond),
            )
        )
    if expires_at is not None and expires_at <= now:
        raise InputError(
            said("the key would be over already: {expires_at:%Y-%m-%d %H:%M} UTC is past", expires_at=expires_at)
        )
    assert len(secret) >= _LEAST_SECRET
    with transaction.atomic():
        number = add_key(
            name.strip(), digest=_digest(secret), role=role, scopes=scopes, expires_at=expires_at, now=now, actor=actor
        )
        given = {"name": name.strip(), "role": role.value, "scopes": sorted(scope.value for scope in scopes)}
        given["expires_at"] = expires_at.isoformat() if expires_at else None  # type: ignore[assignment]
        add_audit("key.create", subject=f"key:{number}", actor=actor, now=now, after=given)
    return NewKey(row=existing_key(number), text=f"rbd_{number}_{secret}")


def revoke_key(number: int, *, now: datetime, actor: str, because: str = "") -> KeyRow:
    """End a key at once; RefusedError when it was ended before."""
    with transaction.atomic():
        row = existing_key(number)
        if not end_key(number, now=now, actor=actor):
            raise RefusedError(
                said(
                    "key {number} was revoked by {revoked_by} at {revoked_at:%Y-%m-%d %H:%M} UTC",
                    number=number,
                    revoked_by=row.revoked_by,
                    revoked_at=row.revoked_at,
                )
            )
        add_audit(
            "key.revoke", subject=f"key:{number}", actor=actor, now=now, before={"name": row.name}, because=because
        )
    return existing_key(number)


def existing_key(number: int) -> KeyRow:
    """Read a key; NotFoundError when there is no such."""
    row = find_key(number)
    if row is None:
        raise NotFoundError(said("there is no key {number}: see rebond key list", number=number))
    return row


def read_key(text: str, *, now: datetime) -> Caller:
    """Find who a key's text stands for, and note the day; UnknownKeyError when it opens nothing.

    A wrong secret takes as long as a right one, whatever it has in common with it.
    """
    found = _KEY.fullmatch(text)
    row = find_key(int(found[1])) if found else None
    right = hmac.compare_digest(_digest(found[2] if found else ""), row.digest if row else "0" * 64)
    if row is None or not right:
        raise UnknownKeyError(said("this is no key of this site"))
    if row.revoked_at is not None:
        raise UnknownKeyError(said("this key was revoked"))
    if not row.valid(now):
        raise UnknownKeyError(said("this key is over since {expires_at:%Y-%m-%d %H:%M} UTC", expires_at=row.expires_at))
    if row.last_used_on is None or row.last_used_on < now.date():
        mark_used(row.number, now=now)
    name = f"key:{row.number} {row.name}"
    return Caller(key=row.number, person=Person(name=name, role=row.role, scopes=row.scopes))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
