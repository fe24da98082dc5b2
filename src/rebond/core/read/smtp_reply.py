"""An SMTP reply or a diagnostic text: its code, its enhanced code, and which part of it speaks (specification 02)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MAX_REPLY = 4000

# A reply code where a reply can begin, with the enhanced code behind it: `550 5.1.1`, `550-5.1.1`, `550 (#5.1.1)`.
# What must not stand before is asked last: a pattern that begins with a digit is searched for many times faster.
_REPLY = re.compile(
    r"([245](?:(?<=2)(?:20|21|5[0-2])|(?<!2)\d\d))(?<![\w.#/\-]\d\d\d)(?=[ \-:;,=\"'\]#(]|$)"
    r"(?:[ \-:;,]{1,3}[#(\[]{0,2}([245]\.\d{1,3}\.\d{1,3})(?![\d.\w]))?"
)
_ENHANCED = re.compile(r"([245]\.(?<![\w.]\d\.)\d{1,3}\.\d{1,3})(?![\d\w]|\.\d)")
# What stands before a code that is a reply and no number in a sentence; marks may stand between.
_SPEAKING = (
    *("said", "says", "returned", "answered", "response", "responded", "reply", "replied", "error", "code", "was"),
    *("with", "reason", "smtp", "status", "fatal", "...", "->", "<<<", ";", ">", "'", '"', "{", "[", "|", "="),
)
_MARKS = " \t(#:"
_MOST_MARKS = 4
_TYPED = re.compile(r"\s*[A-Za-z][A-Za-z0-9-]{0,30}\s*;\s*")
# Words of diagnostics that name no reason.
_POOR_WORDS = """
     requested action not taken aborted service unavailable delivery error failed failure the message
     could be delivered undeliverable undelivered bounced rejected by smtp transaction mail
     permanent temporary status server remote host said unspecified system other address
"""
_POOR = frozenset(_POOR_WORDS.split())
# Each begins where a token does: within a long one nothing is tried from every letter.
_NO_WORDS = re.compile(r"<?(?<![^\s<>@])[^\s<>@]{1,128}+@[^\s<>]++|https?://\S++|(?<![\w-])-*+\b[\w-]++(?:\.[\w-]++)+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a text answers: the SMTP code (0: none), the enhanced code (empty: none), the text in one line."""

    code: int
    enhanced: str
    text: str


@lru_cache(32)  # many recipients of one mail are told the same words
def parse_reply(text: str) -> Reply:
    """Read an SMTP reply or a diagnostic text; never raises.

    Of several replies quoted one within the other the innermost speaks; codes that say nothing (x.0.0, 5.1.0, x.4.7)
    never beat another one in the text (RFC 3463, RFC 2034).
    """
    return parse_folded(fold(text))


def parse_folded(folded: str) -> Reply:
    """Read a reply that `fold` has put in one line already."""
    candidates, enhanced = [], []
    for found in _REPLY.finditer(folded):
        if code := found.group(2):
            candidates.append(found)
            enhanced.append(code)
        elif _is_spoken(folded, found.start()):
            candidates.append(found)
    enhanced.reverse()
    if "." in folded:
        enhanced += _ENHANCED.findall(folded)
    told = most_telling(enhanced) if enhanced else ""
    code = _code(candidates, told) if candidates else 0
    if not code and told:
        any_code = _REPLY.search(folded)
        code = int(any_code.group(1)) if any_code and any_code.group(1)[0] == told[0] else 0
    return Reply(code, told, folded)


def fold(text: str) -> str:
    """Put a reply of several lines in one, its code said once; cut to 4,000 characters."""
    if "\n" in text or "  " in text or "\t" in text:
        text = " ".join(text[: 4 * MAX_REPLY].split())
    text = text.strip()[:MAX_REPLY]
    first = _REPLY.match(text) if text.startswith(("2", "4", "5")) else None
    if not first:
        return text
    code, enhanced = first.group(1), first.group(2) or ""
    # `550-5.1.1 one 550-5.1.1 two 550 5.1.1 three`: the later repetitions of the same code are line beginnings.
    beginnings = [f" {code}-{enhanced} ", f" {code} {enhanced} "] if enhanced else []
    rest = text[first.end() :]
    if code not in rest:
        return text
    for repeated in (*beginnings, f" {code}-"):
        rest = rest.replace(repeated, " ")
    return text[: first.end()] + rest


def from_reply(text: str) -> str:
    """Cut off what a notice says before the first refusal that it quotes, when that one gives words of its own."""
    for found in _REPLY.finditer(text):
        start, end = found.span()
        if text[start] != "2" and (found.group(2) or _is_spoken(text, start)):
            return text[start:] if start and reasons_in(text[end : end + 200]) >= 2 else text
    return text


def reasons_in(text: str) -> int:
    """Count, up to two, the words of a diagnostic that may name a reason.

    Those are neither addresses, hosts and links nor what every refusal says.
    """
    if text.isascii():
        before = ""
        for word in text.lower().split(None, 20)[:20]:
            if word not in _POOR and word != before and word.isalpha() and len(word) > 1:
                if before:
                    return 2
                before = word
    found = 0
    for token in text.split():
        words = _WORD.findall(_NO_WORDS.sub(" ", token).lower())
        found += sum(word not in _POOR for word in words)
        if found > 1:
            return 2
    return found


def begins_reply(line: str) -> bool:
    """Tell whether a line begins with the code of a refusal."""
    return line.startswith(("4", "5")) and _REPLY.match(line) is not None


def quotes_refusal(text: str) -> bool:
    """Tell whether a text of several lines quotes a reply that refuses."""
    return parse_reply(text).code >= 400 or any(begins_reply(line.lstrip()) for line in text.split("\n"))


def untyped(diagnostic: str) -> str:
    """Take the type off a Diagnostic-Code (`smtp; 550 ...`, RFC 3464 2.3.6)."""
    match = _TYPED.match(diagnostic)
    return diagnostic[match.end() :] if match else diagnostic


@lru_cache(256)
def is_vague(enhanced: str) -> bool:
    """Tell whether an enhanced code says so little that a code or text inside beats it."""
    return not enhanced or enhanced.endswith((".0.0", ".4.7")) or enhanced[1:] == ".1.0"


def most_telling(codes: Iterable[str]) -> str:
    """Choose of enhanced codes, the most authoritative first, the first that says something."""
    first = ""
    for code in codes:
        if not is_vague(code):
            return code
        first = first or code
    return first


def _is_spoken(text: str, start: int) -> bool:
    """Tell whether a code at a place of a text stands where a reply begins."""
    if not start:
        return True
    before = text[max(0, start - 24) : start].lower()
    bare = before.rstrip(_MARKS)
    marks = before[len(bare) :]
    if ":" in marks[-_MOST_MARKS - 1 :] or "(" in marks[-_MOST_MARKS - 1 :]:
        return True
    return len(marks) <= _MOST_MARKS and (bare.endswith(_SPEAKING) or len(marks) == start)


def _code(candidates: list[re.Match[str]], told: str) -> int:
    """Choose the code that goes with the telling enhanced code, else the innermost one."""
    for found in reversed(candidates):
        if told and found.group(2) == told:
            return int(found.group(1))
    refusing = [found for found in candidates if found.group(1)[0] != "2"]
    if refusing:
        return int(refusing[-1].group(1))
    return int(candidates[0].group(1)) if candidates and candidates[0].start() == 0 else 0
