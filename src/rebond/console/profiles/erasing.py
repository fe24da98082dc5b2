"""Erasing a person, and telling a person all that is held about them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.console.profiles.views import asked
from rebond.core.permissions import Operation
from rebond.services.erase import erase_profile, look_at_erasure
from rebond.services.errors import InputError, RefusedError
from rebond.services.subject_export import subject_export
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken


@operation(Operation.ERASE_PROFILES)
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Show what erasing a profile does, in numbers; the form erases it."""
    external_id, problem = asked(request, "id"), ""
    if request.method == "POST":
        try:
            erase_profile(external_id, because=asked(request, "because"), actor=person_of(request).name, now=now())
        except (InputError, RefusedError) as error:
            problem = spoken(error)
        else:
            messages.success(request, _("The person is erased."))
            return redirect("profile_list")
    effect = look_at_erasure(external_id, now=now())
    context = {"effect": effect, "problem": problem, "because": asked(request, "because")}
    return render(request, "console/profiles/erase.html", context, status=422 if problem else 200)


@operation(Operation.ERASE_PROFILES)
@require_POST
def held(request: HttpRequest) -> HttpResponse:
    """Give all that is held about a person as a file."""
    text = subject_export(asked(request, "id"), now=now(), actor=person_of(request).name)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="held.json"'
    return answer
