"""Erasing a person: what is told of them goes, what was counted stays (specification 10)."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from rebond.core.words import AddressStatus, KeptOfErased, OptInStatus
from rebond.store.erasure_keys import hash_address
from rebond.store.models import (
    AddressStateRow,
    AuditEntry,
    ErasedAddress,
    Erasure,
    EvidenceRow,
    Exclusion,
    KeptAnswer,
    ListMember,
    Message,
    OptInRequest,
    PeopleList,
    PeopleUpload,
    Profile,
    ProfileAddress,
    ProfileDenial,
    Qualification,
    QuarantineItem,
    QuarantineOperation,
    RawMail,
    ReturnedMail,
    SavedView,
    Service,
    SnapshotRow,
    Subscription,
    TargetMember,
    ToldSuccess,
    Unattributed,
    Unsubscription,
    WebhookEvent,
)
from rebond.store.read.evidence import AddressKey, state_row
from rebond.store.read.state_json import state_to_json
from rebond.store.read.traces import Place, Traces
from rebond.store.write.states import hold_addresses

ERASED = "[erased]"
_STOPS = (AddressStatus.QUARANTINED.value, AddressStatus.DENYLISTED.value)


def hold_places(places: Collection[Place]) -> None:
    """Keep others from folding these addresses until the transaction ends."""
    hold_addresses({AddressKey(place.channel, place.key) for place in places})


def keep_hashes(traces: Traces, *, now: datetime) -> int:
    """Keep what stands against the addresses by their hashes alone; returns how many addresses those are."""
    denials = list(ProfileDenial.objects.filter(profile=traces.profile).values_list("channel", flat=True))
    kept: dict[tuple[str, str, str], ErasedAddress] = {}
    for place in traces.own:
        about = {"digest": hash_address(place.channel, place.key), "channel": place.channel.value, "at": now}
        stopped = {"channel": place.channel.value, "address_key": place.key, "status__in": _STOPS}
        for row in AddressStateRow.objects.filter(**stopped):
            one = ErasedAddress(
                **about,
                kind=KeptOfErased.STATE.value,
                scope=row.scope,
                status=row.status,
                policy_digest=row.policy_digest,
                state={**state_to_json(state_row(row).state), "error_text": ""},
                until=row.until,
            )
            kept[one.digest, one.kind, one.scope] = one
        for channel in denials:
            denylisted = AddressStatus.DENYLISTED.value
            one = ErasedAddress(**about, kind=KeptOfErased.DENIAL.value, scope=channel, status=denylisted)
            kept[one.digest, one.kind, one.scope] = one
    ErasedAddress.objects.bulk_create(
        kept.values(),
        update_conflicts=True,
        unique_fields=["digest", "kind", "scope"],
        update_fields=["status", "policy_digest", "state", "until", "at"],
    )
    return len({digest for digest, _, _ in kept})


def forget_person(traces: Traces, *, now: datetime) -> None:
    """Remove a profile's fields, addresses, opt-outs and memberships; its number stays, since counters go by it."""
    profile = traces.profile
    ProfileAddress.objects.filter(profile=profile).delete()
    ProfileDenial.objects.filter(profile=profile).delete()
    # Members are found by what they belong to.
    lists = list(PeopleList.objects.values_list("id", flat=True))
    for number in ListMember.objects.filter(people_list__in=lists, profile=profile).values_list(
        "people_list", flat=True
    ):
        PeopleList.objects.filter(id=number).update(members=F("members") - 1)
    ListMember.objects.filter(people_list__in=lists, profile=profile).delete()
    for number in Subscription.objects.filter(profile=profile).values_list("service", flat=True):
        Service.objects.filter(id=number).update(subscribers=F("subscribers") - 1)
    Subscription.objects.filter(profile=profile).delete()
    TargetMember.objects.filter(profile=profile).delete()
    Unsubscription.objects.filter(profile=profile).update(source="")
    requests = OptInRequest.objects.filter(id__in=traces.requests)
    requests.exclude(status=OptInStatus.CONFIRMED.value).delete()
    requests.update(address="", address_key="", fields={}, asked_from="", network="", confirmed_from="")
    Profile.objects.filter(id=profile).update(
        external_id=f"erased:{profile}", fields={}, last_import=None, erased_at=now, updated_at=now
    )


