"""Editing a delivery before it is sent: a prepared one becomes a draft again (specification 05, "Lifecycle")."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from rebond.core.message import DeliveryAction
from rebond.core.said import said
from rebond.services.deliveries import NewDelivery, check_aim, check_settings, locked
from rebond.services.edit_marks import check_mark
from rebond.services.errors import InputError
from rebond.services.import_people import Imported, ImportProgress, load_people
from rebond.services.people_file import FileOptions, open_people
from rebond.store.read.deliveries import Aim, DeliveryRow, Target
from rebond.store.write import deliveries as write
from rebond.store.write.audit import add_audit
from rebond.store.write.people import Into

_BATCH = 5_000
# Long, and personal at times: the audit trail tells that they changed.
_DIGESTED = frozenset({"text", "html"})


def edit_delivery(
    delivery_id: int,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    actor: str,
    everybody: bool = False,
    seen: str = "",
    aim: Aim | None = None,
    target: Path | None = None,
    options: FileOptions | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
) -> Imported | None:
    """Change settings (by the names of `NewDelivery`) and the target: those that `aim` says, or a file's people.

    It is a draft afterwards, to be prepared again. `seen` is what its settings were when somebody began to change them
    (`mark_of`). InputError, with nothing written, when a setting or the file cannot be used or there is nothing to
    change; ChangedError when somebody else changed it since; RefusedError when its state forbids it; NotFoundError.
    """
    aim = Aim() if everybody else aim
    if not (changes or aim or target):
        raise InputError(said("say what to change"))
    if target is None:
        check_aim(aim)
        _edit(delivery_id, changes, aim=aim, seen=seen, now=now, actor=actor)
        return None
    with open_people(target, options=options or FileOptions(mapping={})) as people:
        _edit(delivery_id, changes, aim=Aim(Target.INCOMPLETE), seen=seen, now=now, actor=actor)
        while write.forget_members(delivery_id, limit=_BATCH):
            pass
        into = Into(delivery=delivery_id)
        imported = load_people(people, now=now, actor=actor, name=target.name, into=into, progress=progress)
        write.complete_target(delivery_id)
    return imported


def _edit(
    delivery_id: int, changes: Mapping[str, Any], *, aim: Aim | None, seen: str, now: datetime, actor: str
) -> None:
    with transaction.atomic():
        delivery = locked(delivery_id, DeliveryAction.EDIT)
        present = settings_of(delivery)
        check_mark(seen, present, Aim(delivery.target, delivery.target_ref))
        changed = replace(present, **changes)
        check_settings(changed)
        write.edit_delivery(delivery_id, changed, aim=aim or Aim(delivery.target, delivery.target_ref))
        before, after = settings_told(present, changes), settings_told(changed, changes)
        if aim is not None:
            before["target"] = _aimed(Aim(delivery.target, delivery.target_ref))
            after["target"] = _aimed(aim)
        add_audit(
            "delivery.edit",
            subject=f"delivery:{delivery_id}",
            actor=actor,
            now=now,
            before={"status": delivery.status, **before},
            after={"status": "draft", **after},
        )


def _aimed(aim: Aim) -> str:
    if aim.ref is not None:
        return f"{aim.target}:{aim.ref}"
    return "file" if aim.target is Target.INCOMPLETE else aim.target


def settings_of(delivery: DeliveryRow) -> NewDelivery:
    """Return a delivery's settings, to be changed or copied."""
    return NewDelivery(**{field.name: getattr(delivery, field.name) for field in fields(NewDelivery)})


def settings_told(settings: NewDelivery, names: Iterable[str]) -> dict[str, Any]:
    """Write the settings of these names for the audit trail."""
    told: dict[str, Any] = {}
    for name in names:
        value = getattr(settings, name)
        if name in _DIGESTED:
            told[name] = "sha256:" + hashlib.sha256(value.encode()).hexdigest()
        elif isinstance(value, bool):
            told[name] = value
        elif isinstance(value, tuple):
            told[name] = list(map(str, value))
        else:
            told[name] = str(value)
    return told
