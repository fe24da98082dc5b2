"""`/segments`, `/lists`, `/services` and `/subscriptions`: whom deliveries can go to."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Given, Number, Told, Whole
from rebond.api.gate import caller_of, needs
from rebond.api.profiles import ExternalId
from rebond.core.permissions import Operation
from rebond.core.segment import written
from rebond.services import audiences
from rebond.store.read.targets import SegmentRow
from rebond.web.current import now

router = Router(tags=["Audiences"])
Name = Annotated[str, Field(min_length=1, max_length=255)]
Filter = Annotated[
    dict[str, Any],
    Field(description='As in {"match": "all", "parts": [{"field": "city", "operator": "equals", "value": "Paris"}]}.'),
]


class Segment(Told):
    id: int
    name: str
    filter: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class CountedSegment(Segment):
    people: Annotated[int, Field(description="How many of those that were looked through are in it.")]
    looked_through: int
    whole: Annotated[bool, Field(description="Everybody was looked through.")]


class Segments(Told):
    items: list[Segment]


class ToSegment(Given):
    name: Name
    filter: Filter


class Audience(Told):
    id: int
    name: str
    number: Annotated[int, Field(description="Of its members or subscribers.")]
    created_at: datetime


class Audiences(Told):
    items: list[Audience]


class ToName(Given):
    name: Name


class Subscribing(Given):
    service: Whole
    profile: ExternalId


class MembershipChange(Told):
    profile: str
    changed: bool


@router.get("/segments", response=Segments, summary="List segments", **needs(Operation.READ_PROFILES))
def list_segments(request: HttpRequest) -> dict[str, Any]:
    """By name."""
    return {"items": [_segment(row) for row in audiences.list_segments()]}


@router.post("/segments", response={201: CountedSegment}, summary="Make a segment", **needs(Operation.WRITE_PROFILES))
def add_segment(request: HttpRequest, given: ToSegment) -> Any:
    """A filter over profile fields and subscriptions."""
    return Status(201, _saved(request, given, number=None))


@router.get("/segments/{segment}", response=CountedSegment, summary="Show a segment", **needs(Operation.READ_PROFILES))
def show_segment(request: HttpRequest, segment: Number) -> dict[str, Any]:
    """With its people counted, among the first 50,000 profiles."""
    return _counted(segment)


@router.put(
    "/segments/{segment}", response=CountedSegment, summary="Change a segment", **needs(Operation.WRITE_PROFILES)
)
def put_segment(request: HttpRequest, segment: Number, given: ToSegment) -> dict[str, Any]:
    """Its name and its filter."""
    return _saved(request, given, number=segment)


@router.delete(
    "/segments/{segment}", response={204: None}, summary="Remove a segment", **needs(Operation.WRITE_PROFILES)
)
def drop_segment(request: HttpRequest, segment: Number) -> HttpResponse:
    """A delivery that was to go to it then has nobody."""
    audiences.delete_segment(segment, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


@router.get("/lists", response=Audiences, summary="List lists", **needs(Operation.READ_PROFILES))
def list_lists(request: HttpRequest) -> dict[str, Any]:
    """By name, with how many are on each."""
    return {"items": audiences.list_lists()}


@router.post("/lists", response={201: Audience}, summary="Make a list", **needs(Operation.WRITE_PROFILES))
def add_list(request: HttpRequest, given: ToName) -> Any:
    """Nobody is on it yet."""
    number = audiences.create_list(given.name, now=now(), actor=caller_of(request).name)
    return Status(201, audiences.get_list(number))


@router.delete("/lists/{list}", response={204: None}, summary="Remove a list", **needs(Operation.WRITE_PROFILES))
def drop_list(request: HttpRequest, list: Number) -> HttpResponse:  # noqa: A002
    """Its people stay."""
    audiences.delete_list(list, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


@router.put(
    "/lists/{list}/{path:profile}",
    response=MembershipChange,
    summary="Put a profile on a list",
    **needs(Operation.WRITE_PROFILES),
)
def join_list(request: HttpRequest, list: Number, profile: ExternalId) -> dict[str, Any]:  # noqa: A002
    """Done again it changes nothing."""
    return _membership(request, list, profile, on=True)


@router.delete(
    "/lists/{list}/{path:profile}",
    response=MembershipChange,
    summary="Take a profile off a list",
    **needs(Operation.WRITE_PROFILES),
)
def leave_list(request: HttpRequest, list: Number, profile: ExternalId) -> dict[str, Any]:  # noqa: A002
    """Done again it changes nothing."""
    return _membership(request, list, profile, on=False)


@router.get("/services", response=Audiences, summary="List services", **needs(Operation.READ_PROFILES))
def list_services(request: HttpRequest) -> dict[str, Any]:
    """By name, with how many subscribe to each."""
    return {"items": audiences.list_services()}


@router.post("/services", response={201: Audience}, summary="Make a service", **needs(Operation.WRITE_PROFILES))
def add_service(request: HttpRequest, given: ToName) -> Any:
    """Something that profiles subscribe to, as a newsletter."""
    number = audiences.create_service(given.name, now=now(), actor=caller_of(request).name)
    return Status(201, audiences.get_service(number))


@router.get("/services/{service}", response=Audience, summary="Show a service", **needs(Operation.READ_PROFILES))
def show_service(request: HttpRequest, service: Number) -> Any:
    """With how many subscribe to it."""
    return audiences.get_service(service)


@router.delete(
    "/services/{service}", response={204: None}, summary="Remove a service", **needs(Operation.WRITE_PROFILES)
)
def drop_service(request: HttpRequest, service: Number) -> HttpResponse:
    """With its subscriptions; the people stay."""
    audiences.delete_service(service, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


@router.post(
    "/subscriptions",
    response=MembershipChange,
    summary="Subscribe a profile to a service",
    **needs(Operation.WRITE_PROFILES),
)
def subscribe(request: HttpRequest, given: Subscribing) -> dict[str, Any]:
    """Done again it changes nothing."""
    actor = caller_of(request).name
    changed = audiences.subscribe(given.service, given.profile, now=now(), actor=actor)
    return {"profile": given.profile, "changed": changed}


@router.delete(
    "/subscriptions",
    response=MembershipChange,
    summary="End a subscription",
    **needs(Operation.WRITE_PROFILES),
)
def unsubscribe(request: HttpRequest, *, service: Number, profile: ExternalId) -> dict[str, Any]:
    """Done again it changes nothing."""
    changed = audiences.unsubscribe(service, profile, now=now(), actor=caller_of(request).name)
    return {"profile": profile, "changed": changed}


def _membership(request: HttpRequest, number: int, profile: str, *, on: bool) -> dict[str, Any]:
    changed = audiences.change_list(number, profile, on=on, now=now(), actor=caller_of(request).name)
    return {"profile": profile, "changed": changed}


def _saved(request: HttpRequest, given: ToSegment, *, number: int | None) -> dict[str, Any]:
    group = audiences.read_filter(given.filter)
    actor = caller_of(request).name
    return _counted(audiences.save_segment(given.name, group, now=now(), actor=actor, number=number))


def _segment(row: SegmentRow) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "name", "created_at", "updated_at")}
    return {**told, "filter": written(row.filter)}


def _counted(number: int) -> dict[str, Any]:
    shown = audiences.show_segment(number)
    counted = shown.counted
    people = {"people": counted.number, "looked_through": counted.looked_through, "whole": counted.whole}
    return {**_segment(shown.segment), **people}
