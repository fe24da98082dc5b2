"""Whom we wrote to, when the address that failed is where that person's mail is forwarded."""

import re
from dataclasses import replace

from rebond.core.failure import Facts
from rebond.core.read.find_address import first_address, tidy_address
from rebond.core.read.letter import Letter

_FROM = re.compile(
    r"\((?:ultimately )?(?:expanded|generated|forwarded|was addressed|originally addressed) (?:from|to):?\s+"
    r"<?([^\s<>()]+@[^\s<>()]+)>?\)",
    re.I,
)
_LIST_HEADERS = ("list-id", "list-post", "x-beenthere", "mailing-list", "x-mailing-list")
# Where mail systems note, in passing, the address that they forwarded from.
_PASSED = ("delivered-to", "x-original-to", "x-forwarded-for", "x-forwarded-to", "resent-from", "x-delivered-to")


def with_written_to(letter: Letter, facts: tuple[Facts, ...]) -> tuple[Facts, ...]:
    """Put the address that we wrote to in the place of the one it forwards to, where two signs agree on it.

    Only for reports of one recipient that name no original one; the final address is kept beside it.
    """
    if len(facts) != 1 or facts[0].original_recipient:
        return facts
    final = facts[0].recipient.lower()
    written = _noted_in_words(letter, final) or _noted_in_headers(letter, final)
    return (replace(facts[0], recipient=written, final_recipient=facts[0].recipient),) if written else facts


def _noted_in_words(letter: Letter, final: str) -> str:
    """Read `(expanded from <a@b>)` and its like; a returned To that names somebody else contradicts it."""
    found = _FROM.search(letter.words) and _FROM.search(letter.notice)
    written = tidy_address(found.group(1)) if found else ""
    if "." not in written.rpartition("@")[2] or written.lower() == final:
        return ""
    to = [address.lower() for address in letter.returned_to]
    return written if not to or written.lower() in to else ""


def _noted_in_headers(letter: Letter, final: str) -> str:
    """Take the returned message's only To when its way shows that it reached that address and went on."""
    original, to = letter.original, letter.returned_to
    if len(to) != 1 or to[0].lower() == final or any(name in original for name in _LIST_HEADERS):
        return ""
    passed = {first_address(value).lower() for name in _PASSED for value in original.all(name)[:10]}
    stations = {_station(value) for value in original.all("received")[:30]}
    return to[0] if to[0].lower() in passed or (to[0].lower() in stations and final in stations) else ""


def _station(received: str) -> str:
    _, words, rest = received.partition(" for ")
    return first_address(rest[:300]).lower() if words else ""
