"""`POST /qualify`: what a returned mail or a reply means; nothing is stored."""

import base64
import binascii
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from rebond.api.base import Given, Told, body_of
from rebond.api.bodies import read_json, read_model
from rebond.api.gate import needs
from rebond.api.problems import ProblemError
from rebond.core.failure import Failure, Report
from rebond.core.permissions import Operation
from rebond.core.qualifier import Qualifier
from rebond.core.words import Channel, FailureType, Owner, Phase, Reason, ReturnKind
from rebond.web.current import current_site

router = Router(tags=["Qualification"])
MAIL = "message/rfc822"


class Reply(Given):
    """What is to be judged: the text of a reply, or a mail in base64 (or send the mail itself as message/rfc822)."""

    text: Annotated[str, Field(max_length=1_000_000)] = ""
    mail: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})] = ""
    channel: Channel = Channel.EMAIL
    provider: Annotated[str, Field(max_length=64)] = ""
    phase: Phase = Phase.RCPT
    recipient: Annotated[str, Field(max_length=2000)] = ""
    code: Annotated[int, Field(strict=True, ge=0, le=999)] = 0
    enhanced: Annotated[str, Field(max_length=16)] = ""


class Judged(Told):
    recipient: str | None
    type: FailureType | None
    reason: Reason
    cause: str
    owner: Owner
    code: int | None
    enhanced: str | None
    provider: str | None
    rule: str
    text: str


class Qualified(Told):
    kind: ReturnKind
    feedback_type: str | None = None
    failures: list[Judged]


_BODY = body_of(Reply, **{MAIL: {"schema": {"type": "string", "format": "binary"}}})


@router.post(
    "/qualify", response=Qualified, summary="Judge a returned mail or a reply", **needs(Operation.QUALIFY, **_BODY)
)
def qualify(request: HttpRequest) -> dict[str, Any]:
    """Judge by the rules in force, this site's own among them. Nothing is stored."""
    qualifier = current_site().rules.renew()
    if request.content_type == MAIL:
        return _told(qualifier.qualify_mail(request.body), qualifier)
    reply = _read(request)
    if reply.mail:
        try:
            raw = base64.b64decode(reply.mail, validate=True)
        except (binascii.Error, ValueError):
            raise ProblemError(422, "the mail cannot be read", [("mail", "this is no base64")]) from None
        return _told(qualifier.qualify_mail(raw), qualifier)
    failure = qualifier.qualify_reply(
        reply.text,
        channel=reply.channel,
        provider=reply.provider,
        phase=reply.phase,
        recipient=reply.recipient,
        code=reply.code,
        enhanced=reply.enhanced,
    )
    return _told(Report(kind=ReturnKind.BOUNCE, failures=(failure,)), qualifier)


def _read(request: HttpRequest) -> Reply:
    reply = read_model(Reply, read_json(request))
    if bool(reply.text) == bool(reply.mail):
        raise ProblemError(422, "give either text or mail", [("text", "give this, or mail")])
    return reply


def _told(report: Report, qualifier: Qualifier) -> dict[str, Any]:
    complaint = report.kind is ReturnKind.COMPLAINT
    return {
        "kind": report.kind,
        "feedback_type": report.feedback_type if complaint else None,
        "failures": _complaints(report) if complaint else [_judged(one, qualifier) for one in report.failures],
    }


def _judged(failure: Failure, qualifier: Qualifier) -> dict[str, Any]:
    verdict = failure.verdict
    return {
        "recipient": failure.recipient or None,
        "type": verdict.type,
        "reason": verdict.reason,
        "cause": verdict.cause,
        "owner": verdict.owner,
        "code": failure.code or None,
        "enhanced": failure.enhanced or None,
        "provider": failure.provider or qualifier.providers.of_domain(failure.recipient.rpartition("@")[2]),
        "rule": verdict.rule,
        "text": failure.text,
    }


def _complaints(report: Report) -> list[dict[str, Any]]:
    """A complaint has no type: it is no failure, but denylists the address (specification 03, section 1)."""
    told = {"type": None, "reason": Reason.DENYLISTED, "cause": "complaint", "owner": Owner.RECIPIENT}
    told |= {"code": None, "enhanced": None, "provider": None, "rule": f"kind:{report.kind}"}
    told["text"] = report.feedback_type
    return [{**told, "recipient": address} for address in report.complainants or (None,)]
