"""What changed the rules: operations, and the packs that came in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.core.permissions import Operation
from rebond.store.read.cleanup import last_problem, last_run
from rebond.store.read.rule_operations import page_of_operations
from rebond.web.access import operation
from rebond.web.current import current_site

PAGE = 50
_JOB = "deliverability-update"


@operation(Operation.READ_RULES)
def operations(request: HttpRequest) -> HttpResponse:
    """Show the changes of rules and of what texts mean, the latest first."""
    return render(request, "console/rules/operations.html", _page(request, packs=False))


@operation(Operation.READ_RULES)
def packs(request: HttpRequest) -> HttpResponse:
    """Show where packs of rules come from, and those that were taken."""
    return render(request, "console/rules/packs.html", packs_page(request))


def packs_page(request: HttpRequest) -> dict[str, object]:
    """Return what the page of the packs shows."""
    site = current_site()
    return {
        "sources": [(name, one.source, len(one.keys)) for name, one in sorted(site.config.update.items())],
        "own": site.config.packs.name,
        "last_run": last_run(_JOB),
        "problem": last_problem(_JOB),
        **_page(request, packs=True),
    }


def _page(request: HttpRequest, *, packs: bool) -> dict[str, object]:
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    found = page_of_operations(before=before, packs=packs, limit=PAGE + 1)
    return {
        "operations": found[:PAGE],
        "further": found[PAGE - 1].number if len(found) > PAGE else None,
        "here": request.get_full_path(),
    }
