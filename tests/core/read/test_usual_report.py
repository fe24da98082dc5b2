"""The usual report is read the short way and the long way alike."""

from pathlib import Path
from random import Random

import pytest
from fuzz.mutations import MUTATIONS
from fuzz.synthetic import report
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.read.mail import open_mail
from rebond.core.read.returned import read_any_mail, read_mail
from rebond.core.read.usual_report import open_report

PROJECT = Path(__file__).parents[3]
SAMPLES = [path.read_bytes() for path in sorted((PROJECT / "tests" / "samples").rglob("*.eml"))]
CORPUS = PROJECT.parent / "shared" / "corpus" / "messages"

HEAD = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: us@s.example\nSubject: {subject}\n"
TYPE = "Content-Type: multipart/report; report-type={kind}; boundary={boundary}\n"
WORDS = "Content-Type: text/plain; charset=utf-8\n\nGone.\n"
STATUS = (
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
    "Final-Recipient: rfc822; ann@y.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n"
)
HTML = "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>G=6Fne.\n"
ALTERNATIVE = (
    "Content-Type: multipart/alternative; boundary=c\n\n"
    "--c\nContent-Type: text/plain\n\nGone, and away.\n--c\nContent-Type: text/html\n\n<p>Gone\n--c--\n"
)
ORIGINAL = "Content-Type: message/rfc822\n\nFrom: us@s.example\nTo: ann@y.example\n\nHello\n"


def _mail(
    *parts: str,
    head: str = HEAD,
    kind: str = "delivery-status",
    boundary: str = "b",
    subject: str = "Gone",
    end: str = "--",
) -> bytes:
    cut = "".join(f"--{boundary}\n{part}" for part in parts) + f"--{boundary}{end}\n"
    return f"{HEAD.format(subject=subject)}{TYPE.format(kind=kind, boundary=boundary)}\n{cut}".encode()


def _alike(mail: bytes) -> bool:
    """Read both ways; tell whether the short one was taken."""
    assert read_mail(mail) == read_any_mail(mail)
    return open_report(*open_mail(mail)) is not None


USUAL = _mail(WORDS, STATUS, ORIGINAL)


@pytest.mark.parametrize(
    "mail",
    [
        USUAL,
        USUAL.replace(b"\n", b"\r\n"),
        b"From x@y.example Mon Mar  2 09:00:00 2026\n" + USUAL,
        _mail(WORDS, STATUS),
        _mail("\nGone.\n", STATUS, ORIGINAL),
        _mail("X: y\n\nGone.\n", STATUS, ORIGINAL),
        _mail("\n \n", STATUS, ORIGINAL),
        _mail(WORDS, STATUS, ORIGINAL)[: -len(b"--b--\n")],
        _mail("\nReceived: a\nSubject: s\n\nHello\n", STATUS),
        _mail(WORDS, STATUS, ORIGINAL, end="-- \t"),
        _mail(WORDS.replace("\n\n", "\nContent-Transfer-Encoding: Base64\n\n"), STATUS, ORIGINAL),
        _mail(WORDS.replace("\n\n", "\nno header\n\n"), STATUS, ORIGINAL),
        _mail("X: " + "y" * 300 + "\n\nGone.\n", STATUS, ORIGINAL),
        _mail(HTML, STATUS, ORIGINAL),
        _mail(ALTERNATIVE, STATUS, ORIGINAL),
        _mail(ALTERNATIVE.replace("--c--", ""), STATUS, ORIGINAL)[: -len(b"--b--\n")],
        _mail(ALTERNATIVE.replace("alternative", "related").replace("text/plain", "image/png"), STATUS, ORIGINAL),
    ],
)
def test_the_usual_report_is_opened_the_short_way(mail: bytes) -> None:
    assert _alike(mail)


