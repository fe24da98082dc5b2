"""Telling a person all that is held about them (a data-subject export)."""

import json
from datetime import datetime

from django.db import transaction

from rebond.services.errors import no_profile
from rebond.store.read.hook_bodies import bodies_naming
from rebond.store.read.people import find_profile
from rebond.store.read.subject import held_about
from rebond.store.read.traces import names_of
from rebond.store.write.audit import add_audit


def subject_export(external_id: str, *, now: datetime, actor: str) -> str:
    """Return, as JSON, all that is held about a profile; audited, without what it holds. NotFoundError."""
    profile = find_profile(external_id)
    if profile is None:
        raise no_profile(external_id)
    bodies = bodies_naming(names_of(profile))
    with transaction.atomic():
        held = held_about(profile, now=now, bodies=bodies)
        add_audit("profile.export", subject=f"profile:{profile}", actor=actor, now=now)
    document = {"made_at": now, **held}
    return json.dumps(document, indent=2, ensure_ascii=False, default=_written) + "\n"


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
