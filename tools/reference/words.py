"""The pages about the vocabulary and its tables: statuses, reasons, causes."""

from collections.abc import Mapping
from typing import Any

from rebond.core.message import DELIVERY_TRANSITIONS, MESSAGE_TRANSITIONS
from rebond.core.quarantine_diagram import diagram, table
from rebond.core.words import CAUSES, FAILURE_REASONS, REASONS, AddressStatus, Cause, CauseFacts, Channel, Owner, Reason
from reference import NOTE


def quarantine_states() -> str:
    return (
        NOTE + "# How an address changes its status\n\n"
        "An address's status is computed from all its evidence, in order of time. What each event does depends on the\n"
        "status that the address has at that moment.\n\n"
        f"{table()}\n"
        "“Noted” is recorded without changing the status; “–” has nothing to change. Soft failures count up to a\n"
        "threshold, and not all of them count: the address's `why` says for each why not.\n\n"
        "## From one status to another\n\n"
        f"{_ways()}\n"
        "The ways that need no person, drawn:\n\n"
        "![Arrows between the five statuses, with what leads from one to the other](images/states.svg)\n"
    )


def _ways() -> str:
    """Draw the diagram as a matrix: from the status of the row to that of the column."""
    ways: dict[tuple[str, str], str] = {}
    for line in diagram().splitlines()[2:]:
        arrow, _, words = line.strip().partition(": ")
        start, _, end = arrow.partition(" --> ")
        ways[start, end] = words.replace(" / ", "; ")
    lines = ["| from ↓ to → | " + " | ".join(AddressStatus) + " |", "|---|" + "---|" * len(AddressStatus)]
    lines += [
        f"| **{start}** | " + " | ".join(ways.get((start, end), "") for end in AddressStatus) + " |"
        for start in AddressStatus
    ]
    return "\n".join(lines) + "\n"


def reasons_and_causes() -> str:
    return (
        NOTE + "# Reasons and causes\n\n"
        "A failure's **reason** says why, its **cause** says it finely enough to act, and the cause's **owner** says\n"
        "who must act. The type of a reason is the one that it has when nothing more is known.\n\n"
        f"## Reasons\n\n{_reasons()}\n"
        "## Causes\n\n"
        "† cannot pass by itself: with a 5xx reply it ends the message at once, without touching the address.\n"
        "° never counts against an address: it is a deferral.\n"
        "**D** is the cause of its reason when nothing more is known. *May be hard*: a rule may say that the address\n"
        f"is not valid.\n\n{_causes()}\n"
        "## Causes of exclusions\n\n"
        "`opted_out`, `complaint`, `stop`, `incident`, `late`, `rule`, or none.\n"
    )


def _reasons() -> str:
    lines = ["| code | reason | French | type | channels | given to |", "|---|---|---|---|---|---|"]
    for reason, facts in sorted(REASONS.items(), key=lambda item: item[1].code):
        channels = (
            "all" if len(facts.channels) == len(Channel) else ", ".join(c for c in Channel if c in facts.channels)
        )
        given = "failures" if reason in FAILURE_REASONS else "exclusions, production and effects"
        lines.append(f"| {facts.code} | `{reason}` | {facts.french} | {facts.type} | {channels} | {given} |")
    return "\n".join(lines) + "\n"


def _causes() -> str:
    lines = ["| reason | cause | owner | marks |", "|---|---|---|---|"]
    order = {reason: place for place, reason in enumerate(REASONS)}
    for cause, facts in sorted(CAUSES.items(), key=lambda item: _place(item[1], order)):
        reason = f"`{facts.reason}`" if facts.reason else "any, type ignored"
        lines.append(f"| {reason} | {_cause(cause, facts)} | {facts.owner} | {_marks(facts)} |")
    return "\n".join(lines) + "\n"


def _place(facts: CauseFacts, order: Mapping[Reason, int]) -> tuple[int, int]:
    return (order[facts.reason] if facts.reason else len(order), list(Owner).index(facts.owner))


def _cause(cause: Cause, facts: CauseFacts) -> str:
    return f"`{cause}`" + (" †" if facts.final else "") + (" °" if facts.deferral else "")


def _marks(facts: CauseFacts) -> str:
    return ", ".join(words for words, holds in (("**D**", facts.default), ("may be hard", facts.hard)) if holds)


def delivery_states() -> str:
    return (
        NOTE + "# How deliveries and messages change their status\n\n"
        "What the present status does not allow is refused: the command names the status, changes nothing, and exits\n"
        "with 4.\n\n"
        f"## Deliveries\n\n{_transitions(DELIVERY_TRANSITIONS)}\n"
        f"## Messages\n\n{_transitions(MESSAGE_TRANSITIONS)}"
    )


def _transitions(transitions: Mapping[Any, tuple[frozenset[Any], Any]]) -> str:
    lines = ["| action | from | to |", "|---|---|---|"]
    for action, (before, after) in transitions.items():
        allowed = ", ".join(f"`{status}`" for status in type(after) if status in before)
        lines.append(f"| {action} | {allowed} | `{after}` |")
    return "\n".join(lines) + "\n"
