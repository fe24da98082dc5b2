"""Templates: a delivery's defaults, to copy from (specification 05)."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from rebond.core.said import said
from rebond.services.deliveries import NewDelivery, check_aim, check_settings, get_delivery
from rebond.services.delivery_edit import settings_of, settings_told
from rebond.services.edit_marks import check_mark, mark_of
from rebond.services.errors import InputError, NotFoundError
from rebond.store.read.deliveries import Aim, Target
from rebond.store.read.templates import TemplateRow, count_made_from, read_template, template_named, templates
from rebond.store.write import targets as write
from rebond.store.write.audit import add_audit

__all__ = [
    "TemplateRow",
    "delete_template",
    "edit_template",
    "find_template",
    "get_template",
    "list_templates",
    "made_from",
    "save_template",
    "template_from",
    "use",
]


def list_templates() -> Sequence[TemplateRow]:
    """Return all templates by name."""
    return templates()


def get_template(number: int, *, lock: bool = False) -> TemplateRow:
    """Return a template, held until the transaction ends with `lock`; NotFoundError when there is no such."""
    row = read_template(number, lock=lock) if 0 < number < 2**63 else None
    if row is None:
        raise NotFoundError(said("there is no template {number}", number=number))
    return row


def find_template(name: str) -> TemplateRow:
    """Return the template of a name; NotFoundError when there is none."""
    number = template_named(name)
    if number is None:
        raise NotFoundError(said("there is no template named {name!r}: rebond template list shows them", name=name))
    return get_template(number)


def use(template: TemplateRow, *, name: str) -> NewDelivery:
    """Return the settings of a delivery of this name that copies a template."""
    values = {field.name: getattr(template, field.name) for field in fields(NewDelivery)}
    return NewDelivery(**{**values, "name": name})


def save_template(
    settings: NewDelivery, aim: Aim, *, now: datetime, actor: str, number: int | None = None, seen: str = ""
) -> int:
    """Store a template under the settings' name, new or instead of the one of that number; returns its number.

    `seen` is what it was when somebody began to change it (`mark_of`). InputError when a setting cannot be used, or
    another template has the name; ChangedError when somebody else changed it since; NotFoundError.
    """
    check_settings(settings)
    check_aim(aim)
    before: dict[str, Any] | None = None
    after: dict[str, Any] = {"name": settings.name}
    try:
        with transaction.atomic():
            if number is not None:
                present = get_template(number, lock=True)
                known = use(present, name=present.name)
                check_mark(seen, known, present.aim)
                before, after = _changed(known, settings)
            if template_named(settings.name) not in {None, number}:
                raise _taken(settings.name)
            saved = write.save_template(settings, _kept(aim), now=now, number=number)
            add_audit("template.save", subject=f"template:{saved}", actor=actor, now=now, before=before, after=after)
    except IntegrityError:
        raise _taken(settings.name) from None
    return saved


def edit_template(number: int, changes: Mapping[str, Any], *, aim: Aim | None = None, now: datetime, actor: str) -> int:
    """Change some settings of a template, by the names of `NewDelivery`, and its target; the others stay.

    InputError when there is nothing to change, and otherwise as `save_template`; NotFoundError.
    """
    if not changes and aim is None:
        raise InputError(said("say what to change"))
    present = get_template(number)
    settings = use(present, name=present.name)
    seen = mark_of(settings, present.aim)
    changed = replace(settings, **changes)
    return save_template(changed, aim or present.aim, now=now, actor=actor, number=number, seen=seen)


def _changed(known: NewDelivery, settings: NewDelivery) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write what changes for the audit trail, and the name, by which a template is found."""
    names = [one.name for one in fields(known) if getattr(known, one.name) != getattr(settings, one.name)]
    names = list(dict.fromkeys(("name", *names)))
    return settings_told(known, names), settings_told(settings, names)


def _taken(name: str) -> InputError:
    return InputError(
        said("there is a template named {settings_name!r} already: give it another name", settings_name=name)
    )


def _kept(aim: Aim) -> Aim:
    """The people of a file are one delivery's: a template is then for everybody."""
    return Aim() if aim.target in {Target.MEMBERS, Target.INCOMPLETE} else aim


def template_from(delivery_id: int, *, name: str, now: datetime, actor: str) -> int:
    """Store a delivery's settings as a new template; returns its number. InputError, NotFoundError."""
    delivery = get_delivery(delivery_id)
    settings = replace(settings_of(delivery), name=name.strip())
    return save_template(settings, Aim(delivery.target, delivery.target_ref), now=now, actor=actor)


def made_from(number: int) -> int:
    """How many deliveries were made from a template; NotFoundError when there is no such."""
    get_template(number)
    return count_made_from(number)


def delete_template(number: int, *, now: datetime, actor: str) -> None:
    """Forget a template; deliveries made from it stay. NotFoundError."""
    template = get_template(number)
    with transaction.atomic():
        write.delete_template(number)
        add_audit("template.delete", subject=f"template:{number}", actor=actor, now=now, before={"name": template.name})
