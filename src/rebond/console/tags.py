"""Filters and tags that every template of the console has."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext

from rebond.console import words
from rebond.core.qualify.providers import OTHER
from rebond.core.webhooks import WebhookState
from rebond.core.words import (
    AddressStatus,
    DeliveryStatus,
    FailureType,
    MessageStatus,
    OptInStatus,
    QualificationStatus,
)
from rebond.web import language

register = template.Library()

_TONES: dict[StrEnum, str] = {
    AddressStatus.VALID: "good",
    AddressStatus.ERRONEOUS: "warn",
    AddressStatus.QUARANTINED: "bad",
    AddressStatus.DENYLISTED: "held",
    AddressStatus.ALLOWLISTED: "info",
    FailureType.HARD: "bad",
    FailureType.SOFT: "warn",
    FailureType.IGNORED: "",
    QualificationStatus.TO_QUALIFY: "warn",
    QualificationStatus.KEEP: "good",
    QualificationStatus.IGNORE: "",
    DeliveryStatus.PREPARE_FAILED: "bad",
    DeliveryStatus.PREPARED: "info",
    DeliveryStatus.PREPARING: "info",
    DeliveryStatus.SCHEDULED: "info",
    DeliveryStatus.SENDING: "info",
    DeliveryStatus.PAUSED: "warn",
    DeliveryStatus.FINISHED: "good",
    DeliveryStatus.FAILED: "bad",
    MessageStatus.DELIVERED: "good",
    MessageStatus.RECEIVED: "good",
    MessageStatus.FAILED: "bad",
    MessageStatus.UNCERTAIN: "warn",
    MessageStatus.EXCLUDED_LATE: "held",
    MessageStatus.PRODUCTION_ERROR: "bad",
    OptInStatus.WAITING: "info",
    OptInStatus.MAILED: "info",
    OptInStatus.REFUSED: "held",
    OptInStatus.CONFIRMED: "good",
    OptInStatus.EXPIRED: "warn",
    WebhookState.DELIVERED: "good",
    WebhookState.FAILED: "bad",
}
# What could turn the direction of a line, or act on whoever copies it.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@register.filter
def word(value: object) -> str:
    """Say a value of the vocabulary; nothing for None."""
    if value is None or value == "":
        return ""
    return words.word(value) if isinstance(value, StrEnum) else str(value)


@register.filter
def badge(value: object) -> str:
    """A value of the vocabulary as a badge with its tone."""
    if not isinstance(value, StrEnum) or not value.value:
        return ""
    return format_html('<span class="badge {}">{}</span>', _TONES.get(value, ""), words.word(value))


@register.filter
def spoken(text: object) -> str:
    """Say what the code said, also what was kept as text, in the reader's language."""
    return language.spoken(text) if text else ""


@register.filter
def number(value: float | None) -> str:
    """A number as the reader's language writes it."""
    if value is None:
        return "–"
    decimals = 0 if isinstance(value, int) else 1
    # Django cuts decimals off.
    return str(number_format(round(value, decimals), decimal_pos=decimals, use_l10n=True, force_grouping=True))


@register.filter
def signed(value: int | None) -> str:
    """A difference, with its sign; a dash for None."""
    if value is None:
        return "–"
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{number(abs(value))}"


@register.filter
def percent(value: float | None, of: float | None = None) -> str:
    """A share in percent; with `of` the share that `value` is of it; a dash when there is nothing to divide by."""
    if value is None or of == 0:
        return "–"
    share = value / of * 100 if of is not None else value * 100
    return gettext("%(share)s %%") % {"share": number_format(round(share, 1), decimal_pos=1, use_l10n=True)}


@register.filter
def moment(value: datetime | None) -> str:
    """A time in the site's zone, with the exact one for machines."""
    if value is None:
        return ""
    try:
        local = localtime(value)
    except OverflowError:  # the first or the last hours of time, somebody's forgery
        return value.isoformat()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        date_format(local, "SHORT_DATETIME_FORMAT"),
    )


@register.filter
def visible(value: object) -> str:
    """A text from outside with what is invisible in it made visible."""
    return _INVISIBLE.sub(lambda found: f"\\x{ord(found[0]):02x}", str(value or ""))


@register.filter
def broken(address: str) -> str:
    """An address that is broken after its @ where its place is narrow, rather than within a word."""
    local, at, domain = visible(address).rpartition("@")
    return format_html("{}@<wbr>{}", local, domain) if at else domain


@register.filter
def provider(value: str) -> str:
    """A provider's name as people read it: those that Rebond does not tell apart have none."""
    return gettext("Another provider") if value == OTHER else value


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: object) -> str:
    """The present address's query with these changes; None takes a name away."""
    values = {name: context["request"].GET.getlist(name) for name in context["request"].GET}
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None and value != "":
            values[name] = [str(value)]
    text = urlencode(values, doseq=True)
    return f"?{text}" if text else "?"
