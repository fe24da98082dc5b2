"""The form of a delivery's settings and target."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rebond.console.encodings import ENCODINGS
from rebond.console.words import word
from rebond.core.policy import PolicyError, RetryPermanent, parse_duration, parse_retries
from rebond.core.words import Channel, MessageClass
from rebond.services.deliveries import Aim, NewDelivery, Target
from rebond.services.reach import Choices
from rebond.web.language import spoken

FILE = "file"
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
# Which field what a check says belongs to, by how it begins.
_ABOUT = {"subject": "subject", "the subject": "subject", "text": "text", "html": "html", "there is neither": "text"}
_ABOUT |= {"the text": "text", "the html": "html"}


# Settings that no field of that name gives.
_NAMED = {"channel": "target"}


def duration_text(time: timedelta) -> str:
    """Write a time as `parse_duration` reads it."""
    seconds = round(time.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def retries_text(retries: tuple[timedelta, ...]) -> str:
    """Write a calendar of retries as `parse_retries` reads it."""
    return ",".join(f"{len(list(run))}x{duration_text(step)}" for step, run in groupby(retries))


class _Part(forms.CharField):
    """A template: kept as it is, with the line ends of this system."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        return super().clean(value).replace("\r\n", "\n")


class DeliveryForm(forms.Form):
    """All settings of a delivery; `choices` are the segments, lists and services that there are."""

    name = forms.CharField(label=_("Name"), max_length=255, help_text=_("What it is called in lists."))
    message_class = forms.ChoiceField(
        label=_("Message class"),
        choices=lambda: [(one.value, word(one)) for one in MessageClass],
        help_text=_("Transactional passes an opt-out from the channel; confirmation is for double opt-in alone."),
    )
    sender = forms.CharField(label=_("Sender"), max_length=1000, help_text=_("As in “Shop <news@shop.example>”."))
    subject = forms.CharField(label=_("Subject"), max_length=10_000, required=False, strip=False)
    text = _Part(
        label=_("Text part"),
        required=False,
        strip=False,
        help_text=_("A template: {{ first_name }} is that field of the profile, {{ unsubscribe_url }} the link out."),
    )
    html = _Part(
        label=_("HTML part"),
        required=False,
        strip=False,
        help_text=_("A template, too. Without a text part one is made of it."),
    )
    target = forms.ChoiceField(label=_("Target"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File of people"),
        required=False,
        help_text=_("CSV or JSON Lines (.jsonl). After an error it must be chosen again."),
    )
    encoding = forms.ChoiceField(label=_("Encoding of the file"), choices=ENCODINGS, initial="utf-8", required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    people_list = forms.ChoiceField(label=_("List"), required=False)
    service = forms.ChoiceField(label=_("Service"), required=False)
    validity = forms.CharField(
        label=_("Validity"), max_length=40, help_text=_("How long it keeps trying, as in 5d or 36h.")
    )
    retries = forms.CharField(
        label=_("Retries"), max_length=200, required=False, help_text=_("When it tries again, as in 5x1h,4x1d.")
    )
    retry_permanent = forms.ChoiceField(
        label=_("After a soft answer with a permanent code"),
        choices=lambda: [(one.value, word(one)) for one in RetryPermanent],
    )
    duplicates = forms.BooleanField(label=_("Write to an address more than once"), required=False)
    verify_all = forms.BooleanField(
        label=_("Build every message at preparation"),
        required=False,
        help_text=_("Otherwise a sample of 1,000 is built, to see that it can be."),
    )
    # No hidden field: it is kept with what was typed, should the session end meanwhile.
    seen = forms.CharField(widget=forms.TextInput(attrs={"hidden": True}), required=False, max_length=200)
    template = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**63 - 1)

    def __init__(
        self, *args: Any, choices: Choices, present: Aim | None = None, files: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._present = present
        names = {"segment": choices.segments, "people_list": choices.lists, "service": choices.services}
        for name, known in names.items():
            self._field(name).choices = [("", "–"), *((str(number), text) for number, text in known)]
        self._field("target").choices = [
            (Target.ALL.value, gettext("Everybody")),
            *([(FILE, self._file_words())] if files else ()),
            (Target.SEGMENT.value, gettext("A segment")),
            (Target.LIST.value, gettext("A list")),
            (Target.SERVICE.value, gettext("The subscribers of a service")),
        ]

    @property
    def _keeps_file(self) -> bool:
        """Whether a file was given before, be it read to its end or not."""
        return self._present is not None and self._present.target in {Target.MEMBERS, Target.INCOMPLETE}

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _file_words(self) -> str:
        if self._keeps_file:
            return gettext("The people of the file that was given, or of another one")
        return gettext("The people of a file")

    def clean_validity(self) -> timedelta:
        try:
            return parse_duration(self.cleaned_data["validity"])
        except PolicyError as error:
            raise forms.ValidationError(spoken(error)) from None

    def clean_retries(self) -> tuple[timedelta, ...]:
        try:
            return parse_retries(self.cleaned_data["retries"])
        except PolicyError as error:
            raise forms.ValidationError(spoken(error)) from None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        wanted = {Target.SEGMENT.value: "segment", Target.LIST.value: "people_list", Target.SERVICE.value: "service"}
        name = wanted.get(values.get("target", ""))
        if name and not values.get(name) and name not in self.errors:
            self.add_error(name, _("Choose one, or another target."))
        gives = values.get("file") or self._keeps_file
        if values.get("target") == FILE and not gives and "file" not in self.errors:
            self.add_error("file", _("Choose a file, or another target."))
        return values

    def settings(self) -> NewDelivery:
        """What was typed, as a delivery's settings."""
        values = self.cleaned_data
        return NewDelivery(
            name=values["name"],
            channel=Channel.EMAIL,
            sender=values["sender"],
            subject=values["subject"],
            text=values["text"],
            html=values["html"],
            message_class=MessageClass(values["message_class"]),
            validity=values["validity"],
            retries=values["retries"],
            retry_permanent=RetryPermanent(values["retry_permanent"]),
            duplicates=values["duplicates"],
            verify_all=values["verify_all"],
        )

    def aim(self) -> Aim | None:
        """The target that was chosen; None for the file that was given before, incomplete for a new one."""
        values = self.cleaned_data
        chosen = values["target"]
        if chosen == FILE:
            return Aim(Target.INCOMPLETE) if values["file"] else None
        names = {Target.SEGMENT: "segment", Target.LIST: "people_list", Target.SERVICE: "service"}
        target = Target(chosen)
        return Aim(target, int(values[names[target]])) if target in names else Aim(target)

    def tell_changed(self, names: tuple[str, ...], *, seen: str) -> None:
        """Say that somebody else changed these meanwhile; saved again, it is as it stands here."""
        labels = ", ".join(str(self._field(_NAMED.get(name, name)).label) for name in names)
        words = _("Somebody else has changed it since you opened it: %(labels)s. Saved again, it is as it stands here.")
        self.add_error(None, words % {"labels": labels})
        self.data = {**self.data.dict(), "seen": seen} if isinstance(self.data, QueryDict) else {"seen": seen}

    def tell(self, problems: tuple[str, ...]) -> None:
        """Put what a check of the content found beside the field that it is about."""
        for text in problems:
            about = next((field for start, field in _ABOUT.items() if text.lower().startswith(start)), "sender")
            self.add_error(about, text)


def initial_of(settings: Any, aim: Aim) -> Mapping[str, Any]:
    """The form's first values, of a delivery, a template or the site's policy."""
    as_they_are = ("name", "sender", "subject", "text", "html", "duplicates", "verify_all")
    refs = {Target.SEGMENT: "segment", Target.LIST: "people_list", Target.SERVICE: "service"}
    file = aim.target in {Target.MEMBERS, Target.INCOMPLETE}
    return {
        **{name: getattr(settings, name) for name in as_they_are},
        "message_class": settings.message_class.value,
        "retry_permanent": settings.retry_permanent.value,
        "validity": duration_text(settings.validity),
        "retries": retries_text(tuple(settings.retries)),
        "target": FILE if file else aim.target.value,
        **({refs[aim.target]: str(aim.ref)} if aim.target in refs else {}),
    }
