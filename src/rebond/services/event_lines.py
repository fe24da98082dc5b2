"""One line that tells of an event: read, checked, and made the occurrence that is recorded."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from rebond.core.address import parse_address
from rebond.core.failure import Event, Evidence, Failure, Verdict, given_verdict
from rebond.core.qualifier import Qualifier
from rebond.core.words import Cause, Channel, FailureType, Phase, Reason
from rebond.services.moments import parse_time
from rebond.services.record import Occurrence
from rebond.store.write.text import storable

MOST_LINE = 1_048_576
_AHEAD = timedelta(minutes=10)
# A clock that was never set tells 1970, a field that was left empty the year 1.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
EVENTS = {
    "failure": Event.FAILURE,
    "delivered": Event.DELIVERED,
    "complaint": Event.COMPLAINT,
    "stop": Event.STOP,
    "start": Event.START,
    "confirmed": Event.CONFIRMED,
}
FIELDS = frozenset(
    {
        "channel",
        "address",
        "event",
        "text",
        "type",
        "reason",
        "cause",
        "occurred_at",
        "message_id",
        "id",
        "provider",
        "phase",
        "code",
    }
)
Line = str | bytes | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReader:
    """Reads lines as one site takes them, as of one time."""

    qualifier: Qualifier
    now: datetime
    region: str
    allow_undotted: bool

    def read(self, line: Line) -> Occurrence:
        """Read one line; ValueError says what is wrong with it."""
        item = _decode(line)
        channel = _choice(item, "channel", Channel)
        event = _choice(item, "event", EVENTS)
        written = _text(item, "address")
        if written != item["address"]:
            raise ValueError(f"address {written[:200]!r} holds a character that no address can")
        address = parse_address(written, channel=channel, region=self.region, allow_undotted=self.allow_undotted)
        if address.key is None:
            raise ValueError(f"address {address.text[:200]!r} is not a possible {channel} address: {address.problem}")
        if event in (Event.STOP, Event.START) and channel is not Channel.SMS:
            raise ValueError(f"{event} is an event of sms, not of {channel}")
        message = _text(item, "message_id", required=False).strip().strip("<>")
        evidence: dict[str, Any] = {"identity": _identity(item, key=address.key), "event": event, "message": message}
        evidence["at"] = self._time(_text(item, "occurred_at"))
        failed: dict[str, Any] = {}
        if event is Event.FAILURE:
            told, failed = self._failure(item, channel=channel, address=address.text, key=address.key)
            evidence |= told
        # Made once: to replace fields of what is made takes a tenth of all the time.
        return Occurrence(
            channel=channel, address=address.text, key=address.key, evidence=Evidence(**evidence), **failed
        )

    def _failure(
        self, item: dict[str, Any], *, channel: Channel, address: str, key: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read what a failure says: fields of its evidence, and of the occurrence."""
        text = _text(item, "text", required=False)
        provider = _text(item, "provider", required=False)
        failed: dict[str, Any] = {}
        if "type" in item or "reason" in item:
            verdict = _given(item)
        elif text.strip():
            failure, failed = self._qualified(item, channel=channel, address=address, text=text, provider=provider)
            verdict = failure.verdict
            provider = provider or failure.provider
        else:
            raise ValueError("a failure needs its text, or a type and a reason")
        if not provider and channel is Channel.EMAIL:
            # A label for lists and reports: rules never go by the recipient's domain.
            provider = self.qualifier.providers.of_domain(key.rpartition("@")[2])
        return {"verdict": verdict, "text": text, "provider": provider}, failed

    def _qualified(
        self, item: dict[str, Any], *, channel: Channel, address: str, text: str, provider: str
    ) -> tuple[Failure, dict[str, Any]]:
        code = item.get("code", 0)
        if type(code) is not int or not 0 <= code <= 999:
            raise ValueError(f"code {json.dumps(code)[:100]} is no SMTP reply code")
        phase = _choice(item, "phase", Phase) if "phase" in item else Phase.REPORT
        failure = self.qualifier.qualify_reply(
            text, channel=channel, provider=provider, phase=phase, recipient=address, code=code
        )
        template = self.qualifier.template(text, recipient=address)
        return failure, {
            "template": template,
            "code": failure.code,
            "enhanced": failure.enhanced,
            "phase": phase,
        }

    def _time(self, text: str) -> datetime:
        at = parse_time(text, name="occurred_at")
        if at > self.now + _AHEAD:
            raise ValueError(f"occurred_at {text!r} is more than ten minutes ahead of the clock")
        if at < _EARLIEST:
            raise ValueError(f"occurred_at {text!r} is before the year 2000: send the time when it happened")
        return at


def _decode(line: Line) -> dict[str, Any]:
    item: Any = line
    if isinstance(line, str | bytes):
        if len(line) > MOST_LINE:
            raise ValueError("the line is longer than 1 MiB")
        try:
            item = json.loads(line)
        except ValueError as error:
            raise ValueError(f"this is not JSON: {error}") from None
    if not isinstance(item, dict):
        raise ValueError("each line must be a JSON object")
    for name in item:
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            raise ValueError(f"field {name[:100]!r} is unknown" + (f": did you mean {near[0]!r}?" if near else ""))
    return {name: value for name, value in item.items() if value is not None}


def _text(item: dict[str, Any], name: str, *, required: bool = True) -> str:
    value = item.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {json.dumps(value)[:100]}")
    if required and not value.strip():
        raise ValueError(f"{name} is missing")
    return storable(value, len(value))


def _choice(item: dict[str, Any], name: str, values: Any) -> Any:
    text = _text(item, name)
    if isinstance(values, dict):
        if text not in values:
            raise ValueError(f"{name} {text[:100]!r} is unknown: one of {', '.join(values)}")
        return values[text]
    try:
        return values(text)
    except ValueError:
        raise ValueError(f"{name} {text[:100]!r} is unknown: one of {', '.join(values)}") from None


def _given(item: dict[str, Any]) -> Verdict:
    if "type" not in item or "reason" not in item:
        raise ValueError("a verdict needs both type and reason")
    cause = _choice(item, "cause", Cause) if "cause" in item else None
    return given_verdict(_choice(item, "type", FailureType), reason=_choice(item, "reason", Reason), cause=cause)


def _identity(item: dict[str, Any], *, key: str) -> str:
    """Name an event about an address: its sender's id when it has one, else the digest of what it says."""
    own = item.get("id")
    if own is not None:
        if type(own) not in (str, int) or not str(own).strip():
            raise ValueError("id must be text or a whole number")
        own = [item["channel"], key, item["event"], str(own)]
        return "event:" + hashlib.sha256(json.dumps(own).encode()).hexdigest()
    canonical = json.dumps(item, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return "event:" + hashlib.sha256(canonical.encode()).hexdigest()
