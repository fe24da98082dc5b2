"""How the pages of reports call things, in the reader's language."""

from django.utils.translation import get_language, gettext

from rebond.console.tags import visible
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
