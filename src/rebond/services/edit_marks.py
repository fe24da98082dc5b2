"""What somebody saw of settings when they began to change them: the second of two people is told what the first did."""

import hashlib
from dataclasses import fields

from rebond.core.said import said
from rebond.services.errors import RefusedError
from rebond.store.read.deliveries import Aim
from rebond.store.write.deliveries import NewDelivery

_LENGTH = 8
_NAMES = (*(field.name for field in fields(NewDelivery)), "target")


class ChangedError(RefusedError):
    """Somebody else changed it meanwhile: `names` are the settings that they changed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(said("somebody else has changed this since you opened it: {names}", names=names))
        self.names = names


def mark_of(settings: NewDelivery, aim: Aim) -> str:
    """Make a short text that tells settings from changed ones, one by one."""
    values = (*(getattr(settings, name) for name in _NAMES[:-1]), (aim.target.value, aim.ref))
    return "".join(hashlib.sha256(repr(value).encode()).hexdigest()[:_LENGTH] for value in values)


def check_mark(seen: str, settings: NewDelivery, aim: Aim) -> None:
    """Raise ChangedError when the settings are not any more as they were seen; '' for whoever does not ask."""
    now = mark_of(settings, aim)
    if not seen or seen == now:
        return
    changed = tuple(
        name
        for place, name in enumerate(_NAMES)
        if seen[place * _LENGTH : (place + 1) * _LENGTH] != now[place * _LENGTH : (place + 1) * _LENGTH]
    )
    raise ChangedError(changed or _NAMES)
