"""What acted on nothing, the returned mails, and one of each with the mail as text."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.returns.reading import counted, read_return
from rebond.console.returns.why import WHY
from rebond.core.permissions import Operation
from rebond.core.read.providers.body import is_hook
from rebond.core.said import said
from rebond.core.words import Channel, ReturnKind, Trust
from rebond.intake.webhooks.sources import hook_sources
from rebond.services.attribute import WhyUnattributed
from rebond.services.errors import NotFoundError
from rebond.store.read.returned import entries_of, find_entry, find_return, page_of_returns, page_of_unattributed
from rebond.store.read.returns import ReturnState, UnattributedSummary, raw_mail
from rebond.web.access import operation
from rebond.web.current import current_site

PAGE = 50


@operation(Operation.READ_RETURNS)
def list_(request: HttpRequest) -> HttpResponse:
    """Show what acted on nothing, or what a person has accepted of it."""
    asked = {name: request.GET.get(name, "").strip() for name in ("source", "why", "address")}
    accepted = request.GET.get("accepted") == "1"
    found = page_of_unattributed(**asked, accepted=accepted, before=_before(request), limit=PAGE + 1)
    context = {
        "entries": [(one, _why(one)) for one in found[:PAGE]],
        "further": found[PAGE - 1].id if len(found) > PAGE else None,
        "accepted": accepted,
        "reasons": list(WhyUnattributed),
        "sources": _sources(),
        "filtered": any(asked.values()),
    }
    return render(request, "console/returns/list.html", context)


def _before(request: HttpRequest) -> int | None:
    asked = request.GET.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None


def _sources() -> list[str]:
    site = current_site()
    posted = hook_sources(site.config, data=site.data)
    mails = {"lmtp", "maildir", "mbox", "stdin", "imap", "pop3", *site.config.intake} - set(posted)
    return sorted({*mails, *(source.stored_as for source in posted.values())})


def _why(entry: UnattributedSummary) -> WhyUnattributed | str:
    return WhyUnattributed(entry.why) if entry.why in list(WhyUnattributed) else entry.why


@operation(Operation.READ_RETURNS)
def mails(request: HttpRequest) -> HttpResponse:
    """Show the returned mails in a state."""
    state = request.GET.get("state", "")
    kind, source = request.GET.get("kind", ""), request.GET.get("source", "").strip()
    wanted = ReturnState(state) if state in list(ReturnState) else None
    found = page_of_returns(state=wanted, source=source, kind=kind, before=_before(request), limit=PAGE + 1)
    context = {
        "mails": [(one, _kind(one.kind), counted(one.problem)) for one in found[:PAGE]],
        "further": found[PAGE - 1].id if len(found) > PAGE else None,
        "state": wanted,
        "states": list(ReturnState),
        "kinds": list(ReturnKind),
        "sources": _sources(),
        "filtered": bool(kind or source),
    }
    return render(request, "console/returns/mails.html", context)


def _kind(name: str) -> ReturnKind | str:
    return ReturnKind(name) if name in list(ReturnKind) else name


@operation(Operation.READ_RETURNS)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show one failure or complaint that acted on nothing, why, and the mail that said it."""
    return render(request, "console/returns/show.html", entry_page(number))


def entry_page(number: int, **more: Any) -> dict[str, Any]:
    """Return what the page of one entry shows."""
    entry = find_entry(number)
    if entry is None:
        raise NotFoundError(said("there is no unattributed return {number}", number=number))
    why = _why(entry)
    mail = read_return(entry.return_id, source=entry.source) if entry.return_id is not None else None
    about = WHY.get(why) if isinstance(why, WhyUnattributed) else None
    trust = {"trust": Trust(entry.trust), "required": Trust(entry.required), "channel": Channel(entry.channel)}
    return {"entry": entry, "why": why, "about": about, "read": mail, **trust, **more}


@operation(Operation.READ_RETURNS)
def mail(request: HttpRequest, number: int) -> HttpResponse:
    """Show one returned mail: what was read from it, what acted on nothing, and the mail as text."""
    found = find_return(number)
    if found is None:
        raise NotFoundError(said("there is no returned mail {number}", number=number))
    context = {
        "mail": found,
        "kind": _kind(found.kind),
        "counts": counted(found.problem),
        "entries": [(one, _why(one)) for one in entries_of(number)],
        "read": read_return(number, source=found.source),
    }
    return render(request, "console/returns/mail.html", context)


@operation(Operation.READ_RETURNS)
def raw(request: HttpRequest, number: int) -> HttpResponse:
    """Give a returned mail as it came, as a file to be saved."""
    found = raw_mail(number)
    if found is None:
        raise NotFoundError(said("there is no returned mail {number}, or its retention is over", number=number))
    kind = "txt" if is_hook(found) else "eml"
    answer = HttpResponse(found, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="return-{number}.{kind}"'
    return answer
