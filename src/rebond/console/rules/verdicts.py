"""Type, reason and cause as fields of a form: each offers only what goes with the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rebond.console.words import word
from rebond.core.words import CAUSES, FAILURE_REASONS, REASONS, Cause, Channel, FailureType, Reason, default_cause

Choices = list[tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChoice:
    """A type, a reason and a cause that go together on a channel."""

    type: FailureType
    reason: Reason
    cause: Cause
    channel: Channel = Channel.EMAIL


def allowed_reasons(channel: Channel) -> list[Reason]:
    """List the reasons that a failure on a channel can have."""
    return [reason for reason in Reason if reason in FAILURE_REASONS and channel in REASONS[reason].channels]


def allowed_types(reason: Reason) -> list[FailureType]:
    """List the types that a reason can have."""
    hard = any(facts.hard and facts.reason is reason for facts in CAUSES.values())
    return [kind for kind in FailureType if kind is not FailureType.HARD or hard]


def allowed_causes(reason: Reason, kind: FailureType) -> list[Cause]:
    """List the causes that go with a reason and a type."""
    return list(_causes(reason, kind))


def _causes(reason: Reason, kind: FailureType) -> Iterator[Cause]:
    for cause, facts in CAUSES.items():
        if kind is FailureType.HARD:
            fits = facts.hard and facts.reason is reason
        else:
            fits = facts.reason is reason or (facts.reason is None and kind is FailureType.IGNORED)
        if fits:
            yield cause


def fitting(*, kind: str, reason: str, cause: str, channel: str = Channel.EMAIL) -> VerdictChoice:
    """Make of what was chosen what goes together: the reason stands, the type and the cause follow it."""
    mine = Channel(channel) if channel in list(Channel) else Channel.EMAIL
    reasons = allowed_reasons(mine)
    said = Reason(reason) if reason in reasons else Reason.NOT_DEFINED
    types = allowed_types(said)
    meant = FailureType(kind) if kind in types else REASONS[said].type
    causes = allowed_causes(said, meant)
    main = default_cause(said, failure_type=meant)
    chosen = Cause(cause) if cause in causes else main
    return VerdictChoice(type=meant, reason=said, cause=chosen, channel=mine)


class VerdictForm(forms.Form):
    """The three fields; on each change the server offers what goes together."""

    reason = forms.ChoiceField(label=_("Reason"))
    type = forms.ChoiceField(label=pgettext_lazy("verdict", "Type"))
    cause = forms.ChoiceField(
        label=_("Cause"),
        error_messages={"invalid_choice": _("This cause does not go with this reason and type: choose another one.")},
    )

    def __init__(self, *args: Any, channel: Channel = Channel.EMAIL, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data if self.is_bound else self.initial
        said, kind = str(given.get("reason", "")), str(given.get("type", ""))
        fits = fitting(kind=kind, reason=said, cause="", channel=channel)
        self._offer("reason", [(reason.value, word(reason)) for reason in allowed_reasons(channel)])
        self._offer("type", [(one.value, word(one)) for one in allowed_types(fits.reason)])
        self._offer("cause", _by_owner(allowed_causes(fits.reason, fits.type)))

    def _offer(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        field.widget.attrs |= {
            "hx-get": reverse_lazy("rules_verdict"),
            "hx-target": "#verdict",
            "hx-swap": "outerHTML",
            "hx-include": "#verdict, [name=channel]",
            "aria-controls": "verdict",
        }

    @property
    def verdict_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("type", "reason", "cause")]


def _by_owner(causes: list[Cause]) -> Choices:
    groups: dict[str, Choices] = {}
    for cause in causes:
        groups.setdefault(word(CAUSES[cause].owner), []).append((cause.value, word(cause)))
    return list(groups.items()) if len(groups) > 1 else next(iter(groups.values()), [])
