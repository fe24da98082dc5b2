"""What is asked about people and of the audit trail."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rebond.console.words import word
from rebond.core.words import Role


def _role_choices() -> list[tuple[str, str]]:
    return [(role.value, word(role)) for role in Role]


class PersonForm(forms.Form):
    """A new person."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("What they sign in with: letters, digits and . _ @ + -"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(label=_("Email address"), required=False, help_text=_("They may sign in with it too."))
    role = forms.ChoiceField(label=_("Role"), choices=_role_choices)


class RoleForm(forms.Form):
    """Another role."""

    role = forms.ChoiceField(label=_("Role"), choices=_role_choices)


class AuditForm(forms.Form):
    """Which entries of the audit trail."""

    action = forms.CharField(label=_("Action"), required=False, max_length=64)
    actor = forms.CharField(label=_("Who"), required=False, max_length=150)
    subject = forms.CharField(label=_("On what"), required=False, max_length=2000)
    since = forms.DateField(label=_("From the day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To the day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
