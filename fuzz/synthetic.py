"""Returns made from nothing: well formed ones to be damaged, large ones, and those that claim every kind at once."""

from collections.abc import Callable
from random import Random

HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: b@sender.example\nSubject: Undelivered Mail\n"
_KINDS = (
    b"Auto-Submitted: auto-replied\n",
    b"Precedence: auto_reply\n",
    b"X-Autoreply: yes\n",
    b"X-Failed-Recipients: c@y.example, d@y.example\n",
    b"Feedback-Type: abuse\n",
    b"Disposition-Notification-To: a@y.example\n",
    b"List-Unsubscribe: <mailto:u@sender.example>\n",
    b"Subject: Read: Out of office: unsubscribe: Delivery Status Notification (Delay)\n",
)
_PARTS = (
    b"Content-Type: text/plain\n\nI am on holiday. Please confirm that you are human. 550 5.1.1 a@y.example unknown\n",
    (
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; y.example\n\n"
        b"Final-Recipient: rfc822; a@y.example\nAction: delayed\nStatus: 4.4.1\n"
        b"Diagnostic-Code: smtp; 552 5.2.2 over quota\n"
    ),
    (
        b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n"
        b"Original-Rcpt-To: <a@y.example>\n"
    ),
    (
        b"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@y.example\n"
        b"Disposition: automatic-action/MDN-sent-automatically; displayed\n"
    ),
    b'Content-Type: application/json; name="xarf.json"\n\n{"Report": {"ReportType": "spam"}}\n',
    b"Content-Type: message/rfc822\n\nFrom: b@sender.example\nTo: a@y.example\nMessage-ID: <m@sender.example>\n\nHi\n",
)
_ANSWERS = (
    b"550 5.1.1 <%s>: Recipient address rejected: User unknown",
    b"552 5.2.2 %s over quota",
    b"451 4.7.1 greylisted, try again later %s",
    b"554 5.7.1 rejected because of its content %s",
    b"550 5.2.1 %s ist deaktiviert",
)


def report(random: Random, *, recipients: int = 1, address: int = 0) -> bytes:
    """Make a report of RFC 3464 on a number of recipients, their addresses filled up to a length."""
    boundary = b"=_%x" % random.getrandbits(40)
    groups = b"".join(_group(random, number, address=address) for number in range(recipients))
    return (
        HEAD
        + b"Date: Mon, 2 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\n"
        + b'Content-Type: multipart/report; report-type=delivery-status; boundary="%s"\n\n' % boundary
        + b"--%s\nContent-Type: text/plain; charset=utf-8\n\nYour mail could not be delivered.\n" % boundary
        + b"--%s\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n%s" % (boundary, groups)
        + b"--%s\nContent-Type: message/rfc822\n\nFrom: b@sender.example\nTo: u0@y.example\n" % boundary
        + b"Message-ID: <m.%d@sender.example>\nSubject: hello\n\nHello\n--%s--\n" % (random.getrandbits(30), boundary)
    )


def notice(random: Random, *, recipients: int = 1, address: int = 0) -> bytes:
    """Make a bounce without a machine-readable part."""
    lines = b"".join(
        b"  %s\n    host mx.example said: %s\n" % (who := _address(number, address), random.choice(_ANSWERS) % who)
        for number in range(recipients)
    )
    words = b"\nThis message was created automatically by mail delivery software.\n"
    return (
        HEAD + words + b"The following addresses failed:\n\n" + lines + b"\n--- original message ---\nTo: a@y.example\n"
    )


def all_kinds(random: Random) -> bytes:
    """Make a mail that says of itself that it is everything."""
    parts = random.sample(_PARTS, len(_PARTS))
    headers = b"".join(random.sample(_KINDS, random.randint(1, len(_KINDS))))
    kind = random.choice((b"delivery-status", b"feedback-report", b"disposition-notification", b"x"))
    return (
        (HEAD + headers if random.random() < 0.5 else headers + HEAD)
        + b"Content-Type: multipart/report; report-type=%s; boundary=b\n\n" % kind
        + b"".join(b"--b\n%s\n" % part for part in parts)
        + b"--b--\n"
    )


def nested(random: Random) -> bytes:
    """Make parts in parts, by multipart or by returned messages that look as if they held themselves."""
    depth = random.choice((3, 49, 50, 51, 52, 200, 1000))
    inner = report(random)
    if random.random() < 0.3:
        return HEAD + b"Content-Type: message/rfc822\n\n" * depth + inner
    kind = random.choice((b"mixed", b"report", b"digest", b"alternative"))
    opening = b"--b%d\nContent-Type: multipart/" + kind + b"; boundary=b%d\n\n"
    levels = b"".join(opening % (each, each + 1) for each in range(depth))
    same = random.random() < 0.3
    levels = levels if not same else (b"--b0\nContent-Type: multipart/" + kind + b"; boundary=b0\n\n") * depth
    return HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + levels + b"--b%d\n%s" % (depth, inner)


