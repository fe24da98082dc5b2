"""People who sign in."""

from dataclasses import dataclass
from datetime import datetime

from rebond.core.words import Role
from rebond.store.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One person; `active` is false for who may no longer sign in."""

    number: int
    name: str
    email: str
    role: Role
    active: bool
    last_login: datetime | None
    created_at: datetime


def list_users() -> list[UserRow]:
    """Read everybody, by name."""
    return [_row(user) for user in User.objects.order_by("username")]


def find_user(name: str) -> UserRow | None:
    """Read one person."""
    user = User.objects.filter(username=name).first()
    return _row(user) if user else None


def count_administrators(*, but: str = "") -> int:
    """Count the administrators who may sign in, without one of them."""
    found = User.objects.filter(role=Role.ADMINISTRATOR.value, is_active=True)
    return found.exclude(username=but).count()


def _row(user: User) -> UserRow:
    return UserRow(
        number=user.pk,
        name=user.username,
        email=user.email,
        role=Role(user.role),
        active=user.is_active,
        last_login=user.last_login,
        created_at=user.date_joined,
    )
