"""Deciding what texts mean: the back-test first, then one operation that can be undone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from rebond.console.qualification.forms import DecisionForm
from rebond.console.qualification.items import Item, item_of
from rebond.console.qualification.views import page_of
from rebond.console.rules.effects import shown_effect
from rebond.core.permissions import Operation
from rebond.core.words import QualificationStatus
from rebond.jobs import ask
from rebond.services.apply_rules import Practice
from rebond.services.backtest import Backtested
from rebond.services.change_rules import Change, effect_of
from rebond.services.decide import decide as decide_texts
from rebond.services.decide import ignore as ignore_texts
from rebond.services.decide import prepare_decision, prepare_ignoring
from rebond.services.errors import InputError, RefusedError
from rebond.services.qualifications import reset as reset_text
from rebond.services.quarantine_bound import TooManyEnterError
from rebond.store.read import rules as stored_rules
from rebond.store.read.qualifications import QualificationRow, find_qualifications
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken, spoken_here
from rebond.web.practice import practice_for


@operation(Operation.DECIDE_QUALIFICATIONS)
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Back-test a decision, or save it when the person has seen its back-test."""
    if request.method != "POST":
        return redirect("qualification_show", number=number)
    item = item_of(number)
    form = DecisionForm(request.POST, number=number, channel=item.row.channel, provider=item.row.provider)
    if not form.is_valid():
        return _again(request, item, form, status=422)
    try:
        if request.POST.get("do") == "save" and form.cleaned_data["seen"] == form.digest:
            return _saved(request, item, form)
        return _tested(request, item, form, asked=request.POST.get("do") == "test")
    except InputError as error:
        form.add_error("pattern" if not form.ignores else None, spoken(error))
        return _again(request, item, form, status=422)
    except TooManyEnterError as error:
        return _tested(request, item, form, asked=True, too_many=error)
    except RefusedError as error:
        return _refused(request, item_of(number), form, error)


def _tested(
    request: HttpRequest, item: Item, form: DecisionForm, *, asked: bool, too_many: TooManyEnterError | None = None
) -> HttpResponse:
    """Show what a decision would change; saving is offered beside it."""
    practice = practice_for(person_of(request), anyway=True)  # nothing is written
    found = _effect(practice, form)
    limit = practice.bound.most if practice.bound.exceeded_by(found.total.entering) else None
    more = {
        "found": found,
        "effect": shown_effect(found, decided=form.chosen),
        "seen": form.digest,
        "limit": limit,
        "changed_since": not asked,
        "too_many": too_many is not None,
    }
    return _again(request, item, form, status=409 if too_many else 200, **more)


def _effect(practice: Practice, form: DecisionForm) -> Backtested:
    return effect_of(practice, _change(practice, form))


def _change(practice: Practice, form: DecisionForm) -> Change:
    return prepare_ignoring(form.chosen) if form.ignores else prepare_decision(practice, form.decision())


def _saved(request: HttpRequest, item: Item, form: DecisionForm) -> HttpResponse:
    values = form.cleaned_data
    practice = practice_for(person_of(request), anyway=values["anyway"])
    if form.ignores:
        done = ignore_texts(practice, form.chosen, because=values["because"])
    else:
        done = decide_texts(practice, form.decision(), because=values["because"])
    if not done.step.finished:
        ask("rules", operation=done.number)
    there = item.beside[1] if item.waits else None
    page = reverse("qualification_show", args=[there]) if there else reverse("qualification_list")
    answer = HttpResponse() if getattr(request, "htmx", False) else redirect(f"{page}?done={done.number}")
    answer["HX-Redirect"] = f"{page}?done={done.number}"
    return answer


def _refused(request: HttpRequest, item: Item, form: DecisionForm, error: RefusedError) -> HttpResponse:
    """Say who decided one of the texts meanwhile; nothing of theirs is touched, and nothing typed is lost."""
    taken = [row for row in find_qualifications(form.chosen) if _is_taken(row, form)]
    said = spoken_here(error)
    conflict = [(row, stored_rules.last_decision(row.number)) for row in taken[:3]]
    return _again(request, item, form, status=409, conflict=conflict, refused="" if conflict else said)


def _is_taken(row: QualificationRow, form: DecisionForm) -> bool:
    """Tell a text whose meaning somebody has decided, so that this decision would overwrite theirs."""
    if form.ignores:
        return row.status is QualificationStatus.IGNORE
    if form.cleaned_data["again"] or (row.by_code and row.status is QualificationStatus.KEEP):
        return False
    return row.status is not QualificationStatus.TO_QUALIFY


def _again(request: HttpRequest, item: Item, form: DecisionForm, *, status: int, **more: object) -> HttpResponse:
    part = bool(getattr(request, "htmx", False))
    template = "console/qualification/decision_part.html" if part else "console/qualification/show.html"
    return render(request, template, page_of(request, item, form=form, **more), status=status)


@require_POST
@operation(Operation.DECIDE_QUALIFICATIONS)
def reset(request: HttpRequest, number: int) -> HttpResponse:
    """Count a text from nothing again."""
    because = request.POST.get("because", "")[:1000]
    done = reset_text(number, actor=person_of(request).name, now=now(), because=because)
    page = reverse("qualification_show", args=[number])
    return redirect(f"{page}?done={done.operation}" if done.operation else page)
