"""What the mails look like that come back, read with the standard library."""

from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

import pytest

from rebond.simulate.behaviour import WorldSettings, conduct
from rebond.simulate.dialects import dialects
from rebond.simulate.returns import HEADERS_KEPT, Kind, Return, Taken, compose, headers_of
from tests.simulate.conftest import CONTENT, SENDER, START

AT = START + timedelta(minutes=42)


def written(recipient: str, kind: Kind = Kind.BOUNCE, *, headers: bytes = headers_of(CONTENT), **options: str) -> bytes:
    taken = Taken(sender=SENDER, recipient=recipient, at=START, headers=headers, **options)
    does = conduct(recipient, settings=WorldSettings())
    return compose(Return(kind=kind, conduct=does, taken=taken, at=AT, seed=1, sender_ip="192.0.2.25"))


def read(recipient: str, kind: Kind = Kind.BOUNCE, **options: str) -> Message:
    return message_from_bytes(written(recipient, kind, **options))


def test_a_bounce_is_a_delivery_report() -> None:
    mail = read(
        "later-full@gmail.sim.example", envelope_id="QQ314", original_recipient="rfc822;later-full@gmail.sim.example"
    )
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    assert mail["To"] == f"<{SENDER}>"
    assert parsedate_to_datetime(mail["Date"]) == AT
    text, report, returned = mail.get_payload()
    assert "out of storage space" in text.get_payload()
    message, recipient = report.get_payload()
    assert message["Reporting-MTA"] == "dns; googlemail.sim.example"
    assert message["Original-Envelope-Id"] == "QQ314"
    assert parsedate_to_datetime(message["Arrival-Date"]) == START
    assert recipient["Original-Recipient"] == "rfc822; later-full@gmail.sim.example"
    assert recipient["Final-Recipient"] == "rfc822; later-full@gmail.sim.example"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "4.2.2"
    assert recipient["Diagnostic-Code"].startswith("smtp;")
    assert "452-4.2.2 The recipient's inbox is out of storage" in recipient["Diagnostic-Code"]
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Message-ID: <token123@shop.example>" in returned.get_payload()
    assert "secret body" not in mail.as_string()


def test_a_status_is_made_where_the_receiver_gives_none() -> None:
    report = read("later-blocked@free.sim.example").get_payload()[1]
    assert report.get_payload()[1]["Status"] == "5.0.0"


def test_the_original_recipient_is_told_only_when_it_was_given_or_the_server_adds_it() -> None:
    assert "Original-Recipient" not in read("later-full@gmail.sim.example").get_payload()[1].get_payload()[1]
    added = read("later-full@postfix.sim.example").get_payload()[1].get_payload()[1]
    assert added["Original-Recipient"] == "rfc822; later-full@postfix.sim.example"


def test_a_forward_fails_for_another_address_and_names_ours() -> None:
    recipient = read("forward-3@outlook.sim.example").get_payload()[1].get_payload()[1]
    assert recipient["Original-Recipient"] == "rfc822; forward-3@outlook.sim.example"
    assert recipient["Final-Recipient"] == "rfc822; elsewhere-3@new.outlook.sim.example"
    assert "elsewhere-3@new.outlook.sim.example" in recipient["Diagnostic-Code"]


def test_a_delay_notice_says_that_it_goes_on() -> None:
    mail = read("delay@orange.sim.example", Kind.DELAY)
    text, report, _ = mail.get_payload()
    recipient = report.get_payload()[1]
    assert recipient["Action"] == "delayed"
    assert recipient["Status"] == "4.4.1"
    assert parsedate_to_datetime(recipient["Will-Retry-Until"]) == START + timedelta(days=5)
    assert "n'a pas encore été remis" in text.get_payload(decode=True).decode()


def test_a_complaint_is_arf() -> None:
    mail = read("complain@yahoo.sim.example", Kind.COMPLAINT)
    assert mail.get_param("report-type") == "feedback-report"
    _, report, returned = mail.get_payload()
    assert report.get_content_type() == "message/feedback-report"
    fields = message_from_bytes(report.as_bytes().split(b"\n\n", 1)[1])
    assert fields["Feedback-Type"] == "abuse"
    assert fields["Version"] == "1"
    assert fields["User-Agent"]
    assert fields["Original-Rcpt-To"] == "<complain@yahoo.sim.example>"
    assert fields["Original-Mail-From"] == f"<{SENDER}>"
    assert fields["Source-IP"] == "192.0.2.25"
    assert "token123" in returned.get_payload()


def test_orange_hides_who_complained() -> None:
    headers = b"To: Complain@Orange.sim.example\r\nMessage-ID: <token123@shop.example>\r\n"
    mail = written("complain@orange.sim.example", Kind.COMPLAINT, headers=headers)
    assert b"complain@orange" not in mail.lower()
    assert mail.count(b"redacted@orange.sim.example") == 2


