"""Many addresses at once: a dry run, a confirmation in numbers, the operation as it goes, and its undoing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rebond.console.quarantine.forms import BulkForm, ConfirmForm, UndoForm
from rebond.core.permissions import Operation
from rebond.core.said import said
from rebond.core.words import AddressStatus
from rebond.jobs.asking import ask
from rebond.jobs.names import BULK
from rebond.services.bulk import begin, carry_on, dry_run, undo
from rebond.services.bulk_steps import Acting
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.store.read.bulk import BulkKind, find_bulk, list_bulk
from rebond.store.read.selection import Selection, selection_to_json
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now
from rebond.web.language import spoken

_PAGE = 50
_PARTS = 10
_CHOSEN = frozenset({"kind"})


@require_GET
@operation(Operation.WRITE_QUARANTINE)
def bulk(request: HttpRequest) -> HttpResponse:
    """Choose addresses, and say what releasing or quarantining them would do."""
    if not request.GET.keys() & _CHOSEN:
        form = BulkForm(initial={**request.GET.dict(), "kind": BulkKind.RELEASE.value})
        return render(request, "console/quarantine/bulk.html", {"form": form})
    return _dry_run(request, BulkForm(request.GET), ConfirmForm)


def _dry_run(request: HttpRequest, form: BulkForm, confirming: type[ConfirmForm] | ConfirmForm) -> HttpResponse:
    shown: dict[str, Any] = {
        "form": form,
        "valid": AddressStatus.VALID,
        "quarantined": AddressStatus.QUARANTINED,
    }
    if not form.is_valid():
        return render(request, "console/quarantine/bulk.html", shown, status=422)
    try:
        found = dry_run(selection=form.selection(), kind=BulkKind(form.cleaned_data["kind"]))
    except InputError:
        form.add_error(None, _("Say which addresses: fill in at least one field."))
        return render(request, "console/quarantine/bulk.html", shown, status=422)
    confirm = confirming if isinstance(confirming, ConfirmForm) else confirming(initial={"expected": found.changed})
    shown |= {"found": found, "confirm": confirm}
    return render(request, "console/quarantine/bulk.html", shown, status=422 if confirm.errors else 200)


@require_POST
@operation(Operation.WRITE_QUARANTINE)
def begin_bulk(request: HttpRequest) -> HttpResponse:
    """Begin what was confirmed."""
    form, confirm = BulkForm(request.GET), ConfirmForm(request.POST)
    if not (form.is_valid() and confirm.is_valid()):
        return _dry_run(request, form, confirm)
    try:
        begun = begin(
            selection=form.selection(),
            kind=BulkKind(form.cleaned_data["kind"]),
            because=confirm.cleaned_data["because"],
            expected=confirm.cleaned_data["expected"],
            acting=_acting(request),
        )
    except (InputError, RefusedError) as error:
        confirm.add_error(None, spoken(error))
        return _dry_run(request, form, confirm)
    ask(BULK)
    return redirect("quarantine_operation", begun.number)


@require_GET
@operation(Operation.READ_QUARANTINE)
def operations(request: HttpRequest) -> HttpResponse:
    """List what was done to many addresses at once."""
    before = request.GET.get("before", "")
    rows = list_bulk(before=int(before) if before.isdecimal() and len(before) < 18 else None, limit=_PAGE + 1)
    shown = {"operations": rows[:_PAGE], "before": rows[_PAGE - 1].number if len(rows) > _PAGE else None}
    return render(request, "console/quarantine/operations.html", shown)


@require_GET
@operation(Operation.READ_QUARANTINE)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show an operation, as it goes."""
    return _one(request, number, UndoForm())


def _one(request: HttpRequest, number: int, form: UndoForm, *, status: int = 200) -> HttpResponse:
    found = find_bulk(number)
    if found is None:
        raise NotFoundError(said("there is no operation {number}", number=number))
    name = "progress" if getattr(request, "htmx", False) else "operation"
    shown = {"operation": found, "form": form, "asked": _asked(found.selection)}
    answer = render(request, f"console/quarantine/{name}.html", shown, status=status)
    if name == "progress" and found.step.finished:
        answer["HX-Refresh"] = "true"  # what stands around it has changed too
    return answer


def _asked(selection: Selection) -> list[tuple[str, object]]:
    """What was asked for, in the words of the form."""
    named = {name: field.label for name, field in BulkForm.base_fields.items()}
    found = []
    for name in selection_to_json(selection):
        value = getattr(selection, name) if hasattr(selection, name) else getattr(selection.states, name)
        found.append((str(named[name]), value))
    return found


@require_POST
@operation(Operation.WRITE_QUARANTINE)
def undo_one(request: HttpRequest, number: int) -> HttpResponse:
    """Put back the addresses that are as the operation left them."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        return _one(request, number, form, status=422)
    undo(number, because=form.cleaned_data["because"], acting=_acting(request))
    ask(BULK)
    messages.success(request, _("It is being undone."))
    return redirect("quarantine_operation", number)


@require_POST
@operation(Operation.WRITE_QUARANTINE)
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Do a piece of what is left, where no worker does."""
    carry_on(number, acting=_acting(request), most=_PARTS)
    return redirect("quarantine_operation", number)


def _acting(request: HttpRequest) -> Acting:
    return Acting(policy=current_site().policy, actor=person_of(request).name, now=now)
