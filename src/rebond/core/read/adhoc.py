"""Bounces without a machine part: what speaks for one, and what it says."""

import re
from collections.abc import Iterator
from itertools import chain

from rebond.core.failure import Facts
from rebond.core.read import answer_signs, delay_signs, signs
from rebond.core.read.about import about_recipients, quoted_phase, remote_host
from rebond.core.read.denied import denials, returns
from rebond.core.read.find_address import addresses_in, with_name, without_name
from rebond.core.read.find_recipients import (
    MAX_RECIPIENTS,
    domain_of,
    find_recipients,
    names_announced,
    names_another,
    names_failed,
)
from rebond.core.read.finding import Finding
from rebond.core.read.letter import Letter
from rebond.core.read.matters import is_of_other_matters
from rebond.core.read.phrases import phrases, plain
from rebond.core.read.smtp_reply import Reply, parse_reply, quotes_refusal
from rebond.core.words import Phase, ReturnKind

_SUBJECT_TAGS = re.compile(r"^(?:\s*(?:\[[^\]]{1,60}\]|\*{2,5}[^*]{1,40}\*{2,5}|re:|aw:|sv:|antwort:)\s*)+", re.I)
_LOOK = 4000
# A notice that is a form, and the line that rules it off.
_FORM = 600
_RULED = 10
_RULE = " \t*-=_#|:."
_ENDS = 16_000
_ANSWERED = re.compile(r"\s*(?:re|fw|fwd|tr|wg|aw|rv|sv|i|vs|doorst|odp)\s*:", re.I)


def read_adhoc(letter: Letter) -> Finding | None:
    """Read a bounce that only a person was meant to read; None when the mail is none."""
    lowered = plain(letter.notice)
    subject = plain(_SUBJECT_TAGS.sub("", letter.subject).strip())
    failed = [address for value in letter.headers.all("x-failed-recipients") for address in addresses_in(value)]
    if not failed and not (
        is_bounce(letter, lowered=lowered, subject=subject) and _is_of_one_mail(letter, lowered=lowered)
    ):
        return None
    recipients = failed or find_recipients(letter, lowered=lowered)
    if not recipients and not letter.null_sender and not letter.original:
        return None  # a postmaster writes other things too
    delayed = is_delay(lowered=lowered, subject=subject)
    action = "delayed" if delayed else "failed"
    if len(recipients) > MAX_RECIPIENTS:
        letter.mail.note("cut: the notice names more than 1,000 recipients")
        recipients = recipients[:MAX_RECIPIENTS]
    names = [(each, each) for each in recipients] or [("", "")]
    told = about_recipients(letter.notice, names, note=letter.mail.note)
    phase = quoted_phase(letter.notice[:8000]) if len(recipients) <= 1 else Phase.REPORT
    remote = remote_host(letter.notice[:8000])
    facts = [
        _facts(letter, recipient, reply, action=action, phase=phase, remote=remote)
        for recipient, reply in zip(recipients or [""], _replies(told, recipients or [""]), strict=True)
    ]
    kind = ReturnKind.DELAYED if delayed else ReturnKind.BOUNCE
    return Finding(kind=kind, facts=tuple(facts))


def _replies(told: list[str], recipients: list[str]) -> Iterator[Reply]:
    """Read what is told of each recipient; once what differs in a name alone."""
    if len(told) == 1:
        yield parse_reply(told[0])
        return
    known: dict[str, Reply] = {}
    for words, recipient in zip(told, recipients, strict=True):
        unnamed = without_name(words, recipient)
        if unnamed not in known:
            reply = parse_reply(words)
            known[unnamed] = Reply(reply.code, reply.enhanced, without_name(reply.text, recipient))
        reply = known[unnamed]
        yield reply if unnamed is words else Reply(reply.code, reply.enhanced, with_name(reply.text, recipient))


def _facts(letter: Letter, recipient: str, reply: Reply, *, action: str, phase: Phase, remote: str) -> Facts:
    return Facts(
        recipient=recipient,
        final_recipient=recipient,
        action=action,
        text=reply.text,
        code=reply.code if reply.code >= 400 else 0,
        enhanced=reply.enhanced,
        phase=phase,
        remote_mta=remote,
        reporting_mta=domain_of(letter.sender),
    )


