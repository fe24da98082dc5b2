"""`/landing-pages`, and `/subscriptions/pending`: what a site's own form asks for its visitors (double opt-in)."""

from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import AfterValidator, Field

from rebond.api.base import Cursor, Flag, Given, Limit, Told, Whole
from rebond.api.cursors import page as page_of
from rebond.api.cursors import position
from rebond.api.gate import caller_of, needs
from rebond.api.problems import ProblemError
from rebond.core.landing import MOST_FIELDS, MOST_SERVICES, MOST_TEXT, written_page
from rebond.core.permissions import Operation
from rebond.core.words import LandingTheme, OptInStatus
from rebond.services.opt_in import Asked, FieldError, ask
from rebond.services.opt_in_pages import (
    RequestRow,
    ShownPage,
    list_pages,
    put_page,
    read_definition,
    remove_page,
    requests_of,
    show_page,
)
from rebond.web.current import current_site, now
from rebond.web.networks import network_of_address

router = Router(tags=["Landing pages"])
Slug = Annotated[str, Path(max_length=64, description="The last part of the page's address.")]
Language = Literal["en", "fr"]
Line = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=MOST_TEXT)]


class Texts(Given):
    """What is empty or left out has a default."""

    title: Line = ""
    text: Long = ""
    button: Annotated[str, Field(max_length=80)] = ""
    thanks: Long = ""
    mail_subject: Line = ""
    mail_text: Annotated[str, Field(max_length=MOST_TEXT, description="Holds the link as `{{ confirm_url }}`.")] = ""


class PageField(Given):
    name: Annotated[str, Field(max_length=63, description="Of the profile's field, as `first_name`.")]
    label: Annotated[
        dict[Language, Annotated[str, Field(max_length=80)]], Field(default_factory=dict, description="By language.")
    ]
    required: Flag = False


class ToKeepPage(Given):
    name: Annotated[str, Field(max_length=200, description="For people who work here; the slug when empty.")] = ""
    languages: Annotated[list[Language], Field(default_factory=lambda: ["en"], min_length=1, max_length=2)]
    services: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=255)]],
        Field(min_length=1, max_length=MOST_SERVICES, description="The names of those that it offers."),
    ]
    sender: Annotated[str, Field(min_length=1, max_length=200, description='As in "Shop <news@shop.example>".')]
    theme: LandingTheme = LandingTheme.BLUE
    active: Annotated[Flag, Field(description="It answers, and takes requests.")] = False
    fields: Annotated[list[PageField], Field(default_factory=list, max_length=MOST_FIELDS)]
    texts: Annotated[dict[Language, Texts], Field(default_factory=dict)]


class PageFigures(Told):
    requested: int
    repeated: Annotated[int, Field(description="Asked again while a link still held: no mail of their own.")]
    refused: Annotated[int, Field(description="Not written to: by a complaint, say.")]
    confirmed: int
    expired: int
    open: Annotated[int, Field(description="Can still be confirmed.")]


class Page(Told):
    id: int
    slug: str
    url: Annotated[str, Field(description="Where visitors find it.")]
    name: str
    languages: list[Language]
    services: list[str]
    sender: str
    theme: LandingTheme
    active: bool
    fields: list[dict[str, Any]]
    texts: dict[str, dict[str, str]]
    figures: PageFigures
    created_at: datetime
    updated_at: datetime


class Pages(Told):
    items: list[Page]


class PageRequest(Told):
    id: int
    address: str
    status: OptInStatus
    services: list[int]
    language: str
    source: str
    asked_at: datetime
    asked_from: str
    mailed_at: datetime | None
    expires_at: datetime | None
    message: Annotated[int | None, Field(description="In the sending log.")]
    confirmed_at: datetime | None
    confirmed_from: str
    text: Annotated[int, Field(description="The number of the text that the visitor saw.")]


class PageRequests(Told):
    items: list[PageRequest]
    next: str | None


