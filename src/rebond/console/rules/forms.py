"""A rule of this site as a form, and the table of a rule file that it stands for."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rebond.console.rules.verdicts import VerdictForm
from rebond.console.words import word
from rebond.core.words import Channel, Peer, Phase
from rebond.store.read.rules import Document

_RETRY = {"": None, "yes": True, "no": False}
_NOT_DECIDING = ("because", "anyway", "seen", "was", "do", "csrfmiddlewaretoken")
_BLANK_EXAMPLES = 2


class RuleForm(VerdictForm):
    """What can be said in a rule; examples are fields of one name each."""

    id = forms.CharField(label=_("Id"), max_length=80)
    channel = forms.ChoiceField(label=_("Channel"))
    text = forms.CharField(
        label=_("Pattern"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("What these texts say and no other does. (?i) at the beginning: capitals do not count."),
    )
    reads_words = forms.BooleanField(
        label=_("Hold it against the words alone, without addresses, hosts and links"), required=False
    )
    provider = forms.CharField(
        label=_("Provider"), required=False, max_length=64, help_text=_("Empty: answers of all providers.")
    )
    phase = forms.MultipleChoiceField(
        label=_("Phases"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None: all of them.")
    )
    peer = forms.ChoiceField(label=_("Who answered"), required=False)
    smtp = forms.CharField(label=_("Reply codes"), required=False, max_length=200, help_text=_("As in 550, 45?, none"))
    enhanced = forms.CharField(
        label=_("Enhanced codes"), required=False, max_length=200, help_text=_("As in 5.1.1, ?.2.2, none")
    )
    confirm = forms.BooleanField(label=_("Hard only at the second counting error"), required=False)
    retry = forms.ChoiceField(
        label=_("Try again"),
        required=False,
        choices=[("", _("As the type says")), ("yes", _("Yes")), ("no", _("No"))],
    )
    review = forms.BooleanField(label=_("Its texts go into the queue: a person looks at each"), required=False)
    source = forms.CharField(
        label=_("Source"), max_length=1000, help_text=_("Where the wording was seen, or who decided it.")
    )
    because = forms.CharField(label=_("Why"), required=False, max_length=1000)
    anyway = forms.BooleanField(required=False)
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = args[0] if args else kwargs.get("data")
        said = (given or kwargs.get("initial") or {}).get("channel", "")
        super().__init__(*args, channel=Channel(said) if said in list(Channel) else Channel.EMAIL, **kwargs)
        self._offer_words("channel", [(one.value, word(one)) for one in Channel])
        self._offer_words("phase", [(one.value, word(one)) for one in Phase])
        who = {Peer.RECEIVER: _("The receiving side"), Peer.RELAY: _("Our own relay")}
        self._offer_words("peer", [("", _("Anybody")), *((one.value, who[one]) for one in Peer)])

    def _offer_words(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def texts(self, name: str) -> list[str]:
        """The examples or counterexamples as they were typed, with room for more."""
        given = self.data.getlist(name) if self.is_bound else self.initial.get(name, [])  # type: ignore[attr-defined]
        kept = [text for text in given if text.strip()]
        return [*kept, *[""] * (1 if kept else _BLANK_EXAMPLES)]

    @property
    def examples(self) -> list[str]:
        return self.texts("examples")

    @property
    def counterexamples(self) -> list[str]:
        return self.texts("counterexamples")

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("provider", "smtp", "enhanced", "peer", "phase")]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("retry", "confirm", "review")]

    def document(self, *, before: Document, since: str) -> dict[str, Any]:
        """Make the table of the rule; examples that it had before keep the situation that they came in."""
        values = self.cleaned_data
        table: dict[str, Any] = {
            "id": values["id"].strip(),
            "channel": values["channel"],
            "text": values["text"].strip(),
            **{name: values[name] for name in ("type", "reason", "cause")},
            "since": before.get("since", since),
            "source": values["source"].strip(),
            "examples": self._kept(before, "examples"),
        }
        asked = {
            "reads": "words" if values["reads_words"] else "",
            "provider": values["provider"].strip(),
            "phase": values["phase"],
            "peer": values["peer"],
            "smtp": _listed(values["smtp"]),
            "enhanced": _listed(values["enhanced"]),
            "confirm": 2 if values["confirm"] else 0,
            "review": values["review"],
            "counterexamples": self._kept(before, "counterexamples"),
        }
        if (retry := _RETRY[values["retry"]]) is not None:
            table["retry"] = retry
        return table | {name: value for name, value in asked.items() if value}

    def _kept(self, before: Document, name: str) -> list[Any]:
        known = {_text_of(one): one for one in before.get(name, [])}
        texts = (text.replace("\r\n", "\n") for text in self.texts(name) if text.strip())
        return [known.get(text, text) for text in texts]

    @property
    def digest(self) -> str:
        """Tell one rule from another, whatever its reasons."""
        said = [(name, values) for name, values in sorted(self.data.lists()) if name not in _NOT_DECIDING]  # type: ignore[attr-defined]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _listed(words: str) -> list[str]:
    return words.replace(",", " ").split()


def _text_of(example: object) -> str:
    text = example.get("text", "") if isinstance(example, Mapping) else example
    return str(text).replace("\r\n", "\n")


def digest_of(document: Document | None) -> str:
    """Tell whether a rule is still what somebody began to change."""
    return hashlib.sha256(json.dumps(document, default=str, sort_keys=True).encode()).hexdigest()[:32]


def initial_of(document: Document) -> dict[str, Any]:
    """Fill the form with what a rule says."""

    def one_or_many(name: str) -> list[str]:
        value = document.get(name, [])
        return [value] if isinstance(value, str) else list(value)

    retry = document.get("retry")
    return {
        **{name: document.get(name, "") for name in ("id", "text", "type", "reason", "cause", "source", "peer")},
        "channel": document.get("channel", Channel.EMAIL.value),
        "provider": document.get("provider", ""),
        "reads_words": document.get("reads") == "words",
        "phase": one_or_many("phase"),
        "smtp": ", ".join(one_or_many("smtp")),
        "enhanced": ", ".join(one_or_many("enhanced")),
        "confirm": document.get("confirm") == 2,
        "retry": "" if retry is None else "yes" if retry else "no",
        "review": bool(document.get("review")),
        "examples": [_text_of(one) for one in document.get("examples", [])],
        "counterexamples": [_text_of(one) for one in document.get("counterexamples", [])],
    }
