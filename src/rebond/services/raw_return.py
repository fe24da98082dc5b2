"""A returned mail as text that can be shown, with the words that decided marked in it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rebond.core.qualifier import Qualifier
from rebond.core.read.providers.body import events_naming
from rebond.core.said import said
from rebond.services.address_page import Marked, matched_words
from rebond.services.errors import NotFoundError
from rebond.store.read.evidence_details import returned_failure
from rebond.store.read.returns import raw_mail

MOST_SHOWN = 128 * 1024
_MOST_MARKS = 100
# Longer ones are looked for by their beginning.
_MOST_WORDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReturn:
    """The beginning of a returned mail, in pieces (True: what decided). `size` is that of the whole, in bytes.

    `looked_for`: there are words to mark; they may stand in a part that is coded, or behind the end.
    """

    pieces: Marked
    size: int
    cut: bool
    looked_for: bool
    marked: bool


def raw_return(identity: str, *, qualifier: Qualifier) -> RawReturn:
    """Show the mail that said a piece of evidence; NotFoundError when none did, or when it is not kept any more."""
    failure = returned_failure(identity)
    if failure is None:
        raise NotFoundError(said("no returned mail said this"))
    raw = raw_mail(failure.return_id) if failure.return_id is not None else None
    if raw is None:
        raise NotFoundError(said("the returned mail is not kept any more: its retention is over"))
    if failure.posted:
        # Of a webhook only what it tells of this address.
        raw = json.dumps(events_naming(raw, [failure.address]), indent=2, ensure_ascii=False).encode("utf-8", "replace")
    text = raw[:MOST_SHOWN].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    span = matched_words(failure.text, rule=failure.rule, qualifier=qualifier)
    words = failure.text[slice(*span)][:_MOST_WORDS] if span else ""
    pieces = list(_pieces(text, words))
    return RawReturn(
        pieces=pieces,
        size=len(raw),
        cut=len(raw) > MOST_SHOWN,
        looked_for=bool(words),
        marked=any(marked for _, marked in pieces),
    )


def _pieces(text: str, words: str) -> Iterator[tuple[str, bool]]:
    """Part a text where the words stand, whatever the line breaks between them."""
    done = 0
    if wanted := words.split():
        pattern = re.compile(r"\s+".join(map(re.escape, wanted)))
        for number, found in enumerate(pattern.finditer(text)):
            if number == _MOST_MARKS:
                break
            yield text[done : found.start()], False
            yield found.group(), True
            done = found.end()
    yield text[done:], False