def forget_messages(traces: Traces, *, now: datetime) -> None:
    """Take the address and the texts out of the logs, and messages that wait away from whoever claimed them.

    What is known of an address that somebody else has as well stays as it is: successes are kept without the message.
    """
    shared = {(place.channel.value, place.key) for place in traces.places if place.shared}
    rows = Message.objects.filter(id__in=traces.messages)
    told = [
        ToldSuccess(
            identity=f"erased:{row.pk}", channel=row.channel, address_key=row.address_key, at=row.delivered_at,
            stored_at=now, message_id=row.message_id,
        )
        for row in rows.filter(delivered_at__isnull=False)
        if (row.channel, row.address_key) in shared and row.delivered_at
    ]  # fmt: skip
    ToldSuccess.objects.bulk_create(told, ignore_conflicts=True)
    rows.update(address="", address_key="", dedupe_key=None, text="", return_text="", remote_id="")
    rows.filter(status__in=("pending", "uncertain")).update(worker="", lease_until=None)
    Exclusion.objects.filter(id__in=traces.exclusions).update(address="")


def forget_evidence(traces: Traces) -> None:
    """Remove the evidence, states and snapshots of the addresses, and their names from the texts of others."""
    evidence = EvidenceRow.objects.filter(id__in=traces.evidence)
    # The names of evidence are made with a hash of the address that anybody can make again.
    seen = list(evidence.values_list("identity", flat=True))
    Qualification.objects.filter(first_identity__in=seen).update(first_identity=ERASED)
    evidence.delete()
    for place in traces.own:
        about = {"channel": place.channel.value, "address_key": place.key}
        for model in (EvidenceRow, AddressStateRow, SnapshotRow, ToldSuccess, QuarantineItem):
            model.objects.filter(**about).delete()
    Unattributed.objects.filter(id__in=traces.unattributed).delete()
    redact(EvidenceRow, traces.naming, ("text", "because"), traces.names)
    for row in Qualification.objects.filter(id__in=traces.texts):
        Qualification.objects.filter(id=row.pk).update(first_text=row.template)


def forget_mentions(traces: Traces) -> None:
    """Take the names out of what was written beside: the audit trail, operations, views, uploads, webhooks."""
    names = traces.names
    AuditEntry.objects.filter(id__in=traces.audit).update(
        object=f"erased:{traces.profile}", before=None, after=None, because=""
    )
    redact(AuditEntry, traces.mentioned, ("object", "before", "after", "because"), names)
    redact(QuarantineOperation, traces.operations, ("because", "selection"), names)
    redact(SavedView, traces.views, ("query",), names)
    redact(PeopleUpload, traces.uploads, ("rejected", "problem"), names)
    redact(WebhookEvent, traces.events, ("body",), names)
    # Sealed, so nobody can look who is in them; a request sent again is then refused, and does nothing twice.
    KeptAnswer.objects.filter(status__isnull=False).update(body=b"")


def note_erasure(traces: Traces, *, actor: str, now: datetime, numbers: Mapping[str, int]) -> None:
    """Write down that somebody was erased, and which returned mails are still to be emptied."""
    Erasure.objects.create(
        profile=traces.profile, at=now, actor=actor[:150], numbers=dict(numbers), returns=list(traces.returns)
    )


def empty_returns(identities: Sequence[str]) -> None:
    """Remove returned mails as they came, and their envelopes; that they came stays, so that none acts twice."""
    if not identities:
        return
    rows = ReturnedMail.objects.filter(identity__in=identities)
    RawMail.objects.filter(digest__in=list(rows.values_list("raw", flat=True))).delete()
    rows.exclude(envelope_from=None).update(envelope_from="")
    rows.update(envelope_to="", problem="")


def finish_erasure(number: int, *, now: datetime) -> None:
    """Write down that nothing of an erasure is left to do."""
    Erasure.objects.filter(id=number).update(returns=[], finished_at=now)


def purge_erased(*, now: datetime, proofs: datetime) -> int:
    """Remove the hashes of addresses against which nothing stands any more, and proofs of leaving from before then."""
    hashes = ErasedAddress.objects.filter(until__lte=now).delete()[0]
    return hashes + Unsubscription.objects.filter(at__lt=proofs).delete()[0]


def redact(model: Any, numbers: Sequence[int], columns: Sequence[str], names: Sequence[str]) -> None:
    """Put a mark in the place of these names in texts and JSON."""
    if not numbers or not names:
        return
    forms = sorted({form for name in names for form in (name, json.dumps(name)[1:-1])}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)
    for row in model.objects.filter(id__in=numbers):
        changed = {column: _without(getattr(row, column), pattern) for column in columns}
        model.objects.filter(id=row.pk).update(**changed)


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, Mapping):
        return {_without(name, pattern): _without(one, pattern) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, pattern) for one in value]
    return value
