"""What people type on the pages of quarantine."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from rebond.console.encodings import ENCODINGS
from rebond.console.words import word
from rebond.core.words import AddressStatus, Cause, Channel, ExclusionCause, Reason
from rebond.services.errors import InputError
from rebond.services.list_addresses import email_domain
from rebond.store.read.bulk import BulkKind
from rebond.store.read.selection import Selection
from rebond.store.read.state_pages import StateFilter

_ANY = _("Any")
_SHORT = 64
_LARGEST = 2**62
LARGEST_LIST = 16 * 1024 * 1024
_CAUSES = {cause.value: cause for cause in (*ExclusionCause, *Cause)}  # the last one wins where both have a word
_SHOWN_REASONS = tuple(
    reason
    for reason in Reason
    if reason not in {Reason.DUPLICATE, Reason.EXCLUDED_BY_RULE, Reason.ADDRESS_EMPTY, Reason.PRODUCTION_ERROR}
)


def _choices(values: Any) -> Any:
    def choices() -> list[tuple[str, Any]]:
        named = sorted(((value.value, word(value)) for value in values), key=lambda pair: pair[1].casefold())
        return [("", _ANY), *named]

    return choices


def _in_order(values: type[StrEnum]) -> Any:
    return lambda: [("", _ANY), *((value.value, word(value)) for value in values)]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        # Further off, a time in another zone has no date.
        validators=[MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(9000, 1, 1))],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class FilterForm(forms.Form):
    """The filters of the list of addresses."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=_in_order(AddressStatus))
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=_in_order(Channel))
    reason = forms.ChoiceField(label=_("Reason"), required=False, choices=_choices(_SHOWN_REASONS))
    cause = forms.ChoiceField(label=_("Cause"), required=False, choices=_choices(_CAUSES.values()))
    domain = forms.CharField(label=_("Email domain"), required=False, max_length=253)
    provider = forms.CharField(label=_("Provider"), required=False, max_length=_SHORT)
    text = forms.CharField(label=_("Error text contains"), required=False, max_length=200)
    since_from = _day(_("Since, from"))
    since_to = _day(_("Since, up to"))
    until_from = _day(_("Leaves, from"))
    until_to = _day(_("Leaves, up to"))

    def clean_domain(self) -> str:
        text = self.cleaned_data["domain"]
        try:
            return email_domain(text) if text else ""
        except InputError as error:
            raise forms.ValidationError(_("This is no domain of an email address.")) from error

    def wanted(self) -> StateFilter:
        """The filters as the list takes them."""
        given = self.cleaned_data
        return StateFilter(
            status=AddressStatus(given["status"]) if given["status"] else None,
            channel=Channel(given["channel"]) if given["channel"] else None,
            reason=Reason(given["reason"]) if given["reason"] else None,
            cause=_CAUSES[given["cause"]] if given["cause"] else None,
            provider=given["provider"].lower(),
            domain=given["domain"],
            text=given["text"],
            since_from=_begin(given["since_from"]),
            since_to=_end(given["since_to"]),
            until_from=_begin(given["until_from"]),
            until_to=_end(given["until_to"]),
        )

    @property
    def rare(self) -> list[forms.BoundField]:
        """The fields that are folded away."""
        return [self[name] for name in ("cause", "provider", "since_from", "since_to", "until_from", "until_to")]

    @property
    def usual(self) -> list[forms.BoundField]:
        return [self[name] for name in ("status", "reason", "channel", "domain", "text")]

    @property
    def unfolded(self) -> bool:
        """Whether a rare one is used, or wrong."""
        return any(field.value() or field.errors for field in self.rare)


def _begin(day: date | None) -> datetime | None:
    return make_aware(datetime.combine(day, time())) if day else None


def _end(day: date | None) -> datetime | None:
    return _begin(day + timedelta(days=1)) if day else None


class BulkForm(FilterForm):
    """Which addresses an act on many is about."""

    kind = forms.ChoiceField(
        label=_("What becomes of them"),
        choices=lambda: [(kind.value, word(kind)) for kind in (BulkKind.RELEASE, BulkKind.QUARANTINE)],
    )
    qualification = forms.IntegerField(
        label=_("Number of a text"),
        required=False,
        min_value=1,
        max_value=_LARGEST,
        help_text=_("As in Message qualification"),
    )
    rule = forms.CharField(label=_("Rule that judged a failure"), required=False, max_length=128)
    delivery = forms.IntegerField(label=_("Number of a delivery"), required=False, min_value=1, max_value=_LARGEST)

    def selection(self) -> Selection:
        """The addresses as the service takes them."""
        given = self.cleaned_data
        return Selection(
            states=self.wanted(), qualification=given["qualification"], rule=given["rule"], delivery=given["delivery"]
        )

    @property
    def failures(self) -> list[forms.BoundField]:
        """The fields that ask for a failure among the evidence."""
        return [self[name] for name in ("qualification", "rule", "delivery")]


class ConfirmForm(forms.Form):
    """Why it is done, and how many addresses the dry run said that change."""

    because = forms.CharField(
        label=_("Why"),
        max_length=2000,
        help_text=_("It is kept with each change, under your name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    expected = forms.IntegerField(min_value=1, max_value=_LARGEST, widget=forms.HiddenInput)


class ImportForm(forms.Form):
    """A list of another system."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or JSON Lines (.jsonl), at most 16 MiB. Larger ones: rebond quarantine import FILE."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.jsonl,.ndjson,text/csv"}),
    )
    because = forms.CharField(
        label=_("Where it comes from"),
        max_length=2000,
        help_text=_("It is kept with each change, under your name."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        choices=ENCODINGS,
        initial="utf-8",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_LIST:
            raise forms.ValidationError(_("It has more than 16 MiB: use rebond quarantine import."))
        return file


class UndoForm(forms.Form):
    """Why an operation is undone."""

    because = forms.CharField(label=_("Why"), max_length=2000, widget=forms.TextInput)
