"""Every forged mail that we could think of, each with the genuine one that it imitates."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.core.given import at
from tests.services.forgery_mails import Mail, feedback, group, qmail, report, words
from tests.services.mail_fixtures import OVER_QUOTA, token_of, verp
from tests.services.sending_fixtures import KEYRING

from rebond.core.tokens import Keyring, sign, sign_unsubscribe
from rebond.core.words import Trust
from rebond.store.models import Message

PLAIN_ID = "plain@shop.example"
OWN_ID = "own@shop.example"
STRANGER = "stranger@else.example"
NEVER = 10**9
OTHER_SITE = Keyring({0: b"another site's k"}, 0)
OTHER_KEY = Keyring({9: b"0" * 16}, 9)


@dataclass(frozen=True)
class Sent:
    """What was sent: the victim's message (its Message-ID is known and holds no token), one's own, one never tried."""

    victim: Message
    own: Message
    pending: Message
    cancelled: Message


@dataclass(frozen=True, kw_only=True)
class Case:
    """A forgery, and how it is listed: under whose names (the victim's unless it says otherwise) and why
    (one of these words).

    `own` says what becomes of the forger's own address. `in_why` is false for what is listed only, since it speaks of
    no failure. `genuine` is the mail that it imitates; unless given, the same bytes with the victim's own token in the
    envelope. `effect` is what that one does: `quarantined`, `denylisted`, `unsubscribed`, `erroneous`, or `recorded`.
    """

    mail: Mail
    why: str
    names: tuple[str, ...] | None = None
    own: str = "valid"
    in_why: bool = True
    genuine: Mail | None = None
    effect: str = "quarantined"


Make = Callable[[Sent], Case]


def _local(row: Message) -> str:
    return verp(row).partition("@")[0]


def _token(row: Message) -> str:
    return token_of(row.pk)


def _head_of_another(own: str, another: str) -> str:
    """Return a token whose head is another's up to where the two part: they begin alike, by their numbers how far."""
    parting = next(place for place, pair in enumerate(zip(own, another, strict=True)) if len(set(pair)) > 1)
    return another[: parting + 1] + own[parting + 1 :]


def _swapped(token: str) -> str:
    """Return the token with two neighbours swapped that differ, where the signature stands."""
    place = next(place for place in range(8, len(token)) if token[place] != token[place + 1])
    return f"{token[:place]}{token[place + 1]}{token[place]}{token[place + 2 :]}"


def _bearing(token: str, s: Sent, **fields: float) -> Mail:
    return Mail(raw=report(group(s.victim.address)), to=f"b+{token}@bounce.example", **fields)  # type: ignore[arg-type]


def _outlook(s: Sent) -> bytes:
    head = report(group(s.victim.address)).split(b"\r\n\r\n")[0]
    inner = f"X-HmXmrOriginalRecipient: {s.victim.address}\r\nTo: {s.victim.address}\r\nSubject: Hello\r\n\r\nHello\r\n"
    head = head.replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed").replace(
        b"Undelivered Mail Returned to Sender", b"complaint about message from 192.0.2.1"
    )
    return head + b"\r\n\r\n--edge\r\nContent-Type: message/rfc822\r\n\r\n" + inner.encode() + b"--edge--\r\n"


# --- somebody else's address under one's own valid token ------------------------------------------------------------


def _under_own(
    raw: Callable[[Sent], bytes], *, effect: str = "quarantined", names: tuple[str, ...] | None = None
) -> Make:
    return lambda s: Case(
        mail=Mail(raw=raw(s), to=verp(s.own)), why="other_recipient", own=effect, effect=effect, names=names
    )


def _named(address: str) -> Make:
    return _under_own(lambda s: report(group(address)), names=(address,))


