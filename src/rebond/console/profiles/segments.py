"""Segments: saved filters over profiles."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rebond.core.permissions import Operation
from rebond.core.said import said
from rebond.core.segment import ABOUT_SERVICES, Condition, Group, Match, Operator
from rebond.services import audiences
from rebond.services.errors import InputError, RefusedError
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken

_BLANK = 3
_MOST_ROWS = 50


@operation(Operation.READ_PROFILES)
def list_all(request: HttpRequest) -> HttpResponse:
    """List the segments by name."""
    return render(request, "console/profiles/segments.html", {"rows": audiences.list_segments()})


@operation(Operation.READ_PROFILES)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a segment, with how many and some of the profiles in it."""
    shown = audiences.show_segment(number)
    context = {"segment": shown.segment, "counted": shown.counted, "lines": _lines(shown.segment.filter)}
    return render(request, "console/profiles/segment.html", context)


@operation(Operation.WRITE_PROFILES)
@require_POST
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Forget a segment."""
    audiences.delete_segment(number, now=now(), actor=person_of(request).name)
    messages.success(request, _("The segment is deleted; a delivery that was to go to it has nobody now."))
    return redirect("segment_list")


@operation(Operation.WRITE_PROFILES)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Make a segment or change one; it can be counted before it is saved."""
    context: dict[str, Any] = {"number": number, "operators": list(Operator), "matches": list(Match)}
    context["services"] = audiences.list_services()
    present = audiences.get_segment(number) if number is not None else None
    if present is not None and any(isinstance(part, Group) for part in present.filter.parts):
        raise RefusedError(
            said(
                "the segment {present_name!r} holds groups within groups, which the page cannot show: change it"
                " with rebond segment save, or over the API",
                present_name=present.name,
            )
        )
    if request.method == "GET":
        group = present.filter if present else Group(Match.ALL)
        context |= {"name": present.name if present else "", "match": group.match, "rows": _rows(group)}
        return render(request, "console/profiles/segment_edit.html", context)
    rows = _typed(request)
    context |= {"name": request.POST.get("name", ""), "match": request.POST.get("match", "all")}
    context["rows"] = [*rows, *_empty(_BLANK)]
    try:
        group = _group(request, rows)
        if "count" in request.POST:
            context["counted"] = audiences.count(group)
            return render(request, "console/profiles/segment_edit.html", context)
        name, actor = request.POST.get("name", ""), person_of(request).name
        saved = audiences.save_segment(name, group, now=now(), actor=actor, number=number)
    except InputError as error:
        context["problem"] = spoken(error)
        return render(request, "console/profiles/segment_edit.html", context, status=422)
    messages.success(request, _("The segment is saved."))
    return redirect(f"{reverse('segment_show', args=(saved,))}?saved=1")


def _typed(request: HttpRequest) -> list[dict[str, str]]:
    names = ("field", "operator", "value")
    rows = [
        {name: request.POST.get(f"{name}_{place}", "").strip() for name in names}
        for place in range(1, _MOST_ROWS + _BLANK + 1)
    ]
    return [row for row in rows if row["field"] or row["value"] or Operator.SUBSCRIBED in row["operator"]]


def _group(request: HttpRequest, rows: list[dict[str, str]]) -> Group:
    """The filter that was typed; values of `in` stand between commas, subscriptions name their service."""
    services = {one.name: one.id for one in audiences.list_services()}
    parts: list[dict[str, Any]] = []
    for row in rows:
        part: dict[str, Any] = dict(row)
        if row["operator"] in ABOUT_SERVICES:
            part["value"] = str(services.get(row["value"], ""))
        elif row["operator"] == Operator.IN:
            part["value"] = [one.strip() for one in row["value"].split(",")]
        parts.append(part)
    return audiences.read_filter({"match": request.POST.get("match", ""), "parts": parts})


def _empty(number: int) -> list[dict[str, str]]:
    return [{"field": "", "operator": "", "value": ""} for _ in range(number)]


def _rows(group: Group) -> list[dict[str, str]]:
    return [*(_row(part) for part in group.parts if isinstance(part, Condition)), *_empty(_BLANK)]


def _row(part: Condition) -> dict[str, str]:
    value = ", ".join(part.values)
    if part.operator in ABOUT_SERVICES:
        value = next((one.name for one in audiences.list_services() if str(one.id) == part.value), "")
    return {"field": part.field, "operator": part.operator.value, "value": value}


def _lines(group: Group, *, depth: int = 0) -> list[tuple[int, str, Any]]:
    """A filter line by line: how deep, the match of a group, or a condition."""
    lines: list[tuple[int, str, Any]] = [(depth, "group", group.match)]
    for part in group.parts:
        lines += _lines(part, depth=depth + 1) if isinstance(part, Group) else [(depth, "condition", _said(part))]
    return lines


def _said(part: Condition) -> dict[str, Any]:
    return {**_row(part), "operator": part.operator}
