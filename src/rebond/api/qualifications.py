"""`/qualifications`: the distinct texts of failures, what they may mean, and deciding that."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from rebond.api.base import Cursor, Flag, Given, Limit, Number, Told, Whole
from rebond.api.cursors import page, position
from rebond.api.gate import caller_of, needs
from rebond.api.rule_changes import BackTest, RuleChange, answer_with, backtested
from rebond.core.permissions import Operation
from rebond.core.qualify.suggest import Suggestion
from rebond.core.words import REASONS, Cause, Channel, FailureType, QualificationStatus, Reason
from rebond.services.apply_rules import Practice
from rebond.services.change_rules import Change, effect_of
from rebond.services.decide import Decision, decide, ignore, prepare_decision, prepare_ignoring
from rebond.services.errors import InputError
from rebond.services.kept_queue import text_row
from rebond.store.read.qualifications import QualificationRow, page_of_qualifications
from rebond.web.current import current_site
from rebond.web.practice import practice_for

router = Router(tags=["Qualification"])
_MOST_TEXTS = 1_000


class Text(Told):
    id: int
    status: QualificationStatus
    channel: Channel
    provider: str
    count: int
    type: FailureType
    reason: Reason
    cause: str
    rule: str
    template: str
    text: str
    first_seen_at: datetime
    last_seen_at: datetime


class TextPage(Told):
    items: list[Text]
    next: str | None


class Suggested(Told):
    type: FailureType
    reason: Reason
    cause: str
    similarity: float
    weak: bool


class WholeText(Text):
    alike: Annotated[list[int], Field(description="The texts to be qualified that are like it, itself among them.")]
    addresses: Annotated[int, Field(description="How many addresses wait on them.")]
    suggestion: Suggested | None
    pattern: Annotated[str | None, Field(description="A pattern that could decide them.")]


class Deciding(Given):
    """What the text means; `ignore` alone: it never quarantines anybody."""

    texts: Annotated[
        list[Whole],
        Field(max_length=_MOST_TEXTS, description="Others that it decides too, as in `alike`.", default_factory=list),
    ]
    ignore: Flag = False
    type: FailureType | None = None
    reason: Reason | None = None
    cause: Cause | None = None
    pattern: Annotated[str, Field(max_length=20_000, description="The generated one when left out.")] = ""
    rule: Annotated[str, Field(max_length=80, description="The id of the rule; made when left out.")] = ""
    provider: Annotated[str, Field(max_length=64)] = ""
    again: Annotated[Flag, Field(description="Also when it was decided before.")] = False
    anyway: Annotated[Flag, Field(description="Also when very many addresses enter quarantine.")] = False
    because: Annotated[str, Field(max_length=2000)] = ""


@router.get("/qualifications", response=TextPage, summary="List texts", **needs(Operation.READ_QUALIFICATIONS))
def list_texts(
    request: HttpRequest,
    *,
    status: QualificationStatus = QualificationStatus.TO_QUALIFY,
    channel: Channel | None = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> dict[str, Any]:
    """The most frequent first."""
    after = position(request, cursor)
    rows = page_of_qualifications(
        status, channel=channel, after=(after[0], after[1]) if after else None, limit=limit + 1
    )
    found = page(request, rows, limit=limit, place=lambda row: [row.count, row.number])
    return {**found, "items": [_row(row) for row in found["items"]]}


@router.get(
    "/qualifications/{text}",
    response=WholeText,
    summary="Show a text, those like it, and what it may mean",
    **needs(Operation.READ_QUALIFICATIONS),
)
def show_text(request: HttpRequest, text: Number) -> dict[str, Any]:
    """With the suggestion of the most similar qualified texts; it is never applied by itself."""
    row = text_row(text)
    put = current_site().queue.now()
    cluster = put.cluster_of(row)
    return {
        **_row(row),
        "alike": [one.number for one in cluster.texts],
        "addresses": cluster.addresses,
        "suggestion": _suggested(cluster.suggestion),
        "pattern": put.queue.pattern_for(cluster.texts),
    }


@router.post(
    "/qualifications/{text}/backtest",
    response=BackTest,
    summary="Tell what a decision would change",
    **needs(Operation.READ_QUALIFICATIONS),
)
def backtest_decision(request: HttpRequest, text: Number, given: Deciding) -> dict[str, Any]:
    """Nothing is written."""
    practice = practice_for(caller_of(request), anyway=True)
    return backtested(effect_of(practice, _change(practice, text, given)))


@router.post(
    "/qualifications/{text}/decide",
    response={200: RuleChange, 202: RuleChange},
    summary="Decide what a text means",
    **needs(Operation.DECIDE_QUALIFICATIONS),
)
def decide_text(request: HttpRequest, text: Number, given: Deciding) -> Any:
    """As a rule of this site, applied to all that is stored; `POST /rules/operations/{operation}/undo` takes it back.

    202: the decision stands, and a worker does the rest. 409: somebody else decided it meanwhile.
    """
    practice = practice_for(caller_of(request), anyway=given.anyway)
    if given.ignore:
        done = ignore(practice, _numbers(text, given), because=given.because)
    else:
        done = decide(practice, _decision(text, given), because=given.because)
    return Status(*answer_with(done))


def _change(practice: Practice, text: int, given: Deciding) -> Change:
    if given.ignore:
        return prepare_ignoring(_numbers(text, given))
    return prepare_decision(practice, _decision(text, given))


def _numbers(text: int, given: Deciding) -> list[int]:
    return list(dict.fromkeys([text, *given.texts]))


def _decision(text: int, given: Deciding) -> Decision:
    if given.reason is None:
        raise InputError("give the reason, or ignore")
    numbers = _numbers(text, given)
    return Decision(
        texts=tuple(numbers),
        type=given.type or REASONS[given.reason].type,
        reason=given.reason,
        cause=given.cause,
        pattern=given.pattern or _pattern(numbers),
        name=given.rule,
        provider=given.provider,
        again=given.again,
    )


def _pattern(numbers: list[int]) -> str:
    rows = [text_row(number) for number in numbers]
    pattern = current_site().queue.now().queue.pattern_for(rows)
    if not pattern:
        raise InputError("the texts have no words in common that no other text has: give a pattern, or fewer texts")
    return pattern


def _suggested(found: Suggestion | None) -> dict[str, Any] | None:
    if found is None:
        return None
    verdict = found.verdict
    told = {"type": verdict.type, "reason": verdict.reason, "cause": verdict.cause}
    return {**told, "similarity": round(found.similarity, 3), "weak": found.weak}


def _row(row: QualificationRow) -> dict[str, Any]:
    return {
        "id": row.number,
        "status": row.status,
        "channel": row.channel,
        "provider": row.provider,
        "count": row.count,
        "type": row.verdict.type,
        "reason": row.verdict.reason,
        "cause": row.verdict.cause,
        "rule": row.verdict.rule,
        "template": row.template,
        "text": row.text,
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.last_seen_at,
    }
