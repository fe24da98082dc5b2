"""Landing pages: made, changed and removed (specification 07, "Double opt-in")."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
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

__all__ = ["PageRow", "RequestRow", "figures_of", "find_page", "get_page", "list_pages", "remove_page", "save_page"]

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


def list_pages() -> list[PageRow]:
    """Return all pages by name."""
    return read.pages()


def find_page(slug: str) -> PageRow:
    """Return the page of an address; NotFoundError when there is none."""
    row = read.page_at(slug) if is_slug(slug) else None
    if row is None:
        raise NotFoundError(said("there is no landing page {slug!r}: rebond landing list shows them", slug=slug[:80]))
    return row


def get_page(number: int) -> PageRow:
    """Return a page by its number; NotFoundError when there is none."""
    row = read.page_numbered(number) if 0 < number < 2**63 else None
    if row is None or row.removed:
        raise NotFoundError(said("there is no landing page of the number {number}", number=number))
    return row


def figures_of(numbers: Sequence[int], *, now: datetime) -> Mapping[int, Figures]:
    """Return what became of the requests of each of these pages."""
    found = opt_in_figures.figures_of(numbers, now=now)
    return {number: found.get(number, Figures()) for number in numbers}


def requests_of(number: int, *, before: int | None = None, limit: int = 50) -> list[RequestRow]:
    """Return requests of a page, the newest first."""
    return read.requests_of(number, before=before, limit=limit)


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


def _before(page: PageDefinition, number: int | None) -> dict[str, Any] | None:
    known = read.page_at(page.slug)
    if known is not None and known.id != number:
        raise _taken(page.slug)
    return None if number is None else written_page(get_page(number).definition)


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


def remove_page(number: int, *, now: datetime, actor: str) -> None:
    """Take a page away: its address answers no more, and what was not confirmed cannot be. Audited. NotFoundError."""
    page = get_page(number)
    with transaction.atomic():
        write.remove_page(number, now=now)
        before = written_page(page.definition)
        add_audit("landing.remove", subject=f"landing:{number}", actor=actor, now=now, before=before)


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
