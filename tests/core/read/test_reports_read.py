"""Delivery reports: their fields however written, whom they mean, and what speaks of them."""

import pytest

from tests.core.read.written import DAEMON, only, read, report


@pytest.mark.parametrize(
    ("action", "expected", "kind"),
    [
        ("failed", "failed", "dsn"),
        ("Failure", "failed", "dsn"),
        ("error", "failed", "dsn"),
        ("Undeliverable", "failed", "dsn"),
        ("delayed", "delayed", "delayed"),
        ("Deferred", "delayed", "delayed"),
        ("delivered", "delivered", "delivered"),
        ("relayed (no notification)", "relayed", "delivered"),
        ("expanded", "expanded", "delivered"),
        ("", "failed", "dsn"),
        ("something else", "failed", "dsn"),
    ],
)
def test_actions_are_read_however_written(action: str, expected: str, kind: str) -> None:
    reading = report(f"Final-Recipient: rfc822;ann@y.example\nAction: {action}\nStatus: 5.1.1")
    assert (only(reading).action, reading.kind) == (expected, kind)


def test_without_an_action_status_and_words_tell() -> None:
    status = "Final-Recipient: rfc822;ann@y.example\nStatus: {}"
    assert report(status.format("2.0.0")).kind == "delivered"
    assert report(status.format("4.0.0")).kind == "dsn"
    assert report(status.format("4.0.0"), notice="We are still trying.").kind == "delayed"
    assert report(status.format("4.0.0"), notice="Il n\u2019a pas encore été remis.").kind == "delayed"
    assert report(status.format("2.0.0"), notice="We are still trying.").kind == "delivered"


@pytest.mark.parametrize(
    "status",
    [
        "Final-Recipient: rfc822; <ann@y.example>\nAction: failed\nStatus: 5.2.2 (full)",
        "Final-Recipient: rfc822;\n ann@y.example\nAction: failed\nStatus: 5 . 2 . 2",
        "Original-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.2.2",
        "Final-Recipient: LOCAL;ann\nX-Actual-Recipient: rfc822; ann@y.example\nAction: failed\nStatus: 5.2.2",
        "Reporting-MTA: dns; x.example\nFinal-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.2.2",
        "Final-Recipient: rfc822;ann@y.example\n\nAction: failed\n\nStatus: 5.2.2",
        "junk\nFinal-Recipient: rfc822;ann@y.example\nmore junk\nAction: failed\nStatus: 5.2.2",
        "> Final-Recipient: rfc822;ann@y.example\n> Action: failed\n> Status: 5.2.2",
        "X-Note: a\nX-Note: b\n c\n   \nFinal-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.2.2\njunk",
        "X-Note: a\n\nFinal-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.2.2\n\nX: b\n\nAction: delayed",
    ],
)
def test_recipient_groups_are_read_however_written(status: str) -> None:
    facts = only(report(status))
    assert (facts.recipient, facts.action, facts.enhanced) == ("ann@y.example", "failed", "5.2.2")


def test_a_second_recipient_is_seen_without_a_blank_line_before_it() -> None:
    group = "Final-Recipient: rfc822;{}@y.example\nAction: failed\nDiagnostic-Code: smtp; 550 {}\n  more\n"
    reading = report(group.format("ann", "gone") + group.format("bob", "full"))
    assert [(each.recipient, each.text) for each in reading.facts] == [
        ("ann@y.example", "550 gone more"),
        ("bob@y.example", "550 full more"),
    ]


def test_a_user_without_a_domain_is_kept_as_named() -> None:
    assert only(report("Final-Recipient: LOCAL; ann\nAction: failed\nStatus: 5.1.1", original="")).recipient == "ann"


def test_a_report_without_a_recipient_still_tells_of_a_failure() -> None:
    facts = only(report("Action: failed\nStatus: 5.1.1"))
    assert (facts.recipient, facts.enhanced) == ("", "5.1.1")


def test_two_reports_in_one_mail_keep_their_servers() -> None:
    group = (
        "Reporting-MTA: dns; {0}.example\n\nFinal-Recipient: rfc822;{0}@y.example\nAction: failed\nStatus: 5.1.1\n\n"
    )
    reading = report(group.format("one") + group.format("two"))
    assert [each.recipient for each in reading.facts] == ["one@y.example", "two@y.example"]


