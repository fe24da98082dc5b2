"""What a notice says, in words for a person, about each recipient."""

import re
from collections.abc import Callable, Mapping, Sized
from itertools import chain, islice

from rebond.core.read.find_address import ADDRESS, addresses_in, tidy_address, with_name, without_name
from rebond.core.read.smtp_reply import begins_reply, fold, from_reply, reasons_in
from rebond.core.words import Phase

MAX_WORDS = 1500
_MOST_OWNERS = 20  # of one line
_MOST_LINES = 500  # of one recipient
# Characters that are said of all recipients, all together and of each: they are not to be many times the notice.
_MOST_COMMON = 40_000
_LEAST_COMMON = 200
# Ways to say next to nothing of a recipient that are told apart in one notice: none has more but by intent.
_MOST_WAYS = 200
_CUT = "cut: of what says little of each of many recipients only what is common is read"

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
    "privacy policy",
    "terms of ",
    "all rights reserved",
    "unsubscribe",
    "received-from-mta:",
    "remote-mta:",
    "action:",
    "--",
    "==",
    "**",
    "##",
)
# How those begin: looked up before all of them are tried on a line.
_BEGINNINGS = frozenset(sentence[:2] for sentence in (*_BOILERPLATE, "status:"))
_EDGES = " \t*#|"
_ANNOUNCING = re.compile(r"following (?:e-?mail )?(?:address|recipient|user)|these recipients", re.I)
_WORD = re.compile(r"[^\W\d_]{3,}")
# What Sendmail says in its own words below the answer that it quotes (`<<<`).
_SUMMED_UP = re.compile(
    r"5\d\d (?:5\.\d\.\d )?(?:<[^<>\s]{1,400}>\.{3} )?(?:service unavailable|data format error|remote protocol error)$",
    re.I,
)
_ANSWERED = "<<< "
# In lower case, and each word first a letter: so most places of a text are passed over quickly.
_REMOTE = re.compile(
    r"(?:host(?<=\bhost)|server(?<=\bserver)|while talking to|connect to|domain \S{1,200} by|mx(?<=\bmx)) "
    r"<?([a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24})\.?>?[ :]{0,2}[\[(:]"
)
# What notices say of an answer to a command that comes before RCPT (lower case).
_TELLING_PHASES = ("mail from", "mail_from", "helo", "ehlo", "was rejected", "to talk to", "connect", "greeting")
_PHASES = (
    (
        Phase.MAIL_FROM,
        (
            "in reply to mail from",
            "after mail from",
            "after pipelined mail from",
            "[mail_from]",
            "like our mail from",
            "but sender was rejected",
            "mail from command, host",
        ),
    ),
    (
        Phase.HELLO,
        ("in reply to ehlo", "in reply to helo", "after ehlo", "after helo", "like our ehlo", "my name was rejected"),
    ),
    (
        Phase.CONNECT,
        ("refused to talk to me", "after initial connection", "in reply to connect", "but greeting failed"),
    ),
)
# A server that signs its reply: `Access denied [SN1.b.mail.example]`.
_SIGNED = re.compile(r"\[([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){2,8}\.[A-Za-z]{2,24})[ \]]")


def about_recipients(notice: str, names: list[tuple[str, str]], *, note: Callable[[str], None]) -> list[str]:
    """Give for each recipient (its address, its final address) the words about it, folded in one line.

    With one recipient the whole notice speaks of it, without its boilerplate. With several each has the lines from
    the one that names it to the one that names another; where those say nothing, what stands before all of them.
    `note` is told what is cut.
    """
    if len({recipient.lower() for recipient, _ in names}) <= 1:
        return [_words(notice.split("\n"))[: _most_common(names)]] * len(names)
    index: dict[str, list[int]] = {}
    for number, (recipient, final) in enumerate(names):
        for name in {recipient.lower(), final.lower()}:
            index.setdefault(name, []).append(number)
    shared: list[str] = []
    sections: list[list[list[str]]] = [[] for _ in names]
    owners: list[int] = []
    section = shared
    naming = _naming(notice, index)
    for place, line in enumerate(notice.split("\n")):
        named = naming.get(place)
        if named:
            owners, section = named, [line]
            for number in owners:
                sections[number].append(section)
        elif not owners or _ANNOUNCING.search(line):
            shared.append(line)
        else:
            section.append(line)
    told = [list(islice(chain.from_iterable(each), _MOST_LINES)) for each in sections]
    common = ""
    words, telling = _words_of_each(told, [name for name, _ in names])
    if owners and telling.count(True) == 1 and telling[owners[-1]]:
        # Only the last one has words: those below a blank line close the notice and are not about it alone.
        before = told[owners[-1]]
        before = before[: next((number for number, line in enumerate(before) if not line.strip()), len(before))]
        telling[owners[-1]] = _says_something(_words(before))
    if not all(telling):
        common = _words(shared + (told[owners[-1]][1:] if owners else []))
        common = common[: _most_common(names)]
    little = [
        "" if enough or not _says_more(each, name) else each
        for each, enough, (name, _) in zip(words, telling, names, strict=True)
    ]
    if len({without_name(each, name) for each, (name, _) in zip(little, names, strict=True)}) > _MOST_WAYS:
        note(_CUT)
        little = [""] * len(names)
    return [
        each if enough else f"{common} {more}".strip() if more else common
        for each, enough, more in zip(words, telling, little, strict=True)
    ]


