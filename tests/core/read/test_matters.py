"""Mail of other matters that looks like a bounce is none; a bounce in the same words still is one."""

from typing import Any

import pytest

from rebond.core.read import read_mail
from tests.core.read.ordinary import ROWS, mail

CASES = [(row, envelope) for row in ROWS for envelope in row["kinds"]]


@pytest.mark.parametrize(("row", "envelope"), CASES, ids=lambda each: str(each)[:60])
def test_ordinary_mail_is_no_bounce(row: dict[str, Any], envelope: str) -> None:
    assert read_mail(mail(row, envelope)).kind == row["kinds"][envelope]


def test_a_person_at_a_mail_systems_address_tells_of_mail() -> None:
    row = {"from": "<postmaster@y.example>", "subject": "Mail delivery problem"}
    assert read_mail(mail({**row, "text": "My mail to ann@z.example was not delivered. Why?"}, "own")).kind == "other"


def test_each_family_is_there_in_each_language() -> None:
    languages = {"en", "fr", "de", "es", "it"}
    families = {row["family"] for row in ROWS}
    assert {(row["family"], row["language"]) for row in ROWS} >= {
        (each, lang) for each in families for lang in languages
    }


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        # What comes back may be a mail of just these matters.
        (
            "postmaster",
            "Undeliverable: your order 12",
            "Your message\n Subject: Your order 12\ndid not reach:\nann@y.example",
        ),
        ("postmaster", "Undeliverable: November statistics", "Your message could not be delivered:\nann@y.example"),
        ("mailadmin", "Delivery failure", "Your mail with your invoice could not be delivered to:\nann@y.example"),
        ("mailadmin", "Delivery failure", "A message from news@shop.example could not be delivered to:\nann@y.example"),
        ("mailadmin", "Delivery failure", "A message you sent could not be delivered to:\nann@y.example"),
        # A condition, or what will be, beside what was.
        (
            "postmaster",
            "Mail failure",
            "Your message was not delivered.\nann@y.example\n\nIf it is urgent, please call.",
        ),
        ("postmaster", "Mail failure", "It could not be delivered to ann@y.example, if you sent it."),
        ("postmaster", "Mail failure", "Your message will be returned: ann@y.example does not exist."),
        ("postmaster", "Message rejected", "A message from news@shop.example was rejected.\nann@y.example: 550 no"),
        ("postmaster", "Message rejected", "The message was rejected as its sort will be rejected: ann@y.example"),
        ("postmaster", "Mail failure", "If you read this, your mail could not be delivered to ann@y.example"),
        (
            "mailadmin",
            "Mail failure",
            "**** Mail guard ****\nDear sender,\n\nNot delivered to:\n\nann@y.example",
        ),
        (
            "mailadmin",
            "Mail failure",
            "Guten Abend!\n\nIhre E-Mail wurde nicht zugestellt, folgende Adresse:\n\nann@y.example",
        ),
        ("mailadmin", "退信", "您好：\n\n您的邮件无法投递到以下收件人:\n\nann@y.example"),
        # Attempts with their numbers, of one message.
        (
            "postmaster",
            "Mail failure",
            "Your mail to ann@y.example failed after:\n1 451 4.4.1 timeout\n2 451 4.4.1 timeout",
        ),
    ],
)
def test_a_bounce_in_like_words_is_one(sender: str, subject: str, text: str) -> None:
    row = {"from": f"<{sender}@y.example>", "subject": subject, "text": text}
    reading = read_mail(mail(row, "own"))
    assert reading.kind == "bounce"
    assert [facts.recipient for facts in reading.facts] == ["ann@y.example"]
