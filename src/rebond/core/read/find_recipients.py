"""Who failed, by a notice for persons: one ordered list of forms, then general ways; the first that finds one wins."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import getaddresses
from functools import cache

from rebond.core.read import signs
from rebond.core.read.find_address import addresses_in, first_address, tidy_address
from rebond.core.read.letter import Letter
from rebond.core.read.smtp_reply import begins_reply

MAX_RECIPIENTS = 1000
MAX_LINES = 4000

# One `@` of a token is tried, the last: a token of a thousand would be read from each.
_ADDRESS = r"(?>[^\s<>\"'(),:;\[\]]{1,128}@)[^\s<>\"'(),:;\[\]]{1,200}"
_ANGLE = r"<((?>[^<>\s]{1,128}@)[^<>\s]{1,200})>"
_QUOTED = rf"[<\"']?({_ADDRESS})[>\"']?"
_RCPT = rf"[Rr][Cc][Pp][Tt] [Tt][Oo]: ?{_QUOTED}"
# What stands before a failed address on its line; a plain `Address:` may be anybody's.
_LABEL = (
    r"(?i:(?:failed |rejected |undeliverable |undelivered |intended |bad |invalid )?(?:addressee|recipient|rcpt)"
    r"|(?:failed|rejected|undeliverable|undelivered|bad|invalid) (?:e-?mail )?(?:address|mailbox|user)"
    r"|empfänger|destinataire|destinatari[oa]|destinatário|geadresseerde|ontvanger|odbiorca|adresat|příjemce"
    r"|mottagare|modtager|mottaker|vastaanottaja|alıcı|címzett|destinatar|получатель|адресат"
    r"|收件人|收信人|收件地址|宛先|送信先|수신자|받는 사람)(?i:s|\(s\)|adresse)?"
    r"(?i: e-?mail)?(?i:[ -](?:address|adresse))?"
)
# The address that was written to stands below the one it became, where they differ.
_ASKED = (
    r"(?:Recipient address:[^\n]*\n[ \t]*Original address:"
    r"|Recipient address:(?![^\n]*\n[ \t]*Original address:))"
)
# A program or a file that stands for an address, which is named below it.
_PIPE = r"[|/][^\n]{1,200}\n {3,8}\((?:ultimately )?generated from "


@dataclass(frozen=True, slots=True)
class Form:
    """A dialect: where `sign` (lower case) stands in the notice, `pattern` finds each failed address.

    With `below`, the pattern is searched from the sign on.
    """

    name: str
    sign: str
    pattern: str
    below: bool = False


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # When first needed: most mails need none. A line end instead of `^`: a text is searched for one far faster.
    return re.compile("\n" + pattern[1:] if pattern.startswith("^") else pattern, re.M)


FORMS = (
    Form("qmail", "", rf"^[ \t]{{0,8}}{_ANGLE}:[ \t]*$"),
    Form("postfix", "", rf"^[ \t]{{0,8}}{_ANGLE}(?: \([^)]{{0,300}}\))?: +\S"),
    Form("exim header", "incorrectly constructed", rf"(?:\n {{2}}|(?<=\S) <)({_ADDRESS})>?(?= <|:)", below=True),
    Form("exim", "address", rf"^ {{2,8}}(?:{_PIPE})?\"?({_ADDRESS})\"?\)?:?\n {{3,}}", below=True),
    Form("gmx", "failed", rf"^\"?({_ADDRESS})\"?:(?=\n)", below=True),
    Form("opensmtpd", "list of recipients", rf"^({_ADDRESS}): \S", below=True),
    Form("sendmail 5", "transcript of session", rf"^[ \t]{{0,8}}[45]\d\d {_QUOTED}\.\.\. ", below=True),
    Form("exchange 5", "did not reach", rf"^[ \t]*({_ADDRESS}) on \S", below=True),
    Form("exchange", "delivery has failed", rf"^[ \t]*{_QUOTED}<mailto:", below=True),
    Form(
        "exchange server", "generating server", rf"^(?:Generating server: [^\n]*\n\s*)?({_ADDRESS})[ \t]*$", below=True
    ),
    Form("domino", "was not delivered to", rf"^[ \t]+({_ADDRESS})[ \t]*$", below=True),
    Form("notes", "failure reasons", rf"^({_ADDRESS})[ \t]*$", below=True),
    Form("zoho", "error_code", rf"^({_ADDRESS}) [A-Z][a-z]+"),
    Form("yahoo", "unable to deliver", rf"^{_ANGLE}[: \t]*$", below=True),
    Form("google", "failed permanently", rf"^[ \t*]*({_ADDRESS})[ \t]*$", below=True),
    Form("dragonfly", "delivering your mail to", rf"delivering your mail to {_ANGLE}"),
    Form("mailmarshal", "recipients were affected", rf"^[ \t]+({_ADDRESS})[ \t]*$", below=True),
    Form(
        "imail",
        "",
        r"^(?:undeliverable to|Delivery failed \d+ attempts:|Invalid final delivery userid:|[Uu]nknown (?:user|host):)"
        rf" ?{_QUOTED}",
    ),
    Form("courier", "undeliverable", rf"^{_QUOTED}:?[ \t]*\n(?:[ \t]*\n)*[ \t]+\S", below=True),
    Form("messaging server", "original address:", rf"^[ \t]*{_ASKED}[ \t]*{_QUOTED}"),
    Form("labelled", "", rf"^[ \t>*-]*+{_LABEL}[ \t]*[:：][ \t]*\[?(?:[Ss][Mm][Tt][Pp]:)?{_QUOTED}"),
    Form("refused in a transcript", "rcpt to", rf"(?>{_RCPT}[^\n]{{0,300}}\n)[^\n]{{0,60}}?(?<![\d.])[45]\d\d[ -]"),
    Form("smtp transcript", "rcpt to", _RCPT),
)

_LISTED = re.compile(
    rf"^[ \t>*.•-]*(?:o +)?[<\"'\[(]{{0,2}}({_ADDRESS})"
    r"(?:>[ \t]|[>\"'\])]{0,2}[ \t]*(?:$|[:;,(\[{\-=<]|on |failed\b|\.{3}|\.$))"
)
_BARE = re.compile(r"^(?:[ \t]+(?=\S+[ \t]*$)|[ \t]*(?=\S+ \())([a-z0-9][\w.+-]{1,63})(?:[ \t]*$| \()", re.I)
_BETWEEN = re.compile(r"[\s,;&<>\"']{1,8}(?:(?:and|or|und|et|ou|y|e|en|i|и)[\s<\"']{1,4})?")
_LOOK = 4000


def find_recipients(letter: Letter, *, lowered: str) -> list[str]:
    """Ask each form in turn, then each general way; the first that finds an address wins.

    Gives one more than are to be read where there are more.
    """
    own = _own_addresses(letter)
    for form in FORMS:
        if found := _apply(form, letter.notice, lowered):
            # A form names what failed, be it the reader's own address.
            return [address for address in found if address.lower() not in own] or found
    for way in _WAYS:
        found = [address for address in way(letter, lowered) if address.lower() not in own]
        if found:
            return list(dict.fromkeys(found))[: MAX_RECIPIENTS + 1]
    return []


def _apply(form: Form, notice: str, lowered: str) -> list[str]:
    start = lowered.find(form.sign)
    if start < 0:
        return []
    found: dict[str, str] = {}
    lines = "\n" + notice
    for match in _compiled(form.pattern).finditer(lines, start if form.below and len(lowered) == len(notice) else 0):
        if address := tidy_address(match.group(1)):
            found.setdefault(address.lower(), address)
        if len(found) > MAX_RECIPIENTS:
            break
    return list(found.values())


def _own_addresses(letter: Letter) -> set[str]:
    """Give the addresses that stand in every notice but did not fail: the writer's, and the reader's."""
    own = {letter.sender}
    returned_to = {address.lower() for address in addresses_in(letter.original.first("to"))}
    for name in ("to", "delivered-to", "envelope-to"):
        own |= {
            address.lower()
            for address in addresses_in(letter.headers.first(name))
            if address.lower() not in returned_to
        }
    return own | {
        f"{name}@{domain}" for name in ("postmaster", "abuse", "mailer-daemon") for domain in {domain_of(letter.sender)}
    }


def domain_of(address: str) -> str:
    """Give what stands behind the last @; empty without one."""
    return address.rpartition("@")[2]


def _intros(lowered: str) -> list[int]:
    """Give where words announce failed addresses."""
    return [position for words in signs.INTROS.of(lowered) if (position := lowered.find(words)) >= 0]


def lines_below_intro(letter: Letter, lowered: str) -> tuple[list[int], list[str]]:
    """Find where words announce failed addresses, and the addresses on lines of their own below."""
    starts = sorted(_intros(lowered))
    if not starts or len(lowered) != len(letter.notice):
        return [], []
    lines = letter.notice[starts[0] :].split("\n", MAX_LINES)
    found = [match.group(1) for line in lines[1:] if (match := _LISTED.match(line))]
    return starts, [address for each in found if (address := tidy_address(each))]


def _listed_below_intro(letter: Letter, lowered: str) -> list[str]:
    """Find addresses on lines of their own below words that announce them; else in the words' own sentence."""
    starts, found = lines_below_intro(letter, lowered)
    for start in starts:
        sentence = _first_enumerated(" ".join(letter.notice[start : start + 300].split("\n")[:3]))
        if found:  # the last lines of an enumeration look like lines of their own
            return sentence if set(found) < set(sentence) else found
        if sentence:
            return sentence
    return []