def is_bounce(letter: Letter, *, lowered: str, subject: str) -> bool:
    """Weigh what speaks for a bounce: who wrote, the envelope, the subject, the words, a returned message.

    A person's mail, which may well speak of failures, quote a bounce or answer one, has too few of them.
    """
    ends = _ends(lowered)
    told = signs.FAILURES.any_in(ends)
    titled = subject.startswith(signs.SUBJECTS) or _ANYWHERE.any_in(subject)
    daemon = is_daemon(letter)
    if (letter.null_sender or daemon) and not (told and titled):
        told = told or delay_signs.DELAYS.any_in(ends) or _is_told_freely(letter, lowered, sure=daemon or titled)
        titled = titled or _titled_delay(subject) or (told and _is_titled_freely(lowered, subject))
    machine = letter.sender.startswith(signs.MACHINES)
    if not (told or titled or machine) or subject.startswith(signs.SERVER_NOTICES):
        return False
    if (machine and (told or titled)) or (daemon and told and titled):
        return True  # what else is there need not be looked for
    quoted = quotes_refusal(letter.notice[:_LOOK])
    others = letter.null_sender + bool(letter.original) + quoted
    if machine:
        return others >= 2  # it may write in a language that we do not read
    if daemon:
        marked = titled or letter.null_sender or bool(letter.original)  # a summary of a log quotes refusals too
        named = names_failed(letter, lowered)
        return told + titled + others + (titled and named) >= 2 and (marked or named)
    if letter.null_sender:
        absent = not (quoted or letter.original) and subject.startswith(answer_signs.ABSENCE_SUBJECTS)
        return told and titled + others >= 2 and not absent and (others > 1 or _is_of_mail(lowered, subject))
    if titled and told and _is_of_mail(lowered, subject) and _says_nothing_else(lowered):
        return True
    if not told or _ANSWERED.match(letter.subject):
        return False
    if not (_is_of_mail(lowered, subject) and _is_impersonal(letter)) or _is_public(letter):
        return False
    if not titled:
        return bool(letter.original) and names_announced(letter, lowered)
    listed = (quoted or subject.startswith(signs.SUBJECTS)) and names_announced(letter, lowered)
    return listed or bool(letter.original)


def _is_of_one_mail(letter: Letter, *, lowered: str) -> bool:
    """Tell whether what seems to be a bounce speaks of one message that failed, where it does not return it."""
    if letter.original or letter.sender.startswith(signs.MACHINES):
        return True
    return not is_of_other_matters(letter, lowered, daemon=is_daemon(letter))


def _says_nothing_else(lowered: str) -> bool:
    """Tell a form of a failure's sentences and of addresses on lines of their own, ruled off: no person writes such."""
    if len(lowered) > _FORM:
        return False
    lines = [line.strip() for line in lowered.split("\n")]
    words = [line.strip(_RULE) for line in lines]
    named = [each for each in words if each and addresses_in(each) == [each]]
    said = [each for each in words if each and each not in named]
    ruled = any(len(line) >= _RULED and not bare for line, bare in zip(lines, words, strict=True))
    return ruled and bool(named) and all(signs.FAILURES.any_in(each) or any(denials(each)) for each in said)


def _is_told_freely(letter: Letter, lowered: str, *, sure: bool) -> bool:
    """Tell whether a sentence that no list holds says that mail was not delivered or came back.

    Only mailer daemons write of nothing else; without a title the sentence of others must name who it was for.
    """
    if not sure:
        return False
    alone = letter.sender.startswith(signs.MACHINES) or not is_daemon(letter)
    said = chain(denials(lowered), returns(lowered))
    return any(alone or names_another(letter, words) for words in said)


def _is_of_mail(lowered: str, subject: str) -> bool:
    return signs.MAIL_WORDS.any_in(lowered) or signs.MAIL_WORDS.any_in(subject)


def _is_titled_freely(lowered: str, subject: str) -> bool:
    return _is_of_mail(lowered, subject) and any(denials(subject))


_ANYWHERE = phrases(words for words in signs.SUBJECTS if len(words) >= 12 or not words.isascii())


def is_daemon(letter: Letter) -> bool:
    """Tell whether a mail system wrote the letter."""
    name = letter.headers.text("from").lower()
    local = letter.sender.partition("@")[0] or name.strip(" <>\"'")
    if "from" in letter.headers and not local:
        return True  # nobody: `From: <>`
    return local.startswith(signs.DAEMONS) or any(words in name for words in signs.DAEMON_NAMES)


def _is_impersonal(letter: Letter) -> bool:
    local = letter.sender.partition("@")[0]
    return any(words in local for words in signs.IMPERSONAL)


def _is_public(letter: Letter) -> bool:
    """Tell mail that a list or a newsletter spreads."""
    headers = letter.headers
    return "list-unsubscribe" in headers or "list-post" in headers or "list" in headers.first("precedence").lower()


def is_delay(*, lowered: str, subject: str) -> bool:
    """Tell whether a notice says that the sending goes on."""
    ends = _ends(lowered)
    if delay_signs.GIVEN_UP.any_in(ends):  # fewer words than those of a delay, and oftener there
        return False
    return delay_signs.DELAYS.any_in(ends) or (_titled_delay(subject) and "fail" not in subject)


def _ends(lowered: str) -> str:
    """Give what stands before the recipients and behind them, however many these are."""
    return lowered if len(lowered) <= 2 * _ENDS else f"{lowered[:_ENDS]}\n{lowered[-_ENDS:]}"


def _titled_delay(subject: str) -> bool:
    return subject.startswith(delay_signs.DELAY_SUBJECTS) or delay_signs.DELAY_TAGS.any_in(subject)
