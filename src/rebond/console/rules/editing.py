"""Making, changing and removing rules of this site: the back-test first, then one operation that can be undone."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rebond.console.rules.effects import shown_effect
from rebond.console.rules.forms import RuleForm, digest_of, initial_of
from rebond.console.rules.shelf import Shelf, shelf
from rebond.core.permissions import Operation
from rebond.core.qualify.rule_text import rule_table
from rebond.core.said import said
from rebond.jobs import ask
from rebond.services.change_rules import Change, apply_change, effect_of, prepare_rules
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.quarantine_bound import TooManyEnterError
from rebond.services.try_pattern import try_pattern
from rebond.store.read.rules import Document, console_documents
from rebond.store.read.rules import Operation as Done
from rebond.web.access import operation, person_of
from rebond.web.current import now
from rebond.web.language import spoken, spoken_here
from rebond.web.practice import practice_for

_Rules = Mapping[str, Document | None]


@operation(Operation.WRITE_RULES)
def new(request: HttpRequest) -> HttpResponse:
    """Make a rule of this site; `like` names a rule to begin with."""
    if request.method == "POST":
        return _take(request, name="")
    like = shelf().find(request.GET.get("like", ""))
    initial: dict[str, Any] = {"source": _("decided by %(who)s") % {"who": person_of(request).name}}
    if like is not None:
        examples = [{"text": one.text} for one in like.examples]
        table = rule_table(like, source=initial["source"], examples=examples)
        initial |= {**initial_of(table), "id": ""}
    return _page(request, RuleForm(initial=initial), name="")


@operation(Operation.WRITE_RULES)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change a rule of this site."""
    document = _own(shelf(), name)
    if request.method == "POST":
        return _take(request, name=name)
    form = RuleForm(initial={**initial_of(document), "was": digest_of(document)})
    return _page(request, form, name=name)


def _own(kept: Shelf, name: str) -> Document:
    if not kept.is_own(name):
        raise NotFoundError(said("this site has no rule {name!r} of its own", name=name))
    return kept.documents[name]


def _take(request: HttpRequest, *, name: str) -> HttpResponse:
    form = RuleForm(request.POST)
    if not form.is_valid():
        return _page(request, form, name=name, status=422)
    stored = console_documents()
    before = stored.get(name) if name else None
    if name and form.cleaned_data["was"] != digest_of(before):
        refused = _("Somebody changed this rule meanwhile. Nothing was overwritten: open it again to see it as it is.")
        return _page(request, form, name=name, status=409, refused=refused)
    document = form.document(before=before or {}, since=now().date().isoformat())
    if document["id"] != name and document["id"] in stored:
        form.add_error("id", _("A rule of this site has this id already."))
        return _page(request, form, name=name, status=422)
    rules: dict[str, Document | None] = {document["id"]: document}
    if name and document["id"] != name:
        rules[name] = None
    try:
        if request.POST.get("do") == "save" and request.POST.get("seen") == form.digest:
            done = _apply(request, rules, because=form.cleaned_data["because"], anyway=form.cleaned_data["anyway"])
            return redirect(f"{reverse('rules_show', args=[document['id']])}?done={done.number}")
        return _tested(request, form, rules, name=name)
    except InputError as error:
        form.add_error(_field_of(str(error)), spoken(error))
        return _page(request, form, name=name, status=422)
    except TooManyEnterError:
        return _tested(request, form, rules, name=name, status=409)
    except RefusedError as error:
        refused = spoken_here(error)
        return _page(request, form, name=name, status=409, refused=refused)


def _field_of(words: str) -> str | None:
    """Tell beside which field a refusal belongs."""
    known = (("the id ", "id"), ("example", "text"), ("pattern", "text"), ("confirm", "confirm"))
    codes = (("enhanced code", "enhanced"), ("SMTP reply code", "smtp"))
    return next((field for said, field in (*codes, *known) if said in words), None)


def _apply(request: HttpRequest, rules: _Rules, *, because: str, anyway: bool) -> Done:
    practice = practice_for(person_of(request), anyway=anyway)
    done = apply_change(practice, lambda: prepare_rules(practice, rules), kind="apply", because=because)
    if not done.step.finished:
        ask("rules", operation=done.number)
    return done


def _tested(request: HttpRequest, form: RuleForm, rules: _Rules, *, name: str, status: int = 200) -> HttpResponse:
    practice = practice_for(person_of(request), anyway=True)  # nothing is written
    change: Change = prepare_rules(practice, rules)
    found = effect_of(practice, change)
    limit = practice.bound.most if practice.bound.exceeded_by(found.total.entering) else None
    more = {"found": found, "effect": shown_effect(found), "seen": form.digest, "limit": limit}
    return _page(request, form, name=name, status=status, **more)


def _page(request: HttpRequest, form: RuleForm, *, name: str, status: int = 200, **more: object) -> HttpResponse:
    part = bool(getattr(request, "htmx", False))
    tried = try_pattern(
        str(form["text"].value() or ""),
        [text for text in form.examples if text.strip()],
        reads_words=bool(form["reads_words"].value()),
    )
    context = {"form": form, "name": name, "tried": tried, **more}
    template = "console/rules/edit_form.html" if part else "console/rules/edit.html"
    return render(request, template, context, status=status)


@operation(Operation.WRITE_RULES)
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Take a rule of this site away, after its back-test."""
    if name not in shelf().documents:
        raise NotFoundError(said("this site has no rule {name!r}", name=name))
    rules: _Rules = {name: None}
    if request.method == "POST":
        asked = request.POST.get("anyway") == "on"
        try:
            done = _apply(request, rules, because=request.POST.get("because", "")[:1000], anyway=asked)
        except TooManyEnterError:
            return _removing(request, name, rules, status=409)
        return redirect(f"{reverse('rules_list')}?done={done.number}")
    return _removing(request, name, rules)


def _removing(request: HttpRequest, name: str, rules: _Rules, *, status: int = 200) -> HttpResponse:
    practice = practice_for(person_of(request), anyway=True)
    found = effect_of(practice, prepare_rules(practice, rules))
    limit = practice.bound.most if practice.bound.exceeded_by(found.total.entering) else None
    context = {"name": name, "found": found, "effect": shown_effect(found), "limit": limit}
    return render(request, "console/rules/remove.html", context, status=status)


@require_POST
@operation(Operation.READ_RULES)
def match(request: HttpRequest) -> HttpResponse:
    """Hold a pattern against the examples of the form while it is being written."""
    texts = [text for text in request.POST.getlist("examples") if text.strip()]
    tried = try_pattern(request.POST.get("text", ""), texts[:50], reads_words="reads_words" in request.POST)
    return render(request, "console/rules/match_part.html", {"tried": tried})
