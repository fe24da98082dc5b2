"""People who sign in are written here, and by nothing else but the sign-in itself."""

from datetime import datetime

from rebond.core.words import Role
from rebond.store.models import User


def add_user(name: str, *, email: str, role: Role, now: datetime) -> None:
    """Make a person without a password: only a link lets them in."""
    user = User(username=name, email=email, role=role.value, date_joined=now)
    user.set_unusable_password()
    user.save(force_insert=True)


def change_user(name: str, *, role: Role | None = None, active: bool | None = None) -> None:
    """Give a person another role, or let them in or not."""
    changes: dict[str, object] = {}
    if role is not None:
        changes["role"] = role.value
    if active is not None:
        changes["is_active"] = active
    if changes:
        User.objects.filter(username=name).update(**changes)


def end_password(name: str) -> None:
    """Take a person's password away: it ends their sessions too."""
    user = User.objects.get(username=name)
    user.set_unusable_password()
    user.save(update_fields=["password"])
