"""Landing pages, requests to subscribe, their mails in the sending log, and what a confirmation makes of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from rebond.core.exclusion import ExclusionRule
from rebond.core.landing import PageDefinition, written_fields, written_texts
from rebond.core.words import Channel, DeliveryStatus, MessageStatus, OptInStatus
from rebond.store.dialect import agree_on, moment
from rebond.store.models import (
    ConfirmationRun,
    Delivery,
    Exclusion,
    LandingPage,
    LandingText,
    Message,
    OptInFact,
    OptInRequest,
    Profile,
    ProfileAddress,
    ProfileDenial,
)
from rebond.store.write.counters import count_exclusions, move_counts


def save_page(page: PageDefinition, services: Sequence[int], *, now: datetime, number: int | None = None) -> int:
    """Store a page, new or instead of the one of that number; returns its number."""
    values: dict[str, Any] = {
        "slug": page.slug,
        "name": page.name,
        "languages": [one.value for one in page.languages],
        "services": list(services),
        "fields": written_fields(page),
        "texts": written_texts(page),
        "theme": page.theme.value,
        "sender": page.sender,
        "active": page.active,
        "updated_at": now,
    }
    if number is not None:
        LandingPage.objects.filter(id=number).update(**values)
        return number
    made: int = LandingPage.objects.create(**values, created_at=now).pk
    return made


def remove_page(number: int, *, now: datetime) -> bool:
    """Take a page away, false when it was; its requests and proofs stay."""
    return bool(LandingPage.objects.filter(id=number, removed_at__isnull=True).update(removed_at=now, active=False))


def keep_text(page: int, *, digest: str, language: str, content: Mapping[str, Any], now: datetime) -> int:
    """Keep what a page says, once; returns its number."""
    found = LandingText.objects.filter(page=page, digest=digest).values_list("id", flat=True).first()
    if found is None:
        row, _ = LandingText.objects.get_or_create(
            page_id=page, digest=digest, defaults={"language": language, "content": content, "at": now}
        )
        found = row.pk
    number: int = found
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRequest:
    """Somebody's wish, as it came."""

    page: int
    text: int
    address: str
    key: str
    services: tuple[int, ...]
    fields: Mapping[str, str]
    source: str
    asked_from: str
    network: str


def add_request(new: NewRequest, *, now: datetime) -> int:
    """Store a wish, its mail to be made at once; counted. Returns its number."""
    row = OptInRequest.objects.create(
        page_id=new.page,
        text_id=new.text,
        address=new.address,
        address_key=new.key,
        services=list(new.services),
        fields=dict(new.fields),
        source=new.source,
        asked_from=new.asked_from,
        network=new.network,
        status=OptInStatus.WAITING.value,
        asked_at=now,
        due_at=now,
    )
    count_request(new.page, asked_at=now, requested=1)
    number: int = row.pk
    return number


def count_request(page: int, *, asked_at: datetime, **numbers: int) -> None:
    """Add to the figures of the hour in which a request came."""
    hour = asked_at.replace(minute=0, second=0, microsecond=0)
    columns = [one.name for one in OptInFact._meta.concrete_fields if one.name not in ("id", "page", "hour")]
    changes = ", ".join(f"{name} = opt_in_fact.{name} + excluded.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO opt_in_fact (page, hour, {', '.join(columns)})"
            f" VALUES (%s, %s, {', '.join(['%s'] * len(columns))}) ON CONFLICT (hour, page) DO UPDATE SET {changes}",
            [page, moment(hour), *(numbers.get(name, 0) for name in columns)],
        )


def agree_on_addresses(keys: Collection[str]) -> None:
    """Let one transaction at a time decide about the confirmations of these addresses."""
    names = sorted({f"opt-in/{key}" for key in keys})
    with connection.cursor() as cursor:
        agree_on(cursor, names, alone=[True] * len(names))


def put_off(request: int, *, until: datetime) -> None:
    """Make the mail of a request later."""
    OptInRequest.objects.filter(id=request).update(due_at=until)


def close_request(request: int, status: OptInStatus) -> None:
    """Note that a request gets no mail of its own."""
    OptInRequest.objects.filter(id=request).update(status=status.value, due_at=None)


