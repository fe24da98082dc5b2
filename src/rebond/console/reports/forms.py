"""What a report is asked about."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rebond.console.words import word
from rebond.core.words import Channel
from rebond.services.report_shape import ReportAbout

DAYS = 30


class ReportForm(forms.Form):
    """Period, channel, delivery and provider; both days are in the period."""

    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    delivery = forms.IntegerField(label=_("Delivery, its number"), required=False, min_value=1, max_value=2**63 - 1)
    provider = forms.ChoiceField(label=_("Provider"), required=False)

    def __init__(self, data: QueryDict, *, providers: list[str], today: date) -> None:
        given = data.copy()
        given.setdefault("until", today.isoformat())
        given.setdefault("since", (today - timedelta(days=DAYS - 1)).isoformat())
        super().__init__(given)
        everything = ("", _("All"))
        self._field("channel").choices = [everything, *((one.value, word(one)) for one in Channel)]
        asked = given.get("provider", "")
        known = sorted({*providers, asked} - {""})
        self._field("provider").choices = [everything, *((one, one) for one in known)]
        self._today = today

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def about(self) -> ReportAbout:
        """Return what is asked, once the form is valid."""
        asked: dict[str, Any] = self.cleaned_data
        until = asked["until"] or self._today
        return ReportAbout(
            since=asked["since"] or until - timedelta(days=DAYS - 1),
            until=until,
            channel=Channel(asked["channel"]) if asked["channel"] else None,
            delivery=asked["delivery"],
            provider=asked["provider"],
        )