UNDER_OWN: dict[str, Make] = {
    "a report": _under_own(lambda s: report(group(s.victim.address))),
    "with it as original too": _under_own(lambda s: report(group(s.victim.address, original=s.victim.address))),
    "as original of a stranger": _under_own(lambda s: report(group(STRANGER, original=s.victim.address))),
    "behind one's own": _under_own(lambda s: report(group(s.own.address), group(s.victim.address))),
    "before one's own": _under_own(lambda s: report(group(s.victim.address), group(s.own.address))),
    "among forty": _under_own(
        lambda s: report(*(group(f"v{n}@else.example") for n in range(40)), group(s.victim.address)),
        names=(*(f"v{n}@else.example" for n in range(40)), "p1@example.org"),
    ),
    "twice": _under_own(lambda s: report(group(s.victim.address), group(s.victim.address, text="550 5.1.1 Gone"))),
    "in capitals": _named("P1@EXAMPLE.ORG"),
    "with a plus": _named("p1+tag@example.org"),
    "with a percent sign": _named("p1%example.org@relay.example"),
    "by a path": _named("relay.example!p1@example.org"),
    "in Cyrillic letters": _named("р1@example.org"),
    "in a domain with Cyrillic letters": _named("p1@exаmple.org"),
    "in full width": _named("p1@example.org"),
    "in an encoded domain": _named("p1@xn--exmple-4nf.org"),
    "in words": _under_own(lambda s: qmail(s.victim.address)),
    "in X-Failed-Recipients": _under_own(
        lambda s: words(
            f"550 5.1.1 {s.victim.address}: no such user here",
            subject="Mail delivery failed: returning message to sender",
            headers=[f"X-Failed-Recipients: {s.victim.address}"],
        )
    ),
    "in a report within a report": _under_own(
        lambda s: report(
            group(s.own.address),
            extra="Content-Type: message/delivery-status\n\nReporting-MTA: dns; b.example\n\n"
            + group(s.victim.address),
        )
    ),
    "in an automatic answer that holds a report": _under_own(
        lambda s: report(group(s.victim.address), headers=["Auto-Submitted: auto-replied"], subject="Out of office")
    ),
    "under one's own token in the returned headers": lambda s: Case(
        mail=Mail(raw=report(group(s.victim.address), returned=[f"X-Rebond-Token: {_token(s.own)}"])),
        why="other_recipient",
        own="quarantined",
    ),
    "under one's own token in a header of the mail itself": lambda s: Case(
        mail=Mail(raw=report(group(s.victim.address), headers=[f"References: <{_token(s.own)}@shop.example>"])),
        why="other_recipient",
        own="quarantined",
    ),
    "with the victim's Message-ID": _under_own(
        lambda s: report(group(s.victim.address), returned=[f"Message-ID: <{PLAIN_ID}>", f"To: {s.victim.address}"])
    ),
    "with the victim's token, forged, beside it": _under_own(
        lambda s: report(
            group(s.victim.address),
            returned=[f"X-Rebond-Token: {sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}"],
        )
    ),
    "of an address that speaks of its fullness": _under_own(
        lambda s: report(group(s.victim.address, status="5.2.2", text=OVER_QUOTA)), effect="erroneous"
    ),
    "a complaint": _under_own(lambda s: feedback(f"Original-Rcpt-To: {s.victim.address}"), effect="denylisted"),
    "a complaint with the victim's Message-ID": _under_own(
        lambda s: feedback(
            f"Original-Rcpt-To: {s.victim.address}", returned=[f"Message-ID: <{PLAIN_ID}>", f"To: {s.victim.address}"]
        ),
        effect="denylisted",
    ),
    "a complaint of two": _under_own(
        lambda s: feedback(f"Original-Rcpt-To: {s.own.address}", f"Original-Rcpt-To: {s.victim.address}"),
        effect="denylisted",
    ),
    "a complaint of Outlook's": _under_own(_outlook, effect="denylisted"),
}


def _in_time(s: Sent) -> Mail:
    return Mail(raw=report(group(s.victim.address), boundary="other"), to=verp(s.victim))


# --- tokens that do not hold ----------------------------------------------------------------------------------------


def _no(token: Callable[[Sent], str], why: str) -> Make:
    return lambda s: Case(mail=_bearing(token(s), s), why=why)


def _in(place: Callable[[str, Sent], bytes]) -> Make:
    # The victim's token where no return carries one.
    return lambda s: Case(mail=Mail(raw=place(_token(s.victim), s)), why="no_token")