@pytest.mark.parametrize(
    ("said", "code", "enhanced", "text"),
    [
        (("smtp; 550 5.1.1 No such user", "5.0.0", ""), 550, "5.1.1", "550 5.1.1 No such user"),
        (("smtp; 550 5.1.0 a b (5.2.2)", "5.1.0", ""), 550, "5.2.2", "550 5.1.0 a b (5.2.2)"),
        (
            ("X-Postfix; host mx.y.example[192.0.2.1] said: 552 mailbox is full", "5.0.0", ""),
            552,
            "5.0.0",
            "552 mailbox is full",
        ),
        (("smtp; 250 ok for us", "5.4.7", ""), 0, "5.4.7", "250 ok for us"),
        (
            ("smtp; 550 ann@y.example", "5.1.1", "Reason: mailbox closed long ago"),
            550,
            "5.1.1",
            "550 ann@y.example Reason: mailbox closed long ago",
        ),
        (("", "5.0.0", "<ann@y.example>: 552 5.2.2 mailbox is full"), 552, "5.2.2", "552 5.2.2 mailbox is full"),
        (("X-Unix; 67", "5.0.0", ""), 0, "5.0.0", "67"),
    ],
)
def test_what_speaks_of_a_report(said: tuple[str, str, str], code: int, enhanced: str, text: str) -> None:
    diagnostic, status, notice = said
    fields = f"Final-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: {status}\nDiagnostic-Code: {diagnostic}"
    facts = only(report(fields, notice=notice))
    assert (facts.code, facts.enhanced, facts.text) == (code, enhanced, text)


@pytest.mark.parametrize(
    ("words", "phase"),
    [
        ("said: 550 5.1.1 a b (in reply to RCPT TO command)", "report"),
        ("said: 550 5.1.1 a b (in reply to MAIL FROM command)", "mail_from"),
        ("SMTP error from remote mail server after EHLO x: 550 a b", "hello"),
        ("refused to talk to me: 421 a b", "connect"),
    ],
)
def test_an_answer_given_before_any_recipient_is_known_as_such(words: str, phase: str) -> None:
    status = "Final-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.1.1"
    assert only(report(status, notice=f"<ann@y.example>: host mx.y.example[192.0.2.1] {words}")).phase == phase


def test_the_fields_of_a_report_are_found_in_plain_text_of_a_mail_system_only() -> None:
    fields = "\nFinal-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.1.1\n"
    assert read(f"{DAEMON}\nTechnical report:\n{fields}").kind == "bounce"
    assert read(f"From: Bea <bea@y.example>\n\nLook:\n{fields}").kind == "other"
    attached = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/plain; name=report.txt\n"
    assert only(read(f"{DAEMON}{attached}{fields}--b--")).recipient == "ann@y.example"


@pytest.mark.parametrize(
    ("original", "recipient"),
    [
        ("Delivered-To: old@y.example\nTo: old@y.example\n", "old@y.example"),
        ("X-Forwarded-For: old@y.example new@z.example\nTo: Old <old@y.example>\n", "old@y.example"),
        (
            "Received: x for <new@z.example>; a\nReceived: x for <old@y.example>; a\nTo: old@y.example\n",
            "old@y.example",
        ),
        ("Received: x for <old@y.example>; a\nReceived: x\nTo: old@y.example\n", "new@z.example"),
        ("Delivered-To: old@y.example\nTo: old@y.example\nList-Id: <l.y.example>\n", "new@z.example"),
        ("Delivered-To: old@y.example\nTo: old@y.example, ann@y.example\n", "new@z.example"),
        ("Delivered-To: new@z.example\nTo: new@z.example\n", "new@z.example"),
        ("To: undisclosed-recipients:;\n", "new@z.example"),
        ("Delivered-To: old@y.example\nTo: =?utf-8?q?old=40y=2Eexample?=\n", "old@y.example"),
    ],
)
def test_the_address_that_we_wrote_to_is_taken_where_two_signs_agree(original: str, recipient: str) -> None:
    status = "Final-Recipient: rfc822;new@z.example\nAction: failed\nStatus: 5.1.1"
    facts = only(report(status, original=f"From: us@s.example\n{original}"))
    assert (facts.recipient, facts.final_recipient) == (recipient, "new@z.example")


@pytest.mark.parametrize(
    ("words", "to", "recipient"),
    [
        ("(expanded from <old@y.example>)", "old@y.example", "old@y.example"),
        ("(expanded from: <old@y.example>)", "", "old@y.example"),
        ("(ultimately generated from old@y.example)", "ann@y.example", "new@z.example"),
        ("(expanded from <new@z.example>)", "new@z.example", "new@z.example"),
        ("(expanded from <old@redacted>)", "", "new@z.example"),
    ],
)
def test_an_expansion_in_words_is_followed_unless_the_message_contradicts(words: str, to: str, recipient: str) -> None:
    status = "Final-Recipient: rfc822;new@z.example\nAction: failed\nStatus: 5.1.1"
    reading = report(status, notice=f"<new@z.example> {words}: gone", original=f"From: us@s.example\nTo: {to}\n")
    assert only(reading).recipient == recipient
