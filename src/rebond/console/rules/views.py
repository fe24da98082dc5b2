"""The rules in the order in which they are tried, and one of them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rebond.console.rules.operations import done_before
from rebond.console.rules.shelf import LEVELS, dialects, shelf
from rebond.core.permissions import Operation
from rebond.core.qualify.rules import Rule
from rebond.core.said import said
from rebond.core.words import FAILURE_REASONS, Cause, Channel, Reason
from rebond.services.errors import NotFoundError
from rebond.services.try_pattern import try_pattern
from rebond.store.read.qualifications import count_decided, some_decided
from rebond.web.access import operation

PAGE = 50
_MOST_TEXTS = 20


@operation(Operation.READ_RULES)
def list_(request: HttpRequest) -> HttpResponse:
    """Show the rules that are asked for."""
    kept = shelf()
    found = [rule for rule in kept.rules if _wanted(rule, request)]
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    decided = count_decided([rule.id for rule in page.object_list])
    context = {
        "page": page,
        "entries": [(rule, LEVELS[rule.level], decided.get(rule.id)) for rule in page.object_list],
        "all": len(kept.rules),
        "broken": kept.broken,
        "levels": [(level.name.lower(), words) for level, words in LEVELS.items()],
        "reasons": [reason for reason in Reason if reason in FAILURE_REASONS],
        "causes": list(Cause),
        "channels": list(Channel),
        "dialects": dialects(kept.rules),
        "filtered": any(request.GET.get(name) for name in _FILTERS),
        "done": done_before(request),
    }
    return render(request, "console/rules/list.html", context)


_FILTERS = ("words", "level", "reason", "cause", "channel", "dialect")


def _wanted(rule: Rule, request: HttpRequest) -> bool:
    asked = {name: request.GET.get(name, "").strip() for name in _FILTERS}
    words = asked["words"].lower()
    return (
        (not asked["level"] or rule.level.name.lower() == asked["level"])
        and (not asked["reason"] or rule.reason == asked["reason"])
        and (not asked["cause"] or rule.cause == asked["cause"])
        and (not asked["channel"] or rule.channel == asked["channel"])
        and (not asked["dialect"] or rule.file == asked["dialect"])
        and (not words or any(words in text.lower() for text in (rule.id, rule.text, rule.source, rule.provider)))
    )


@operation(Operation.READ_RULES)
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show what one rule asks and says, its examples with what its pattern matches, and what it decided here."""
    kept = shelf()
    rule = kept.find(name)
    if rule is None:
        raise NotFoundError(said("there is no rule {name!r}", name=name))
    examples = try_pattern(rule.text, [one.text for one in rule.examples], reads_words=rule.words)
    context = {
        "rule": rule,
        "level": LEVELS[rule.level],
        "own": kept.is_own(name),
        "done": done_before(request),
        "pack": kept.documents.get(name, {}).get("pack"),
        "examples": list(zip(rule.examples, examples.texts, strict=True)),
        "hits": count_decided([name]).get(name),
        "decided": some_decided(name, limit=_MOST_TEXTS),
        "phases": sorted(rule.phases),
        "smtp": [*(one.text for one in rule.smtp), *(["none"] if rule.smtp_none else [])],
        "enhanced": [*(one.text for one in rule.enhanced), *(["none"] if rule.enhanced_none else [])],
    }
    return render(request, "console/rules/show.html", context)
