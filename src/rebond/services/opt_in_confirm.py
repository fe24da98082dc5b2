"""Following the link of a confirmation mail: looking changes nothing, confirming subscribes (specification 07)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from rebond.core.failure import Event, Evidence
from rebond.core.policy import Policy
from rebond.core.tokens import Keyring, TokenProblem, is_about, read_confirmation
from rebond.core.webhooks import EventType
from rebond.core.words import Channel, OptInStatus
from rebond.services.opt_in_links import about
from rebond.services.record import Occurrence, record
from rebond.store.read import landing as read
from rebond.store.read.landing import PageRow, RequestRow
from rebond.store.read.opt_in_figures import WAITS
from rebond.store.write import landing as write
from rebond.store.write.audit import add_audit
from rebond.store.write.outbox import NewEvent, add_events
from rebond.store.write.restore_erased import restore_erased
from rebond.store.write.targets import subscribe

ACTOR = "opt-in"
ORIGIN = "page"


class Link(StrEnum):
    """What a link leads to."""

    BROKEN = "broken"
    OPEN = "open"
    EXPIRED = "expired"
    GONE = "gone"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What somebody who follows a link finds; a broken one names nothing."""

    link: Link
    page: PageRow | None = None
    request: RequestRow | None = None
    services: tuple[str, ...] = ()
    now: bool = False
    """Whether it was confirmed by this very request."""


def look(token: str, *, keyring: Keyring, now: datetime) -> Followed:
    """Tell what a link leads to; changes nothing."""
    return _follow(token, keyring=keyring, now=now, lock=False)


def confirm(token: str, *, keyring: Keyring, policy: Policy, now: datetime, confirmed_from: str) -> Followed:
    """Confirm a request: profile, subscriptions, evidence and proof, in one transaction; once, however often asked."""
    with transaction.atomic():
        found = _follow(token, keyring=keyring, now=now, lock=True)
        if found.link is not Link.OPEN or found.request is None or found.page is None:
            return found
        request = found.request
        write.agree_on_addresses([request.key])
        # Of somebody who was erased and comes back: what stood against the address is judged with the rest.
        restore_erased(Channel.EMAIL, [request.key], now=now)
        _tell_address(request, policy=policy, now=now)
        profile = _profile(request, now=now)
        for service in read.service_names(request.services):
            subscribe(service, profile, now=now, origin=ORIGIN)
        _allow(profile, request, found.page, confirmed_from=confirmed_from, now=now)
        write.confirm_request(request.id, profile=profile, message=request.message, at=now, source=confirmed_from[:64])
        _count(request, now=now)
        _tell_subscribers(request, found, now=now)
    return Followed(link=Link.CONFIRMED, page=found.page, request=request, services=found.services, now=True)


def _follow(token: str, *, keyring: Keyring, now: datetime, lock: bool) -> Followed:
    reading = read_confirmation(token[:200], keyring=keyring, now=now)
    if reading.request is None:
        return Followed(link=Link.BROKEN)
    request = read.request_numbered(reading.request, lock=lock)
    if request is None:
        # The link was ours: what it was for has been erased since.
        return Followed(link=Link.EXPIRED)
    if not is_about(reading, about(request.page, request.key)):
        return Followed(link=Link.BROKEN)
    page = read.page_numbered(request.page)
    services = tuple(read.service_names(request.services).values())
    return Followed(
        link=_link(request, page, expired=reading.problem is TokenProblem.EXPIRED),
        page=page,
        request=request,
        services=services,
    )


def _link(request: RequestRow, page: PageRow | None, *, expired: bool) -> Link:
    if request.status is OptInStatus.CONFIRMED:
        return Link.CONFIRMED
    if page is None or page.removed:
        return Link.GONE
    return Link.EXPIRED if expired or request.status is not OptInStatus.MAILED else Link.OPEN


def _tell_address(request: RequestRow, *, policy: Policy, now: datetime) -> None:
    evidence = Evidence(
        identity=f"confirmed:{request.id}",
        event=Event.CONFIRMED,
        at=now,
        actor=ACTOR,
        because=f"confirmed by the link of request {request.id}",
    )
    occurrence = Occurrence(
        channel=Channel.EMAIL,
        address=request.address,
        key=request.key,
        evidence=evidence,
        message=request.message,
    )
    record([occurrence], policy=policy, now=now)


def _profile(request: RequestRow, *, now: datetime) -> int:
    """Find the profile of the address, the oldest when several have it, or make it; its fields are kept up."""
    known, fields = read.profiles_with(request.key), request.fields
    if known:
        profile = known[0]
    else:
        profile = write.add_profile(request.key, address=request.address, key=request.key, now=now)
        add_audit("profile.create", subject=f"profile:{profile}", actor=ACTOR, now=now, after={"request": request.id})
        # The only thing known of a new person beside what they typed: the language in which they asked.
        fields = {"language": request.language, **fields}
    if fields:
        write.add_fields(profile, fields, now=now)
    return profile


def _allow(profile: int, request: RequestRow, page: PageRow, *, confirmed_from: str, now: datetime) -> None:
    proof = proof_of(request, page, confirmed_at=now, confirmed_from=confirmed_from)
    lifted = write.allow_email(profile, proof=proof)
    if lifted:
        add_audit(
            "profile.allow",
            subject=f"profile:{profile}",
            actor=ACTOR,
            now=now,
            before={"channel": lifted},
            after={"channel": Channel.EMAIL.value, "request": request.id},
            because=proof,
        )


def proof_of(request: RequestRow, page: PageRow, *, confirmed_at: datetime, confirmed_from: str) -> str:
    """Say in words what proves a consent: when, from where, to which text."""
    return (
        f"asked on {request.asked_at:%Y-%m-%d %H:%M:%S} UTC from {request.asked_from or 'an unknown address'} on the"
        f" page {page.definition.slug} (text {request.text}, {request.language}), confirmed on"
        f" {confirmed_at:%Y-%m-%d %H:%M:%S} UTC from {confirmed_from or 'an unknown address'}"
    )


def _tell_subscribers(request: RequestRow, found: Followed, *, now: datetime) -> None:
    about = {"channel": Channel.EMAIL.value, "address": request.key, "services": found.services}
    page = found.page.definition.slug if found.page else ""
    data = {**about, "page": page, "language": request.language, "request": request.id}
    add_events([NewEvent(EventType.SUBSCRIPTION_CONFIRMED, data)], now=now)


def _count(request: RequestRow, *, now: datetime) -> None:
    waited = max(0, int((now - request.asked_at).total_seconds()))
    step = next((name for name, most in WAITS.items() if waited <= most), None)
    numbers = {"confirmed": 1, "seconds": waited, **({step: 1} if step else {})}
    write.count_request(request.page, asked_at=request.asked_at, **numbers)
