"""The named bad inputs: answered, what was cut said, and in time that grows with the size and not faster."""

from collections.abc import Callable
from time import thread_time

import pytest

from rebond.core.read import adhoc, parse_reply, read_mail
from rebond.core.read.auto_reply import UNSUBSCRIBE_BODY
from rebond.core.read.decode import Guesses, decode_text, decode_words
from rebond.core.words import ReturnKind

HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: b@s.example\nSubject: Undelivered Mail\n"
NOTICE = HEAD + b"\nundeliverable\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
STATUS = REPORT + b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
_COMPLAINT = b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: u%d@y.example\n\n--b\n"


def _each(pattern: bytes, number: int) -> bytes:
    return b"".join(pattern.replace(b"%d", b"%d" % each) for each in range(number))


# Each makes a mail of a size; the second is the smallest size.
GROWING: dict[str, tuple[Callable[[int], bytes], int]] = {
    "truncated groups": (lambda n: STATUS + _each(b"Final-Recipient: rfc822; u%d@y.example\nAct", n), 250),
    "fields of many names": (
        lambda n: STATUS + _each(b"x%d: b\n", n) + b"\nFinal-Recipient: rfc822; u@y.example\n",
        2500,
    ),
    "blocks of many names": (
        lambda n: STATUS + _each(b"x%d: b\n\n c\n\n", n) + b"\nFinal-Recipient: rfc822; u@y.example\n",
        300,
    ),
    "folded fields of many names": (
        lambda n: STATUS + _each(b"x%d: b\n c\n", n) + b"\nFinal-Recipient: rfc822; u@y.example\n",
        2500,
    ),
    "nested multiparts": (
        lambda n: (
            HEAD
            + b"Content-Type: multipart/mixed; boundary=b0\n\n"
            + b"".join(
                b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (each, each + 1) for each in range(n)
            )
            + b"550 no such user a@b.example"
        ),
        250,
    ),
    "one boundary for all": (
        lambda n: MIXED + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * n + b"550 no such user a@b.example",
        250,
    ),
    "messages in messages": (lambda n: HEAD + b"Content-Type: message/rfc822\n\n" * n + NOTICE, 5000),
    "parts": (lambda n: MIXED + b"--b\n\nundeliverable\n" * n, 2500),
    "parts in an unknown charset": (lambda n: MIXED + _each(b"--b\n\n\xe9t\xe9 undeliverable %d\n", n), 200),
    "words in an unknown charset": (
        lambda n: b"Subject:" + _each(b" =?x-no?q?=e9t=e9_=e9_%d?=", n) + b"\n" + NOTICE,
        250,
    ),
    "diagnostics in an unknown charset": (
        lambda n: (
            STATUS + _each(b"Final-Recipient: rfc822; u%d@y.example\nDiagnostic-Code: =?x?q?=e9t=e9_550_%d?=\n\n", n)
        ),
        100,
    ),
    "wrong base64": (lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=A*B\n" * n, 20_000),
    "NULs": (lambda n: NOTICE + b"\0" * n, 200_000),
    "lone CRs": (lambda n: HEAD.replace(b"\n", b"\r") + b"\r" * n + b"undeliverable", 200_000),
    "header bomb": (lambda n: b"X-A: b\n" * n + NOTICE, 5000),
    "one header line": (lambda n: b"Subject: " + b"x" * n + b"\n" + NOTICE, 250_000),
    "one address": (lambda n: NOTICE + b"a" * n + b"@y.example: user unknown\n", 10_000),
    "addresses of 10 kB": (
        lambda n: STATUS + _each(b"Final-Recipient: rfc822; %d" + b"a" * 10_000 + b"@y.example\n\n", n),
        10,
    ),
    "diagnostics of dashes": (
        lambda n: (
            STATUS
            + _each(b"Final-Recipient: rfc822; u%d@y.example\nDiagnostic-Code: smtp; 550 " + b"a-" * 1900 + b"\n\n", n)
        ),
        5,
    ),
    "one recipient told of many times": (
        lambda n: (
            NOTICE.replace(b"\nundeliverable", b"Content-Type: multipart/report; boundary=b\n\n--b\n\nundeliverable")
            + b"550 5.7.1 refused by the host " * 50
            + b"\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
            + _each(b"Final-Recipient: rfc822; u@y.example\nDiagnostic-Code: smtp; 550 %d\n\n", n)
        ),
        250,
    ),
    "an address of at signs": (
        lambda n: NOTICE + b"RCPT TO:<bob" + b"@" * n + b"\n",
        10_000,
    ),
    "addresses in a notice": (lambda n: NOTICE + _each(b"<u%d@y.example>: user unknown\n", n), 200),
    "lines below many addresses": (
        lambda n: NOTICE + _each(b"<u%d@y.example> ", 20) + b"\n" + b"\n" * n + b"the end",
        20_000,
    ),
    "a line of addresses": (lambda n: NOTICE + _each(b"<u%d@y.example> ", n) + b"\nis no such user", 500),
    "many recipients without a word": (
        lambda n: NOTICE + _each(b"<u%d@y.example>:\n", 1000) + b"no such user " * n,
        50,
    ),
    "quoted head lines": (lambda n: NOTICE + b"> From: a\n> no\n> no\n" * n, 500),
    "indented head lines": (lambda n: NOTICE + b" From: a\n no\n no\n" * n, 500),
    "head lines": (lambda n: NOTICE + b"From: a\nno\nno\n" * n + b"\n\n", 500),
    "ruled lines": (lambda n: NOTICE + b"--- original message ---\n" * n, 5000),
    "every kind at once": (
        lambda n: (
            b"Auto-Submitted: auto-replied\nX-Failed-Recipients: a@b.example\nFeedback-Type: abuse\n"
            + REPORT
            + _each(_COMPLAINT, n)
            + _each(b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; u%d@y.example\n\n--b\n", n)
        ),
        600,
    ),
}
# What a machine that is busy with other things may add.
SLACK = 0.08
FACTOR = 3.0


def _seconds(mail: bytes) -> float:
    times = []
    for _ in range(3):
        started = thread_time()
        read_mail(mail)
        times.append(thread_time() - started)
    return min(times)


@pytest.mark.parametrize("name", GROWING)
def test_time_grows_with_the_size(name: str) -> None:
    make, size = GROWING[name]
    # What grows with the square takes 256 times as long.
    once, more = (_seconds(make(size * factor)) for factor in (1, 16))
    assert more < 16 * FACTOR * once + SLACK


@pytest.mark.parametrize("name", GROWING)
def test_it_is_answered_within_its_share(name: str) -> None:
    make, size = GROWING[name]
    mail = make(size * 4)
    # Ten times what `make fuzz` allows on a quiet machine.
    assert _seconds(mail) < 0.5 * max(1, len(mail) / 100_000)


def test_what_is_said_of_many_is_not_said_at_length_of_each() -> None:
    words = b"none of them could be reached, " * 40
    few, many = (read_mail(NOTICE + words + b"\n" + _each(b"<u%d@y.example>:\n", n)).facts for n in (3, 1000))
    assert len({each.text for each in few}) == 1
    assert len(few[0].text) > 1000
    assert max(len(each.text) for each in many) < 300
    assert many[999].text.startswith("undeliverable none of them could be reached, none of them")


def test_what_says_little_of_each_of_many_in_many_ways_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(adhoc, "parse_reply", lambda text: asked.append(text) or parse_reply(text))
    few, many = (read_mail(NOTICE + _each(b"\n<u%d@y.example>:\n550 [a%d]\n", n)) for n in (150, 1000))
    assert (len(few.facts), len(asked)) == (150, 150 + 1)
    assert all(each.text.endswith(f"550 [a{number}]") for number, each in enumerate(few.facts))
    assert not few.notes
    assert [each.recipient for each in many.facts] == [f"u{number}@y.example" for number in range(1000)]
    assert many.notes == ("cut: of what says little of each of many recipients only what is common is read",)


def test_what_differs_in_a_name_alone_is_read_alike_and_no_name_is_read_as_a_code() -> None:
    names = (b"u1@y.example", b"longer.name@sub-domain.y.example", b"a-550-5.1.1@y.example", b"550@y.example")
    facts = read_mail(
        NOTICE + b"".join(b"<%s>: user unknown at %s, 452 4.2.2\n" % (name, name) for name in names)
    ).facts
    assert [each.recipient for each in facts] == [name.decode() for name in names]
    for each in facts:
        assert each.text == f"<{each.recipient}>: user unknown at {each.recipient}, 452 4.2.2"
        assert (each.code, each.enhanced) == (452, "4.2.2")


def test_more_recipients_than_are_read_are_told() -> None:
    lines = b"".join(b"<u%d@y.example>: user unknown\n" % each for each in range(1001))
    reading = read_mail(NOTICE + lines)
    assert len(reading.facts) == 1000
    assert reading.notes == ("cut: the notice names more than 1,000 recipients",)
    assert not read_mail(NOTICE + lines[: lines.index(b"<u1000@")]).notes


@pytest.mark.parametrize("behind", [False, True])
def test_a_long_delay_notice_is_known_by_its_beginning_or_its_end(behind: bool) -> None:
    words = b"Your mail could not be delivered yet. We will keep trying for 4 days.\n"
    lines = b"The following addresses have problems:\n\n" + _each(b"<u%d@y.example>: connection timed out\n", 1000)
    reading = read_mail(HEAD + b"\n" + (lines + words if behind else words + lines))
    assert reading.kind is ReturnKind.DELAYED
    assert len(reading.facts) == 1000


def test_line_ends_are_read_once() -> None:
    started = thread_time()
    assert not UNSUBSCRIBE_BODY.search("\n" * 50_000)
    assert thread_time() - started < 1
    assert UNSUBSCRIBE_BODY.search("hello\n\n unsubscribe: " + "a" * 20 + "\n\nbye")


@pytest.mark.parametrize(
    ("mail", "note"),
    [
        (GROWING["nested multiparts"][0](1000), "cut: parts are nested more than 50 deep"),
        (GROWING["parts"][0](10_000), "cut: there are more than 1,000 parts"),
        (GROWING["truncated groups"][0](10), "broken: the last boundary is missing"),
        (GROWING["header bomb"][0](2001), "cut: no more than 2,000 header fields are read"),
        (GROWING["one header line"][0](70_000), "cut: a header field is longer than 64 KiB"),
        (GROWING["one header line"][0](1 << 20), "cut: the header block is longer than 1 MiB"),
        (HEAD + b"\n" + b"undeliverable\n" * 10_000, "cut: the notice is longer than 128 KiB"),
        (HEAD + b"Content-Type: text/html\n\n" + b"<p>no" * 60_000, "cut: of a long text only the beginning is read"),
        (
            STATUS + _each(b"Final-Recipient: rfc822; u%d@y.example\n\n", 1001),
            "cut: the report names more than 1,000 r",
        ),
        (
            MIXED
            + b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
            + _each(b"Original-Rcpt-To: u%d@y.example\n", 1001),
            "cut: the report names more than 1,000 recipients",
        ),
    ],
)
def test_what_was_cut_is_said(mail: bytes, note: str) -> None:
    assert any(told.startswith(note) for told in read_mail(mail).notes)
    assert any(told.startswith(note) for told in read_mail(mail.replace(b"\n", b"\r\n")).notes)


def test_nothing_is_said_of_what_is_read_wholly() -> None:
    mail = GROWING["header bomb"][0](1900).replace(b"\n", b"\r\n") + b"undeliverable\r\n" * 8000
    assert not read_mail(mail).notes


def test_one_kind_is_told_of_a_mail_that_claims_all() -> None:
    reading = read_mail(GROWING["every kind at once"][0](3))
    assert reading.kind is ReturnKind.COMPLAINT
    assert "u0@y.example" in reading.complainants


def test_no_more_guesses_than_are_allowed() -> None:
    guesses = Guesses(1)
    cyrillic = "ящик переполнен, письмо не доставлено".encode("cp1251")
    assert "ящик" in decode_text(cyrillic, guesses=guesses)
    assert guesses.left == 0
    assert decode_text(cyrillic, guesses=guesses) == cyrillic.decode("cp1252", "replace")
    assert decode_words("=?x-none?q?=e9t=e9?= =?x-none?q?=e8?=", guesses=guesses) == "étéè"
