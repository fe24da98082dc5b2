"""Where a person stands in the database: everything that an erasure changes, and a data-subject export shows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Lower

from rebond.core.words import Channel, DeliveryStatus, MessageStatus, WayOut
from rebond.store.models import (
    AuditEntry,
    Delivery,
    Erasure,
    EvidenceRow,
    Exclusion,
    Message,
    OptInRequest,
    PeopleUpload,
    Profile,
    ProfileAddress,
    Qualification,
    QuarantineItem,
    QuarantineOperation,
    ReturnedMail,
    SavedView,
    Unattributed,
    Unsubscription,
    WebhookEvent,
)
from rebond.store.read.returns import ReturnState

_PART = 500
# What is shorter stands in texts that mean nobody.
_SHORTEST = 6


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An address that a person has or had; `shared`: another profile has it as well, so what is known of it stays."""

    channel: Channel
    key: str
    texts: tuple[str, ...]
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What is kept of one profile, by the numbers of the rows."""

    profile: int
    external_id: str
    places: tuple[Place, ...]
    messages: tuple[int, ...]
    exclusions: tuple[int, ...]
    on_its_way: bool
    evidence: tuple[int, ...]
    naming: tuple[int, ...]
    texts: tuple[int, ...]
    unattributed: tuple[int, ...]
    returns: tuple[str, ...]
    items: tuple[int, ...]
    operations: tuple[int, ...]
    audit: tuple[int, ...]
    mentioned: tuple[int, ...]
    views: tuple[int, ...]
    uploads: tuple[int, ...]
    events: tuple[int, ...]
    requests: tuple[int, ...]

    @property
    def own(self) -> tuple[Place, ...]:
        """The addresses that nobody else has."""
        return tuple(place for place in self.places if not place.shared)

    @property
    def names(self) -> tuple[str, ...]:
        """The texts by which it is named in what others wrote."""
        return _names(self.own)


def _names(own: Sequence[Place]) -> tuple[str, ...]:
    """The longest first: one that holds another is to be found whole."""
    found = {text for place in own for text in (place.key, *place.texts) if len(text) >= _SHORTEST}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def traces_of(profile: int, *, now: datetime, bodies: Sequence[str] = ()) -> Traces:
    """Find where a profile stands. Texts are searched through, which takes as long as there are many.

    `bodies` are the stored webhooks that name it, which were looked for before.
    """
    external_id = Profile.objects.values_list("external_id", flat=True).get(id=profile)
    messages = _messages_of(profile)
    places = _places(profile, messages)
    requests = _requests_of(profile, [place for place in places if not place.shared])
    messages += _confirmations(requests)
    own = [place for place in places if not place.shared]
    names = _names(own)
    evidence = list(_about(EvidenceRow.objects, own).values_list("id", "returned_mail", "qualification"))
    lowered = sorted({name.lower() for name in names})
    listed = _naming(names, Unattributed.objects, "address", "detail")
    unattributed = list(Unattributed.objects.filter(id__in=listed).values_list("id", "returned_mail"))
    by_return = (WayOut.MAIL.value, WayOut.PROVIDER.value)
    left = Unsubscription.objects.filter(profile=profile, way__in=by_return).values_list("source", flat=True)
    returns = {name for _, name, _ in evidence} | {name for _, name in unattributed} | set(left) | set(bodies)
    if lowered:
        senders = ReturnedMail.objects.annotate(lowered=Lower("envelope_from")).filter(lowered__in=lowered)
        senders = senders.exclude(state=ReturnState.STORED.value)  # settled first, which then finds nobody
        returns |= set(senders.values_list("identity", flat=True))
    return Traces(
        profile=profile,
        external_id=external_id,
        places=places,
        messages=tuple(row.pk for row in messages),
        exclusions=_exclusions_of([profile, *(-number for number in requests)]),
        on_its_way=any(
            row.status == MessageStatus.SENDING and row.lease_until is not None and row.lease_until > now
            for row in messages
        ),
        evidence=tuple(number for number, _, _ in evidence),
        naming=_naming(names, EvidenceRow.objects, "text", "because"),
        texts=_naming(names, Qualification.objects, "first_text"),
        unattributed=tuple(number for number, _ in unattributed),
        returns=tuple(sorted(returns - {""})),
        items=_keys(_about(QuarantineItem.objects, own)),
        operations=_naming(names, QuarantineOperation.objects, "because", "selection"),
        audit=_audit_about(profile, external_id, own),
        mentioned=_naming(names, AuditEntry.objects, "object", "before", "after", "because"),
        views=_naming(names, SavedView.objects, "query"),
        uploads=_naming(names, PeopleUpload.objects, "rejected", "problem"),
        events=_naming(names, WebhookEvent.objects, "body"),
        requests=requests,
    )


def names_of(profile: int) -> tuple[str, ...]:
    """List the names by which a profile alone is known."""
    return _names([place for place in places_of(profile) if not place.shared])


def places_of(profile: int) -> tuple[Place, ...]:
    """List the addresses that a profile has or was written to at."""
    return _places(profile, _messages_of(profile))


def being_prepared() -> str:
    """Name a delivery that is being prepared: what it reads now, it writes into its log later."""
    row = Delivery.objects.filter(status=DeliveryStatus.PREPARING.value).values_list("name", flat=True).first()
    return row or ""


def unfinished_erasures() -> list[tuple[int, list[str]]]:
    """List erasures of which returned mails are still to be emptied."""
    rows = Erasure.objects.filter(finished_at__isnull=True).order_by("id")
    return list(rows.values_list("id", "returns"))


def _messages_of(profile: int) -> list[Message]:
    """Read a profile's messages by way of the deliveries: the log is found by delivery and profile."""
    deliveries = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    found: list[Message] = []
    for start in range(0, len(deliveries), _PART):
        rows = Message.objects.filter(delivery__in=deliveries[start : start + _PART], profile=profile)
        found += rows.only("id", "channel", "address", "address_key", "status", "lease_until")
    return found


