"""What a notice says, in words for a person, about each recipient."""

import re

from rebond.core.read.smtp_reply import fold

MAX_WORDS = 1500

# Sentences that every notice of a kind holds: they say nothing about this recipient (lower case, whole lines begin so).
_BOILERPLATE = (
    "this is the mail system at host",
    "this is the postfix program",
    "i'm sorry to have to inform you",
    "be delivered to one or more",
    "below could not be delivered",
    "for further assistance",
    "if you do so, please include",
    "delete your own text",
    "the mail system",
    "the postfix program",
    "this message was created automatically",
    "a message that you sent",
    "a message that you have sent",
    "recipients. this is a permanent error",
    "its recipients. this is a permanent error",
    "all of its recipients",
    "hi. this is the",
    "i'm afraid i wasn't able",
    "this is a permanent error; i've given up",
    "this is a mime-encapsulated message",
    "this is an automatically generated",
    "this is an automated",
    "the original message was received",
    "your message was received at",
    "message-id:",
    "subject:",
    "date:",
    "sent:",
    "to:",
    "cc:",
    "from:",
    "software. a message that you sent",
    "to all of its recipients",
    "its recipients",
    "please do not reply",
    "do not reply",
    "no further delivery attempts",
    "giving up on",
    "reporting-mta:",
    "arrival-date:",
    "final-recipient:",
    "original-recipient:",
    "last-attempt-date:",
    "x-postfix-queue-id:",
    "x-postfix-sender:",
    "please include this problem report",
    "--",
    "==",
    "**",
    "##",
)
_EDGES = " \t*#>|"
_TRANSCRIPT = re.compile(r"^[ \t-]*transcript of session", re.I | re.M)
_LISTED = re.compile(r"^\s*[-*]*\s*<?[^\s<>]+@[^\s<>]+>?\s*:?\s*$")


def about_recipients(notice: str, names: list[tuple[str, str]]) -> list[str]:
    """Give for each recipient (its address, its final address) the words about it, folded in one line.

    With one recipient the whole notice speaks of it, without its boilerplate; with several each has what stands
    between its address and the next one's, and what follows all of them when that is nothing.
    """
    if not names:
        return []
    if len({recipient.lower() for recipient, _ in names}) == 1:
        return [_words(notice)] * len(names)
    lowered = notice.lower()
    if len(lowered) != len(notice):
        lowered = notice
    places = _places(lowered, names)
    ends = sorted({place for places_of in places for place in places_of}) + [len(notice)]
    following = dict(zip(ends, ends[1:], strict=False))
    told = []
    for places_of in places:
        pieces = [_words(notice[place : following[place]]) for place in places_of[:4]]
        told.append(" ".join(piece for piece in pieces if _says_something(piece))[:MAX_WORDS])
    tail = _words(notice[ends[-2] :]) if len(ends) > 1 else _words(notice)
    return [words or tail for words in told]


def _places(lowered: str, names: list[tuple[str, str]]) -> list[list[int]]:
    """Find where each recipient is named: at most four places each, so that time stays linear."""
    places = []
    for recipient, final in names:
        found: list[int] = []
        for name in dict.fromkeys((recipient.lower(), final.lower())):
            position = lowered.find(name) if name else -1
            while position >= 0 and len(found) < 4:
                found.append(position)
                position = lowered.find(name, position + len(name))
        places.append(found)
    return places


def _words(text: str) -> str:
    kept = []
    size = 0
    for line in text.split("\n"):
        plain = line.strip(_EDGES)
        if not plain or plain.lower().startswith(_BOILERPLATE):
            continue
        kept.append(plain)
        size += len(plain)
        if size > MAX_WORDS:
            break
    return fold("\n".join(kept))[:MAX_WORDS]


def _says_something(piece: str) -> bool:
    return bool(piece) and not _LISTED.match(piece)