TOKENS: dict[str, Make] = {
    "none": lambda s: Case(mail=Mail(raw=report(group(s.victim.address))), why="no_token"),
    "none, to the bare return path": lambda s: Case(
        mail=Mail(raw=report(group(s.victim.address)), to="b@bounce.example"), why="no_token"
    ),
    "none, to the postmaster": lambda s: Case(
        mail=Mail(raw=report(group(s.victim.address)), to="postmaster@bounce.example"), why="no_token"
    ),
    "empty": _no(lambda s: "", "no_token"),
    "only a number": _no(lambda s: str(s.victim.pk), "no_token"),
    "cut at its end": _no(lambda s: _token(s.victim)[:-2], "forged_token no_token"),
    "cut by a byte": _no(lambda s: _token(s.victim)[:-1], "forged_token no_token"),
    "cut at its beginning": _no(lambda s: _token(s.victim)[2:], "forged_token no_token"),
    "longer by a letter": _no(lambda s: _token(s.victim) + "a", "forged_token no_token"),
    "twice in a row": _no(lambda s: _token(s.victim) * 2, "forged_token no_token"),
    "broken by a dot": _no(lambda s: _token(s.victim)[:12] + "." + _token(s.victim)[12:], "no_token"),
    "with two letters swapped": _no(lambda s: _swapped(_token(s.victim)), "forged_token no_token"),
    "backwards": _no(lambda s: _token(s.victim)[::-1], "forged_token no_token"),
    "of zeros": _no(lambda s: "a" * 23, "forged_token no_token"),
    "with another signature": _no(lambda s: sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date()), "forged_token"),
    "of a key that is not ours": _no(
        lambda s: sign(s.victim.pk, keyring=OTHER_KEY, issued=at().date()), "forged_token"
    ),
    "of a future day": _no(lambda s: token_of(s.victim.pk, at(days=3)), "forged_token"),
    "head of one's own, tail of another": _no(
        lambda s: _head_of_another(_token(s.own), _token(s.victim)), "forged_token"
    ),
    "of a message never sent": _no(lambda s: token_of(NEVER), "unknown_message"),
    "of a message not yet tried": lambda s: Case(
        mail=Mail(raw=report(group(s.pending.address)), to=verp(s.pending)),
        why="unknown_message",
        names=(s.pending.address,),
        genuine=Mail(raw=report(group(s.victim.address)), to=verp(s.victim)),
    ),
    "of a message cancelled before it was tried": lambda s: Case(
        mail=Mail(raw=report(group(s.cancelled.address)), to=verp(s.cancelled)),
        why="unknown_message",
        names=(s.cancelled.address,),
        genuine=Mail(raw=report(group(s.victim.address)), to=verp(s.victim)),
    ),
    "of unsubscribing": _no(lambda s: sign_unsubscribe(s.victim.profile, delivery=1, keyring=KEYRING), "no_token"),
    "expired": lambda s: Case(mail=_bearing(_token(s.victim), s, days=31), why="expired_token", genuine=_in_time(s)),
    "expired, of another message": lambda s: Case(mail=_bearing(_token(s.own), s, days=31), why="expired_token"),
    "expired, from somebody": lambda s: Case(
        mail=replace(_bearing(_token(s.victim), s, days=31), sender="x@evil.example"),
        why="sender_not_null",
        genuine=_in_time(s),
    ),
    "in the subject only": _in(lambda token, s: report(group(s.victim.address), subject=f"Undelivered {token}")),
    "in the notice only": _in(lambda token, s: report(group(s.victim.address), notice=f"b+{token}@bounce.example")),
    "in the diagnostic only": _in(lambda token, s: report(group(s.victim.address, text=f"550 5.1.1 no user {token}"))),
    "two that are forged": lambda s: Case(
        mail=Mail(
            raw=report(
                group(s.victim.address),
                returned=[f"X-Rebond-Token: {sign(s.victim.pk, keyring=OTHER_KEY, issued=at().date())}"],
            ),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="forged_token",
    ),
    "forged in the envelope, one's own in the headers": lambda s: Case(
        mail=Mail(
            raw=report(group(s.victim.address), returned=[f"X-Rebond-Token: {_token(s.own)}"]),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="other_recipient",
        own="quarantined",
    ),
    "forged in an automatic answer": lambda s: Case(
        mail=Mail(
            raw=words(
                "I am away.", subject="Out of office", headers=["Auto-Submitted: auto-replied"], sender="p1@example.org"
            ),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="forged_token",
        in_why=False,
        effect="recorded",
    ),
    "forged in a notice of delay": lambda s: Case(
        mail=Mail(
            raw=report(group(s.victim.address, action="delayed", status="4.4.1", text="451 4.4.1 still trying")),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="forged_token",
        in_why=False,
        effect="recorded",
    ),
    "forged in a report of success": lambda s: Case(
        mail=Mail(
            raw=report(group(s.victim.address, action="delivered", status="2.0.0", text="250 2.0.0 taken")),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="forged_token",
        in_why=False,
        effect="recorded",
    ),
}


# --- Message-IDs ----------------------------------------------------------------------------------------------------


def _returning(message_id: str, s: Sent, *, about: str = "", to: str = "") -> bytes:
    about = about or s.victim.address
    return report(group(about), returned=[f"Message-ID: <{message_id}>", f"To: {to or about}"])


def _identified(s: Sent) -> Mail:
    return Mail(raw=_returning(PLAIN_ID, s))


def _unidentified(message_id: str, why: str = "no_token") -> Make:
    return lambda s: Case(mail=Mail(raw=_returning(message_id, s)), why=why, genuine=_identified(s))


MESSAGE_IDS: dict[str, Make] = {
    "unknown": _unidentified("unheard-of@else.example"),
    "within another": _unidentified(f"x{PLAIN_ID}.evil.example"),
    "the beginning of one": _unidentified(PLAIN_ID[:-1]),
    "with a NUL": _unidentified(PLAIN_ID + "\0"),
    "with a wildcard": _unidentified("plain@%"),
    "of 990 letters": _unidentified("i" * 980 + "@x.example"),
    "of one's own": _unidentified(OWN_ID, "other_recipient"),
    "of a message not yet tried": lambda s: Case(
        mail=Mail(raw=_returning("pending@shop.example", s, about=s.pending.address)),
        why="no_token",
        names=(s.pending.address,),
        genuine=_identified(s),
    ),
    "of one's own, both named": lambda s: Case(
        mail=Mail(
            raw=report(
                group(s.own.address), group(s.victim.address), returned=[f"Message-ID: <{OWN_ID}>", "To: x@x.example"]
            )
        ),
        why="other_recipient",
        own="quarantined",
        genuine=_identified(s),
    ),
    "of the victim, a stranger named": lambda s: Case(
        mail=Mail(raw=_returning(PLAIN_ID, s, about=STRANGER)),
        why="other_recipient",
        names=(STRANGER,),
        genuine=_identified(s),
    ),
    "of the victim, a look-alike named": lambda s: Case(
        mail=Mail(raw=_returning(PLAIN_ID, s, about="p1+tag@example.org")),
        why="other_recipient",
        names=("p1+tag@example.org",),
        genuine=_identified(s),
    ),
    "of the victim, from somebody": lambda s: Case(
        mail=replace(_identified(s), sender="x@evil.example"),
        why="sender_not_null",
        genuine=Mail(raw=_returning(PLAIN_ID, s, to="p1@example.org, p2@example.org")),
    ),
    "of the victim, in the notice only": lambda s: Case(
        mail=Mail(raw=report(group(s.victim.address), notice=f"Message-ID: {PLAIN_ID}")),
        why="no_token",
        genuine=_identified(s),
    ),
    "of the victim, where a token is required": lambda s: Case(
        mail=replace(_identified(s), required=Trust.SIGNED),
        why="trust_too_low",
        genuine=Mail(raw=report(group(s.victim.address)), to=verp(s.victim), required=Trust.SIGNED),
    ),
    **{
        f"of the victim, from somebody, in a file ({source})": (
            lambda s, source=source: Case(  # type: ignore[misc]
                mail=Mail(
                    raw=report(
                        group(s.victim.address),
                        returned=[f"Message-ID: <{PLAIN_ID}>"],
                        headers=["Return-Path: <x@evil.example>"],
                    ),
                    sender=None,
                    source=source,
                ),
                why="sender_not_null",
                genuine=Mail(
                    raw=report(
                        group(s.victim.address), returned=[f"Message-ID: <{PLAIN_ID}>"], headers=["Return-Path: <>"]
                    ),
                    sender=None,
                    source=source,
                ),
            )
        )
        for source in ("maildir", "mbox", "files", "stdin")
    },
}


# --- complaints -----------------------------------------------------------------------------------------------------


def _recorded_only(kind: str) -> Make:
    return lambda s: Case(
        mail=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}", kind=kind), to=verp(s.victim)),
        why="feedback_only",
        in_why=False,
        genuine=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}"), to=verp(s.victim)),
        effect="denylisted",
    )


COMPLAINTS: dict[str, Make] = {
    "of a stranger": lambda s: Case(
        mail=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}"), to="fbl@bounce.example"),
        why="no_token",
        effect="denylisted",
    ),
    "of a stranger, as a loop writes": lambda s: Case(
        mail=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}"), sender="fbl@evil.example"),
        why="no_token",
        effect="denylisted",
    ),
    "with a forged token": lambda s: Case(
        mail=Mail(
            raw=feedback(f"Original-Rcpt-To: {s.victim.address}"),
            to=f"b+{sign(s.victim.pk, keyring=OTHER_SITE, issued=at().date())}@bounce.example",
        ),
        why="forged_token",
        effect="denylisted",
    ),
    "with an expired token": lambda s: Case(
        mail=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}"), to=verp(s.victim), days=31),
        why="expired_token",
        genuine=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}", "Incidents: 1"), to=verp(s.victim)),
        effect="denylisted",
    ),
    "with a Message-ID of ours, another recipient": lambda s: Case(
        mail=Mail(
            raw=feedback(f"Original-Rcpt-To: {STRANGER}", returned=[f"Message-ID: <{PLAIN_ID}>", f"To: {STRANGER}"])
        ),
        why="other_recipient",
        names=(STRANGER,),
        effect="denylisted",
    ),
    "with a Message-ID of one's own, another recipient": lambda s: Case(
        mail=Mail(
            raw=feedback(
                f"Original-Rcpt-To: {s.victim.address}", returned=[f"Message-ID: <{OWN_ID}>", f"To: {s.victim.address}"]
            )
        ),
        why="other_recipient",
        effect="denylisted",
    ),
    "with a Message-ID of ours, nobody named": lambda s: Case(
        mail=Mail(raw=feedback(returned=[f"Message-ID: <{PLAIN_ID}>", "To: redacted@redacted.example"])),
        why="other_recipient",
        names=("",),
        in_why=False,
        effect="denylisted",
    ),
    "for a message never sent": lambda s: Case(
        mail=Mail(raw=feedback(f"Original-Rcpt-To: {s.victim.address}"), to=f"b+{token_of(NEVER)}@bounce.example"),
        why="unknown_message",
        effect="denylisted",
    ),
    "in XARF": lambda s: Case(mail=Mail(raw=_xarf(s)), why="no_token", effect="denylisted"),
    "in Outlook's way": lambda s: Case(mail=Mail(raw=_outlook(s)), why="no_token", effect="denylisted"),
    "not spam": _recorded_only("not-spam"),
    "a DMARC report": _recorded_only("auth-failure"),
    "a virus": _recorded_only("virus"),
    "something else": _recorded_only("other"),
    "of a kind that nobody knows": _recorded_only("vandalism"),
}