def _first_enumerated(text: str) -> list[str]:
    """Give the first address of a text, and those that are enumerated right behind it."""
    found: list[str] = []
    end = -1
    for address in addresses_in(text, limit=20):
        start = text.find(address, max(end, 0))
        if end >= 0 and not _BETWEEN.fullmatch(text[end:start]):
            break
        found.append(address)
        end = start + len(address)
    return found


def _listed_anywhere(letter: Letter, lowered: str) -> list[str]:
    found = [match.group(1) for line in letter.notice.split("\n", MAX_LINES) if (match := _LISTED.match(line))]
    return [address for each in found if (address := tidy_address(each))]


def _returned_and_named(letter: Letter, lowered: str) -> list[str]:
    """Give the returned message's recipients that the notice names."""
    return [address for address in returned_recipients(letter) if address.lower() in lowered]


def _named_bare(letter: Letter, lowered: str) -> list[str]:
    """Give users named without a domain below words that announce them: they are the writing system's own."""
    starts = _intros(lowered)
    domain = domain_of(letter.sender)
    if not starts or not domain:
        return []
    lines = letter.notice[min(starts) :].split("\n", MAX_LINES)[1:]
    return [f"{match.group(1)}@{domain}" for line in lines[:20] if (match := _BARE.match(line))]


