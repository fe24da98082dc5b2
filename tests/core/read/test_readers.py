"""The readers' corners: oddly written reports, complaints, answers and ad-hoc notices."""

import base64
import json
from datetime import UTC, datetime

import pytest

from rebond.core.failure import Facts, Reading
from rebond.core.read import about, read_mail
from rebond.core.read.about import quoted_phase
from rebond.core.read.find_address import addresses_in
from rebond.core.words import BEFORE_RECIPIENT, Phase

DAEMON = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: us@s.example\nSubject: Undelivered Mail\n"
ORIGINAL = (
    "Received: from a by b for <ann@y.example>; Mon, 2 Mar 2026 09:00:00 +0000\nFrom: us@s.example\nTo: ann@y.example\n"
)


def _read(mail: str) -> Reading:
    return read_mail(mail.encode())


def _report(status: str, *, notice: str = "Gone.", original: str = ORIGINAL, head: str = DAEMON) -> Reading:
    return _read(
        f"{head}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n{notice}\n\n"
        f"--b\nContent-Type: message/delivery-status\n\n{status}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
    )


def _only(reading: Reading) -> Facts:
    (facts,) = reading.facts
    return facts


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
    reading = _report(f"Final-Recipient: rfc822;ann@y.example\nAction: {action}\nStatus: 5.1.1")
    assert (_only(reading).action, reading.kind) == (expected, kind)


def test_without_an_action_status_and_words_tell() -> None:
    status = "Final-Recipient: rfc822;ann@y.example\nStatus: {}"
    assert _report(status.format("2.0.0")).kind == "delivered"
    assert _report(status.format("4.0.0")).kind == "dsn"
    assert _report(status.format("4.0.0"), notice="We are still trying.").kind == "delayed"
    assert _report(status.format("4.0.0"), notice="Il n\u2019a pas encore été remis.").kind == "delayed"
    assert _report(status.format("2.0.0"), notice="We are still trying.").kind == "delivered"


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
    facts = _only(_report(status))
    assert (facts.recipient, facts.action, facts.enhanced) == ("ann@y.example", "failed", "5.2.2")


def test_a_second_recipient_is_seen_without_a_blank_line_before_it() -> None:
    group = "Final-Recipient: rfc822;{}@y.example\nAction: failed\nDiagnostic-Code: smtp; 550 {}\n  more\n"
    reading = _report(group.format("ann", "gone") + group.format("bob", "full"))
    assert [(each.recipient, each.text) for each in reading.facts] == [
        ("ann@y.example", "550 gone more"),
        ("bob@y.example", "550 full more"),
    ]


def test_a_user_without_a_domain_is_kept_as_named() -> None:
    assert _only(_report("Final-Recipient: LOCAL; ann\nAction: failed\nStatus: 5.1.1", original="")).recipient == "ann"


def test_a_report_without_a_recipient_still_tells_of_a_failure() -> None:
    facts = _only(_report("Action: failed\nStatus: 5.1.1"))
    assert (facts.recipient, facts.enhanced) == ("", "5.1.1")


def test_two_reports_in_one_mail_keep_their_servers() -> None:
    group = (
        "Reporting-MTA: dns; {0}.example\n\nFinal-Recipient: rfc822;{0}@y.example\nAction: failed\nStatus: 5.1.1\n\n"
    )
    reading = _report(group.format("one") + group.format("two"))
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
    facts = _only(_report(fields, notice=notice))
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
    assert _only(_report(status, notice=f"<ann@y.example>: host mx.y.example[192.0.2.1] {words}")).phase == phase


def test_the_fields_of_a_report_are_found_in_plain_text_of_a_mail_system_only() -> None:
    fields = "\nFinal-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.1.1\n"
    assert _read(f"{DAEMON}\nTechnical report:\n{fields}").kind == "bounce"
    assert _read(f"From: Bea <bea@y.example>\n\nLook:\n{fields}").kind == "other"
    attached = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/plain; name=report.txt\n"
    assert _only(_read(f"{DAEMON}{attached}{fields}--b--")).recipient == "ann@y.example"


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
    facts = _only(_report(status, original=f"From: us@s.example\n{original}"))
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
    reading = _report(status, notice=f"<new@z.example> {words}: gone", original=f"From: us@s.example\nTo: {to}\n")
    assert _only(reading).recipient == recipient


def _complaint(fields: str, original: str = ORIGINAL, content_type: str = "message/feedback-report") -> Reading:
    return _read(
        "From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        f"--b\n\nAbuse.\n--b\nContent-Type: {content_type}\n\n{fields}\n\n"
        f"--b\nContent-Type: message/rfc822\n\n{original}\n--b--"
    )


