"""Trying the rules on a text or a mail: the verdict, what decided it, and what would have spoken after it."""

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from rebond.console.words import word
from rebond.core.failure import Failure, Report
from rebond.core.permissions import Operation
from rebond.core.qualifier import Qualifier
from rebond.core.words import Channel, Phase
from rebond.services.try_pattern import TriedText
from rebond.web.access import operation
from rebond.web.current import current_site

_LARGEST = 25 << 20  # bytes of a mail that are read
_LONGEST = 65_536
_MOST_FAILURES = 50


class TextForm(forms.Form):
    """An answer, and the circumstances in which it came."""

    text = forms.CharField(
        label=_("Text of the answer"),
        max_length=_LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "550 5.1.1 User unknown"}),
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    provider = forms.CharField(label=_("Provider"), required=False, max_length=64)
    phase = forms.ChoiceField(label=_("Phase"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, words, first in (("channel", Channel, Channel.EMAIL), ("phase", Phase, Phase.RCPT)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(one.value, word(one)) for one in words]
            field.initial = first.value


class MailForm(forms.Form):
    """A whole mail, pasted or as a file."""

    mail = forms.CharField(
        label=_("The mail as it came"),
        required=False,
        max_length=_LARGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(label=_("or a file"), required=False, allow_empty_file=True)

    def clean(self) -> dict[str, object]:
        values: dict[str, object] = super().clean() or self.cleaned_data
        file = values.get("file")
        if not values.get("mail") and file is None:
            raise forms.ValidationError(_("Paste a mail, or choose a file."))
        if file is not None and getattr(file, "size", 0) > _LARGEST:
            self.add_error("file", _("A mail of more than 25 MiB is not read."))
        return values

    @property
    def raw(self) -> bytes:
        """The bytes of the mail."""
        file = self.cleaned_data["file"]
        if file is not None:
            return bytes(file.read(_LARGEST))
        return str(self.cleaned_data["mail"]).encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Judged:
    """A failure with its text in three: what its rule matched stands in the middle."""

    failure: Failure
    text: TriedText


def judged(qualifier: Qualifier, failure: Failure) -> Judged:
    """Find what the deciding rule matched in the text of a failure."""
    span = qualifier.matched(failure)
    text = failure.text
    if span is None:
        return Judged(failure, TriedText(text))
    return Judged(failure, TriedText(text[: span[0]], text[span[0] : span[1]], text[span[1] :]))


@operation(Operation.QUALIFY)
def test(request: HttpRequest) -> HttpResponse:
    """Judge a text or a mail by the rules of this site; nothing is kept."""
    whole = request.POST.get("what") == "mail"
    posted = request.method == "POST"
    text_form = TextForm(request.POST) if posted and not whole else TextForm()
    mail_form = MailForm(request.POST, request.FILES) if posted and whole else MailForm()
    form = mail_form if whole else text_form
    context: dict[str, object] = {"text_form": text_form, "mail_form": mail_form, "whole": whole}
    if posted and form.is_valid():
        qualifier = current_site().rules.renew()
        report = qualifier.qualify_mail(mail_form.raw) if whole else None
        failures = report.failures if report else (_judge(qualifier, text_form),)
        context |= {
            "report": report,
            "judged": [judged(qualifier, one) for one in failures[:_MOST_FAILURES]],
            "further": max(0, len(failures) - _MOST_FAILURES),
            "notes": _notes(report),
            "done": True,
        }
    status = 422 if posted and form.errors else 200
    return render(request, "console/rules/test.html", context, status=status)


def _judge(qualifier: Qualifier, form: TextForm) -> Failure:
    values = form.cleaned_data
    return qualifier.qualify_reply(
        values["text"],
        channel=Channel(values["channel"] or Channel.EMAIL),
        provider=values["provider"].strip(),
        phase=Phase(values["phase"] or Phase.RCPT),
    )


def _notes(report: Report | None) -> tuple[str, ...]:
    return report.notes if report else ()
