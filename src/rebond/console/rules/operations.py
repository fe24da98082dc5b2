"""One change of rules or of what texts mean: what it did, and taking it back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from rebond.core.permissions import Operation
from rebond.core.said import said
from rebond.jobs import ask
from rebond.services.apply_rules import carry_on
from rebond.services.apply_rules import undo as undo_operation
from rebond.services.errors import NotFoundError
from rebond.store.read.rule_operations import operation_details
from rebond.store.read.rules import Operation as Done
from rebond.store.read.rules import find_operation
from rebond.web.access import operation, person_of
from rebond.web.practice import practice_for


def done_before(request: HttpRequest) -> Done | None:
    """Find the operation that a page is opened after."""
    number = request.GET.get("done", "")
    return find_operation(int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None


@operation(Operation.READ_RULES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show what a change did, text by text."""
    details = operation_details(number)
    if details is None:
        raise NotFoundError(said("there is no operation {number}", number=number))
    return render(request, "console/rules/operation.html", {"details": details, "done": details.operation})


@require_POST
@operation(Operation.WRITE_RULES)
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Put everything back as it was before; what takes long goes on behind it."""
    because = request.POST.get("because", "")
    done = undo_operation(practice_for(person_of(request)), number, because=because)
    if not done.step.finished:
        ask("rules", operation=number)
    there = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(there, allowed_hosts=None):
        return redirect(there)
    return redirect("rules_operation", number=number)


@require_POST
@operation(Operation.WRITE_RULES)
def go_on(request: HttpRequest, number: int) -> HttpResponse:
    """Do some of what is left of an operation, and tell how far it is."""
    done = carry_on(practice_for(person_of(request)), number)
    return render(request, "console/rules/operation_state.html", {"done": done})