def _xarf(s: Sent) -> bytes:
    told = f'{{"Version": "2", "ReportType": "spam", "SmtpRcptToAddress": "{s.victim.address}"}}\n'
    part = f'Content-Type: application/json; name="xarf.json"\n\n{told}'
    text = "--edge\nContent-Type: text/plain\n\nA report of abuse.\n"
    raw = report(group(s.victim.address)).split(b"\r\n\r\n")[0].decode()
    head = raw.replace("multipart/report; report-type=delivery-status", "multipart/mixed") + "\r\nX-XARF: PLAIN"
    return "\r\n".join([head, "", *f"{text}--edge\n{part}--edge--\n".split("\n")]).encode()


# --- unsubscribing --------------------------------------------------------------------------------------------------


def _leaving(address: str, *, subject: str = "unsubscribe", body: str = "") -> Mail:
    return Mail(raw=words(body, subject=subject, sender="p1@example.org"), to=address, sender="p1@example.org")


def _wish(row: Message, keyring: Keyring = KEYRING) -> str:
    return sign_unsubscribe(row.profile, delivery=row.delivery_id, keyring=keyring)


def _not_leaving(token: Callable[[Sent], str]) -> Make:
    return lambda s: Case(
        mail=_leaving(f"unsubscribe+{token(s)}@bounce.example"),
        why="forged_token",
        in_why=False,
        genuine=_leaving(f"unsubscribe+{_wish(s.victim)}@bounce.example"),
        effect="unsubscribed",
    )


