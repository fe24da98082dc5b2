"""Delivery status notifications (RFC 3464, RFC 6533), wherever in a mail their fields stand."""

import re
from collections.abc import Iterable
from dataclasses import replace

from rebond.core.failure import Facts
from rebond.core.read.about import about_recipients, quoted_phase, remote_host
from rebond.core.read.adhoc import is_daemon, is_delay
from rebond.core.read.challenge import asks_to_confirm
from rebond.core.read.decode import Guesses
from rebond.core.read.find_address import field_address, first_address
from rebond.core.read.finding import Finding
from rebond.core.read.headers import Headers
from rebond.core.read.letter import Letter
from rebond.core.read.phrases import plain
from rebond.core.read.smtp_reply import (
    fold,
    from_reply,
    is_vague,
    most_telling,
    parse_folded,
    parse_reply,
    reasons_in,
    untyped,
)
from rebond.core.read.status_fields import Group, groups_in
from rebond.core.words import Phase, ReturnKind

MAX_RECIPIENTS = 1000
MAX_FIELDS = 2 * 1024 * 1024
_LOOK = 8000

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status", "text/delivery-status")
# Where the fields stand in a text that no header calls a report.
_LOOSE = re.compile(r"^[ \t>]{0,4}(?:Reporting-MTA|Original-Recipient|Final-Recipient|Action):", re.I | re.M)
_FINAL = re.compile(r"^[ \t>]{0,4}Final-Recipient:", re.I | re.M)
_STATUS = re.compile(r"([245])\s*\.\s*(\d{1,3})\s*\.\s*(\d{1,3})")
_ACTIONS = {
    "fail": "failed",
    "error": "failed",
    "undeliver": "failed",
    "delay": "delayed",
    "defer": "delayed",
    "relay": "relayed",
    "expand": "expanded",
    "deliver": "delivered",
    "success": "delivered",
}
_SUCCESSES = frozenset({"delivered", "relayed", "expanded"})


def read_dsn(letter: Letter) -> Finding | None:
    """Read the per-recipient groups of a report; None when the letter holds none that names a recipient."""
    note = letter.mail.note
    texts = [part.text(limit=MAX_FIELDS) for part in letter.parts(*_STATUS_TYPES)]
    groups = [group for text in texts for group in groups_in(text, note=note)]
    machine_made = bool(groups) or letter.mail.parameters.get("report-type", "").lower() == "delivery-status"
    if machine_made or letter.null_sender or is_daemon(letter):
        groups = groups or _loose_groups(letter)
    return read_groups(letter, groups, machine_made=machine_made) if groups else None


def read_groups(letter: Letter, groups: list[Group], *, machine_made: bool = True) -> Finding:
    """Read what a report says of each recipient."""
    guesses = Guesses()
    facts = [_facts(common, group, guesses) for common, group in groups[:MAX_RECIPIENTS]]
    if not all("action" in group for _, group in groups) and is_delay(
        lowered=plain(letter.notice), subject=plain(letter.subject)
    ):
        facts = [replace(each, action="delayed") if each.action == "failed" else each for each in facts]
    if len(facts) > 1:
        facts = _without_copies(facts)
    if len(groups) > MAX_RECIPIENTS:
        letter.mail.note("cut: the report names more than 1,000 recipients")
    facts = _with_reasons(letter, [each for each in facts if each.recipient] or facts)
    if len(facts) == 1:
        facts = [_with_circumstances(letter, facts[0])]
    kind = _kind(facts)
    if kind is ReturnKind.DSN and not machine_made:
        kind = ReturnKind.BOUNCE  # the fields stand in words for a person: a vendor's own form
    if (
        kind in (ReturnKind.DSN, ReturnKind.DELAYED)
        and not any(each.code for each in facts)
        and asks_to_confirm(letter)
    ):
        kind = ReturnKind.CHALLENGE  # nothing was refused: the sender is to do something
    return Finding(kind=kind, facts=tuple(facts))


def _kind(facts: Iterable[Facts]) -> ReturnKind:
    actions = {each.action for each in facts}
    if actions <= _SUCCESSES:
        return ReturnKind.DELIVERED
    return ReturnKind.DSN if "failed" in actions else ReturnKind.DELAYED


def _loose_groups(letter: Letter) -> list[Group]:
    """Find the same fields in plain text."""
    plain_parts = [part.text() for part in letter.parts("text/plain")]
    texts = [letter.words, *(text for text in plain_parts if text is not letter.words)]
    # As bytes: letters outside ASCII need not be lowered to see this.
    if not any(b"final-recipient:" in text.encode(errors="replace").lower() for text in texts):
        return []
    for text in (letter.notice, *plain_parts):
        if _FINAL.search(text) and (start := _LOOSE.search(text)):
            return groups_in(text[start.start() :], note=letter.mail.note)
    return []


