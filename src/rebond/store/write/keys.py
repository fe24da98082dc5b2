"""API keys and kept answers are written here."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from rebond.core.permissions import Operation
from rebond.core.words import Role
from rebond.store.models import ApiKey, KeptAnswer
from rebond.store.write.text import storable


def add_key(
    name: str,
    *,
    digest: str,
    role: Role,
    scopes: Collection[Operation],
    expires_at: datetime | None,
    now: datetime,
    actor: str,
) -> int:
    """Make a key; returns its number."""
    key = ApiKey.objects.create(
        name=storable(name, 100),
        digest=digest,
        role=role.value,
        scopes=sorted(scope.value for scope in scopes),
        created_at=now,
        created_by=storable(actor, 150),
        expires_at=expires_at,
    )
    return key.pk


def end_key(number: int, *, now: datetime, actor: str) -> bool:
    """Revoke a key; False when it was already."""
    rows = ApiKey.objects.filter(id=number, revoked_at__isnull=True)
    return bool(rows.update(revoked_at=now, revoked_by=storable(actor, 150)))


def mark_used(number: int, *, now: datetime) -> None:
    """Write down on which day a key was last used."""
    ApiKey.objects.filter(id=number).update(last_used_on=now.date())


def begin_answer(key: int, name: str, *, digest: str, now: datetime) -> bool:
    """Take an idempotency key for a request; False when another one has it."""
    try:
        with transaction.atomic():
            KeptAnswer.objects.create(key=key, name=name, digest=digest, at=now)
    except IntegrityError:
        return False
    return True


def keep_answer(key: int, name: str, *, status: int, content_type: str, body: bytes) -> None:
    """Keep what a request was answered."""
    KeptAnswer.objects.filter(key=key, name=name).update(status=status, content_type=content_type, body=body)


def drop_answer(key: int, name: str) -> None:
    """Give an idempotency key free again."""
    KeptAnswer.objects.filter(key=key, name=name).delete()


def drop_answers_before(moment: datetime, *, limit: int) -> int:
    """Forget some of what was kept long enough."""
    old = list(KeptAnswer.objects.filter(at__lt=moment).order_by("at").values_list("id", flat=True)[:limit])
    return KeptAnswer.objects.filter(id__in=old).delete()[0] if old else 0
