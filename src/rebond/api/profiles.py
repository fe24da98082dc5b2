"""`/profiles` and `/imports`: people, their opt-outs, and files of them."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Cursor, Given, Limit, Told
from rebond.api.cursors import position, signed
from rebond.api.gate import caller_of, needs
from rebond.api.people_file import (
    FILE_BODY,
    DryRun,
    Encoding,
    ImportedFile,
    Mapping,
    NoAddress,
    file_options,
    imported_json,
    uploaded,
)
from rebond.core.permissions import Operation
from rebond.core.words import AddressStatus, Channel, Reason
from rebond.services.denylist_profile import allow_profile, denylist_profile
from rebond.services.erase import erase_profile, look_at_erasure
from rebond.services.import_people import import_people, try_people
from rebond.services.people_pages import page_of_profiles
from rebond.services.profiles import ShownProfile, show_profile
from rebond.services.subject_export import subject_export
from rebond.web.current import current_site, now

router = Router(tags=["Profiles"])
ExternalId = Annotated[str, Field(min_length=1, max_length=255)]
Because = Annotated[str, Field(max_length=2000, description="Why; it is kept in the audit trail.")]


class OwnAddress(Told):
    channel: Channel
    address: str
    status: AddressStatus | None
    reason: Reason | None
    cause: str | None
    error_count: int


class ProfileDenial(Told):
    channel: str
    at: datetime
    origin: str
    because: str | None


class Profile(Told):
    profile: str
    fields: dict[str, Any]
    addresses: list[OwnAddress]
    denials: list[ProfileDenial]
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class ListedProfile(Told):
    profile: str
    addresses: dict[Channel, str]
    created_at: datetime
    updated_at: datetime
    erased: bool


class ProfilePage(Told):
    items: list[ListedProfile]
    next: str | None


class OptOut(Given):
    channel: Literal["email", "sms", "push", "all"]
    because: Because = ""


class ErasedProfile(Told):
    profile: str
    erased: bool
    messages: int
    exclusions: int
    evidence: int
    raw_returns: int
    mentions: int
    addresses: int
    addresses_kept: int


class Changed(Told):
    profile: str
    channel: str
    changed: bool


@router.post(
    "/profiles/{path:profile}/denylist",
    response=Changed,
    summary="Opt a profile out of a channel, or of all",
    **needs(Operation.WRITE_PROFILES),
)
def deny(request: HttpRequest, profile: ExternalId, given: OptOut) -> dict[str, Any]:
    """Done again it changes nothing."""
    actor = caller_of(request).name
    changed = denylist_profile(profile, channel=given.channel, now=now(), actor=actor, because=given.because)
    return {"profile": profile, "channel": given.channel, "changed": changed}


@router.delete(
    "/profiles/{path:profile}/denylist",
    response=Changed,
    summary="Take an opt-out back",
    **needs(Operation.WRITE_PROFILES),
)
def allow(
    request: HttpRequest, profile: ExternalId, channel: Literal["email", "sms", "push", "all"], because: Because
) -> dict[str, Any]:
    """The person may be written to again, unless the address itself stands against it."""
    actor = caller_of(request).name
    changed = allow_profile(profile, channel=channel, now=now(), actor=actor, because=because)
    return {"profile": profile, "channel": channel, "changed": changed}


@router.get("/profiles", response=ProfilePage, summary="List profiles", **needs(Operation.READ_PROFILES))
def list_profiles(
    request: HttpRequest,
    *,
    who: Annotated[str, Field(max_length=2000, description="An address, or a profile's id.")] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """The newest first; with `who` those of that id, or with that address."""
    config = current_site().config
    found = page_of_profiles(
        who.strip(),
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
        before=position(request, cursor),
        limit=limit,
    )
    names = ("addresses", "created_at", "updated_at", "erased")
    items = [{"profile": row.external_id, **{name: getattr(row, name) for name in names}} for row in found.rows]
    return {"items": items, "next": signed(request, found.next)}


@router.get(
    "/profiles/{path:profile}/held",
    response=dict[str, Any],
    summary="Export all that is held about a person",
    **needs(Operation.ERASE_PROFILES),
)
def held(request: HttpRequest, profile: ExternalId) -> dict[str, Any]:
    """What a person may ask for: each row of each table that tells of them, returned mails among it. Audited."""
    told: dict[str, Any] = json.loads(subject_export(profile, now=now(), actor=caller_of(request).name))
    return told


@router.delete(
    "/profiles/{path:profile}", response=ErasedProfile, summary="Erase a person", **needs(Operation.ERASE_PROFILES)
)
def erase(
    request: HttpRequest,
    profile: ExternalId,
    *,
    because: Because = "",
    dry_run: Annotated[bool, Field(description="Only tell what would go.")] = False,
) -> dict[str, Any]:
    """For good: what tells of them goes, counters stay, and what was blocked stays blocked by a keyed hash.

    409 while a message to them is with the transport.
    """
    if dry_run:
        done = look_at_erasure(profile, now=now())
    else:
        done = erase_profile(profile, because=because, actor=caller_of(request).name, now=now())
    return {"profile": done.profile, "erased": done.done, **done.numbers()}


@router.get("/profiles/{path:profile}", response=Profile, summary="Show a profile", **needs(Operation.READ_PROFILES))
def get_profile(request: HttpRequest, profile: ExternalId) -> dict[str, Any]:
    """Its fields, its addresses with their state, and its opt-outs; an impossible address has no status."""
    return _told(show_profile(profile))


@router.post(
    "/imports",
    response=ImportedFile,
    summary="Insert or update people from a file",
    **needs(Operation.WRITE_PROFILES, **FILE_BODY),
)
def import_file(
    request: HttpRequest,
    *,
    mapping: Mapping = "{}",
    encoding: Encoding = "utf-8",
    no_address: NoAddress = False,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """A file of at most 16 MiB, as CSV or JSON Lines; larger ones in parts. Bad rows are told, the others kept.

    `dry_run` tells what each column would be taken for; `mapping` says otherwise.
    """
    options = file_options(mapping, encoding, no_address=no_address)
    with uploaded(request) as path:
        if dry_run:
            return imported_json(try_people(path, options=options))
        return imported_json(import_people(path, options=options, now=now(), actor=caller_of(request).name))


def _told(shown: ShownProfile) -> dict[str, Any]:
    row = shown.profile
    return {
        "profile": row.external_id,
        "fields": row.fields,
        "addresses": [_address(shown, address.channel, address.text) for address in row.addresses],
        "denials": [
            {"channel": one.channel, "at": one.at, "origin": one.origin, "because": one.proof or None}
            for one in row.denials
        ],
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "erased_at": row.erased_at,
    }


def _address(shown: ShownProfile, channel: Channel, text: str) -> dict[str, Any]:
    state = shown.states.get(channel)
    impossible = Reason.INVALID_ADDRESS if text else Reason.ADDRESS_EMPTY
    return {
        "channel": channel,
        "address": text,
        "status": state.status if state else None,
        "reason": state.reason if state else impossible,
        "cause": state.cause if state else None,
        "error_count": state.error_count if state else 0,
    }