def test_outlook_sends_the_message_and_no_report() -> None:
    mail = read("complain@hotmail.sim.example", Kind.COMPLAINT)
    assert mail.get_content_type() == "multipart/mixed"
    (attached,) = mail.get_payload()
    assert attached.get_content_type() == "message/rfc822"
    original = attached.get_payload(0)
    assert original["Message-ID"] == "<token123@shop.example>"
    assert original["X-HmXmrOriginalRecipient"] == "complain@hotmail.sim.example"


def test_exim_and_qmail_bounce_in_words_only() -> None:
    exim = read("later-unknown@exim.sim.example")
    assert exim.get_content_type() == "text/plain"
    assert exim["X-Failed-Recipients"] == "later-unknown@exim.sim.example"
    assert "550 No Such User Here" in exim.get_payload()
    assert "Message-ID: <token123@shop.example>" in exim.get_payload()
    qmail = read("later-full@qmail.sim.example")
    assert qmail.get_content_type() == "text/plain"
    assert qmail.get_payload().startswith("Hi. This is the qmail-send program at mail.qmail.sim.example.")
    assert f"Return-Path: <{SENDER}>" in qmail.get_payload()


@pytest.mark.parametrize("name", [name for name in dialects() if name != "generic"])
def test_an_auto_reply_says_that_it_is_one(name: str) -> None:
    mail = read(f"ooo@{name}.sim.example", Kind.AUTO_REPLY)
    assert mail["Auto-Submitted"].startswith(("auto-replied", "auto-generated"))
    assert mail["In-Reply-To"] == mail["References"] == "<token123@shop.example>"
    assert f"ooo@{name}.sim.example" in mail["From"]


def test_an_auto_reply_in_french_quotes_the_subject() -> None:
    mail = read("ooo@exchange.sim.example", Kind.AUTO_REPLY)
    assert str(make_header(decode_header(mail["Subject"]))) == "Réponse automatique : Été sale"


@pytest.mark.parametrize("name", dialects())
@pytest.mark.parametrize(
    ("local", "kind"),
    [
        *[(f"later-{what}", Kind.BOUNCE) for what in ("unknown", "full", "soft", "grey", "slow", "spam", "weird")],
        ("forward", Kind.BOUNCE),
        ("delay", Kind.DELAY),
        ("complain", Kind.COMPLAINT),
        ("ooo", Kind.AUTO_REPLY),
    ],
)
def test_every_return_is_a_mail_without_faults(name: str, local: str, kind: Kind) -> None:
    raw = written(f"{local}@{name}.sim.example", kind)
    assert raw == written(f"{local}@{name}.sim.example", kind)
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998
    mail = message_from_bytes(raw)
    assert not [part.defects for part in mail.walk() if part.defects]
    assert {"date", "from", "to", "subject", "message-id", "mime-version"} <= {name.lower() for name in mail}
    assert kind is Kind.AUTO_REPLY or b"token123" in raw.split(b"\r\n\r\n", 1)[1]


def test_an_address_beyond_ascii_is_written_as_rfc_6533_says() -> None:
    recipient = read("later-unknown.é@postfix.sim.example").get_payload()[1].get_payload()[1]
    assert recipient["Final-Recipient"] == r"utf-8; later-unknown.\x{E9}@postfix.sim.example"
    assert r"\x{E9}" in recipient["Diagnostic-Code"]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (b"", ""),
        (b"a\r\n b", "a b"),
        (b"=?nope?q?x?=", "=?nope?q?x?="),
        (b"=?utf-8?b?!!?=", ""),
        (b"x" * 500, "x" * 200),
    ],
)
def test_any_subject_can_be_quoted(subject: bytes, shown: str) -> None:
    headers = b"Subject: " + subject + b"\r\nMessage-ID: <token123@shop.example>\r\n"
    mail = message_from_bytes(written("ooo@aol.sim.example", Kind.AUTO_REPLY, headers=headers))
    assert mail["Subject"].split() == f"Out of office: {shown}".split()


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", b"A: 1\r\nB: 2\r\n"),
        (b"A: 1\nB: 2\n\nbody", b"A: 1\nB: 2\r\n"),
        (b"A: 1\r\nno end", b"A: 1\r\n"),
        (b"", b""),
    ],
)
def test_headers_are_cut_at_a_line(content: bytes, headers: bytes) -> None:
    assert headers_of(content) == headers


def test_headers_in_eight_bits_come_back_as_they_were() -> None:
    mail = written("later-full@postfix.sim.example", headers="Subject: Été\r\n".encode() + b"X-Odd: \xff\r\n")
    assert b"Content-Transfer-Encoding: 8bit\r\n\r\nSubject: \xc3\x89t\xc3\xa9\r\nX-Odd: \xff\r\n" in mail


def test_headers_are_bounded() -> None:
    kept = headers_of(b"X: " + b"1" * 70 + b"\r\n" + b"Y: 12345678\r\n" * 10_000 + b"\r\nbody")
    assert HEADERS_KEPT - 20 < len(kept) <= HEADERS_KEPT
    assert kept.endswith(b"12345678\r\n")
