"""Asking to subscribe: a request is stored and nothing else happens, whoever the address belongs to.

Whether it is known, in quarantine or on a denylist is looked at later and elsewhere (`opt_in_mail`), so that neither
the answer nor its time tells anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rebond.core.address import ParsedAddress, parse_address
from rebond.core.landing import MOST_VALUE, LandingError, PageDefinition, checked_text
from rebond.core.said import said
from rebond.core.words import Channel
from rebond.services.errors import InputError, RefusedError
from rebond.services.opt_in_pages import find_page, keep_text
from rebond.store.read.landing import PageRow, asked_from_network, asked_lately
from rebond.store.write.landing import NewRequest, add_request

_HOUR = timedelta(hours=1)
# Requests an hour for one address, of which one is answered by mail, and from one network.
MOST_FOR_ADDRESS = 5
MOST_FROM_NETWORK = 60
_MOST_SOURCE = 64


class FieldError(InputError):
    """What somebody typed cannot be used; `fields` says why by where: `address`, `services`, a field of the page."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        first, words = next(iter(fields.items()))
        super().__init__(said("{field}: {words}", field=first, words=words))
        self.fields = fields


class TooManyRequestsError(RefusedError):
    """Too many requests from one network; `wait` says for how many seconds nothing more is taken."""

    def __init__(self) -> None:
        super().__init__(said("too many requests came from this network: try again later"))
        self.wait = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a visitor sent: `services` are the numbers of those wanted, none: all, where there is but one."""

    address: str
    services: tuple[int, ...]
    fields: Mapping[str, str]
    language: str
    source: str = "page"
    asked_from: str = ""
    network: str = ""


def active_page(slug: str) -> PageRow:
    """Return the page that visitors see at an address; NotFoundError when there is none, or it is not active."""
    page = find_page(slug)
    if not page.definition.active or not page.offered:
        raise RefusedError(said("the landing page {slug!r} is not active", slug=slug))
    return page


def language_of(page: PageDefinition, wanted: str) -> str:
    """Choose the language of a page for somebody who reads that one."""
    return wanted if wanted in page.languages else page.languages[0].value


def ask(slug: str, asked: Asked, *, allow_undotted: bool, now: datetime) -> None:
    """Store a request to subscribe; it subscribes nobody until it is confirmed.

    NotFoundError or RefusedError for a page that is not there, FieldError for what cannot be used,
    TooManyRequestsError. Nothing is said of the address: too many requests for one are passed over in silence.
    """
    page = active_page(slug)
    address, services, fields = _checked(page, asked, allow_undotted=allow_undotted)
    since = now - _HOUR
    with transaction.atomic():
        if asked.network and (
            asked_from_network(asked.network, since=since, most=MOST_FROM_NETWORK) >= MOST_FROM_NETWORK
        ):
            raise TooManyRequestsError
        if asked_lately(address.key or "", since=since, most=MOST_FOR_ADDRESS) >= MOST_FOR_ADDRESS:
            return
        new = NewRequest(
            page=page.id,
            text=keep_text(page, language_of(page.definition, asked.language), now=now),
            address=address.text,
            key=address.key or "",
            services=services,
            fields=fields,
            source=asked.source,
            asked_from=asked.asked_from[:_MOST_SOURCE],
            network=asked.network[:_MOST_SOURCE],
        )
        add_request(new, now=now)


def _checked(
    page: PageRow, asked: Asked, *, allow_undotted: bool
) -> tuple[ParsedAddress, tuple[int, ...], dict[str, str]]:
    """Read all that was typed, and say all that is wrong with it at once."""
    wrong: dict[str, str] = {}
    address = parse_address(asked.address[:1000], channel=Channel.EMAIL, allow_undotted=allow_undotted)
    if address.key is None:
        wrong["address"] = said("this is not a possible email address")
    services = tuple(dict.fromkeys(asked.services or (page.offered if len(page.offered) == 1 else ())))
    if not services:
        wrong["services"] = said("choose at least one")
    elif any(one not in page.offered for one in services):
        wrong["services"] = said("this page does not offer that")
    fields = _fields(page.definition, asked.fields, wrong)
    if wrong:
        raise FieldError(wrong)
    return address, services, fields


def _fields(page: PageDefinition, given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, str]:
    found = {}
    known = {one.name for one in page.fields}
    for name in given:
        if name not in known:
            wrong[name[:80]] = said("this page does not ask for {name!r}", name=name[:80])
    for one in page.fields:
        try:
            text = checked_text(given.get(one.name, ""), one.name, most=MOST_VALUE)
        except LandingError:
            wrong[one.name] = said("this is too long (over {most} characters), or cannot be shown", most=MOST_VALUE)
            continue
        if one.required and not text:
            wrong[one.name] = said("this is needed")
        if text:
            found[one.name] = text
    return found
