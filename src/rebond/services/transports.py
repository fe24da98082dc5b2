"""What a person does about a transport that rests."""

from datetime import datetime

from django.db import transaction

from rebond.core.said import said
from rebond.services.errors import NotFoundError
from rebond.store.read.transports import troubled_transports
from rebond.store.write.audit import add_audit
from rebond.store.write.transports import clear_transport


def try_transport_again(name: str, *, now: datetime, actor: str) -> None:
    """End the rest of a transport; audited. NotFoundError when it does not rest."""
    with transaction.atomic():
        found = next((one for one in troubled_transports(now=now) if one.name == name), None)
        if found is None:
            raise NotFoundError(said("the transport {name!r} does not rest", name=name))
        clear_transport(name)
        add_audit(
            "transport.again",
            subject=f"transport:{name.partition(' ')[0]}",
            actor=actor,
            now=now,
            before={"until": found.until.isoformat(), "faults": found.faults},
        )
