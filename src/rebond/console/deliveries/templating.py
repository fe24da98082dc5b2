"""Templates: the list, one more from a delivery, one less."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rebond.core.permissions import Operation
from rebond.services.errors import InputError
from rebond.services.templates import delete_template, list_templates, template_from
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken


@operation(Operation.READ_DELIVERIES)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the templates by name."""
    return render(request, "console/deliveries/templates.html", {"rows": list_templates()})


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Keep a delivery's settings as a template."""
    try:
        template_from(number, name=request.POST.get("name", ""), now=now(), actor=person_of(request).name)
    except InputError as error:
        messages.error(request, spoken(error))
        return redirect("delivery_content", number)
    messages.success(request, _("Saved as a template."))
    return redirect("template_list")


@operation(Operation.WRITE_DELIVERIES)
@require_POST
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a template."""
    delete_template(number, now=now(), actor=person_of(request).name)
    messages.success(request, _("The template is deleted; deliveries made from it stay."))
    return redirect("template_list")
