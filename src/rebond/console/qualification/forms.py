"""What a person says of a text and those like it."""

import hashlib
import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rebond.console.rules.verdicts import VerdictForm
from rebond.core.words import Cause, Channel, FailureType, QualificationStatus, Reason
from rebond.services.decide import Decision

KEEP, IGNORE = QualificationStatus.KEEP.value, QualificationStatus.IGNORE.value
_LONGEST_LIST = 200_000


class DecisionForm(VerdictForm):
    """A decision; `seen` tells which one the person has seen the back-test of."""

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[
            (KEEP, _("Keep: it means what is said here")),
            (IGNORE, _("Ignore: it never quarantines anybody, and is given to nobody")),
        ],
        widget=forms.RadioSelect,
    )
    pattern = forms.CharField(
        label=_("Pattern"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("What these texts say and no other does. (?i) at the beginning: capitals do not count."),
    )
    alone = forms.BooleanField(label=_("This text alone, not those like it"), required=False)
    of_provider = forms.BooleanField(required=False)
    name = forms.CharField(
        label=_("Id of the rule"), required=False, max_length=80, help_text=_("Made by itself when left empty.")
    )
    because = forms.CharField(
        label=_("Why"), required=False, max_length=1000, help_text=_("Kept with the change, for whoever asks later.")
    )
    anyway = forms.BooleanField(required=False)
    again = forms.BooleanField(label=_("Decide it anew: the decision before stands no longer"), required=False)
    texts = forms.CharField(widget=forms.HiddenInput, max_length=_LONGEST_LIST)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, number: int, provider: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number, self.provider = number, provider
        self.fields["of_provider"].label = _("Only answers of %(provider)s") % {"provider": provider}
        # What the verdict is does not matter to a text that is ignored.
        if self.is_bound and self.data.get("status") == IGNORE:
            for name in ("type", "reason", "cause"):
                self.fields[name].required = False

    def clean_texts(self) -> tuple[int, ...]:
        """Read the numbers of the texts that the person saw, the one they looked at first."""
        try:
            numbers = [int(part) for part in str(self.cleaned_data["texts"]).split(",")]
        except ValueError:
            raise forms.ValidationError(_("This is no list of texts: reload the page.")) from None
        return (self.number, *(one for one in numbers if one != self.number))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("status") == KEEP and not values.get("pattern", "").strip() and "pattern" not in self.errors:
            self.add_error("pattern", _("Write what these texts say: a decision needs a pattern."))
        if values.get("status") == KEEP and values.get("reason") == Reason.NOT_DEFINED:
            self.add_error("reason", _("Choose a reason: a decision says what the texts mean."))
        return values

    @property
    def ignores(self) -> bool:
        return bool(self.cleaned_data["status"] == IGNORE)

    @property
    def chosen(self) -> tuple[int, ...]:
        """The numbers of the texts that are decided."""
        texts: tuple[int, ...] = self.cleaned_data["texts"]
        return texts[:1] if self.cleaned_data["alone"] else texts

    def decision(self) -> Decision:
        """Make what the service takes."""
        values = self.cleaned_data
        return Decision(
            texts=self.chosen,
            type=FailureType(values["type"]),
            reason=Reason(values["reason"]),
            cause=Cause(values["cause"]),
            pattern=values["pattern"].strip(),
            name=values["name"].strip(),
            provider=self.provider if values["of_provider"] else "",
            again=values["again"],
        )

    @property
    def digest(self) -> str:
        """Tell one decision from another, whatever its reasons."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in _NOT_DECIDING}
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()[:32]


_NOT_DECIDING = ("because", "anyway", "seen", "again")


def first_form(
    *, number: int, channel: Channel, provider: str, texts: tuple[int, ...], verdict: Any, pattern: str
) -> DecisionForm:
    """Fill the form with what is suggested."""
    initial = {
        "status": KEEP,
        "type": verdict.type.value,
        "reason": verdict.reason.value,
        "cause": verdict.cause.value,
        "pattern": pattern,
        "texts": ",".join(map(str, texts)),
    }
    return DecisionForm(initial=initial, number=number, channel=channel, provider=provider)
