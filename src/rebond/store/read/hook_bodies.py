"""Stored webhooks in which somebody is named: each holds events of many people."""

import json
import zlib
from collections.abc import Sequence

from rebond.core.read.providers.body import SOURCE
from rebond.store.models import RawMail, ReturnedMail
from rebond.store.read.returns import ReturnState

_PAGE = 200


def bodies_naming(names: Sequence[str]) -> tuple[str, ...]:
    """Find settled webhooks in whose bodies one of these names stands; all that are kept are looked through.

    Outside a transaction: it takes a while where there are many.
    """
    wanted = [form.encode("utf-8", "replace") for name in names for form in _forms(name.lower())]
    rows = ReturnedMail.objects.filter(source__startswith=SOURCE).exclude(state=ReturnState.STORED.value)
    found: list[str] = []
    last = 0
    while wanted and (
        page := list(rows.filter(id__gt=last).order_by("id").values_list("id", "identity", "raw")[:_PAGE])
    ):
        last = page[-1][0]
        bodies = dict(RawMail.objects.filter(digest__in={raw for _, _, raw in page}).values_list("digest", "body"))
        for _, identity, raw in page:
            if raw in bodies:
                text = zlib.decompress(bytes(bodies[raw])).decode("utf-8", "replace").lower().encode()
                found += [identity] * any(form in text for form in wanted)
    return tuple(found)


def _forms(name: str) -> set[str]:
    """Write a name as JSON may, and as JSON within JSON may."""
    once = json.dumps(name)[1:-1]
    return {name, once, json.dumps(once)[1:-1]}
