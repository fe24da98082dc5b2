"""How the pages of reports call things, in the reader's language."""

from django.utils.translation import get_language, gettext

from rebond.console.tags import number, visible
from rebond.core.qualify.providers import OTHER
from rebond.services.report_words import report_about, report_title


def language() -> str:
    """Return the reader's language, as the texts know it."""
    return "fr" if (get_language() or "en").startswith("fr") else "en"


def title_of(name: str) -> str:
    """Return a report's name."""
    return report_title(name, language=language())


def about_of(name: str) -> str:
    """Return what a report is about."""
    return report_about(name, language=language())


def provider_name(name: str) -> str:
    """Say the label of a provider."""
    if name == OTHER:
        return gettext("Other providers")
    return visible(name) if name else gettext("(none)")


def lasting(seconds: float) -> str:
    """Say how long something took, in the units that people count it in."""
    if seconds < 59.5:
        return gettext("%(seconds)s s") % {"seconds": number(round(seconds))}
    minutes = round(seconds / 60)
    if minutes < 60:
        return gettext("%(minutes)s min") % {"minutes": number(minutes)}
    if minutes < 24 * 60:
        return gettext("%(hours)s h %(minutes)s min") % {
            "hours": number(minutes // 60),
            "minutes": number(minutes % 60),
        }
    hours = round(minutes / 60)
    return gettext("%(days)s d %(hours)s h") % {"days": number(hours // 24), "hours": number(hours % 24)}
