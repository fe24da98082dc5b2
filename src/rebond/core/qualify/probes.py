"""Texts that tell a pattern that says something from one that matches nearly everything."""

from collections.abc import Mapping
from types import MappingProxyType

from rebond.core.qualify.codes import read_codes
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.rules import Rule
from rebond.core.words import FailureType

# What no failure says, and nobody ignores.
_NOTHING = ("x", "0", "dear sir or madam", "zqxj")
# What servers say of mails that they took.
_TAKEN = ("250 ok", "250 2.0.0 ok: queued as 4f2b1c0d9e", "220 mx.example.com esmtp", "354 end data with .")
# Failures that have nothing to do with each other: a pattern that matches two of them tells nothing of either.
_FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "greylisting": "451 4.7.1 greylisted, come back in five minutes",
        "a full mailbox": "552 5.2.2 over quota",
        "an unknown user": "550 5.1.1 user unknown",
        "spam": "554 5.7.1 message looks like spam",
        "a host that does not answer": "connection to mx.example.com timed out",
        "a mail that is too large": "message size exceeds fixed limit",
    }
)


def too_wide(engine: RuleEngine) -> dict[str, str]:
    """Name the rules of an engine whose pattern matches what it cannot mean, with that text or those two subjects."""
    found: dict[str, str] = {}
    topics: dict[str, list[str]] = {}
    for text in (*_NOTHING, *_TAKEN):
        for rule in _matching(engine, text):
            if text in _NOTHING or rule.type is not FailureType.IGNORED:
                found.setdefault(rule.id, repr(text))
    for topic, text in _FAILURES.items():
        for rule in _matching(engine, text):
            topics.setdefault(rule.id, []).append(topic)
    return {name: " and ".join(both[:2]) for name, both in topics.items() if len(both) > 1} | found


def _matching(engine: RuleEngine, text: str) -> list[Rule]:
    # From whom a rule would take a text is no excuse; a code that says it all is one.
    codes = read_codes(text)
    rules = (engine.pack.rules[index] for index in engine.found(fold(text).text))
    return [rule for rule in rules if rule.admits_codes(codes.code, codes.enhanced)]
