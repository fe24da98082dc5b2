"""The audit trail: who changed what, when, from what to what, and why."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.administration.forms import AuditForm
from rebond.core.permissions import Operation
from rebond.store.read.audit import AuditFilter, AuditRow, page_of_audit
from rebond.web.access import operation
from rebond.web.current import current_site

PAGE = 50
_LARGEST = 2**63 - 1


@operation(Operation.READ_AUDIT)
def list_(request: HttpRequest) -> HttpResponse:
    """Show a page of the trail, the newest first."""
    form = AuditForm(request.GET)
    rows: list[AuditRow] = []
    if form.is_valid():
        rows = page_of_audit(_wanted(form.cleaned_data), before=_place(request), limit=PAGE + 1)
    context = {
        "form": form,
        "entries": [(row, _changes(row)) for row in rows[:PAGE]],
        "further": rows[PAGE - 1].number if len(rows) > PAGE else None,
        "asked": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "console/administration/audit.html", context, status=422 if form.errors else 200)


def _wanted(given: dict[str, Any]) -> AuditFilter:
    until = given["until"]
    return AuditFilter(
        action=given["action"].strip(),
        actor=given["actor"].strip(),
        subject=given["subject"].strip(),
        since=_begins(given["since"]) if given["since"] else None,
        until=_begins(until + timedelta(days=1)) if until and until < date.max else None,
    )


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(current_site().config.site.time_zone))


def _place(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST)):
        return None
    return min(int(text), _LARGEST)


def _changes(row: AuditRow) -> list[tuple[str, str, str]]:
    """Say what changed, value by value: name, before, after."""
    before, after = (one if isinstance(one, dict) else {} for one in (row.before, row.after))
    if not before and not after:
        was, now = _said(row.before), _said(row.after)
        return [("", was, now)] if was or now else []
    names = [*before, *(name for name in after if name not in before)]
    return [(name, _said(before.get(name)), _said(after.get(name))) for name in names]


def _said(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
