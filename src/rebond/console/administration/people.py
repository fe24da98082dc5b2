"""People who sign in: made, given a role, a new link, and shut out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from rebond.console.administration.forms import PersonForm, RoleForm
from rebond.console.words import word
from rebond.core.permissions import PERMISSIONS, Operation
from rebond.core.words import Role
from rebond.services.errors import InputError, RefusedError
from rebond.services.users import change_role, create_user, existing_user, forget_password, set_active
from rebond.store.read.users import UserRow, list_users
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken
from rebond.web.links import sign_in_link


@operation(Operation.MANAGE_PEOPLE)
def list_(request: HttpRequest) -> HttpResponse:
    """List everybody."""
    return render(request, "console/administration/people.html", {"people": list_users()})


@operation(Operation.MANAGE_PEOPLE)
def new(request: HttpRequest) -> HttpResponse:
    """Make a person, and show the link by which they set their password, this once."""
    form = PersonForm(request.POST or None, initial={"role": Role.VIEWER.value})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = create_user(
                given["name"],
                role=Role(given["role"]),
                email=given["email"],
                now=now(),
                actor=person_of(request).name,
            )
        except (InputError, RefusedError) as error:
            form.add_error("name", spoken(error))
        else:
            return _link_shown(request, row, is_new=True)
    context = {"form": form, "roles": _roles()}
    return render(request, "console/administration/new_person.html", context, status=422 if form.errors else 200)


def _roles() -> list[tuple[Role, list[Operation]]]:
    """Say what each role may do; looking at what everybody may see is not worth a word."""
    told = [one for one in Operation if len(PERMISSIONS[one]) < len(Role)]
    return [(role, [one for one in told if role in PERMISSIONS[one]]) for role in Role]


@operation(Operation.MANAGE_PEOPLE)
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show a person, and what can be done about them."""
    row = existing_user(name)
    form = RoleForm(initial={"role": row.role.value})
    mine = request.user.get_username() == row.name
    return render(request, "console/administration/person.html", {"row": row, "form": form, "mine": mine})


@require_POST
@operation(Operation.MANAGE_PEOPLE)
def role(request: HttpRequest, name: str) -> HttpResponse:
    """Give a person another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise InputError(gettext("There is no such role."))
    row = change_role(name, role=Role(form.cleaned_data["role"]), now=now(), actor=person_of(request).name)
    messages.success(request, gettext("%(name)s is now: %(role)s.") % {"name": row.name, "role": word(row.role)})
    return redirect("people_show", name=row.name)


@require_POST
@operation(Operation.MANAGE_PEOPLE)
def link(request: HttpRequest, name: str) -> HttpResponse:
    """Take a person's password away, and show a new link, this once."""
    row = forget_password(name, now=now(), actor=person_of(request).name)
    return _link_shown(request, row, is_new=False)


@require_POST
@operation(Operation.MANAGE_PEOPLE)
def access(request: HttpRequest, name: str) -> HttpResponse:
    """Let a person no longer in, or in again."""
    wanted = request.POST.get("active")
    if wanted not in ("yes", "no"):
        raise InputError(gettext("Say whether they may sign in."))
    row = set_active(name, active=wanted == "yes", now=now(), actor=person_of(request).name)
    text = gettext("%(name)s may sign in again.") if row.active else gettext("%(name)s may no longer sign in.")
    messages.success(request, text % {"name": row.name})
    return redirect("people_show", name=row.name)


def _link_shown(request: HttpRequest, row: UserRow, *, is_new: bool) -> HttpResponse:
    # Not after a redirection: the link would have to be kept somewhere on the way.
    made = sign_in_link(row.name, base=request.build_absolute_uri("/"))
    context = {"row": row, "link": made, "is_new": is_new}
    return render(request, "console/administration/link.html", context)
