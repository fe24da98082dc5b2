"""What a report is asked about."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rebond.console.reports.words import language, provider_name
from rebond.console.tags import visible
from rebond.console.words import word
from rebond.core.words import Channel
from rebond.services.audiences import list_services
from rebond.services.report_shape import Filter, ReportAbout
from rebond.services.report_words import report_unfiltered
from rebond.services.reports import Reporting, about_of, filters_of
from rebond.store.read.reports import providers_seen

_DAY = {"type": "date"}


class ReportForm(forms.Form):
    """Period and what a report can be filtered by; both days are in the period.

    What is asked for beside that is told, never left aside.
    """

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=_DAY))
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    delivery = forms.IntegerField(
        label=_("Delivery no."),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=forms.NumberInput(attrs={"list": "known-deliveries"}),
    )
    service = forms.ChoiceField(label=_("Service"), required=False)
    provider = forms.ChoiceField(label=_("Provider"), required=False)
    domain = forms.CharField(label=_("Domain"), required=False, max_length=255)

    def __init__(self, data: QueryDict, *, name: str, reporting: Reporting) -> None:
        given = data.copy()
        self._name, self._reporting = name, reporting
        self._known = filters_of(name)
        asked = {field: given.get(field, "") for field in ("delivery", "since", "until")}
        if not (asked["since"] and asked["until"]):
            self._fill_in(given, asked)
        super().__init__(given)
        for one in Filter:
            if one not in self._known:
                del self.fields[one.value]
        everything = ("", _("All"))
        if Filter.CHANNEL in self._known:
            self._offer("channel", [everything, *((one.value, word(one)) for one in Channel)])
        if Filter.SERVICE in self._known:
            services = ((str(one.id), visible(one.name)) for one in list_services())
            self._offer("service", [everything, *services], kept=given.get("service", ""))
        if Filter.PROVIDER in self._known:
            providers = ((one, provider_name(one)) for one in providers_seen())
            self._offer("provider", [everything, *providers], kept=given.get("provider", ""))

    def _fill_in(self, given: QueryDict, asked: dict[str, str]) -> None:
        """Write the period that is not told into its fields."""
        number = int(asked["delivery"]) if asked["delivery"].isdecimal() and len(asked["delivery"]) < _DIGITS else None
        try:
            until = date.fromisoformat(asked["until"]) if asked["until"] else None
            since = date.fromisoformat(asked["since"]) if asked["since"] else None
        except ValueError:
            return
        about = about_of(reporting=self._reporting, since=since, until=until, delivery=number or None)
        given["since"], given["until"] = about.since.isoformat(), about.until.isoformat()

    def _offer(self, name: str, choices: list[Any], *, kept: str = "") -> None:
        """Fill a list; what is asked for is in it, as there are more than it shows."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        known = {value for value, _ in choices}
        more = [(kept, visible(kept))] if kept and kept not in known and (name != "service" or kept.isdecimal()) else []
        field.choices = [*choices, *more]

    def clean(self) -> dict[str, Any]:
        """Tell what this report cannot be filtered by."""
        asked: dict[str, Any] = super().clean() or {}
        for one in Filter:
            if one not in self._known and self.data.get(one.value):
                names = {"filter": self.base_fields[one.value].label, "why": self._why()}
                self.add_error(None, gettext("This report cannot be filtered by “%(filter)s”: %(why)s.") % names)
        if asked.get("domain") and asked.get("channel") not in ("", None, Channel.EMAIL.value):
            self.add_error("domain", gettext("Only email has domains."))
        return asked

    def _why(self) -> str:
        return report_unfiltered(self._name, language=language())

    def about(self) -> ReportAbout:
        """Return what is asked, once the form is valid."""
        asked: dict[str, Any] = self.cleaned_data
        return about_of(
            reporting=self._reporting,
            since=asked["since"],
            until=asked["until"],
            channel=Channel(asked["channel"]) if asked.get("channel") else None,
            delivery=asked.get("delivery"),
            service=int(asked["service"]) if asked.get("service") else None,
            provider=asked.get("provider", ""),
            domain=asked.get("domain", ""),
        )


_DIGITS = 19
