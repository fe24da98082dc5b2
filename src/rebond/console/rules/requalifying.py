"""Judging what is stored by the rules in force: the back-test first, then one operation that can be undone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rebond.console.rules.effects import shown_effect
from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.services.change_rules import apply_if_new, effect_of, prepare_requalifying
from rebond.services.errors import RefusedError
from rebond.services.quarantine_bound import TooManyEnterError
from rebond.web.access import operation, person_of
from rebond.web.language import spoken
from rebond.web.practice import practice_for


@operation(Operation.WRITE_RULES)
def requalify(request: HttpRequest) -> HttpResponse:
    """Tell what the rules in force say otherwise of what is stored, and judge it again."""
    if request.method != "POST":
        return render(request, "console/rules/requalify.html", {})
    if request.POST.get("do") != "save":
        return _tested(request)
    because = request.POST.get("because", "")[:1000]
    practice = practice_for(person_of(request), anyway=request.POST.get("anyway") == "on")
    try:
        done = apply_if_new(practice, lambda: prepare_requalifying(practice), because=because)
    except TooManyEnterError:
        return _tested(request, status=409)
    except RefusedError as error:
        return render(request, "console/rules/requalify.html", {"refused": spoken(error)}, status=409)
    if done is None:
        return _tested(request)
    if not done.step.finished:
        ask("rules", operation=done.number)
    return redirect("rules_operation", number=done.number)


def _tested(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    practice = practice_for(person_of(request), anyway=True)  # nothing is written
    found = effect_of(practice, prepare_requalifying(practice))
    context = {
        "found": found,
        "effect": shown_effect(found),
        "limit": practice.bound.most if practice.bound.exceeded_by(found.total.entering) else None,
        "because": request.POST.get("because", "")[:1000],
    }
    return render(request, "console/rules/requalify.html", context, status=status)
