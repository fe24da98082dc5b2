"""Amazon's notices about one message when they come by mail: a JSON text (Amazon SES, through SNS or not)."""

import json
from dataclasses import replace
from typing import Any

from rebond.core.failure import Facts
from rebond.core.read.find_address import tidy_address
from rebond.core.read.finding import Finding
from rebond.core.read.letter import Letter
from rebond.core.read.smtp_reply import fold, most_telling, parse_reply, untyped
from rebond.core.words import ReturnKind

MAX_RECIPIENTS = 1000


def read_ses_notice(letter: Letter) -> Finding | None:
    """Read a bounce, complaint or delivery notice; None when the text is no such JSON."""
    text = letter.notice.lstrip()
    if not text.startswith("{") or ("otificationType" not in text and "eventType" not in text):
        return None
    notice = _object(text)
    if isinstance(notice.get("Message"), str):
        notice = _object(notice["Message"].lstrip())
    kind = notice.get("notificationType") or notice.get("eventType")
    mail = _dict(notice.get("mail"))
    finding: Finding | None = None
    if kind == "Bounce":
        bounce = _dict(notice.get("bounce"))
        facts = tuple(_facts(bounce, each) for each in _recipients(bounce, "bouncedRecipients"))
        finding = Finding(kind=ReturnKind.BOUNCE, facts=facts) if facts else None
    elif kind == "Complaint":
        complaint = _dict(notice.get("complaint"))
        named = tuple(_address(each) for each in _recipients(complaint, "complainedRecipients"))
        feedback = str(complaint.get("complaintFeedbackType") or "abuse").lower()
        finding = Finding(kind=ReturnKind.COMPLAINT, feedback_type=feedback, complainants=named)
    elif kind == "Delivery":
        reached = _texts(_dict(notice.get("delivery")).get("recipients"))
        facts = tuple(Facts(recipient=each, final_recipient=each, action="delivered") for each in reached)
        finding = Finding(kind=ReturnKind.DELIVERED, facts=facts)
    return _pointing(finding, mail) if finding else None


def _object(text: str) -> dict[str, Any]:
    try:
        # Mail systems break the long lines of JSON, within its strings too: `strict` off bears that.
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return _dict(value)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else []
    return tuple(each for each in texts[:MAX_RECIPIENTS] if isinstance(each, str))


def _recipients(notice: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = notice.get(name)
    listed = found[:MAX_RECIPIENTS] if isinstance(found, list) else []
    return [each for each in listed if isinstance(each, dict) and _address(each)]


def _address(recipient: dict[str, Any]) -> str:
    return tidy_address(str(recipient.get("emailAddress") or ""))


def _facts(bounce: dict[str, Any], recipient: dict[str, Any]) -> Facts:
    told = fold(untyped(str(recipient.get("diagnosticCode") or "")))
    named = " ".join(str(bounce.get(name) or "") for name in ("bounceType", "bounceSubType")).strip()
    reply = parse_reply(told)
    address = _address(recipient)
    return Facts(
        recipient=address,
        final_recipient=address,
        action=str(recipient.get("action") or "failed").lower(),
        text=told or named,
        code=reply.code,
        enhanced=most_telling((reply.enhanced, parse_reply(str(recipient.get("status") or "")).enhanced)),
        reporting_mta=untyped(str(bounce.get("reportingMTA") or "")).lower(),
    )


def _pointing(finding: Finding, mail: dict[str, Any]) -> Finding:
    """Add what points to the message: its ids, its envelope sender, whom it was for."""
    common = _dict(mail.get("commonHeaders"))
    ids = tuple(str(each).strip("<> ") for each in (common.get("messageId"), mail.get("messageId")) if each)
    return replace(
        finding,
        message_ids=ids,
        candidates=_texts([mail.get("source"), *ids]),
        original_to=_texts(mail.get("destination")),
    )
