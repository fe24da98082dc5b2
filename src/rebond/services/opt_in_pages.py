"""Landing pages: made, changed and removed (specification 07, "Double opt-in")."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import IntegrityError, transaction

from rebond.core.landing import LandingError, PageDefinition, PageText, is_slug, read_page, written_page
from rebond.core.policy import RetryPermanent
from rebond.core.said import said, words_of
from rebond.core.words import Channel, MessageClass
from rebond.services.audiences import list_services
from rebond.services.deliveries import NewDelivery
from rebond.services.errors import InputError, NotFoundError
from rebond.store.read import landing as read
from rebond.store.read import opt_in_figures
from rebond.store.read.landing import VALID_FOR, PageRow, RequestRow
from rebond.store.read.opt_in_figures import Figures
from rebond.store.write import landing as write
from rebond.store.write.audit import add_audit

__all__ = [
    "Figures",
    "PageRow",
    "RequestRow",
    "ShownPage",
    "find_page",
    "list_pages",
    "put_page",
    "remove_page",
    "requests_of",
    "save_page",
    "show_page",
]

# Confirmations of a page are gathered in one delivery for so long: less than the time between two to one address.
GATHERED = timedelta(hours=23)
_RETRIES = (timedelta(minutes=10), *(timedelta(hours=1),) * 4, timedelta(hours=12))


class Problems(Protocol):
    """What a check of a mail's content found: `red` blocks."""

    @property
    def red(self) -> Sequence[str]: ...