@pytest.mark.parametrize(
    "mail",
    [
        b"Subject: Gone\n\nGone.\n",
        _mail(WORDS, STATUS, ORIGINAL, kind="feedback-report"),
        _mail(WORDS, STATUS, ORIGINAL, boundary='" "'),
        _mail(WORDS, STATUS, ORIGINAL, subject="complaint about message from 192.0.2.1"),
        _mail(WORDS, STATUS, ORIGINAL.replace("From:", "X-HmXmrOriginalRecipient: a@y.example\nFrom:")),
        _mail(WORDS),
        _mail(WORDS, STATUS, ORIGINAL, ORIGINAL),
        _mail(ALTERNATIVE.replace("text/plain", "message/feedback-report"), STATUS, ORIGINAL),
        _mail(ORIGINAL, STATUS, ORIGINAL),
        _mail(STATUS, WORDS, ORIGINAL),
        _mail(WORDS, STATUS, "Content-Type: image/png\n\nx\n"),
        _mail(WORDS, STATUS + "Content-Type: x/y\n\n--b x\n", ORIGINAL),
        _mail(WORDS, STATUS, ORIGINAL, end="--more"),
        _mail(WORDS, STATUS, ORIGINAL, end=" more"),
        USUAL.replace(b"--b", b"--c"),
        _mail("\n" + "Gone. " * 50_000 + "\n", STATUS, ORIGINAL),
        _mail(WORDS, STATUS.replace("unknown", "únknown"), ORIGINAL),
        _mail(WORDS, "Content-Type: message/delivery-status\n\nStatus: 5.1.1\n", ORIGINAL),
    ],
)
def test_any_other_mail_is_opened_the_long_way(mail: bytes) -> None:
    assert not _alike(mail)


@pytest.mark.parametrize("start", range(0, 500, 50))
def test_samples_are_read_alike(start: int) -> None:
    for mail in SAMPLES[start : start + 50]:
        _alike(mail)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the open corpus is not here")
def test_the_corpus_is_read_alike() -> None:
    short = [_alike(path.read_bytes()) for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    assert sum(short) > 150


def test_damaged_reports_are_read_alike() -> None:
    random = Random(4)
    usual = [mail for mail in SAMPLES if open_report(*open_mail(mail))]
    short = 0
    for _ in range(1000):
        mail = random.choice(usual) if random.random() < 0.7 else report(random)
        for _ in range(random.choice((1, 1, 2))):
            changed = random.choice(MUTATIONS)(mail, random)
            mail = changed if len(changed) < 100_000 else mail
        short += _alike(mail)
    assert short > 200


FIELDS = """\
Reporting-MTA: dns; x.example
Final-Recipient: rfc822; ann@y.example
Original-Recipient: rfc822;bob@y.example
Action: failed
Action: delayed
Action: delivered
Status: 5.0.0
Status: 4.4.7
Remote-MTA: dns; y.example
Diagnostic-Code: smtp; 550 5.1.1 user unknown
Diagnostic-Code: smtp;
 550 5.1.1 unknown
Diagnostic-Code: x
X-Note: a

no field
"""
LINES = """\
Gone.
<ann@y.example>: host mx.y.example[192.0.2.1] said: 552 5.2.2 full (in reply to MAIL FROM command)
(expanded from <bob@y.example>)
Received: a
Subject: s
From: us@s.example

--- original message ---
Please confirm that you are human.
ann@y.example is not known here
été
550 5.7.1 refused
"""
ORIGINALS = """\
From: us@s.example
To: ann@y.example
To: ann@y.example, bob@y.example
Message-ID: <m@s.example>
Cc: =?utf-8?q?=C3=A9?=
Received: from a by b for <bob@y.example>; Mon, 2 Mar 2026 09:00:00 +0000
Delivered-To: bob@y.example
X-Rebond-Token: abc

List-ID: x
"""


def _some(lines: str, most: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(lines.splitlines(keepends=True)), max_size=most).map("".join)


@given(_some(LINES, 8), _some(FIELDS, 10), _some(ORIGINALS, 6), st.booleans())
def test_made_reports_are_read_alike(words: str, fields: str, original: str, whole: bool) -> None:
    status = f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n{fields}"
    returned = [f"Content-Type: message/rfc822\n\n{original}\nHello\n"] if whole else []
    _alike(_mail(WORDS + words, status, *returned))
