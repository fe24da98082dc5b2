"""`/quarantine`: the addresses that are not plainly valid, why each is so, and what people make of them."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Cursor, Given, Limit, Told
from rebond.api.cursors import position, signed
from rebond.api.gate import caller_of, needs
from rebond.api.moments import Moment
from rebond.core.address import ParsedAddress
from rebond.core.failure import AddressState, Event
from rebond.core.permissions import Operation
from rebond.core.words import (
    AddressStatus,
    Cause,
    Channel,
    ExclusionCause,
    FailureType,
    Owner,
    Reason,
    StateOrder,
    Trust,
)
from rebond.services.list_addresses import email_domain, list_addresses
from rebond.services.people import read_address, release, tell
from rebond.services.told_states import STATE, told_evidence, told_row, told_snapshot
from rebond.services.why import why
from rebond.store.read.state_pages import StateFilter
from rebond.web.current import current_site, now

router = Router(tags=["Quarantine"])
Because = Annotated[str, Field(min_length=1, max_length=2000, description="Why; it is kept with the change.")]
Seen = Annotated[
    AddressStatus | None, Field(description="The status that you looked at: refused with 409 when it is another now.")
]
Written = Annotated[str, Field(min_length=1, max_length=2000)]


class State(Told):
    status: AddressStatus
    reason: Reason | None
    cause: str | None
    error_count: int
    since: datetime | None
    until: datetime | None
    last_error_at: datetime | None


class AddressRow(State):
    channel: Channel
    address: str
    scope: str


class StatePage(Told):
    items: list[AddressRow]
    next: str | None


class Evidence(Told):
    at: datetime
    event: Event
    type: FailureType | None
    reason: Reason | None
    cause: str | None
    owner: Owner | None
    counted: bool
    why_not: str | None
    rule: str | None
    text: str
    by: str | None
    status: AddressStatus
    error_count: int
    trust: Trust


class AddressDenial(Told):
    profile: str
    channel: str
    at: datetime


class Snapshot(Told):
    horizon: datetime
    status: AddressStatus
    reason: Reason | None
    error_count: int
    text: str


class WhyAddress(AddressRow):
    outdated: Annotated[bool, Field(description="It was computed under another policy.")]
    evidence: list[Evidence]
    denials: list[AddressDenial]
    snapshot: Annotated[Snapshot | None, Field(description="What retention has kept of older evidence.")]
    scopes: list[AddressRow]


class Wanted(Given):
    status: Annotated[AddressStatus, Field(description="quarantined, denylisted or allowlisted.")]
    because: Because
    seen: Seen = None


class NewState(Wanted):
    address: Written
    channel: Annotated[Channel | None, Field(description="Guessed from the address when left out.")] = None


@router.get("/quarantine", response=StatePage, summary="List addresses", **needs(Operation.READ_QUARANTINE))
def list_states(
    request: HttpRequest,
    *,
    status: AddressStatus | None = None,
    channel: Channel | None = None,
    reason: Reason | None = None,
    cause: Cause | ExclusionCause | None = None,
    provider: Annotated[str, Field(max_length=64)] = "",
    domain: Annotated[str, Field(max_length=255, description="Of email addresses.")] = "",
    text: Annotated[str, Field(max_length=200, description="In the error text, whatever the case.")] = "",
    since_from: Moment | None = None,
    since_to: Moment | None = None,
    until_from: Moment | None = None,
    until_to: Moment | None = None,
    order: StateOrder = StateOrder.SINCE,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """Those that are not plainly valid. With `text` a page may come short, even empty, while `next` goes on."""
    wanted = StateFilter(
        status=status,
        channel=channel,
        reason=reason,
        cause=cause,
        provider=provider,
        domain=email_domain(domain) if domain else "",
        text=text,
        since_from=since_from,
        since_to=since_to,
        until_from=until_from,
        until_to=until_to,
    )
    found = list_addresses(wanted=wanted, order=order, after=position(request, cursor) or "", limit=limit)
    return {"items": list(map(told_row, found.rows)), "next": signed(request, found.after or None)}


@router.post("/quarantine", response=AddressRow, summary="Set an address's status", **needs(Operation.WRITE_QUARANTINE))
def add(request: HttpRequest, given: NewState) -> dict[str, Any]:
    """Put an address in quarantine, on the denylist or on the allowlist; `DELETE` releases it."""
    return _told(request, _address(given.address, given.channel), given)


@router.get(
    "/quarantine/{channel}/{path:address}",
    response=WhyAddress,
    summary="Show an address, and why it is so",
    **needs(Operation.READ_QUARANTINE),
)
def show(request: HttpRequest, channel: Channel, address: Written) -> dict[str, Any]:
    """Its state, and its evidence with what each piece did; an address never heard of is valid, without evidence."""
    parsed = _address(address, channel)
    found = why(parsed, policy=current_site().policy)
    return {
        **_state(parsed, found.state),
        "outdated": found.outdated,
        "evidence": list(map(told_evidence, found.judgements)),
        "denials": found.denials,
        "snapshot": told_snapshot(found.snapshot) if found.snapshot else None,
        "scopes": list(map(told_row, found.others)),
    }


@router.put(
    "/quarantine/{channel}/{path:address}",
    response=AddressRow,
    summary="Set an address's status",
    **needs(Operation.WRITE_QUARANTINE),
)
def put(request: HttpRequest, channel: Channel, address: Written, given: Wanted) -> dict[str, Any]:
    """Put it in quarantine, on the denylist or on the allowlist; audited."""
    return _told(request, _address(address, channel), given)


@router.delete(
    "/quarantine/{channel}/{path:address}",
    response=AddressRow,
    summary="Release an address",
    **needs(Operation.WRITE_QUARANTINE),
)
def free(
    request: HttpRequest, channel: Channel, address: Written, *, because: Because, seen: Seen = None
) -> dict[str, Any]:
    """Make it valid again, with its count at zero; 409 when it is valid."""
    parsed = _address(address, channel)
    actor, policy = caller_of(request).name, current_site().policy
    return _state(parsed, release(parsed, because=because, actor=actor, policy=policy, now=now(), seen=seen))


def _told(request: HttpRequest, address: ParsedAddress, given: Wanted) -> dict[str, Any]:
    actor, policy = caller_of(request).name, current_site().policy
    state = tell(
        address,
        status=given.status,
        because=given.because,
        actor=actor,
        policy=policy,
        now=now(),
        seen=given.seen,
    )
    return _state(address, state)


def _address(text: str, channel: Channel | None) -> ParsedAddress:
    config = current_site().config
    region, undotted = config.site.default_region, config.email.allow_undotted
    return read_address(text, channel=channel, region=region, allow_undotted=undotted)


def _state(address: ParsedAddress, state: AddressState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in STATE}
    return {"channel": address.channel, "address": address.text, "scope": "", **values}