UNSUBSCRIBING: dict[str, Make] = {
    "with a token of another site": _not_leaving(lambda s: _wish(s.victim, OTHER_SITE)),
    "with a token of another key": _not_leaving(lambda s: _wish(s.victim, OTHER_KEY)),
    "with a token cut": _not_leaving(lambda s: _wish(s.victim)[:-2]),
    "with a letter swapped": _not_leaving(
        lambda s: _wish(s.victim)[:-3] + ("b" if _wish(s.victim)[-3] == "a" else "a") + _wish(s.victim)[-2:]
    ),
    "with no token": _not_leaving(lambda s: "me"),
    "with the token of a return path": _not_leaving(lambda s: _token(s.victim)),
    "with the victim's number": _not_leaving(lambda s: str(s.victim.profile)),
    "by the subject": lambda s: Case(
        mail=_leaving("unsubscribe@bounce.example", subject=f"unsubscribe {_wish(s.victim, OTHER_SITE)}"),
        why="forged_token",
        in_why=False,
        genuine=_leaving("unsubscribe@bounce.example", subject=f"unsubscribe {_wish(s.victim)}"),
        effect="unsubscribed",
    ),
    "by the body": lambda s: Case(
        mail=_leaving(
            "unsubscribe@bounce.example", subject="hello", body=f"unsubscribe {_wish(s.victim, OTHER_SITE)}\n"
        ),
        why="forged_token",
        in_why=False,
        genuine=_leaving("unsubscribe@bounce.example", subject="hello", body=f"unsubscribe {_wish(s.victim)}\n"),
        effect="unsubscribed",
    ),
    "in the victim's name with one's own token": lambda s: Case(
        mail=_leaving(f"unsubscribe+{_wish(s.own)}@bounce.example"),
        why="",
        own="unsubscribed",
        names=(),
        in_why=False,
        genuine=_leaving(f"unsubscribe+{_wish(s.victim)}@bounce.example"),
        effect="unsubscribed",
    ),
}


# --- ways in without an envelope ------------------------------------------------------------------------------------

WITHOUT_ENVELOPE: dict[str, Make] = {
    source: (
        lambda s, source=source: Case(  # type: ignore[misc]
            mail=Mail(raw=report(group(s.victim.address)), sender=None, source=source),
            why="no_token",
            genuine=Mail(
                raw=report(group(s.victim.address), returned=[f"X-Rebond-Token: {_token(s.victim)}"]),
                sender=None,
                source=source,
            ),
        )
    )
    for source in ("maildir", "mbox", "files", "stdin")
}

CASES: dict[str, Make] = {
    f"{family}: {name}": make
    for family, cases in (
        ("another's address under one's own token", UNDER_OWN),
        ("a token", TOKENS),
        ("a Message-ID", MESSAGE_IDS),
        ("a complaint", COMPLAINTS),
        ("unsubscribing", UNSUBSCRIBING),
        ("without an envelope", WITHOUT_ENVELOPE),
    )
    for name, make in cases.items()
}
