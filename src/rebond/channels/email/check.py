"""Checks of a content at preparation (specification 05, "Content"): red ones block, yellow ones warn."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from rebond.channels.content import ContentError, compile_template
from rebond.channels.email.headers import parse_from
from rebond.channels.email.identity import EmailContent, EmailIdentity
from rebond.core.said import said, words_of

LARGE = 1 << 20
_MOST_URLS = 10
_ATTRIBUTE = re.compile(r"\b(?:href|src)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_BARE = re.compile(r"\bhttps?:[^\s<>\"']*", re.IGNORECASE)
_NO_HOST = frozenset({"mailto", "tel", "sms", "cid", "data"})


class Level(StrEnum):
    """`red` blocks the preparation, `yellow` warns."""

    RED = "red"
    YELLOW = "yellow"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a content, in words for the person who made it."""

    level: Level
    code: str
    text: str


def check_content(
    content: EmailContent, identity: EmailIdentity, *, require_unsubscribe_link: bool
) -> tuple[Problem, ...]:
    """List what is wrong with a content, red first; empty when nothing is."""
    found = [
        *_emptiness(content),
        *_sender(identity),
        *_templates(content, require_unsubscribe_link=require_unsubscribe_link),
        *_size(content),
        *_urls(content),
    ]
    return tuple(sorted(found, key=lambda problem: problem.level is not Level.RED))


def _emptiness(content: EmailContent) -> Iterator[Problem]:
    if not content.subject.strip():
        yield Problem(Level.RED, "empty_subject", said("The subject is empty."))
    if not content.text.strip() and not content.html.strip():
        yield Problem(Level.RED, "empty_content", said("There is neither a text nor an HTML part."))


def _sender(identity: EmailIdentity) -> Iterator[Problem]:
    try:
        parse_from(identity.from_header, allow_undotted=identity.allow_undotted)
    except ContentError as error:
        yield Problem(Level.RED, "malformed_sender", words_of(error))


def _templates(content: EmailContent, *, require_unsubscribe_link: bool) -> Iterator[Problem]:
    for name, source in (("subject", content.subject), ("text", content.text), ("html", content.html)):
        try:
            names = compile_template(source, html=name == "html", name=name).names
        except ContentError as error:
            yield Problem(Level.RED, "template_syntax", words_of(error))
            continue
        if name != "subject" and source.strip() and "unsubscribe_url" not in names:
            level = Level.RED if require_unsubscribe_link else Level.YELLOW
            words = said(
                "The {name} part has no unsubscribe link: put {{{{ unsubscribe_url }}}} where it belongs.", name=name
            )
            yield Problem(level, "missing_unsubscribe_link", words)


def _size(content: EmailContent) -> Iterator[Problem]:
    size = sum(len(part.encode("utf-8", "replace")) for part in (content.subject, content.text, content.html))
    if size > LARGE:
        yield Problem(
            Level.YELLOW,
            "large",
            said("The content has {size:,} bytes; many servers cut or refuse over {most:,}.", size=size, most=LARGE),
        )


def _urls(content: EmailContent) -> Iterator[Problem]:
    in_html = (html.unescape(match.group(1) or match.group(2) or "") for match in _ATTRIBUTE.finditer(content.html))
    in_text = (match.group() for match in _BARE.finditer(content.text))
    bad: dict[str, str] = {}
    for url in (*in_html, *in_text):
        why = _bad_url(url.strip())
        if why and len(bad) < _MOST_URLS:
            bad.setdefault(url, why)
    for url, why in bad.items():
        yield Problem(Level.YELLOW, "bad_url", said("The URL {url!r} {why}.", url=url[:200], why=why))


def _bad_url(url: str) -> str:
    if "{{" in url or "{%" in url or url.startswith("#"):
        return ""
    if not url:
        return said("is empty")
    try:
        parts = urlsplit(url)
        host = parts.hostname
        parts.port  # noqa: B018 # raises for one that is no number
    except ValueError as error:
        return said("cannot be read: {error}", error=error)
    if any(character.isspace() for character in url):
        return said("holds a space")
    if parts.scheme in {"http", "https"}:
        return "" if host else said("names no host")
    if parts.scheme in _NO_HOST:
        return ""
    return (
        said("has the scheme {scheme!r}, which no mail program follows", scheme=parts.scheme)
        if parts.scheme
        else said("is relative")
    )
