"""Webhooks that were not believed, for people to see: one entry an hour for each source and reason, however many."""

import hashlib
from datetime import datetime

from rebond.core.words import Channel, Trust
from rebond.services.attribute import WhyUnattributed
from rebond.store.write.unattributed import NewUnattributed, add_unattributed


def list_refused(source: str, why: WhyUnattributed, *, network: str, required: Trust, now: datetime) -> str:
    """List a refused webhook beside what acted on nothing; returns the name of the entry, the same within an hour.

    What it said is not kept: nobody knows whose words they are.
    """
    about = hashlib.sha256(f"{source}\0{why}\0{now:%Y-%m-%d %H}".encode()).hexdigest()[:32]
    entry = NewUnattributed(
        identity=f"hook-refused:{about}",
        at=now,
        source=source,
        returned_mail="",
        channel=Channel.EMAIL,
        address="",
        evidence="",
        trust=Trust.UNVERIFIED,
        required=required,
        why=why.value,
        detail=network,
    )
    add_unattributed([entry], now=now)
    return entry.identity
