"""All that is held about a person, as it stands in the tables."""

import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rebond.core.read.providers.body import SOURCE, events_naming
from rebond.store.models import (
    AddressStateRow,
    AuditEntry,
    Delivery,
    EvidenceRow,
    Exclusion,
    ListMember,
    Message,
    OptInRequest,
    PeopleList,
    PeopleUpload,
    Profile,
    ProfileAddress,
    ProfileDenial,
    QuarantineItem,
    RawMail,
    ReturnedMail,
    SnapshotRow,
    Subscription,
    ToldSuccess,
    Unattributed,
    Unsubscription,
    WebhookEvent,
)
from rebond.store.read.traces import Traces, traces_of

# Of a mail with a large attachment, so much is shown.
_MOST_RAW = 1024 * 1024


def held_about(profile: int, *, now: datetime, bodies: Sequence[str] = ()) -> dict[str, Any]:
    """Read everything that an erasure would find of a profile, by what it is; `bodies`: the webhooks that name it."""
    traces = traces_of(profile, now=now, bodies=bodies)
    lists = list(PeopleList.objects.values_list("id", flat=True))
    return {
        "profile": _rows(Profile.objects.filter(id=profile))[0],
        "addresses": _rows(ProfileAddress.objects.filter(profile=profile)),
        "opt_outs": _rows(ProfileDenial.objects.filter(profile=profile)),
        "subscriptions": _rows(Subscription.objects.filter(profile=profile).values("service__name", "at", "origin")),
        "lists": _rows(ListMember.objects.filter(people_list__in=lists, profile=profile).values("people_list__name")),
        "unsubscriptions": _rows(Unsubscription.objects.filter(profile=profile)),
        "requests_to_subscribe": _rows(OptInRequest.objects.filter(id__in=traces.requests)),
        "messages": _named(_rows(Message.objects.filter(id__in=traces.messages))),
        "exclusions": _named(_rows(Exclusion.objects.filter(id__in=traces.exclusions))),
        "statuses": _about(AddressStateRow, traces),
        "snapshots": _about(SnapshotRow, traces),
        "evidence": _about(EvidenceRow, traces),
        "successes_told": _about(ToldSuccess, traces),
        "quarantine_operations": _rows(QuarantineItem.objects.filter(id__in=traces.items)),
        "returns_that_acted_on_nothing": _rows(Unattributed.objects.filter(id__in=traces.unattributed)),
        "returned_mails": _returned(traces.returns, names=traces.names),
        "audit": _rows(AuditEntry.objects.filter(id__in={*traces.audit, *traces.mentioned})),
        "imports": _rows(PeopleUpload.objects.filter(id__in=traces.uploads)),
        "webhook_events": _rows(WebhookEvent.objects.filter(id__in=traces.events)),
    }


def _rows(rows: Any) -> list[dict[str, Any]]:
    found = rows if rows.query.values_select else rows.values()
    return list(found.order_by("id"))


def _about(model: Any, traces: Traces) -> list[dict[str, Any]]:
    """Read what is known of the addresses, also of those that somebody else has as well."""
    found: list[dict[str, Any]] = []
    for place in traces.places:
        found += _rows(model.objects.filter(channel=place.channel.value, address_key=place.key))
    return found


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = dict(Delivery.objects.filter(id__in={row["delivery_id"] for row in rows}).values_list("id", "name"))
    return [{**row, "delivery_name": names.get(row["delivery_id"], "")} for row in rows]


def _returned(identities: Sequence[str], *, names: Sequence[str]) -> list[dict[str, Any]]:
    rows = _rows(ReturnedMail.objects.filter(identity__in=identities))
    bodies = dict(RawMail.objects.filter(digest__in={row["raw"] for row in rows}).values_list("digest", "body"))
    for row in rows:
        packed = bodies.get(row["raw"])
        if packed is not None and row["source"].startswith(SOURCE):
            # A webhook holds what befell many people: of theirs nothing is told.
            row["mail"] = json.dumps(events_naming(zlib.decompress(bytes(packed)), names))
            continue
        raw = zlib.decompressobj().decompress(bytes(packed), _MOST_RAW) if packed is not None else b""
        row["mail"] = raw.decode("utf-8", "replace")
    return rows
