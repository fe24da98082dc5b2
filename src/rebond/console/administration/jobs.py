"""Technical jobs: how they stand, what their runs did, and running one now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from rebond.core.permissions import Operation
from rebond.jobs import ask
from rebond.jobs.state import background, job_state
from rebond.services.jobs import request_run
from rebond.store.read.jobs import last_runs
from rebond.web.access import operation, person_of
from rebond.web.current import current_site, now

_RUNS = 50
ABOUT: dict[str, str | Promise] = {
    "cleanup": _("Lets addresses out whose time has come, and removes what has been kept long enough."),
    "deliverability-update": _("Takes new packs of rules from their sources, and gives out this site's own."),
    "aggregates": _("Makes the sums that reports and live pages show."),
    "watch": _("Raises alerts for what passes its bound, and ends those that are over."),
    "notifications": _("Tells people of alerts by mail, webhook and chat."),
}


@operation(Operation.READ_JOBS)
def list_(request: HttpRequest) -> HttpResponse:
    """Show the jobs, and what runs where."""
    found = background(current_site())
    jobs = [(job, ABOUT.get(job.name, "")) for job in found.jobs]
    return render(request, "console/administration/jobs.html", {"found": found, "jobs": jobs})


@operation(Operation.READ_JOBS)
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show the last runs of a job."""
    job = job_state(current_site(), name)
    context = {"job": job, "about": ABOUT.get(name, ""), "runs": last_runs(name, most=_RUNS), "most": _RUNS}
    return render(request, "console/administration/job.html", context)


@require_POST
@operation(Operation.RUN_JOBS)
def run(request: HttpRequest, name: str) -> HttpResponse:
    """Have a job done now."""
    job = job_state(current_site(), name)
    request_run(job.name, now=now(), actor=person_of(request).name)
    ask(job.name)
    messages.success(request, gettext("%(job)s is asked for: a worker begins it in a moment.") % {"job": job.name})
    return redirect("job_list")
