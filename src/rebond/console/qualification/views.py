"""The queue as clusters in order of weight, the texts that are qualified, and one of them with what it may mean."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from rebond.console.qualification.items import Item, item_of, shown_texts
from rebond.console.rules.operations import done_before
from rebond.core.permissions import Operation
from rebond.core.words import Channel, QualificationStatus
from rebond.services.kept_queue import Put
from rebond.services.qualifications import Cluster
from rebond.services.try_pattern import try_pattern
from rebond.store.read.qualifications import QualificationRow, count_qualifications
from rebond.web.access import operation
from rebond.web.current import current_site

PAGE = 50
WAITING = QualificationStatus.TO_QUALIFY


@operation(Operation.READ_QUALIFICATIONS)
def list_(request: HttpRequest) -> HttpResponse:
    """Show the queue, or the texts of another status."""
    put = current_site().queue.now()
    status = _status(request.GET.get("status", ""))
    counts, badge = count_qualifications()
    found: list[Any] = _clusters(put, request) if status is WAITING else _rows(put, request, status)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    entries = [put.suggested(one) for one in page.object_list] if status is WAITING else page.object_list
    context = {
        "status": status,
        "counts": [(one, counts[one]) for one in QualificationStatus],
        "badge": badge,
        "page": page,
        "entries": entries,
        "channels": list(Channel),
        "providers": sorted({row.provider for row in put.queue.rows if row.provider}),
        "filtered": any(request.GET.get(name) for name in ("channel", "provider", "words")),
        "done": done_before(request),
        "back": request.get_full_path(),
    }
    return render(request, "console/qualification/list.html", context)


def _status(name: str) -> QualificationStatus:
    return QualificationStatus(name) if name in list(QualificationStatus) else WAITING


def _clusters(put: Put, request: HttpRequest) -> list[Cluster]:
    return [one for one in put.clusters if any(_wanted(row, request) for row in one.texts)]


def _rows(put: Put, request: HttpRequest, status: QualificationStatus) -> list[QualificationRow]:
    return [row for row in put.queue.rows if row.status is status and _wanted(row, request)]


def _wanted(row: QualificationRow, request: HttpRequest) -> bool:
    channel, provider = request.GET.get("channel", ""), request.GET.get("provider", "")
    words = request.GET.get("words", "").strip().lower()
    return (
        (not channel or row.channel == channel)
        and (not provider or row.provider == provider)
        and (not words or words in row.text.lower() or words in row.verdict.rule.lower())
    )


@operation(Operation.READ_QUALIFICATIONS)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show one text with those like it, what it may mean and why, and what can be decided."""
    item = item_of(number)
    return render(request, "console/qualification/show.html", page_of(request, item))


def page_of(request: HttpRequest, item: Item, **more: Any) -> dict[str, Any]:
    """Return what the page of one text shows."""
    form = more.pop("form", None) or item.form
    pattern = str(form.data.get("pattern", "") if form.is_bound else item.pattern)
    alone = bool(form.data.get("alone")) if form.is_bound else False
    return {
        "item": item,
        "form": form,
        **_match(item, pattern, alone=alone),
        "done": done_before(request),
        "back": request.get_full_path(),
        **more,
    }


@require_POST
@operation(Operation.READ_QUALIFICATIONS)
def match(request: HttpRequest, number: int) -> HttpResponse:
    """Hold a pattern against the texts while it is being written; nothing is saved."""
    item = item_of(number, brief=True)
    tried = _match(item, request.POST.get("pattern", ""), alone=bool(request.POST.get("alone")))
    return render(request, "console/qualification/match_part.html", {"item": item, **tried})


def _match(item: Item, pattern: str, *, alone: bool) -> dict[str, Any]:
    rows = shown_texts(item, alone=alone)
    tried = try_pattern(pattern, [row.text for row in rows], others=item.others(alone=alone))
    return {"tried": tried, "samples": list(zip(rows, tried.texts, strict=True)), "alone": alone}
