"""Taking a pack of rules that somebody brought: the difference first, then one operation that can be undone."""

from collections.abc import Mapping
from dataclasses import replace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from rebond.console.rules.effects import shown_effect
from rebond.console.rules.history import packs_page
from rebond.core.permissions import Operation
from rebond.core.qualify.archive import MOST_BYTES
from rebond.core.said import said
from rebond.jobs import ask
from rebond.services.errors import InputError
from rebond.services.export_rules import export_pack
from rebond.services.take_pack import Looked, Outcome, take_pack
from rebond.services.update_rules import Given, open_by_any
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.practice import practice_for

OUTCOMES: Mapping[Outcome, str | Promise] = {
    Outcome.TAKEN: _("Taken"),
    Outcome.DIFFERENT: _("Not yet taken"),
    Outcome.UNCHANGED: _("Nothing is new in it"),
    Outcome.OLDER: _("No newer than what was taken"),
    Outcome.UNDONE: _("Undone here before"),
    Outcome.HELD: _("Held back"),
    Outcome.REFUSED: _("Refused"),
}


class PackForm(forms.Form):
    """A pack, and whether it is taken whatever speaks against it."""

    file = forms.FileField(label=_("Pack"), help_text=_("A signed archive, as NAME.rebond.zip."))
    again = forms.BooleanField(
        label=_("Also what was undone or removed here, and a version that is no newer"), required=False
    )
    anyway = forms.BooleanField(required=False)
    because = forms.CharField(label=_("Why"), required=False, max_length=1000)

    def clean_file(self) -> Given:
        """Read the bytes of the pack."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("It is larger than a pack can be."))
        return Given(where=str(file.name)[:200], data=file.read())


@operation(Operation.WRITE_RULES)
def take(request: HttpRequest) -> HttpResponse:
    """Show what is new in a pack, or take it."""
    if request.method != "POST":
        return redirect("rules_packs")
    form = PackForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "console/rules/packs.html", {**packs_page(request), "form": form}, status=422)
    looked = _look(request, form)
    if looked.outcome is Outcome.TAKEN and looked.operation is not None:
        if not looked.operation.step.finished:
            ask("rules", operation=looked.operation.number)
        answer = redirect("rules_operation", number=looked.operation.number)
        if not getattr(request, "htmx", False):
            return answer
        told = HttpResponse()
        told["HX-Redirect"] = answer.headers["Location"]
        return told
    page = {**packs_page(request), "form": form, **_shown(request, looked)}
    return render(request, "console/rules/packs.html", page, status=200 if looked.difference else 409)


def _look(request: HttpRequest, form: PackForm) -> Looked:
    values = form.cleaned_data
    keys = {name: section.keys for name, section in current_site().config.update.items()}
    looked = open_by_any(values["file"], keys)
    if looked.pack is None:
        return looked
    wanted = request.POST.get("do") == "take"
    practice = practice_for(person_of(request), anyway=values["anyway"] or not wanted)
    return take_pack(
        practice,
        looked.pack,
        source=looked.source,
        where=looked.where,
        dry_run=not wanted,
        again=values["again"],
        because=values["because"],
    )


def _shown(request: HttpRequest, looked: Looked) -> dict[str, object]:
    """What is told of a pack; the words of what is held back name the command line, the page has a box to tick."""
    effect = looked.effect
    if looked.outcome is Outcome.HELD:
        looked = replace(looked, words=looked.words.partition(": look at ")[0])
    limit = practice_for(person_of(request)).bound
    entering = effect.total.entering if effect else 0
    return {
        "looked": looked,
        "outcome": OUTCOMES[looked.outcome],
        "found": effect,
        "effect": shown_effect(effect) if effect else None,
        "limit": limit.most if limit.exceeded_by(entering) else None,
    }


@require_POST
@operation(Operation.WRITE_RULES)
def give(request: HttpRequest) -> HttpResponse:
    """Write this site's own pack, as the nightly update does, and give it as a file."""
    site = current_site()
    maker = site.pack_maker
    if maker is None:
        raise InputError(said("this site's pack has no name: set packs.name in rebond.toml"))
    # In one place for all who ask: by what stands there the next version is told.
    folder = site.data / (site.config.packs.export or "packs")
    folder.mkdir(parents=True, exist_ok=True)
    done = export_pack(site.rules.renew(), maker, now=now(), folder=folder)
    answer = HttpResponse(done.path.read_bytes(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{done.path.name}"'
    return answer
