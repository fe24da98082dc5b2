"""Landing pages as data: what a page where people ask to subscribe holds, and what it says until it is told otherwise.

A page is read from a document (of the console, the API or a file) and written as one; see `read_page`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rebond.core.said import said
from rebond.core.words import LandingTheme

MOST_TEXT = 5_000
MOST_LINE = 200
MOST_SERVICES = 20
MOST_FIELDS = 10
MOST_VALUE = 255
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# What a form, a link or a message means something else by.
_TAKEN = frozenset(
    {"address", "email", "sms", "push", "services", "language", "website", "confirm_url", "confirm_token"}
)
_LINK = re.compile(r"\{\{\s*confirm_url\s*\}\}")


class PageLanguage(StrEnum):
    """A language that a page can have."""

    EN = "en"
    FR = "fr"


class LandingError(ValueError):
    """A document that is no page; the text names the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What a page says in one language. `mail_text` holds the link as `{{ confirm_url }}`."""

    title: str
    text: str
    button: str
    thanks: str
    mail_subject: str
    mail_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageField:
    """Something that a page asks for beside the address, kept as a field of the profile; `label` by language."""

    name: str
    label: Mapping[str, str]
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDefinition:
    """A landing page; `services` are the names of those that it offers."""

    slug: str
    name: str
    languages: tuple[PageLanguage, ...]
    services: tuple[str, ...]
    sender: str
    texts: Mapping[str, PageText]
    fields: tuple[PageField, ...] = ()
    theme: LandingTheme = LandingTheme.BLUE
    active: bool = False


DEFAULT_TEXTS: Mapping[str, PageText] = MappingProxyType(
    {
        "en": PageText(
            title="Subscribe",
            text="Leave your email address. We send you a message with a link: nothing is sent before you follow it.",
            button="Subscribe",
            thanks="If the address is right, a message is on its way to it. Follow its link within 48 hours to confirm."
            " If nothing comes, look among the unwanted messages.",
            mail_subject="Please confirm your subscription",
            mail_text="Hello,\n\nsomebody, probably you, asked for messages to this address: {{ services }}.\n\n"
            "If it was you, please confirm here within 48 hours:\n\n{{ confirm_url }}\n\n"
            "If it was not you, do nothing: without your confirmation we send nothing more.",
        ),
        "fr": PageText(
            title="S’abonner",
            text="Laissez votre adresse e-mail. Nous vous envoyons un message avec un lien : rien d’autre n’est envoyé"
            " avant que vous l’ayez suivi.",
            button="S’abonner",
            thanks="Si l’adresse est bonne, un message est en route. Suivez son lien dans les 48 heures pour confirmer."
            " Si rien n’arrive, regardez parmi les indésirables.",
            mail_subject="Confirmez votre abonnement",
            mail_text="Bonjour,\n\nquelqu’un, sans doute vous, a demandé des messages pour cette adresse :"
            " {{ services }}.\n\nSi c’est bien vous, confirmez ici dans les 48 heures :\n\n{{ confirm_url }}\n\n"
            "Si ce n’est pas vous, ne faites rien : sans votre confirmation, nous n’envoyons rien d’autre.",
        ),
    }
)


@dataclass(slots=True)
class _Reader:
    """Takes a document apart; what is left over is unknown."""

    left: dict[str, Any]
    where: str = ""
    known: list[str] = field(default_factory=list)

    def take(self, name: str, kind: type | tuple[type, ...], default: Any) -> Any:
        self.known.append(name)
        value = self.left.pop(name, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise LandingError(said("{where}{name} is not of the kind that it has to be", where=self.where, name=name))
        return value

    def line(self, name: str, default: str = "", *, most: int = MOST_LINE, lines: bool = False) -> str:
        return checked_text(self.take(name, str, default), self.where + name, most=most, lines=lines)

    def end(self) -> None:
        if self.left:
            unknown = sorted(map(str, self.left))[0][:80]
            raise LandingError(
                said("{where}{name!r} is unknown: known are {known}", where=self.where, name=unknown, known=self.known)
            )


def checked_text(text: str, name: str, *, most: int, lines: bool = False) -> str:
    """Return a text without the space around it; LandingError when it cannot be kept or shown."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > most:
        raise LandingError(said("{name} has more than {most} characters", name=name, most=most))
    # Half characters, and all controls but those that make lines.
    if any(not one.isprintable() and not (one == "\n" and lines) and not one.isspace() for one in text) or (
        not lines and len(text.splitlines()) > 1
    ):
        raise LandingError(said("{name} holds a character that cannot be shown, or a line break", name=name))
    return text


def is_slug(text: str) -> bool:
    """Tell whether a page can have this address."""
    return _SLUG.fullmatch(text) is not None