def _confirmations(requests: Sequence[int]) -> list[Message]:
    """Read the messages by which requests to subscribe were to be confirmed: they are of no profile yet."""
    numbers = OptInRequest.objects.filter(id__in=requests, message__isnull=False).values_list("message", flat=True)
    return list(Message.objects.filter(id__in=list(numbers)))


def _exclusions_of(profiles: Sequence[int]) -> tuple[int, ...]:
    deliveries = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    found: list[int] = []
    for start in range(0, len(deliveries), _PART):
        rows = Exclusion.objects.filter(delivery__in=deliveries[start : start + _PART], profile__in=profiles)
        found += rows.values_list("id", flat=True)
    return tuple(found)


def _places(profile: int, messages: Sequence[Message]) -> tuple[Place, ...]:
    """Gather the addresses that a profile has, and those that it was written to at."""
    texts: dict[tuple[str, str], set[str]] = {}
    held = ProfileAddress.objects.filter(profile=profile).values_list("channel", "key", "text")
    was = [(row.channel, row.address_key, row.address) for row in messages]
    for channel, key, text in (*held, *was):
        if key or text:
            texts.setdefault((channel, key or text), set()).add(text)
    found = []
    for (channel, key), written in sorted(texts.items()):
        others = ProfileAddress.objects.filter(channel=channel, key=key, profile__erased_at__isnull=True)
        shared = others.exclude(profile=profile).exists()
        found.append(Place(Channel(channel), key, tuple(sorted(written - {""})), shared))
    return tuple(found)


def _about(rows: Any, places: Sequence[Place]) -> QuerySet[Any]:
    """Select the rows about these addresses."""
    conditions = (Q(channel=place.channel.value, address_key=place.key) for place in places)
    about: QuerySet[Any] = rows.filter(reduce(or_, conditions, Q(pk__in=())))
    return about


def _naming(names: Sequence[str], rows: Any, *columns: str) -> tuple[int, ...]:
    """Find the rows in whose texts one of these names stands."""
    if not names:
        return ()
    written = {f"{column}_text": Cast(column, TextField()) for column in columns}
    # JSON may have its letters escaped.
    forms = {form for name in names for form in (name, json.dumps(name)[1:-1])}
    conditions = (Q(**{f"{column}__icontains": form}) for column in written for form in sorted(forms))
    return _keys(rows.annotate(**written).filter(reduce(or_, conditions)))


def _keys(rows: QuerySet[Any]) -> tuple[int, ...]:
    return tuple(rows.order_by("id").values_list("id", flat=True))


def _audit_about(profile: int, external_id: str, places: Iterable[Place]) -> tuple[int, ...]:
    """Find what the audit trail says about a profile or its addresses by their names."""
    named = [f"profile:{profile}"]
    named += [f"{place.channel}:{text}" for place in places for text in {place.key, *place.texts}]
    rows = AuditEntry.objects.filter(
        Q(object__in=named)
        | Q(object=external_id, action__in=("profile.denylist", "profile.allow", "profile.export"))
        | Q(action="delivery.proof", after__profile=external_id)
    )
    return _keys(rows)


def _requests_of(profile: int, places: Iterable[Place]) -> tuple[int, ...]:
    keys = [place.key for place in places if place.channel is Channel.EMAIL]
    return _keys(OptInRequest.objects.filter(Q(profile=profile) | Q(address_key__in=keys)))
