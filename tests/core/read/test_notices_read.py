"""Notices without a report: that they are one, whom they name, and when it was."""

import json
from datetime import UTC, datetime

import pytest

from rebond.core.read import about
from rebond.core.read.about import quoted_phase
from rebond.core.read.find_address import addresses_in
from rebond.core.words import BEFORE_RECIPIENT, Phase
from tests.core.read.written import DAEMON, only, read, report


def test_a_bounce_notice_without_a_diagnostic_names_its_types() -> None:
    notice = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Transient",
            "bounceSubType": "MailboxFull",
            "bouncedRecipients": [{"emailAddress": "ann@y.example"}],
        },
        "mail": [],
    }
    facts = only(read(f"From: no-reply@sns.example\nSubject: Notice\n\n{json.dumps(notice)}\n"))
    assert (facts.recipient, facts.action, facts.text) == ("ann@y.example", "failed", "Transient MailboxFull")


@pytest.mark.parametrize(
    ("notice", "recipients"),
    [
        ("Delivery failed.\n\nann@y.example\n", ["ann@y.example"]),
        ("Your message to ann@y.example could not be delivered.", ["ann@y.example"]),
        ("We could not deliver it.\nAbout ann@y.example we know nothing.", ["ann@y.example"]),
        ("We could not deliver it.\nAsk bob@y.example or cat@y.example.", []),
        (
            "Undeliverable to the following addresses:\n  o dan@y.example\n  o eve@y.example\n",
            ["dan@y.example", "eve@y.example"],
        ),
        ("Could not be delivered to us@s.example\n", []),
        ("<us@s.example>:\nno such user", ["us@s.example"]),
        ("<'@y.example>:\nno such user\n\n<ann@y.example>:\nno such user", ["ann@y.example"]),
    ],
)
def test_ways_to_name_who_failed(notice: str, recipients: list[str]) -> None:
    reading = read(f"{DAEMON}\n{notice}\n")
    assert [each.recipient for each in reading.facts if each.recipient] == recipients
    assert reading.kind == "bounce"


def test_the_returned_message_tells_whom_a_silent_notice_means() -> None:
    attached = (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUndeliverable.\n--b\nContent-Type: message/rfc822\n\n"
    )
    received = "Received: from a by b\nReceived: from a by b for <fay@y.example>; x\nSubject: s\n"
    assert only(read(f"{DAEMON}{attached}{received}\n--b--")).recipient == "fay@y.example"
    assert only(read(f"{DAEMON}{attached}Received: from a by b\nSubject: s\n\n--b--")).recipient == ""
    both = "To: ann@y.example, bob@y.example\nSubject: s\n"
    named = attached.replace("Undeliverable.", "Undeliverable; bob@y.example is known to cat@z.example.")
    assert only(read(f"{DAEMON}{named}{both}\n--b--")).recipient == "bob@y.example"


def test_a_mail_system_that_names_nobody_and_returns_nothing_is_heard_only_with_nobodys_envelope() -> None:
    notice = "\nThe mail could not be delivered."
    assert read(f"{DAEMON}{notice}").kind == "bounce"
    assert read(DAEMON.replace("Return-Path: <>\n", "") + notice).kind == "other"


def test_more_recipients_than_bearable_are_cut() -> None:
    named = "".join(f"<u{each}@y.example>:\nno such user\n\n" for each in range(1200))
    assert len(read(f"{DAEMON}\n{named}").facts) == 1000


def test_what_several_share_is_said_of_each() -> None:
    notice = "The mailbox of these people was closed last year.\nDelivery failed:\n\nann@y.example\n\nbob@y.example\n"
    first, second = read(f"{DAEMON}\n{notice}").facts
    assert "was closed last year" in first.text
    assert "was closed last year" in second.text


def test_a_last_notice_is_no_delay() -> None:
    assert read(f"{DAEMON}\nWe are still trying to reach ann@y.example.").kind == "delayed"
    assert read(f"{DAEMON}\nWe were still trying; we have given up on ann@y.example.").kind == "bounce"


