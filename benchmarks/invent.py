"""Invented people, replies and returned mails; the same for the same numbers."""

import random
import string
from collections.abc import Iterator

_FIRST = ("Alice", "Bruno", "Chloé", "David", "Élise", "Farid", "Gwen", "Hugo", "Inès", "Jonas", "Karim", "Léa")
_LAST = (
    "Martin",
    "Bernard",
    "Petit",
    "Durand",
    "Moreau",
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Roux",
    "Blanc",
    "Weber",
)
_CITIES = ("Lyon", "Nantes", "Lille", "Paris", "Leeds", "York", "Cardiff", "Rennes")
_DOMAINS = (
    "mail.example",
    "post.example",
    "inbox.example",
    "firm.example.com",
    "home.example.net",
    "letters.example.org",
)
COLUMNS = ("id", "email", "first_name", "last_name", "city", "segment")


def email_of(number: int) -> str:
    first, last = _FIRST[number % 12].lower().replace("é", "e").replace("è", "e"), _LAST[number // 12 % 12].lower()
    return f"{first}.{last}{number}@{_DOMAINS[number % 6]}"


def person(number: int) -> tuple[str, str, str, str, str, str]:
    """A row of a file of people, by the columns above; one in a hundred has the address of the one before."""
    owner = number - 1 if number % 100 == 99 else number
    first, last = _FIRST[number % 12], _LAST[number // 12 % 12]
    return f"P{number:08}", email_of(owner), first, last, _CITIES[number % 8], f"segment-{number % 20}"


_REPLIES = (
    (550, "550 5.1.1 <{user}@{domain}>: Recipient address rejected: User unknown in virtual mailbox table {word}"),
    (550, "550 No such user here: {user} ({id})"),
    (552, "552 5.2.2 {user}'s mailbox is full, {word} over quota by {n} bytes"),
    (450, "450 4.2.0 <{user}@{domain}>: Recipient address rejected: Greylisted for {n} seconds, see {word}"),
    (421, "421 4.7.0 {host} Our system has detected an unusual rate of unsolicited mail from {ip} - {id}"),
    (554, "554 5.7.1 Service unavailable; Client host [{ip}] blocked using {word}.{domain}; ref {id}"),
    (550, "550 5.7.26 This mail has been blocked because the sender {user} is unauthenticated {id}"),
    (451, "451 4.3.0 {word}: Temporary lookup failure of {domain} {id}"),
    (550, "550 5.4.1 [{user}@{domain}]: Recipient address rejected: Access denied. {id} {host}"),
    (552, "552 5.3.4 Message size {n} exceeds fixed limit of {word}"),
    (550, "550 5.2.1 The email account that you tried to reach is disabled. {id} - gsmtp"),
    (554, "554 {word} {word2} transaction failed {id} {n}"),
    (550, "550 {word} {word2} {word3} ({id}) {host}"),
    (451, "451 {word3} {word} try later {id}"),
)


def replies(number: int, *, seed: int) -> list[tuple[int, str]]:
    """Replies (code, text), most of them unlike any other: with names, numbers and words of their own."""
    chance = random.Random(seed)

    def word(length: int) -> str:
        return "".join(chance.choices(string.ascii_lowercase, k=length))

    made = []
    for place in range(number):
        code, form = _REPLIES[place % len(_REPLIES)]
        text = form.format(
            user=word(8),
            domain=f"{word(7)}.example",
            host=f"mx{chance.randrange(9)}.{word(5)}.example",
            ip=f"192.0.2.{chance.randrange(255)}",
            id="".join(chance.choices(string.ascii_uppercase + string.digits, k=12)),
            n=chance.randrange(10**7),
            word=word(6),
            word2=word(9),
            word3=word(5),
        )
        made.append((code, text))
    return made


_BOUNCE = """\
Return-Path: <>
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: {envelope}
Subject: Undelivered Mail Returned to Sender
Date: Tue, 3 Mar 2026 09:{minute:02}:{second:02} +0000
Message-ID: <{number}.return@relay.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B{number}/relay.example"

This is a MIME-encapsulated message.

--B{number}/relay.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

For further assistance, please send mail to postmaster.

<{recipient}>: host mx.{domain}[192.0.2.7] said: {reply}
    (in reply to RCPT TO command)

--B{number}/relay.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Postfix-Queue-ID: Q{number}
X-Postfix-Sender: rfc822; {envelope}
Arrival-Date: Tue, 3 Mar 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: failed
Status: {status}
Remote-MTA: dns; mx.{domain}
Diagnostic-Code: smtp; {reply}

--B{number}/relay.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <{envelope}>
From: Shop <news@shop.example>
To: {recipient}
Subject: This week at the shop
Message-ID: <{message_id}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

{body}

--B{number}/relay.example--
"""
_BODY = "\n".join(f"Line {line} of what the shop had to say this week, which nobody got to read." for line in range(25))
_DIAGNOSTICS = (
    ("5.1.1", "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.2.2", "552 5.2.2 <{recipient}>: Mailbox is full, quota exceeded (in queue {number})"),
    ("4.4.1", "451 4.4.1 {number} temporary failure, connection to backend timed out"),
    ("5.2.1", "550 5.2.1 The account {recipient} is disabled"),
    ("5.0.0", "550 some words {number} that no rule has met about {recipient}"),
    ("5.7.1", "554 5.7.1 Message refused as spam, reference {number}"),
)


def bounce(number: int, *, recipient: str, envelope: str, message_id: str = "unknown@shop.example") -> bytes:
    """A delivery status notification about a message, of about 4 kB; the diagnostics take turns."""
    status, form = _DIAGNOSTICS[number % len(_DIAGNOSTICS)]
    text = _BOUNCE.format(
        number=number,
        minute=number // 60 % 60,
        second=number % 60,
        recipient=recipient,
        domain=recipient.rpartition("@")[2],
        envelope=envelope,
        reply=form.format(recipient=recipient, number=number),
        status=status,
        message_id=message_id,
        body=_BODY,
    )
    return text.replace("\n", "\r\n").encode()


def csv_lines(number: int) -> Iterator[str]:
    """The lines of a file of people, its head first."""
    yield ",".join(COLUMNS) + "\n"
    for place in range(number):
        yield ",".join(person(place)) + "\n"