def read_page(document: object) -> PageDefinition:
    """Read a page from a document; LandingError names what is wrong with it."""
    if not isinstance(document, Mapping):
        raise LandingError(said("a page is an object of named parts"))
    reader = _Reader(dict(document))
    slug = reader.line("slug")
    if not is_slug(slug):
        raise LandingError(
            said("slug {slug!r}: it has 1 to 64 small letters (a to z), digits and hyphens between them", slug=slug)
        )
    languages = _languages(reader.take("languages", (list, tuple), ["en"]))
    page = PageDefinition(
        slug=slug,
        name=reader.line("name") or slug,
        languages=languages,
        services=_services(reader.take("services", (list, tuple), [])),
        sender=_given(reader.line("sender"), "sender"),
        fields=_fields(reader.take("fields", (list, tuple), []), languages),
        theme=_theme(reader.line("theme", LandingTheme.BLUE.value)),
        active=reader.take("active", bool, False),
        texts=_texts(reader.take("texts", (dict,), {}), languages),
    )
    reader.end()
    return page


def _given(text: str, name: str) -> str:
    if not text:
        raise LandingError(said("{name} is missing", name=name))
    return text


def _languages(given: Sequence[Any]) -> tuple[PageLanguage, ...]:
    known = [one.value for one in PageLanguage]
    if not given or any(one not in known for one in given) or len(set(given)) != len(given):
        raise LandingError(said("languages: list one or both of {known}", known=known))
    return tuple(PageLanguage(one) for one in given)


def _theme(given: str) -> LandingTheme:
    try:
        return LandingTheme(given)
    except ValueError:
        raise LandingError(
            said(
                "theme {given!r} is unknown: known are {known}", given=given, known=[one.value for one in LandingTheme]
            )
        ) from None


def _services(given: Sequence[Any]) -> tuple[str, ...]:
    if not 1 <= len(given) <= MOST_SERVICES or not all(isinstance(one, str) and one.strip() for one in given):
        raise LandingError(said("services: name 1 to {most} services that the page offers", most=MOST_SERVICES))
    return tuple(dict.fromkeys(one.strip() for one in given))


def _fields(given: Sequence[Any], languages: Sequence[PageLanguage]) -> tuple[PageField, ...]:
    if len(given) > MOST_FIELDS:
        raise LandingError(said("fields: a page has at most {most}", most=MOST_FIELDS))
    found = [_field(one, languages) for one in given]
    if len({one.name for one in found}) != len(found):
        raise LandingError(said("fields: two have the same name"))
    return tuple(found)


def _field(given: Any, languages: Sequence[PageLanguage]) -> PageField:
    if not isinstance(given, Mapping):
        raise LandingError(said("fields: each is an object with name, label and required"))
    reader = _Reader(dict(given), "field: ")
    name = reader.line("name")
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise LandingError(
            said(
                "field: the name {name!r} cannot be used: write small letters, digits and _ (as first_name)", name=name
            )
        )
    labels = _Reader(dict(reader.take("label", (dict,), {})), f"field {name}: label: ")
    label = {one.value: labels.line(one.value, most=80) or name.replace("_", " ").capitalize() for one in languages}
    for one in PageLanguage:  # one that the page has not any more
        labels.left.pop(one.value, None)
    labels.end()
    required = reader.take("required", bool, False)
    reader.end()
    return PageField(name=name, label=label, required=required)


def _texts(given: Mapping[str, Any], languages: Sequence[PageLanguage]) -> Mapping[str, PageText]:
    known = {one.value for one in PageLanguage}
    if set(given) - known:
        raise LandingError(said("texts: known languages are {known}", known=sorted(known)))
    return {one.value: _text(given.get(one.value, {}), one) for one in languages}


def _text(given: Any, language: PageLanguage) -> PageText:
    if not isinstance(given, Mapping):
        raise LandingError(said("texts: {language} is an object of texts", language=language.value))
    default = DEFAULT_TEXTS[language.value]
    reader = _Reader(dict(given), f"texts: {language.value}: ")
    text = PageText(
        title=reader.line("title") or default.title,
        text=reader.line("text", most=MOST_TEXT, lines=True) or default.text,
        button=reader.line("button", most=80) or default.button,
        thanks=reader.line("thanks", most=MOST_TEXT, lines=True) or default.thanks,
        mail_subject=reader.line("mail_subject") or default.mail_subject,
        mail_text=reader.line("mail_text", most=MOST_TEXT, lines=True) or default.mail_text,
    )
    reader.end()
    if not _LINK.search(text.mail_text):
        raise LandingError(
            said("texts: {language}: mail_text must hold the link: {{{{ confirm_url }}}}", language=language.value)
        )
    return text


def written_page(page: PageDefinition) -> dict[str, Any]:
    """Write a page as the document that `read_page` reads."""
    return {
        "slug": page.slug,
        "name": page.name,
        "languages": [one.value for one in page.languages],
        "services": list(page.services),
        "sender": page.sender,
        "theme": page.theme.value,
        "active": page.active,
        "fields": written_fields(page),
        "texts": written_texts(page),
    }


def written_fields(page: PageDefinition) -> list[dict[str, Any]]:
    """Write what a page asks for."""
    return [{"name": one.name, "required": one.required, "label": dict(one.label)} for one in page.fields]


def written_texts(page: PageDefinition) -> dict[str, dict[str, str]]:
    """Write what a page says."""
    return {
        language: {name: getattr(text, name) for name in PageText.__slots__} for language, text in page.texts.items()
    }
