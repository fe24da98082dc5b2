"""Complaints, in the feedback format and in X-ARF."""

import base64
import json

import pytest

from rebond.core.failure import Reading
from tests.core.read.written import ORIGINAL, read


def _complaint(fields: str, original: str = ORIGINAL, content_type: str = "message/feedback-report") -> Reading:
    return read(
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
    return read(
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
    assert read("From: a@b.example\nX-XARF: PLAIN\n\nText only.").kind == "other"


def test_xarf_of_many_values_is_read_within_bounds() -> None:
    assert _xarf([[{"x": 1}] * 100] * 100).kind == "other"


def test_a_mail_that_only_quotes_a_complaint_is_none() -> None:
    head = "From: bea@y.example\nSubject: Look\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert read(f"{head}--b\nContent-Type: message/rfc822\n\n{ORIGINAL}\n--b--").kind == "other"
    assert read("From: staff@isp.example\nSubject: complaint about message from 192.0.2.1\n\nnothing").kind == "other"


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
    assert read(f"From: no-reply@sns.example\nSubject: Notice\n\n{text}\n").kind == "other"
