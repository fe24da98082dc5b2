"""`/rules`: those in force, what others would do, and taking them into this site."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Cursor, Flag, Given, Limit, Number, Told
from rebond.api.cursors import page, position
from rebond.api.gate import caller_of, needs
from rebond.api.problems import ProblemError
from rebond.api.rule_changes import (
    BackTest,
    NothingNew,
    RuleChange,
    TestedRules,
    answer_with,
    backtested,
    operation_json,
)
from rebond.core.permissions import Operation
from rebond.core.qualify.loading import load_console_rules
from rebond.core.qualify.rules import Pack, Rule
from rebond.core.words import Channel, FailureType, Reason
from rebond.packs import load_shipped_rules
from rebond.services.apply_rules import undo
from rebond.services.change_rules import Change, apply_if_new, effect_of, prepare_requalifying, prepare_rules
from rebond.services.errors import NotFoundError, ServiceError
from rebond.store.read.rules import console_documents, find_operation
from rebond.web.practice import practice_for

router = Router(tags=["Rules"])
_MOST_RULES = 100
_MOST_TEXTS = 100
Level = Literal["console", "imported", "provider", "general"]


class RuleRow(Told):
    id: str
    level: Level
    channel: Channel
    provider: str
    type: FailureType
    reason: Reason
    cause: str
    since: date
    file: str


class RulePage(Told):
    items: list[RuleRow]
    next: str | None


class RuleDetails(RuleRow):
    text: str
    source: str
    examples: list[str]
    counterexamples: list[str]


class Rules(Given):
    """Rules of this site, as in a rule file; to remove some, name them."""

    rules: Annotated[list[dict[str, Any]], Field(max_length=_MOST_RULES, default_factory=list)]
    remove: Annotated[list[Annotated[str, Field(max_length=128)]], Field(max_length=_MOST_RULES, default_factory=list)]


class RulesToApply(Rules):
    because: Annotated[str, Field(max_length=2000)] = ""
    anyway: Annotated[
        Flag, Field(description="Also when very many addresses enter quarantine, or a pattern is very wide.")
    ] = False


class Undoing(Given):
    because: Annotated[str, Field(max_length=2000)] = ""


@router.get("/rules", response=RulePage, summary="List the rules in force", **needs(Operation.READ_RULES))
def list_rules(
    request: HttpRequest,
    *,
    level: Level | None = None,
    provider: Annotated[str, Field(max_length=64)] = "",
    channel: Channel | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """In the order in which they are tried: those of this site, then the shipped ones."""
    after = position(request, cursor)
    wanted = [rule for rule in _in_force() if _is_wanted(rule, level=level, provider=provider, channel=channel)]
    if after is not None:
        places = [place for place, rule in enumerate(wanted) if rule.id == after]
        if not places:
            raise ProblemError(409, "the rules have changed since the first page: begin again")
        wanted = wanted[places[0] + 1 :]
    found = page(request, wanted[: limit + 1], limit=limit, place=lambda rule: rule.id)
    return {**found, "items": [_row(rule) for rule in found["items"]]}


@router.post("/rules/test", response=TestedRules, summary="Check rules", **needs(Operation.READ_RULES))
def check_rules(request: HttpRequest, given: Rules) -> dict[str, Any]:
    """Say whether this site would take these rules: their form, their pattern, and their examples."""
    try:
        _change(request, given, anyway=False)
    except ProblemError as error:
        return {"ok": False, "problems": [error.detail, *(f"{name}: {words}" for name, words in error.errors)]}
    except NotFoundError:
        raise
    except ServiceError as error:
        return {"ok": False, "problems": str(error).splitlines()}
    return {"ok": True, "problems": []}


@router.post(
    "/rules/backtest", response=BackTest, summary="Tell what rules would change", **needs(Operation.READ_RULES)
)
def backtest_rules(request: HttpRequest, given: Rules) -> dict[str, Any]:
    """Tell which stored failures and addresses a change would touch; without rules, those that the present rules judge
    otherwise than they were judged. Nothing is written.
    """
    practice = practice_for(caller_of(request), anyway=True)
    return backtested(effect_of(practice, _change(request, given, anyway=True)))


@router.post(
    "/rules/apply",
    response={200: RuleChange | NothingNew, 202: RuleChange},
    summary="Take rules into this site",
    **needs(Operation.WRITE_RULES),
)
def apply_rules(request: HttpRequest, given: RulesToApply) -> Any:
    """And judge the stored failures that they change again. 202: the change stands, and a worker does the rest."""
    practice = practice_for(caller_of(request), anyway=given.anyway)
    done = apply_if_new(practice, lambda: _change(request, given, anyway=given.anyway), because=given.because)
    return {"operation": None, "step": "done"} if done is None else Status(*answer_with(done))


@router.get(
    "/rules/operations/{operation}",
    response=RuleChange,
    summary="Show a change of rules",
    **needs(Operation.READ_RULES),
)
def get_operation(request: HttpRequest, operation: Number) -> dict[str, Any]:
    """Tell how far it has come."""
    found = find_operation(operation)
    if found is None:
        raise NotFoundError(f"there is no operation {operation}")
    return operation_json(found)


@router.post(
    "/rules/operations/{operation}/undo",
    response={200: RuleChange, 202: RuleChange},
    summary="Undo a change of rules",
    **needs(Operation.WRITE_RULES),
)
def undo_operation(request: HttpRequest, operation: Number, given: Undoing) -> Any:
    """Put rules, verdicts and states back as they were before."""
    practice = practice_for(caller_of(request))
    return Status(*answer_with(undo(practice, operation, because=given.because)))


@router.get("/rules/{path:rule}", response=RuleDetails, summary="Show a rule", **needs(Operation.READ_RULES))
def get_rule(request: HttpRequest, rule: Annotated[str, Field(max_length=200)]) -> dict[str, Any]:
    """Show a rule in force with its examples."""
    found = next((one for one in _in_force() if one.id == rule), None)
    if found is None:
        raise NotFoundError(f"no rule in force is called {rule!r}")
    return {
        **_row(found),
        "text": found.text,
        "source": found.source,
        "examples": [example.text for example in found.examples],
        "counterexamples": [example.text for example in found.counterexamples],
    }


def _in_force() -> tuple[Rule, ...]:
    own = load_console_rules(console_documents().values(), with_examples=True)
    return Pack.of([*own, *load_shipped_rules()]).rules


def _is_wanted(rule: Rule, *, level: str | None, provider: str, channel: Channel | None) -> bool:
    named = (not level or _level(rule) == level) and (not provider or rule.provider == provider)
    return named and (channel is None or rule.channel is channel)


def _level(rule: Rule) -> str:
    return rule.level.name.lower()


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "level": _level(rule),
        "channel": rule.channel,
        "provider": rule.provider,
        "type": rule.type,
        "reason": rule.reason,
        "cause": rule.cause,
        "since": rule.since,
        "file": rule.file,
    }


def _change(request: HttpRequest, given: Rules, *, anyway: bool) -> Change:
    practice = practice_for(caller_of(request), anyway=anyway)
    documents: dict[str, Any] = dict.fromkeys(given.remove)
    for place, document in enumerate(given.rules):
        name = document.get("id")
        if not isinstance(name, str) or name in documents:
            words = "this comes twice" if isinstance(name, str) else "a rule needs its id"
            raise ProblemError(422, "the rules cannot be read: see errors", [(f"rules.{place}.id", words)])
        documents[name] = document
    return prepare_rules(practice, documents) if documents else prepare_requalifying(practice)