class MailContent(Protocol):
    """What a page asks of the channel about its confirmation mail."""

    def check(self, delivery: NewDelivery) -> Problems: ...

    def try_build(self, delivery: NewDelivery) -> Callable[[int, str, Mapping[str, Any]], None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPage:
    """A page, what became of its requests, and some of them when they were asked for."""

    page: PageRow
    figures: Figures
    requests: Sequence[RequestRow] = ()


def list_pages(*, now: datetime) -> list[ShownPage]:
    """Return all pages by name, with their figures."""
    rows = read.pages()
    figures = opt_in_figures.figures_of([row.id for row in rows], now=now)
    return [ShownPage(page=row, figures=figures.get(row.id, Figures())) for row in rows]


def show_page(where: int | str, *, now: datetime, before: int | None = None, requests: int = 0) -> ShownPage:
    """Return a page with its figures, and so many of its requests, the newest first. NotFoundError."""
    page = find_page(where)
    figures = opt_in_figures.figures_of([page.id], now=now).get(page.id, Figures())
    some = read.requests_of(page.id, before=before, limit=requests) if requests else ()
    return ShownPage(page=page, figures=figures, requests=some)


def find_page(where: int | str) -> PageRow:
    """Return a page by its number, or by the slug in its address; NotFoundError when there is none."""
    if isinstance(where, int):
        row = read.page_numbered(where) if 0 < where < 2**63 else None
        if row is None or row.removed:
            raise NotFoundError(said("there is no landing page of the number {number}", number=where))
        return row
    row = read.page_at(where) if is_slug(where) else None
    if row is None:
        raise NotFoundError(said("there is no landing page {slug!r}: rebond landing list shows them", slug=where[:80]))
    return row


def requests_of(where: int | str, *, before: int | None = None, limit: int = 50) -> list[RequestRow]:
    """Return requests of a page, the newest first. NotFoundError when there is no such page."""
    return read.requests_of(find_page(where).id, before=before, limit=limit)


def read_definition(document: object) -> PageDefinition:
    """Read a page as it is sent; InputError says what is wrong with it."""
    try:
        return read_page(document)
    except LandingError as error:
        raise InputError(words_of(error)) from None


def save_page(
    page: PageDefinition, *, content: MailContent, public_url: str, now: datetime, actor: str, number: int | None = None
) -> int:
    """Store a page, new or instead of the one of that number; returns its number. Audited.

    InputError when a part of it cannot be used, another has its slug, or an active one could not be reached.
    """
    services = _services(page)
    _check_mails(page, content)
    if page.active and not public_url:
        raise InputError(
            said("a page can be active only on a site with an address of its own: set site.public_url first")
        )
    try:
        with transaction.atomic():
            before = _before(page, number)
            saved = write.save_page(page, services, now=now, number=number)
            after = written_page(page)
            add_audit("landing.save", subject=f"landing:{saved}", actor=actor, now=now, before=before, after=after)
    except IntegrityError:
        raise _taken(page.slug) from None
    return saved


def put_page(page: PageDefinition, *, content: MailContent, public_url: str, now: datetime, actor: str) -> int:
    """Store a page, new or instead of the one that has its slug; otherwise as `save_page`."""
    known = read.page_at(page.slug)
    number = known.id if known else None
    return save_page(page, content=content, public_url=public_url, now=now, actor=actor, number=number)


def _before(page: PageDefinition, number: int | None) -> dict[str, Any] | None:
    known = read.page_at(page.slug)
    if known is not None and known.id != number:
        raise _taken(page.slug)
    return None if number is None else written_page(find_page(number).definition)


def _taken(slug: str) -> InputError:
    return InputError(said("there is a landing page {slug!r} already: give it another slug", slug=slug))


def _services(page: PageDefinition) -> list[int]:
    known = {one.name: one.id for one in list_services()}
    for name in page.services:
        if name not in known:
            raise InputError(said("there is no service named {name!r}: rebond service list shows them", name=name))
    return [known[name] for name in page.services]


def _check_mails(page: PageDefinition, content: MailContent) -> None:
    for language, text in page.texts.items():
        mail = confirmation_mail(page.name, sender=page.sender, text=text)
        problems = content.check(mail).red
        if problems:
            raise InputError(said("the mail ({language}): {problem}", language=language, problem=problems[0]))
        sample = {"confirm_token": "a" * 56, "page": text.title, "services": ", ".join(page.services)}
        try:
            content.try_build(mail)(1, "somebody@example.org", sample)
        except ValueError as error:
            raise InputError(said("the mail ({language}): {problem}", language=language, problem=error)) from None


def confirmation_mail(name: str, *, sender: str, text: PageText) -> NewDelivery:
    """Return the delivery that carries the mails of a page in one language."""
    return NewDelivery(
        name=name,
        channel=Channel.EMAIL,
        sender=sender,
        subject=text.mail_subject,
        text=text.mail_text,
        html="",
        message_class=MessageClass.CONFIRMATION,
        validity=GATHERED + VALID_FOR,
        retries=_RETRIES,
        retry_permanent=RetryPermanent.NEVER,
    )


def remove_page(where: int | str, *, now: datetime, actor: str) -> int:
    """Take a page away: its address answers no more, and what was not confirmed cannot be; returns its number. Audited.

    NotFoundError when there is none, or somebody else took it away at this moment.
    """
    page = find_page(where)
    with transaction.atomic():
        if not write.remove_page(page.id, now=now):
            raise NotFoundError(said("there is no landing page of the number {number}", number=page.id))
        before = written_page(page.definition)
        add_audit("landing.remove", subject=f"landing:{page.id}", actor=actor, now=now, before=before)
    return page.id


def text_of(page: PageRow, language: str) -> Mapping[str, Any]:
    """Return all that a visitor reads in a language, and the mail, as it is kept with each request."""
    definition = page.definition
    text = definition.texts[language]
    return {
        **{name: getattr(text, name) for name in PageText.__slots__},
        "sender": definition.sender,
        "services": {str(number): name for number, name in page.offered.items()},
        "fields": {one.name: one.label.get(language, one.name) for one in definition.fields},
    }


def keep_text(page: PageRow, language: str, *, now: datetime) -> int:
    """Keep what a page says, in the open transaction, unless it is kept already; returns its number."""
    content = text_of(page, language)
    digest = hashlib.sha256(json.dumps([language, content], sort_keys=True).encode()).hexdigest()[:32]
    return write.keep_text(page.id, digest=digest, language=language, content=content, now=now)