def _named_once(letter: Letter, lowered: str) -> list[str]:
    own = _own_addresses(letter)
    others = [address for address in addresses_in(letter.notice, limit=20) if address.lower() not in own]
    return others if len(others) == 1 else []


def _only_returned(letter: Letter, lowered: str) -> list[str]:
    recipients = returned_recipients(letter)
    return recipients if len(recipients) == 1 else []


def returned_recipients(letter: Letter) -> list[str]:
    """Give whom the returned message was for: its To, else what its Received lines say."""
    if found := addresses_in(letter.original.text("to"), limit=50):
        return found
    for value in letter.original.all("received"):
        _, words, rest = value.partition(" for ")
        if words and (address := first_address(rest[:300])):
            return [address]
    return []


def names_failed(letter: Letter, lowered: str) -> bool:
    """Tell whether a notice sets a failed address or a refusal apart, on a line of its own."""
    if any(_apply(form, letter.notice, lowered) for form in FORMS) or _listed_anywhere(letter, lowered):
        return True
    return any(begins_reply(line) for line in letter.notice[:_LOOK].split("\n"))


def names_announced(letter: Letter, lowered: str) -> bool:
    """Tell whether words that announce failed addresses name one that is neither the writer's nor the reader's."""
    own = _own_addresses(letter)
    return any(address.lower() not in own for address in _listed_below_intro(letter, lowered))


def names_another(letter: Letter, words: str) -> bool:
    """Tell whether words name an address that is neither the writer's nor the reader's."""
    return "@" in words and any(address.lower() not in _own_addresses(letter) for address in addresses_in(words))


def _in_subject(letter: Letter, lowered: str) -> list[str]:
    return addresses_in(letter.subject, limit=2)


def _named_by_display(letter: Letter, lowered: str) -> list[str]:
    """Give the returned message's recipients whose names stand below the words that announce those who failed."""
    starts = _intros(lowered)
    below = lowered[max(starts) :] if starts else ""
    fields = [letter.original.text(name) for name in ("to", "cc")]
    named = getaddresses(fields) if below else []
    return [address for name, address in named if "@" in address and len(name) > 2 and name.lower() in below]


_WAYS: tuple[Callable[[Letter, str], list[str]], ...] = (
    _listed_below_intro,
    _returned_and_named,
    _listed_anywhere,
    _named_once,
    _in_subject,
    _named_by_display,
    _named_bare,
    _only_returned,
)