@pytest.mark.parametrize(
    ("fields", "original", "complainants"),
    [
        ("Feedback-Type: abuse\nOriginal-Rcpt-To: <ann@y.example>", "", ("ann@y.example",)),
        (
            "Feedback-Type: abuse\nOriginal-Rcpt-To: ann@y.example\nOriginal-Rcpt-To: bob@y.example",
            "",
            ("ann@y.example", "bob@y.example"),
        ),
        ("Feedback-Type: abuse", ORIGINAL, ("ann@y.example",)),
        ("Feedback-Type: abuse\nOriginal-Rcpt-To: redacted@y.example", ORIGINAL, ("ann@y.example",)),
        ("Feedback-Type: abuse", "To: a@y.example, b@y.example\n", ()),
        ("Feedback-Type: abuse", "To: redacted@y.example\n", ()),
    ],
)
def test_who_complains(fields: str, original: str, complainants: tuple[str, ...]) -> None:
    reading = _complaint(fields, original)
    assert (reading.kind, reading.complainants) == ("complaint", complainants)


def test_a_feedback_type_is_told_even_where_its_part_is_missing() -> None:
    assert _complaint("Feedback-Type: Opt-Out").feedback_type == "opt-out"
    assert _complaint("Feedback-Type:").feedback_type == "abuse"
    assert _complaint("Nothing here", content_type="text/plain").feedback_type == "abuse"
    assert _complaint("Feedback-Type: fraud", content_type="text/plain").feedback_type == "fraud"


def _xarf(report: object, head: str = "X-XARF: PLAIN\n", name: str = "report.json") -> Reading:
    body = report if isinstance(report, str) else json.dumps(report)
    return _read(
        f"From: abuse@isp.example\n{head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nText.\n"
        f"--b\nContent-Type: application/json; name={name}\nContent-Transfer-Encoding: base64\n\n"
        f"{base64.b64encode(body.encode()).decode()}\n--b--"
    )


@pytest.mark.parametrize(
    ("report", "feedback"),
    [
        ({"type": "spam"}, "abuse"),
        ({"Report": {"ReportType": "Phishing"}}, "fraud"),
        ([{"category": "abuse"}, "text", 3], "abuse"),
        ({"a": {"b": [{"type": "ddos"}]}}, None),
        ({"type": 3}, None),
        ("{broken", None),
        ("3", None),
    ],
)
def test_xarf_reports(report: object, feedback: str | None) -> None:
    reading = _xarf(report)
    assert (reading.kind, reading.feedback_type) == (("complaint", feedback) if feedback else ("other", ""))


def test_xarf_is_told_by_a_header_or_a_name() -> None:
    assert _xarf({"type": "spam"}, head="", name="xarf.json").kind == "complaint"
    assert _xarf({"type": "spam"}, head="").kind == "other"
    assert _read("From: a@b.example\nX-XARF: PLAIN\n\nText only.").kind == "other"


def test_xarf_of_many_values_is_read_within_bounds() -> None:
    assert _xarf([[{"x": 1}] * 100] * 100).kind == "other"


def test_a_mail_that_only_quotes_a_complaint_is_none() -> None:
    head = "From: bea@y.example\nSubject: Look\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert _read(f"{head}--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--").kind == "other"
    assert _read("From: staff@isp.example\nSubject: complaint about message from 192.0.2.1\n\nnothing").kind == "other"


@pytest.mark.parametrize(
    "text",
    [
        '{"notificationType":"Bounce"}',
        '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[3,{"emailAddress":"none"}]}}',
        '{"notificationType":"AmazonSnsSubscriptionSucceeded"}',
        '{"notificationType": broken',
        '{"Message":"[1]","x":"notificationType"}',
        '{"other":"json"}',
    ],
)
def test_json_that_tells_nothing_is_ordinary(text: str) -> None:
    assert _read(f"From: no-reply@sns.example\nSubject: Notice\n\n{text}\n").kind == "other"


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
    facts = _only(_read(f"From: no-reply@sns.example\nSubject: Notice\n\n{json.dumps(notice)}\n"))
    assert (facts.recipient, facts.action, facts.text) == ("ann@y.example", "failed", "Transient MailboxFull")


