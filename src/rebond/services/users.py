"""Making people who sign in, giving them roles and taking their access away; audited."""

import re
from datetime import datetime

from django.db import transaction

from rebond.core.said import said
from rebond.core.words import Role
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.users import UserRow, count_administrators, find_user
from rebond.store.write.audit import add_audit
from rebond.store.write.users import add_user, change_user, end_password

_NAME = re.compile(r"[\w.@+-]{1,150}")


def create_user(name: str, *, role: Role, email: str = "", now: datetime, actor: str) -> UserRow:
    """Make a person; they come in by a one-time link. InputError for a name that cannot be one."""
    if not _NAME.fullmatch(name):
        raise InputError(said("{name!r} cannot be a name: 1 to 150 letters, digits and . _ @ + -", name=name))
    if email:
        _check_email(email)
    with transaction.atomic():
        if find_user(name):
            raise RefusedError(
                said("there is already a person {name!r}: give another name, or a new link to this one", name=name)
            )
        add_user(name, email=email, role=role, now=now)
        given = {"role": role.value, "email": email}
        add_audit("user.create", subject=f"user:{name}", actor=actor, now=now, after=given)
    return existing_user(name)


def change_role(name: str, *, role: Role, now: datetime, actor: str) -> UserRow:
    """Give a person another role; the last administrator stays one."""
    with transaction.atomic():
        before = existing_user(name)
        if role is not Role.ADMINISTRATOR:
            _keep_an_administrator(before)
        change_user(name, role=role)
        add_audit(
            "user.role",
            subject=f"user:{name}",
            actor=actor,
            now=now,
            before={"role": before.role.value},
            after={"role": role.value},
        )
    return existing_user(name)


def set_active(name: str, *, active: bool, now: datetime, actor: str) -> UserRow:
    """Let a person in again, or no longer: at once, in every session; the last administrator stays."""
    with transaction.atomic():
        before = existing_user(name)
        if not active:
            _keep_an_administrator(before)
        change_user(name, active=active)
        add_audit(
            "user.let_in" if active else "user.shut_out",
            subject=f"user:{name}",
            actor=actor,
            now=now,
            before={"active": before.active},
            after={"active": active},
        )
    return existing_user(name)


def forget_password(name: str, *, now: datetime, actor: str) -> UserRow:
    """Take a person's password away, for a new link to be given; their sessions end."""
    with transaction.atomic():
        user = existing_user(name)
        end_password(name)
        add_audit("user.new_link", subject=f"user:{name}", actor=actor, now=now)
    return user


def existing_user(name: str) -> UserRow:
    """Read a person; NotFoundError when there is no such."""
    found = find_user(name)
    if found is None:
        raise NotFoundError(said("there is no person {name!r}: see rebond user list", name=name))
    return found


def _keep_an_administrator(user: UserRow) -> None:
    if user.role is Role.ADMINISTRATOR and user.active and not count_administrators(but=user.name):
        raise RefusedError(said("{user_name!r} is the last administrator: make another one first", user_name=user.name))


def _check_email(text: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputError(said("{text!r} cannot be an email address: {error}", text=text, error=error)) from None
