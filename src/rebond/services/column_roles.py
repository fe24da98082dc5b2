"""What a column of a file of people can be, and how each of that is called."""

from enum import StrEnum
from typing import TypeAlias

from rebond.core.said import Said, said
from rebond.core.words import Channel

ID = "id"
Role: TypeAlias = str | Channel
# What a mapping calls the addresses, and a column whose name says so by itself.
ADDRESS_NAMES = {
    "email": Channel.EMAIL,
    "phone": Channel.SMS,
    "sms": Channel.SMS,
    "mobile": Channel.SMS,
    "push": Channel.PUSH,
}


class Told(StrEnum):
    """Why a column is what it is: somebody said so, its name says so, its name or what is in it lets one guess."""

    MAPPED = "mapped"
    NAMED = "named"
    GUESSED = "guessed"
    SEEN = "seen"
    ITSELF = "itself"


def role_of(name: str) -> Role:
    """What a name says by itself: an address, the id, or the field of that name."""
    lowered = name.lower()
    return ADDRESS_NAMES.get(lowered) or (ID if lowered == ID else name)


def filled(role: Role) -> Said:
    """Name what a column fills."""
    if role is Channel.EMAIL:
        return said("the email address")
    if role is Channel.SMS:
        return said("the phone number")
    if role is Channel.PUSH:
        return said("the push address")
    return said("the id") if role == ID else said("the field {name}", name=role)


def map_name(role: Role) -> str:
    """Write what a column fills as a mapping names it."""
    return "phone" if role is Channel.SMS else str(role)
