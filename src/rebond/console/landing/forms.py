"""What is asked for a landing page, and the document that it comes to."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rebond.console.words import word
from rebond.core.landing import DEFAULT_TEXTS, MOST_FIELDS, MOST_LINE, MOST_TEXT, PageDefinition, is_slug
from rebond.core.words import LandingTheme
from rebond.services.audiences import list_services

LANGUAGES = {"en": "English", "fr": "Français"}
_BLANK = 2
_TEXTS = {
    "title": _("Title"),
    "text": _("Text"),
    "button": _("Button"),
    "thanks": _("Answer to a request"),
    "mail_subject": _("Subject of the mail"),
    "mail_text": _("Text of the mail"),
}
_LONG = frozenset({"text", "thanks", "mail_text"})
_LINES = {"text": 4, "thanks": 4, "mail_text": 9}


def _check_slug(text: str) -> None:
    if not is_slug(text):
        raise forms.ValidationError(_("Write small letters, digits and hyphens."))


class PageForm(forms.Form):
    """A landing page; what it says, and what it asks for, is added for each language and field."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("For people who work here."))
    slug = forms.CharField(
        label=_("Address"),
        max_length=64,
        validators=[_check_slug],
        help_text=_("The last part of its address: small letters, digits and hyphens."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
    )
    sender = forms.CharField(
        label=_("Sender of the mail"), max_length=200, help_text=_("As in Shop <news@shop.example>.")
    )
    services = forms.MultipleChoiceField(
        label=_("Services offered"),
        choices=lambda: [(one.name, one.name) for one in list_services()],
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=list(LANGUAGES.items()), widget=forms.CheckboxSelectMultiple
    )
    theme = forms.ChoiceField(label=_("Colour"), choices=lambda: [(one.value, word(one)) for one in LandingTheme])
    active = forms.BooleanField(
        label=_("Active"), required=False, help_text=_("It can be reached, and takes requests.")
    )

    def __init__(self, data: Any = None, *, page: PageDefinition | None = None) -> None:
        super().__init__(data, initial=_initial(page))
        for language in LANGUAGES:
            for name, label in _TEXTS.items():
                self.fields[f"{language}_{name}"] = _text_field(name, label)
        # A page from elsewhere may ask for more than the form shows blank rows for.
        self.rows = min(MOST_FIELDS, (len(page.fields) if page else 0) + _BLANK)
        if data:
            self.rows = max(
                [self.rows, *(place for place in range(1, MOST_FIELDS + 1) if f"field_{place}_name" in data)]
            )
        for place in range(1, self.rows + 1):
            for name, field in _asking().items():
                self.fields[f"field_{place}_{name}"] = field

    def texts(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """What it says, by language."""
        for language, title in LANGUAGES.items():
            yield language, title, [self[f"{language}_{name}"] for name in _TEXTS]

    def asked(self) -> Iterator[dict[str, forms.BoundField]]:
        """What it asks for beside the address, a row each."""
        for place in range(1, self.rows + 1):
            yield {name: self[f"field_{place}_{name}"] for name in _asking()}

    def settings(self) -> list[forms.BoundField]:
        """The fields that each page has once."""
        return [self[name] for name in self.base_fields]

    def document(self) -> dict[str, Any]:
        """Return what was typed as the document of a page."""
        given = self.cleaned_data
        return {
            **{name: given[name] for name in ("name", "slug", "sender", "services", "languages", "theme", "active")},
            "fields": [
                {
                    "name": given[f"field_{place}_name"],
                    "required": given[f"field_{place}_required"],
                    "label": {language: given[f"field_{place}_{language}"] for language in LANGUAGES},
                }
                for place in range(1, self.rows + 1)
                if given[f"field_{place}_name"]
            ],
            "texts": {
                language: {name: given[f"{language}_{name}"] for name in _TEXTS} for language in given["languages"]
            },
        }


def _text_field(name: str, label: Any) -> forms.Field:
    if name not in _LONG:
        return forms.CharField(label=label, max_length=80 if name == "button" else MOST_LINE, required=False)
    help_text = _("It holds the link as {{ confirm_url }}, and may hold {{ services }} and {{ page }}.")
    return forms.CharField(
        label=label,
        max_length=MOST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": _LINES[name]}),
        help_text=help_text if name == "mail_text" else "",
    )


def _asking() -> dict[str, forms.Field]:
    return {
        "name": forms.CharField(
            label=_("Field of the profile"),
            max_length=63,
            required=False,
            widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        ),
        "en": forms.CharField(label=_("Label in English"), max_length=80, required=False),
        "fr": forms.CharField(label=_("Label in French"), max_length=80, required=False),
        "required": forms.BooleanField(label=_("Required"), required=False),
    }


def _initial(page: PageDefinition | None) -> dict[str, Any]:
    initial: dict[str, Any] = {"languages": ["en"], "theme": LandingTheme.BLUE.value}
    texts = {**DEFAULT_TEXTS, **(page.texts if page else {})}
    for language, text in texts.items():
        initial |= {f"{language}_{name}": getattr(text, name) for name in _TEXTS}
    if page is None:
        return initial
    initial |= {name: getattr(page, name) for name in ("name", "slug", "sender", "active")}
    initial |= {"services": list(page.services), "theme": page.theme.value}
    initial["languages"] = [one.value for one in page.languages]
    for place, one in enumerate(page.fields, start=1):
        initial |= {f"field_{place}_name": one.name, f"field_{place}_required": one.required}
        initial |= {f"field_{place}_{language}": label for language, label in one.label.items()}
    return initial
