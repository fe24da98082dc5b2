"""What is asked for a key and for a webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from rebond.console.words import word
from rebond.core.permissions import Operation
from rebond.core.webhooks import EventType
from rebond.core.words import Role

_DAYS = (30, 90, 365, 730)


def _days() -> list[tuple[int, Any]]:
    return [(days, ngettext_lazy("%(days)s day", "%(days)s days", days) % {"days": days}) for days in _DAYS]


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Who uses it, and what for; it stands in the audit trail.")
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=lambda: [(role.value, word(role)) for role in Role],
        help_text=_("It may do no more than a person of this role."),
    )
    days = forms.TypedChoiceField(label=_("Valid for"), coerce=int, choices=_days, initial=365)
    scopes = forms.TypedMultipleChoiceField(
        label=_("What it may do"),
        coerce=Operation,
        choices=lambda: [(one.value, word(one)) for one in Operation],
        widget=forms.CheckboxSelectMultiple,
    )


class WebhookForm(forms.Form):
    """A subscription."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"spellcheck": "false"}),
        help_text=_("Where events are posted, as in https://shop.example/hooks/rebond"),
    )
    name = forms.CharField(label=_("Name"), max_length=100, required=False, help_text=_("Whose it is."))
    events = forms.TypedMultipleChoiceField(
        label=_("What it is told"),
        coerce=EventType,
        required=False,
        choices=lambda: [(one.value, word(one)) for one in EventType if one is not EventType.TEST],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All events when none is chosen."),
    )


class EditForm(WebhookForm):
    """A subscription that there is."""

    active = forms.BooleanField(label=pgettext_lazy("webhook", "Active"), required=False)