def _most_common(names: Sized) -> int:
    return max(_LEAST_COMMON, _MOST_COMMON // len(names))


def _words_of_each(told: list[list[str]], names: list[str]) -> tuple[list[str], list[bool]]:
    """Give the words about each recipient, and whether they say something; once for those that differ in a name."""
    words: list[str] = []
    telling: list[bool] = []
    known: dict[str, tuple[str, bool]] = {}
    for lines, name in zip(told, names, strict=True):
        text = "\n".join(lines)
        unnamed = without_name(text, name) if len(text) < MAX_WORDS else text
        if unnamed not in known:
            found = _words(lines)
            known[unnamed] = (found if unnamed is text else without_name(found, name)), _says_something(found)
        about, says = known[unnamed]
        words.append(about if unnamed is text else with_name(about, name))
        telling.append(says)
    return words, telling


def _naming(notice: str, index: Mapping[str, list[int]]) -> dict[int, list[int]]:
    """Give for each line that names recipients, by its place, which they are: the first 20."""
    naming: dict[int, list[int]] = {}
    line = counted = 0
    for match in ADDRESS.finditer(notice):
        written = match.group()
        numbers = index.get(written.lower()) or index.get(tidy_address(written).lower())
        if numbers:
            line += notice.count("\n", counted, match.start())
            counted = match.start()
            named = naming.setdefault(line, [])
            named += [number for number in numbers[: _MOST_OWNERS - len(named)] if number not in named]
    return naming


def remote_host(words: str) -> str:
    """Give the server that words quote (`host mx.a.example [192.0.2.1] said:`), empty when they name none."""
    found = _REMOTE.search(words.lower()) or _SIGNED.search(words)
    return found.group(1).lower() if found else ""


def quoted_phase(words: str) -> Phase:
    """Tell whether words quote an answer that was given before any recipient was named; `report` otherwise."""
    lowered = words.lower()
    if not any(map(lowered.__contains__, _TELLING_PHASES)):
        return Phase.REPORT
    for phase, signs in _PHASES:
        for sign in signs:
            if sign in lowered:
                return phase
    return Phase.REPORT


def _words(lines: list[str]) -> str:
    kept = []
    size = 0
    answered = False
    for line in lines:
        plain = line.strip(_EDGES)
        if not plain or (plain[:2].lower() in _BEGINNINGS and _is_boilerplate(plain.lower())):
            continue
        answered = answered or plain.startswith(_ANSWERED)
        if answered and _SUMMED_UP.match(plain):
            continue
        kept.append(plain)
        size += len(plain)
        if size > MAX_WORDS:
            break
    folded = fold("\n".join(kept))
    told = from_reply(folded)
    if told is folded:
        # In one line a code that began its own line looks like any number.
        start = next((number for number, line in enumerate(kept) if begins_reply(line)), 0)
        if start:
            told = fold("\n".join(kept[start:]))
            told = told if reasons_in(told[:200]) >= 2 else folded
    return told[:MAX_WORDS]


def _is_boilerplate(lowered: str) -> bool:
    if lowered.startswith("status:"):
        return reasons_in(lowered[len("status:") :]) < 2  # some write there what others write as a diagnostic
    return lowered.startswith(_BOILERPLATE)


def _says_more(words: str, name: str) -> bool:
    """Tell whether words hold anything but a name and the marks around it: words or codes, be they few."""
    return any(map(str.isalnum, words.replace(name, "")))


def _says_something(words: str) -> bool:
    before, at, behind = words.partition("@")
    if at and "@" not in behind and '"@' not in words:
        # One address, within one word: what stands around that word is most of the time enough.
        around = f"{before.rpartition(' ')[0]} {behind.partition(' ')[2]}"
        if len(_WORD.findall(around)) >= 2:
            return True
    for address in addresses_in(words, limit=5):
        words = words.replace(address, " ")
    return len(_WORD.findall(words)) >= 2