def test_an_answer_from_nobody_has_no_recipient() -> None:
    assert _read("Auto-Submitted: auto-replied\nSubject: Away\n\nx").facts == ()
    assert _read("From: <>\nAuto-Submitted: auto-replied\nSubject: Away\n\nx").kind == "auto_reply"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("Auto-Submitted: auto-generated\nIn-Reply-To: <a@b>\n", "auto_reply"),
        ("X-Auto-Response-Suppress: OOF\nReferences: <a@b>\n", "auto_reply"),
        ("X-Auto-Response-Suppress: OOF\n", "other"),
        ("X-Auto-Response-Suppress: OOF\nIn-Reply-To: <a@b>\nList-Id: <l>\n", "other"),
        ("X-Autoreply: yes\n", "auto_reply"),
        ("Precedence: bulk\n", "other"),
    ],
)
def test_words_of_absence_need_a_second_sign(head: str, kind: str) -> None:
    assert _read(f"From: ann@y.example\nSubject: Hello\n{head}\nI am on vacation.").kind == kind


def test_a_subject_of_absence_with_nobodys_envelope() -> None:
    assert _read("Return-Path: <>\nFrom: ann@y.example\nSubject: Re: Urlaub\n\nx").kind == "auto_reply"


def test_a_challenge_needs_a_second_sign_too() -> None:
    words = "Your message has been waitlisted."
    assert _read(f"From: a@y.example\nSubject: Hello\n\n{words}").kind == "other"
    assert _read(f"From: a@y.example\nSubject: Hello\nIn-Reply-To: <x@y>\n\n{words}").kind == "challenge"
    assert _read(f"Return-Path: <>\nFrom: a@y.example\nSubject: Hello\n\n{words}").kind == "challenge"


def test_a_read_receipt_without_an_address_is_its_writers() -> None:
    mail = (
        "From: ann@y.example\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: LOCAL;ann\nDisposition: x; displayed\n--b--"
    )
    assert _only(_read(mail)).recipient == "ann@y.example"


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
    reading = _read(f"{DAEMON}\n{notice}\n")
    assert [each.recipient for each in reading.facts if each.recipient] == recipients
    assert reading.kind == "bounce"


def test_the_returned_message_tells_whom_a_silent_notice_means() -> None:
    attached = (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUndeliverable.\n--b\nContent-Type: message/rfc822\n\n"
    )
    received = "Received: from a by b\nReceived: from a by b for <fay@y.example>; x\nSubject: s\n"
    assert _only(_read(f"{DAEMON}{attached}{received}\n--b--")).recipient == "fay@y.example"
    assert _only(_read(f"{DAEMON}{attached}Received: from a by b\nSubject: s\n\n--b--")).recipient == ""
    both = "To: ann@y.example, bob@y.example\nSubject: s\n"
    named = attached.replace("Undeliverable.", "Undeliverable; bob@y.example is known to cat@z.example.")
    assert _only(_read(f"{DAEMON}{named}{both}\n--b--")).recipient == "bob@y.example"


def test_a_mail_system_that_names_nobody_and_returns_nothing_is_heard_only_with_nobodys_envelope() -> None:
    notice = "\nThe mail could not be delivered."
    assert _read(f"{DAEMON}{notice}").kind == "bounce"
    assert _read(DAEMON.replace("Return-Path: <>\n", "") + notice).kind == "other"


def test_more_recipients_than_bearable_are_cut() -> None:
    named = "".join(f"<u{each}@y.example>:\nno such user\n\n" for each in range(1200))
    assert len(_read(f"{DAEMON}\n{named}").facts) == 1000


def test_what_several_share_is_said_of_each() -> None:
    notice = "The mailbox of these people was closed last year.\nDelivery failed:\n\nann@y.example\n\nbob@y.example\n"
    first, second = _read(f"{DAEMON}\n{notice}").facts
    assert "was closed last year" in first.text
    assert "was closed last year" in second.text


def test_a_last_notice_is_no_delay() -> None:
    assert _read(f"{DAEMON}\nWe are still trying to reach ann@y.example.").kind == "delayed"
    assert _read(f"{DAEMON}\nWe were still trying; we have given up on ann@y.example.").kind == "bounce"


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
    assert _read(f"{head}From: a@b.example\n\nx").date == date


def test_candidates_hold_the_envelope_senders_noted_on_the_way() -> None:
    original = (
        "Received: from a by b (envelope-from <bounce+token@s.example>) x\nReceived: from c by d\nTo: ann@y.example\n"
    )
    reading = _report("Final-Recipient: rfc822;ann@y.example\nAction: failed\nStatus: 5.1.1", original=original)
    assert "bounce+token@s.example" in reading.candidates


def test_an_answers_message_is_the_one_it_replies_to() -> None:
    mail = "From: a@b.example\nAuto-Submitted: auto-replied\nIn-Reply-To: <m1@s.example>\n\nx"
    assert _read(mail).message_ids == ("m1@s.example",)
    assert _read("From: a@b.example\nIn-Reply-To: <m1@s.example>\n\nx").message_ids == ()


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
    assert _read(f"{head}\n\n{notice}\n").kind == kind


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