def open_run(delivery: int, *, text: int, open_until: datetime, ends_at: datetime, now: datetime) -> None:
    """Let a draft of confirmations be sent at once, and take more until then."""
    ConfirmationRun.objects.create(delivery=delivery, text_id=text, open_until=open_until)
    Delivery.objects.filter(id=delivery).update(
        status=DeliveryStatus.SENDING.value, prepared_at=now, started_at=now, ends_at=ends_at
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The mail that a request gets, or why it gets none."""

    request: int
    address: str
    key: str
    provider: str
    stopped: ExclusionRule | None = None


def add_letters(delivery: int, letters: Sequence[Letter], *, now: datetime, valid: timedelta, signing: int) -> None:
    """Put the mails of requests into the sending log of a delivery that is held, and those stopped into its other log.

    Nobody has a profile yet: the number below zero stands for the request.
    """
    for letter in letters:
        if letter.stopped is not None:
            _exclude(delivery, letter, letter.stopped)
            close_request(letter.request, OptInStatus.REFUSED)
            continue
        message = Message.objects.create(
            delivery_id=delivery,
            profile=-letter.request,
            channel=Channel.EMAIL.value,
            address=letter.address,
            address_key=letter.key,
            dedupe_key=letter.key,
            provider=letter.provider,
            status=MessageStatus.PENDING.value,
        )
        OptInRequest.objects.filter(id=letter.request).update(
            status=OptInStatus.MAILED.value,
            due_at=None,
            mailed_at=now,
            expires_at=now + valid,
            key=signing,
            message=message.pk,
        )
    stopped = sum(letter.stopped is not None for letter in letters)
    made = len(letters) - stopped
    moves = {"target": len(letters), "excluded": stopped, "messages": made, "pending": made}
    move_counts(delivery, moves)


def _exclude(delivery: int, letter: Letter, rule: ExclusionRule) -> None:
    Exclusion.objects.create(
        delivery_id=delivery,
        profile=-letter.request,
        address=letter.address,
        reason=rule.reason.value,
        cause=rule.cause.value if rule.cause else "",
    )
    count_exclusions(delivery, rule.reason, rule.cause, 1)


def lock_delivery(delivery: int) -> bool:
    """Hold a delivery until the transaction ends; false when nothing can be added to it any more."""
    going = (DeliveryStatus.SENDING.value, DeliveryStatus.PAUSED.value)
    return bool(Delivery.objects.select_for_update().filter(id=delivery, status__in=going).values_list("id")[:1])


def add_profile(external_id: str, *, address: str, key: str, now: datetime) -> int:
    """Make a profile with an email address; returns its number. The id is made another's when it is taken."""
    # Asked for and made in one: an import may take the same id at this moment.
    times, number = {"created_at": now, "updated_at": now}, 1
    row, new = Profile.objects.get_or_create(external_id=external_id[:255], defaults=times)
    while not new:
        number += 1
        row, new = Profile.objects.get_or_create(external_id=f"{external_id[:240]}#{number}", defaults=times)
    made: int = row.pk
    ProfileAddress.objects.create(profile_id=made, channel=Channel.EMAIL.value, text=address, key=key)
    return made


def add_fields(profile: int, fields: Mapping[str, str], *, now: datetime) -> None:
    """Lay fields over those of a profile."""
    row = Profile.objects.select_for_update().get(id=profile)
    Profile.objects.filter(id=profile).update(fields={**row.fields, **fields}, updated_at=now)


def allow_email(profile: int, *, proof: str) -> list[str]:
    """End a profile's opt-out of email, returning what it was; one of all channels goes on for the others."""
    rows = list(ProfileDenial.objects.filter(profile=profile, channel__in=(Channel.EMAIL.value, "all")))
    for row in rows:
        if row.channel == "all":
            others = [
                ProfileDenial(profile_id=profile, channel=channel.value, at=row.at, origin=row.origin, proof=row.proof)
                for channel in Channel
                if channel is not Channel.EMAIL
            ]
            ProfileDenial.objects.bulk_create(others, ignore_conflicts=True)
        row.delete()
    return sorted(row.channel for row in rows)


def confirm_request(request: int, *, profile: int, message: int | None, at: datetime, source: str) -> None:
    """Note that a request was confirmed, which is the proof from then on; its mail belongs to the profile."""
    OptInRequest.objects.filter(id=request).update(
        status=OptInStatus.CONFIRMED.value, confirmed_at=at, confirmed_from=source, profile=profile, due_at=None
    )
    if message is None:
        return
    row = Message.objects.filter(id=message)
    delivery = row.values_list("delivery_id", flat=True).first()
    if delivery and not Message.objects.filter(delivery=delivery, profile=profile).exists():
        row.update(profile=profile)


def forget_requests(before: datetime, *, limit: int) -> int:
    """Erase requests that were never confirmed, with their addresses in the log; returns how many, up to `limit`."""
    rows = OptInRequest.objects.filter(asked_at__lt=before).exclude(status=OptInStatus.CONFIRMED.value)
    found = list(rows.order_by("id").values_list("id", "message")[:limit])
    messages = [message for _, message in found if message is not None]
    settled = Message.objects.filter(id__in=messages, profile__lt=0, next_attempt_at__isnull=True)
    settled.update(address="", address_key="", dedupe_key=None)
    # By way of the deliveries, as the log of exclusions is found: it holds those of all others too.
    runs = ConfirmationRun.objects.values("delivery")
    Exclusion.objects.filter(delivery__in=runs, profile__in=[-number for number, _ in found]).update(address="")
    OptInRequest.objects.filter(id__in=[number for number, _ in found]).delete()
    return len(found)


def date_proofs(numbers: Collection[int], at: datetime | None) -> None:
    """Note since when nothing is left of what these confirmations began; None: something is."""
    OptInRequest.objects.filter(id__in=numbers).update(ended_at=at)


def forget_proofs(before: datetime, *, limit: int) -> int:
    """Erase the proofs of what ended before then; returns how many, up to `limit`."""
    rows = OptInRequest.objects.filter(status=OptInStatus.CONFIRMED.value, ended_at__lt=before).order_by("id")
    found = list(rows.values_list("id", flat=True)[:limit])
    OptInRequest.objects.filter(id__in=found).delete()
    return len(found)


def forget_runs(before: datetime) -> int:
    """Forget which deliveries took confirmations up to then."""
    return ConfirmationRun.objects.filter(open_until__lt=before).delete()[0]
