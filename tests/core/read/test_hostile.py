"""Hostile and broken mail: always an answer, within bounds, in time linear in its size."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rebond.core.failure import Reading
from rebond.core.read import parse_reply, read_mail
from rebond.core.read.mail import MAX_PARTS, MAX_SIZE, split_mail
from tests.core.read.samples import all_names, raw

HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: b@s.example\nSubject: Undelivered Mail\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nGone.\n\n--b\n"
STATUS = b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
# Generous for a busy machine; each of these takes some hundredths of a second alone.
PATIENCE = 5.0


def _recipients(number: int) -> bytes:
    group = b"Final-Recipient: rfc822; u%d@y.example\nAction: failed\nStatus: 5.0.0\n\n"
    return b"".join(group % each for each in range(number))


def _nested(depth: int) -> bytes:
    opening = b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n"
    inner = b"".join(opening % (each, each + 1) for each in range(depth))
    return HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + inner + b"undeliverable to x@y.example\n"


MONSTERS: dict[str, Callable[[], bytes]] = {
    "nested": lambda: _nested(1000),
    "parts": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\ntext\n" * 10_000,
    "large": lambda: HEAD + b"\n" + b"undeliverable to x@y.example\n" * 1_800_000,
    "one line": lambda: HEAD + b"\nundeliverable" + b"a" * 10_000_000,
    "header line": lambda: b"Subject: " + b"x" * 1_000_000 + b"\n" + HEAD + b"\nundeliverable",
    "header name": lambda: b"x" * 1_000_000 + b": y\n" + HEAD + b"\nundeliverable",
    "header bomb": lambda: b"X-A: b\n" * 300_000 + HEAD + b"\nundeliverable",
    "fold bomb": lambda: b"Subject: a\n" + b" b\n" * 300_000 + HEAD + b"\nundeliverable",
    "cyclic": lambda: HEAD + b"Content-Type: message/rfc822\n\n" * 10_000,
    "digests": lambda: (
        HEAD
        + b"Content-Type: multipart/digest; boundary=b\n\n"
        + b"--b\n\nContent-Type: multipart/digest; boundary=b\n\n" * 10_000
    ),
    "NULs": lambda: b"\0" * 3_000_000,
    "lone CRs": lambda: b"\r" * 3_000_000,
    "tags": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<" * 3_000_000,
    "styles": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<style " * 300_000,
    "recipients": lambda: REPORT + STATUS + _recipients(30_000),
    "named": lambda: (
        HEAD
        + b"\nundeliverable to the following addresses:\n"
        + b"".join(b"<u%d@y.example>: user unknown\n" % each for each in range(20_000))
    ),
    "headers in text": lambda: HEAD + b"\nundeliverable\n" + b"From: a\n" * 500_000,
    "rules in text": lambda: HEAD + b"\nundeliverable\n" + b"-- original message\n" * 500_000,
    "dashes": lambda: HEAD + b"\nContent-Type: message/rfc822\n" + b"-" * 3_000_000,
    "quoted printable": lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 3_000_000,
    "base64": lambda: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"A" * 3_000_000,
    "encoded words": lambda: b"Subject: " + b"=?utf-8?B?QQ==?= " * 60_000 + b"\n" + HEAD + b"\nundeliverable",
    "at signs": lambda: HEAD + b"\nundeliverable\n" + b"a@" * 3_000_000,
    "codes": lambda: HEAD + b"\nundeliverable\n" + b"550 5.1.1 " * 500_000,
    "eight bits": lambda: HEAD + b"\nundeliverable\n" + b"\xe9\xa0" * 1_000_000,
    "parameters": lambda: b"Content-Type: text/plain" + b'; a="' * 100_000 + b"\n\nx",
    "diagnostic": lambda: (
        REPORT + STATUS + b"Final-Recipient: rfc822;a@b.example\nDiagnostic-Code: smtp;" + b" 550\n" * 300_000
    ),
    "distinct names": lambda: REPORT + STATUS + b"".join(b"x%d: b\n c\n" % each for each in range(60_000)),
    "received lines": lambda: b"Received: from a by b for <c@d.example>; x\n" * 50_000 + HEAD + b"\nundeliverable",
    "deep tags": lambda: HEAD + b"Content-Type: text/html\n\n" + b"<div>" * 600_000 + b"undeliverable",
    "entities": lambda: HEAD + b"Content-Type: text/html\n\n" + b"&amp;&#1114112;&abcdefghijk" * 100_000,
    "unknown charsets": lambda: (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"".join(b"--b\nContent-Type: text/plain; charset=x-%d\n\n\xe9t\xe9 %d\n" % (n, n) for n in range(3000))
    ),
    "one word of many": lambda: HEAD + b"\nundeliverable " + b"a-" * 1_500_000,
    "its own kind again": lambda: (HEAD + b"Content-Type: message/rfc822\n\n") * 10_000,
    "json": lambda: HEAD + b'\n{"notificationType": ' + b"[" * 200_000,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_answered_in_time(name: str) -> None:
    mail = MONSTERS[name]()
    started = time.process_time()
    reading = read_mail(mail)
    assert time.process_time() - started < PATIENCE
    assert isinstance(reading, Reading)
    assert len(reading.facts) <= 1000


def test_what_is_cut_is_noted() -> None:
    assert "cut: parts are nested more than 50 deep" in read_mail(MONSTERS["nested"]()).notes
    assert "cut: there are more than 1,000 parts" in read_mail(MONSTERS["parts"]()).notes
    assert "cut: the mail is larger than 25 MiB" in read_mail(MONSTERS["large"]()).notes
    assert "cut: the report names more than 1,000 recipients" in read_mail(MONSTERS["recipients"]()).notes


def test_bounds_hold() -> None:
    parts = split_mail(MONSTERS["parts"]()).parts
    assert len(parts) <= MAX_PARTS + 1
    assert sum(len(part.body) for part in split_mail(MONSTERS["large"]()).parts) <= MAX_SIZE


@pytest.mark.parametrize("name", sorted(all_names()))
def test_a_truncated_sample_is_answered(name: str) -> None:
    mail = raw(name)
    for share in range(20):
        read_mail(mail[: len(mail) * share // 20])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_answered(mail: bytes) -> None:
    assert isinstance(read_mail(mail), Reading)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(all_names())), st.data())
def test_a_mutated_sample_is_answered(name: str, data: st.DataObject) -> None:
    mail = bytearray(raw(name))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(mail)))
        length = data.draw(st.integers(0, 40))
        mail[place : place + length] = data.draw(st.sampled_from(_PIECES)) or data.draw(st.binary(max_size=20))
    assert isinstance(read_mail(bytes(mail)), Reading)


_PIECES = (
    b"",
    b"\r",
    b"\n\n",
    b"\0",
    b"\xff\xfe",
    b"--=_sep\n",
    b"--=_sep--\n",
    b"Content-Type: multipart/mixed\n",
    b"Content-Type: text/plain; charset=x-unheard-of\n",
    b"Content-Type: text/html; charset=idna\n",
    b"Content-Transfer-Encoding: base64\n\n!!!!",
    b"Final-Recipient: rfc822;",
    b"Date: Mon, 99 Foo 20000 99:99:99 +9999\n",
    b"=?utf-7?Q?+AAA?=",
    b"=?zip?B?AAAA?=",
    b"\\x{110000}",
    b"\xed\xa0\x80",
)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400) | st.from_regex(r"([245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3} )?[a-z<>@. \n:]{0,60}"))
def test_any_text_is_a_reply(text: str) -> None:
    reply = parse_reply(text)
    assert reply.code == 0 or 200 <= reply.code <= 599
    assert "\n" not in reply.text