@pytest.mark.parametrize(
    ("head", "date"),
    [
        ("Date: Mon, 2 Mar 2026 09:00:00 +0000\n", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Date: Mon, 2 Mar 2026 09:00:00 -0000\n", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Date: soon\nReceived: from a by b; Mon, 2 Mar 2026 08:00:00 +0000\n", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("Date: Mon, 2 Mar 2026 09:00:00 +0530 (IST)\n", datetime(2026, 3, 2, 3, 30, tzinfo=UTC)),
        ("Date: 2 Mar 2026 09:00:00 -0330\n", datetime(2026, 3, 2, 12, 30, tzinfo=UTC)),
        ("Date: Mon,  2 Mar 2026 09:00:00 +0100 (CET)\n", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("Date: Mon, 30 Feb 2026 09:00:00 +0000\n", None),
        ("Date: Mon, 2 Mar 2026 09:00:00 +9900\n", None),
        ("Date: soon\n", None),
        ("", None),
    ],
)
def test_the_time_of_a_return(head: str, date: datetime | None) -> None:
    assert read(f"{head}From: a@b.example\n\nx").date == date


def test_candidates_hold_the_envelope_senders_noted_on_the_way() -> None:
    original = (
        "Received: from a by b (envelope-from <bounce+token@s.example>) x\nReceived: from c by d\nTo: ann@y.example\n"
    )
    reading = report("Final-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.1.1", original=original)
    assert "bounce+token@s.example" in reading.candidates


_RETURNED = "Received: from a by b\nFrom: news@s.example\nTo: ann@y.example\nMessage-ID: <m1@s.example>\n\nHello"


@pytest.mark.parametrize(
    ("head", "notice", "kind"),
    [
        ("From: postmaster@y.example\nSubject: Hello", "The mailbox ann@y.example does not exist.", "other"),
        ("From: postmaster@y.example\nSubject: Hello", "ann@y.example does not exist:\n550 5.1.1 gone", "bounce"),
        ("From: postmaster@y.example\nSubject: Mail failure", "ann@y.example does not exist.", "bounce"),
        ("From: postmaster@y.example\nSubject: Hello", "ann@y.example wrote: 550 is my house number", "other"),
        ("From: mailer-daemon@y.example\nSubject: Hello", "ann@y.example does not exist.", "bounce"),
        ("From: x@y.example\nReturn-Path: <>\nSubject: Hello", "ann@y.example does not exist.", "other"),
        ("From: x@y.example\nReturn-Path: <>\nSubject: Hello", "ann@y.example does not exist: 550 gone", "bounce"),
        ("From: x@y.example\nReturn-Path: <>\nSubject: Mail failure", "ann@y.example does not exist: 550 x", "bounce"),
        ("From: x@y.example\nReturn-Path: <>\nSubject: Mail failure", "Nothing else.", "other"),
        (
            "From: mailadmin@y.example\nSubject: Mail failure",
            "Undeliverable to these recipients:\nann@y.example",
            "bounce",
        ),
        (
            "From: mailadmin@y.example\nSubject: Re: Mail failure",
            "Undeliverable to these recipients:\nann@y.example",
            "other",
        ),
        ("From: bea@y.example\nSubject: Mail failure", "Undeliverable to these recipients:\nann@y.example", "other"),
        ("From: bea@y.example\nSubject: Mail failure", f"{'*' * 20}\nUndeliverable to\nann@y.example\n", "bounce"),
        ("From: bea@y.example\nSubject: Mail failure", f"{'*' * 20}\nUndeliverable to\nthe Moon\n", "other"),
        ("From: bea@y.example\nSubject: Mail failure", f"{'*' * 20}\nHello!\nann@y.example\n", "other"),
        ("From: bea@y.example\nSubject: Mail failure", f"{'*' * 800}\nUndeliverable to\nann@y.example\n", "other"),
        ("From: mailadmin@y.example\nSubject: Mail failure", "It was not delivered.", "other"),
        ("From: mailadmin@y.example\nSubject: Mail failure", f"It was not delivered.\n\n{_RETURNED}", "bounce"),
        ("From: bea@y.example\nSubject: Mail failure", f"It was not delivered.\n\n{_RETURNED}", "other"),
        (
            "From: mailadmin@y.example\nList-Unsubscribe: <mailto:u@y.example>\nSubject: Mail failure",
            "Undeliverable to these recipients:\nann@y.example",
            "other",
        ),
        ("From: info@service.example\nSubject: Not delivered", "Undeliverable to:\nann@y.example", "other"),
        ("From: mailer-daemon@y.example\nReturn-Path: <>\nSubject: Xyz", "ann@y.example: 550 5.1.1 xyz", "bounce"),
        ("From: mailer-daemon@y.example\nSubject: Xyz", "ann@y.example: xyz", "other"),
        (
            "From: mailer-daemon@y.example\nSubject: Postfix SMTP server: errors from x",
            "In: RCPT TO:<ann@y.example>\nOut: 550 5.1.1 User unknown",
            "other",
        ),
        ("From: x@y.example\nReturn-Path: <>\nSubject: Auto: mailbox full", "It was not delivered.", "auto_reply"),
    ],
)
def test_what_speaks_for_a_bounce(head: str, notice: str, kind: str) -> None:
    assert read(f"{head}\n\n{notice}\n").kind == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://evil.example/?u=ann@y.example", []),
        ("邮件地址（wang@y.example）不存在", ["wang@y.example"]),
        ("宛先taro@y.exampleです", ["taro@y.example"]),
        ("太郎@例え.jp", ["太郎@例え.jp"]),
    ],
)
def test_addresses_in_links_and_in_writing_without_spaces(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found


def test_every_sign_of_a_phase_holds_what_is_looked_for_first() -> None:
    signs = [sign for _, each in about._PHASES for sign in each]
    assert [sign for sign in signs if not any(words in sign for words in about._TELLING_PHASES)] == []
    assert {quoted_phase(f"He said so {sign} yesterday") for sign in signs} == BEFORE_RECIPIENT - {Phase.AUTH}
