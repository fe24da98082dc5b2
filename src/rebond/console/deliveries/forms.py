"""What people ask of the lists of deliveries and of their logs."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from rebond.console.words import word
from rebond.core.exclusion import EXCLUSION_RULES
from rebond.core.words import FAILURE_REASONS, DeliveryStatus, ExclusionCause, MessageStatus, Reason

RETURNED = "returned"
Choices = list[tuple[str, Any]]


def choices_of(values: "list[Any]", *, anything: object = _("All")) -> Choices:
    """Make the choices of a list of words, in the reader's language."""
    return [("", anything), *((value.value, word(value)) for value in values)]


def _day(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


class _Filters(forms.Form):
    def wanted(self, name: str, kind: type[StrEnum]) -> Any:
        """A filter's value as a word, None when it asks for nothing or cannot be used."""
        value = self.text(name)
        return kind(value) if value else None

    def text(self, name: str) -> str:
        """A filter's text, empty when it cannot be used."""
        self.is_valid()
        return str(self.cleaned_data.get(name) or "").strip()


class DeliveryFilters(_Filters):
    """The filters of the list of deliveries."""

    name = forms.CharField(label=_("Name contains"), required=False, max_length=255)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=lambda: choices_of(list(DeliveryStatus)))
    since = forms.DateField(
        label=_("Made from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Made until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for name in ("since", "until"):
            if values.get(name) and not _FIRST_YEAR <= values[name].year <= _LAST_YEAR:
                self.add_error(name, _("Give a day of this century."))
        if values.get("since") and values.get("until") and values["since"] > values["until"]:
            self.add_error("until", _("This is before the first day."))
        return values

    def period(self) -> tuple[datetime | None, datetime | None]:
        """The period as moments: with its first day, up to the end of its last."""
        self.is_valid()
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        return _day(since) if since else None, _day(until + timedelta(days=1)) if until else None


_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_SHOWN_STATUSES = [status for status in MessageStatus if status is not MessageStatus.EXCLUDED_LATE]
_FAILED_FOR = [*(reason for reason in Reason if reason in FAILURE_REASONS), Reason.PRODUCTION_ERROR]


def _message_choices() -> Choices:
    return [*choices_of(_SHOWN_STATUSES), (RETURNED, _("Returned after delivery"))]


class MessageFilters(_Filters):
    """The filters of the sending log."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=_message_choices)
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=lambda: choices_of(_FAILED_FOR))
    provider = forms.CharField(label=_("Provider"), required=False, max_length=64)
    who = forms.CharField(label=_("Address or profile"), required=False, max_length=2000)


_EXCLUDED_FOR = list(dict.fromkeys(rule.reason for rule in EXCLUSION_RULES))


class ExclusionFilters(_Filters):
    """The filters of the exclusion log."""

    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=lambda: choices_of(_EXCLUDED_FOR))
    cause = forms.ChoiceField(label=_("Cause"), required=False, choices=lambda: choices_of(list(ExclusionCause)))
    who = forms.CharField(label=_("Address or profile"), required=False, max_length=2000)