def _address(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError("must be an IP address") from None
    if "%" in text:
        raise ValueError("must be an IP address without a zone")
    return str(address)


class Pending(Given):
    page: Annotated[str, Field(min_length=1, max_length=64, description="The slug of the landing page that it is as.")]
    address: Annotated[str, Field(min_length=1, max_length=1000)]
    services: Annotated[
        list[Whole],
        Field(
            default_factory=list,
            max_length=MOST_SERVICES,
            description="Their numbers; none where the page offers but one.",
        ),
    ]
    fields: Annotated[
        dict[Annotated[str, Field(max_length=63)], Annotated[str, Field(max_length=255)]],
        Field(default_factory=dict, max_length=MOST_FIELDS, description="Those that the page asks for."),
    ]
    language: Language = "en"
    asked_from: Annotated[
        Annotated[str, AfterValidator(_address)] | None,
        Field(description="The visitor's IP address: it is part of the proof, and what is bounded by network."),
    ] = None


class Accepted(Told):
    status: Literal["pending"]


@router.get("/landing-pages", response=Pages, summary="List landing pages", **needs(Operation.READ_LANDING))
def list_all(request: HttpRequest) -> dict[str, Any]:
    """By name, with what became of their requests."""
    return {"items": list(map(_page, list_pages(now=now())))}


@router.get("/landing-pages/{slug}", response=Page, summary="Show a landing page", **needs(Operation.READ_LANDING))
def show(request: HttpRequest, slug: Slug) -> dict[str, Any]:
    """With what became of its requests."""
    return _page(show_page(slug, now=now()))


@router.put(
    "/landing-pages/{slug}",
    response=Page,
    summary="Make a landing page, or replace one",
    **needs(Operation.WRITE_LANDING),
)
def put(request: HttpRequest, slug: Slug, given: ToKeepPage) -> dict[str, Any]:
    """What was asked for by its former text can still be confirmed."""
    site = current_site()
    put_page(
        read_definition({**given.model_dump(), "slug": slug}),
        content=site.content,
        public_url=site.config.site.public_url,
        now=now(),
        actor=caller_of(request).name,
    )
    return _page(show_page(slug, now=now()))


@router.delete(
    "/landing-pages/{slug}",
    response={204: None},
    summary="Remove a landing page",
    **needs(Operation.WRITE_LANDING),
)
def drop(request: HttpRequest, slug: Slug) -> HttpResponse:
    """What was not confirmed cannot be any more; proofs stay."""
    remove_page(slug, now=now(), actor=caller_of(request).name)
    return HttpResponse(status=204)


@router.get(
    "/landing-pages/{slug}/requests",
    response=PageRequests,
    summary="List the requests of a landing page",
    **needs(Operation.READ_LANDING),
)
def requests(request: HttpRequest, slug: Slug, limit: Limit = 100, cursor: Cursor = "") -> dict[str, Any]:
    """The newest first; those never confirmed are erased after 30 days."""
    before = position(request, cursor)
    rows = requests_of(slug, before=before, limit=limit + 1)
    found = page_of(request, rows, limit=limit, place=lambda row: row.id)
    at = now()
    return {**found, "items": [_request(row, at) for row in found["items"]]}


@router.post(
    "/subscriptions/pending",
    response={202: Accepted},
    summary="Ask for a subscription that its address must confirm",
    **needs(Operation.SUBSCRIBE),
)
def subscribe(request: HttpRequest, given: Pending) -> Any:
    """For a form of one's own, as on the landing page: a mail with a link goes to the address, at most one in 24
    hours, and nothing else until it is followed. The answer is the same whether the address is known or not.
    """
    asked = Asked(
        address=given.address,
        services=tuple(given.services),
        fields=given.fields,
        language=given.language,
        source="api",
        asked_from=given.asked_from or "",
        network=network_of_address(given.asked_from or ""),
    )
    try:
        ask(given.page, asked, allow_undotted=current_site().config.email.allow_undotted, now=now())
    except FieldError as error:
        raise ProblemError(422, "the request holds what it may not: see errors", list(error.fields.items())) from None
    return Status(202, {"status": "pending"})


def _page(shown: ShownPage) -> dict[str, Any]:
    row = shown.page
    url = f"{current_site().config.site.public_url}/join/{row.definition.slug}"
    times = {"created_at": row.created_at, "updated_at": row.updated_at}
    return {**written_page(row.definition), "id": row.id, "url": url, "figures": shown.figures, **times}


def _request(row: RequestRow, at: datetime) -> dict[str, Any]:
    names = [name for name in PageRequest.model_fields if name != "status"]
    return {**{name: getattr(row, name) for name in names}, "status": row.state(at)}