def many_parts(random: Random) -> bytes:
    part = random.choice((*_PARTS, b"\ntext\n", b"Content-Type: text/html\n\n<p>550 no such user a@y.example"))
    number = random.choice((100, 999, 1001, 10_000 if len(part) < 20 else 2000))
    return HEAD + b"Content-Type: multipart/report; boundary=b\n\n" + (b"--b\n" + part) * number + b"\n--b--\n"


def long_header(random: Random) -> bytes:
    name = random.choice((b"Subject", b"To", b"Received", b"X-Failed-Recipients", b"Content-Type", b"From", b"Date"))
    filler = random.choice((b"x", b"a@b.example, ", b"=?utf-8?B?QQ==?= ", b'; a="', b"<", b"(", b"\\", b",", b"\xe9"))
    size = random.choice((20_000, 100_000, 1_000_000))
    return name + b": " + filler * (size // len(filler)) + b"\n" + notice(random)


def header_bomb(random: Random) -> bytes:
    line = random.choice(
        (b"X-A: b\n", b"Received: from a by b; Mon, 2 Mar 2026 10:00:00 +0100\n", b" folded\n", b"To: a@b.c\n")
    )
    return b"Subject: Undelivered Mail\n" + line * random.choice((1999, 2001, 20_000, 100_000)) + notice(random)


def many_fields(random: Random) -> bytes:
    """Make a report whose fields have thousands of names, folded with spaces or without them."""
    line = random.choice((b"x%d: b\n", b"x%d: b\n c\n", b"Diagnostic-Code: x%d\nc\n"))
    fields = b"".join(line % number for number in range(random.choice((100, 2000, 20_000))))
    opening = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
    return HEAD + opening + fields + b"\n" + _group(random, 0, address=0)


def repeated(random: Random) -> bytes:
    """Repeat what readers look for."""
    words = (
        b"550 5.1.1 ", b"<a@b.example> ", b"a@", b"-- original message\n", b"From: a\n", b"> ",
        b"Final-Recipient: rfc822;a@b.c\n", b"\nAction: failed\n\n", b"=\n", b"<a ", b"&amp;", b"--b\n", b"\r",
        b"\0", b"Content-Type: message/rfc822\n\n", b"said: ", b"(", b"[1.2.3.4] ", b"http://a.example/", b"{", b'"',
        b"\t", b" ", b"\n", b"a.", b"a-", b"-a.", b"recipient: ", b"RCPT TO:<a@b.c>\n", b"unsubscribe ",
        b"\xe2\x80\xae", b"failed to deliver ",
    )  # fmt: skip
    word = random.choice(words)
    return notice(random) + word * (random.choice((500, 5000, 50_000)) // len(word) * random.choice((1, 1, 4)))


def many_recipients(random: Random) -> bytes:
    make = random.choice((report, notice))
    return make(random, recipients=random.choice((20, 300, 999, 1000, 1001, 3000)))


def long_addresses(random: Random) -> bytes:
    make = random.choice((report, notice))
    return make(random, recipients=random.choice((1, 5)), address=random.choice((63, 64, 255, 998, 10_000)))


USUAL: tuple[Callable[[Random], bytes], ...] = (report, notice, all_kinds)
LARGE: tuple[Callable[[Random], bytes], ...] = (
    nested,
    many_parts,
    long_header,
    header_bomb,
    many_fields,
    repeated,
    many_recipients,
    long_addresses,
)


def _group(random: Random, number: int, *, address: int) -> bytes:
    who = _address(number, address)
    action = random.choice(
        (b"failed", b"failed", b"failed", b"delayed", b"delivered", b"relayed", b"expanded", b"lost")
    )
    status = random.choice((b"5.1.1", b"4.4.7", b"5.0.0", b"2.0.0", b"5.7.1", b"9.9.9", b""))
    return b"Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n" % (
        who,
        action,
        status,
    ) + b"Remote-MTA: dns; mx.y.example\nDiagnostic-Code: smtp; %s\n\n" % (random.choice(_ANSWERS) % who)


def _address(number: int, length: int) -> bytes:
    name = b"u%d" % number
    return name + b"a" * max(0, length - len(name) - 10) + b"@y.example"