def _facts(common: Headers, group: Headers, guesses: Guesses) -> Facts:
    final = field_address(group.first("final-recipient"))
    original = field_address(group.first("original-recipient")) if "original-recipient" in group else ""
    final_whole = final if "@" in final else ""
    recipient = (original if "@" in original else "") or final_whole or _named_elsewhere(group)
    reporting = _host(common.first("reporting-mta") or group.first("reporting-mta"))
    if not recipient and (final or original):
        recipient = final or original
    diagnostic = fold(untyped(group.text("diagnostic-code", guesses=guesses)))
    reply = parse_folded(diagnostic)
    status = _status(group.first("status"))
    enhanced = most_telling((reply.enhanced, status))
    action = _action(group.first("action"), status)
    return Facts(
        recipient=recipient,
        final_recipient=final_whole or recipient,
        original_recipient=original if "@" in original else "",
        action=action,
        enhanced=enhanced,
        code=reply.code if reply.code >= 400 or action in _SUCCESSES else 0,
        text=from_reply(diagnostic),
        remote_mta=_host(group.first("remote-mta")) or remote_host(diagnostic),
        reporting_mta=reporting,
    )


def _named_elsewhere(group: Headers) -> str:
    for name in ("x-actual-recipient", "x-original-recipient", "final-recipient", "original-recipient"):
        if address := first_address(group.first(name)):
            return address
    return ""


def _status(value: str) -> str:
    found = _STATUS.search(value)
    return ".".join(found.groups()) if found else ""


def _action(value: str, status: str) -> str:
    words = value.strip().lower()
    for beginning, action in _ACTIONS.items():
        if words.startswith(beginning):
            return action
    return "delivered" if status.startswith("2") else "failed"


def _host(value: str) -> str:
    return untyped(value).split(" ")[0].strip("<>()[]").lower() if value else ""


def _without_copies(facts: list[Facts]) -> list[Facts]:
    """Take from recipients a diagnostic that is another's: the same words, which name that one alone.

    Some systems give up a whole message when one recipient is refused, and write its refusal for all of them.
    """
    named = {each.text for each in facts if each.text and _names(each.text, each)}
    return [
        replace(each, text="", code=0, enhanced="") if each.text in named and not _names(each.text, each) else each
        for each in facts
    ]


def _names(text: str, facts: Facts) -> bool:
    lowered = text.lower()
    return any(
        address and address.lower() in lowered
        for address in (facts.recipient, facts.final_recipient, facts.original_recipient)
    )


def _with_reasons(letter: Letter, facts: list[Facts]) -> list[Facts]:
    """Put the notice's words behind diagnostics that are poor."""
    poor = [each.action not in _SUCCESSES and is_poor(each) for each in facts]
    if not any(poor):
        return facts
    names = [(each.recipient, each.final_recipient) for each in facts]
    told = about_recipients(letter.notice, names, note=letter.mail.note)
    return [
        _with_reason(each, words) if words and lacking else each
        for each, words, lacking in zip(facts, told, poor, strict=True)
    ]


def is_poor(facts: Facts) -> bool:
    """Tell whether a diagnostic lacks either words that give a reason or a code that does."""
    text = facts.text.lower()
    for address in (facts.recipient, facts.final_recipient):
        if address:
            text = text.replace(address.lower(), " ")
    reasons = reasons_in(text)
    return reasons < 2 and (is_vague(facts.enhanced) or reasons == 0)


def _with_circumstances(letter: Letter, facts: Facts) -> Facts:
    """Add when the refusal was given and by which server, as far as the notice tells."""
    found = _circumstances(letter.words, facts)
    if found != (facts.phase, facts.remote_mta):
        found = _circumstances(letter.notice, facts)  # without a message that it may quote
    return facts if found == (facts.phase, facts.remote_mta) else replace(facts, phase=found[0], remote_mta=found[1])


def _circumstances(words: str, facts: Facts) -> tuple[Phase, str]:
    return quoted_phase(words[:_LOOK]), facts.remote_mta or remote_host(words[:_LOOK])


def _with_reason(facts: Facts, words: str) -> Facts:
    reply = parse_reply(words)
    # A reply quoted in the words stands further in than a Status that comes without a diagnostic.
    codes = (facts.enhanced, reply.enhanced) if facts.text else (reply.enhanced, facts.enhanced)
    return replace(
        facts,
        text=words if facts.text in words else f"{facts.text} {words}",
        code=facts.code or (reply.code if reply.code >= 400 else 0),
        enhanced=most_telling(codes),
    )
