"""`POST /check` and `POST /events`: many addresses a call, so that nothing is looked at twice."""

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from rebond.api.base import MOST_ITEMS, Given, Told, body_of
from rebond.api.bodies import read_object
from rebond.api.gate import JSON, needs
from rebond.api.problems import ProblemError
from rebond.core.permissions import Operation
from rebond.core.words import Channel, Reason
from rebond.services.check import check_batch
from rebond.services.events import take_events
from rebond.web.current import current_site, now

router = Router(tags=["Addresses"])
LINES = "application/x-ndjson"
_CHANNELS = {channel.value: channel for channel in Channel}
_ANSWERS = {
    reason: f'"allowed": {json.dumps(reason is None)}, "reason": {json.dumps(reason)}' for reason in (None, *Reason)
}


class Addresses(Given):
    addresses: Annotated[list[str], Field(max_length=MOST_ITEMS)]
    channel: Channel = Channel.EMAIL


class Checked(Told):
    address: str
    allowed: bool
    reason: Reason | None


class CheckedList(Told):
    results: list[Checked]


class Event(Given):
    """What befell an address; a failure needs its text, or a type and a reason."""

    channel: Channel
    address: str
    event: Literal["failure", "delivered", "complaint", "stop", "start", "confirmed"]
    occurred_at: Annotated[str, Field(description="RFC 3339, with a zone; from the year 2000 to ten minutes ahead.")]
    id: Annotated[str | int | None, Field(description="Your id of it: the same event is taken once.")] = None
    text: str | None = None
    type: str | None = None
    reason: str | None = None
    cause: str | None = None
    message_id: str | None = None
    provider: str | None = None
    phase: str | None = None
    code: int | None = None


class Events(Given):
    events: Annotated[list[Event], Field(max_length=MOST_ITEMS)]


class TakenEvent(Told):
    status: Literal["stored", "duplicate", "rejected"]
    reason: str | None = None


class TakenEvents(Told):
    stored: int
    duplicates: int
    rejected: int
    results: list[TakenEvent]


@router.post(
    "/check",
    response=CheckedList,
    summary="Tell which addresses may be written to",
    **needs(Operation.CHECK, **body_of(Addresses)),
)
def check(request: HttpRequest) -> HttpResponse:
    """At most 10,000 addresses; the answers are in their order."""
    given = read_object(request, fields=frozenset(Addresses.model_fields))
    addresses = _items(given, "addresses")
    if not set(map(type, addresses)) <= {str}:
        wrong = [place for place, address in enumerate(addresses) if type(address) is not str]
        errors = [(f"addresses.{place}", "this is no text") for place in wrong[:100]]
        raise ProblemError(422, "the request holds what it may not: see errors", errors)
    channel = given.get("channel", "email")
    if not isinstance(channel, str) or channel not in _CHANNELS:
        raise ProblemError(422, "the channel is unknown", [("channel", f"one of {', '.join(_CHANNELS)}")])
    config = current_site().config
    reasons = check_batch(
        addresses,
        channel=_CHANNELS[channel],
        region=config.site.default_region,
        allow_undotted=config.email.allow_undotted,
    )
    # An object for each would be made only to be written out.
    results = [
        f'{{"address": {quoted(address)}, {_ANSWERS[reason]}}}'
        for address, reason in zip(addresses, reasons, strict=True)
    ]
    return HttpResponse(f'{{"results": [{", ".join(results)}]}}', content_type=JSON)


@router.post(
    "/events",
    response=TakenEvents,
    summary="Tell what befell addresses",
    **needs(Operation.SEND_EVENTS, **body_of(Events, **{LINES: {"schema": {"type": "string"}}})),
)
def events(request: HttpRequest) -> HttpResponse:
    """At most 10,000 failures, successes, complaints, STOP, START and confirmations; the good ones among them are kept.

    `results` are in the order of the events. As JSON Lines (`application/x-ndjson`) blank lines are no events.
    """
    items = _lines(request) if request.content_type == LINES else _events(request)
    site = current_site()
    taken = take_events(
        items,
        policy=site.policy,
        qualifier=site.rules.renew(),
        now=now(),
        region=site.config.site.default_region,
        allow_undotted=site.config.email.allow_undotted,
        often=site.often_unqualified,
    )
    results: list[dict[str, str]] = [{"status": "stored"}] * len(items)
    for number in taken.repeated:
        results[number - 1] = {"status": "duplicate"}
    for bad in taken.rejected:
        results[bad.line - 1] = {"status": "rejected", "reason": bad.reason}
    counts = {"stored": taken.stored, "duplicates": taken.duplicates, "rejected": len(taken.rejected)}
    return HttpResponse(json.dumps({**counts, "results": results}), content_type=JSON)


def _events(request: HttpRequest) -> list[dict[str, Any] | str]:
    given = read_object(request, fields=frozenset(Events.model_fields))
    # What is no object is told so in its place, as a line would be.
    return [item if type(item) is dict else json.dumps(item) for item in _items(given, "events")]


def _lines(request: HttpRequest) -> list[bytes]:
    return _bounded([line for line in request.body.split(b"\n") if line.strip()], "events")


def _items(given: dict[str, Any], name: str) -> list[Any]:
    if name not in given:
        raise ProblemError(422, f"{name} is missing", [(name, "this is missing")])
    if type(given[name]) is not list:
        raise ProblemError(422, f"{name} must be a list", [(name, "this is no list")])
    return _bounded(given[name], name)


def _bounded(items: list[Any], name: str) -> list[Any]:
    if len(items) > MOST_ITEMS:
        words = f"{len(items):,} {name} are more than the {MOST_ITEMS:,} that a request may hold: send several"
        raise ProblemError(413, words, [(name, words)])
    return items
