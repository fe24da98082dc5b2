"""The public Python API of specification 09."""

import subprocess
import sys

import pytest

import rebond
from rebond.core.words import FailureType, Reason, ReturnKind

DSN = b"""From: MAILER-DAEMON@mx.shop.example
To: bounce@news.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example

Final-Recipient: rfc822; anna@shop.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <anna@shop.example>: Recipient address rejected: User unknown
--b--
"""


def test_a_mail() -> None:
    report = rebond.qualify(DSN)
    (failure,) = report.failures
    assert (report.kind, failure.recipient) == (ReturnKind.DSN, "anna@shop.example")
    assert (failure.verdict.type, failure.verdict.reason) == (FailureType.HARD, Reason.USER_UNKNOWN)


def test_a_reply() -> None:
    report = rebond.qualify_reply("550 5.1.1 user unknown", channel="email", provider="gmail")
    (failure,) = report.failures
    verdict = failure.verdict
    assert (str(verdict.type), str(verdict.reason), str(verdict.cause), str(verdict.owner)) == (
        *("hard", "user_unknown", "no_such_user", "recipient"),
    )
    assert rebond.qualify_reply("550 user unknown", phase="mail_from").failures[0].verdict.type == "soft"


@pytest.mark.parametrize("wrong", [{"channel": "fax"}, {"phase": "lunch"}])
def test_words_that_do_not_exist(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        rebond.qualify_reply("550", **wrong)  # type: ignore[arg-type]


def test_lazy_names() -> None:
    from rebond.core import quarantine, tokens

    assert rebond.fold is quarantine.fold
    assert rebond.tokens is tokens
    assert {"qualify", "qualify_reply", "fold", "tokens"} <= set(dir(rebond))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rebond.nothing  # noqa: B018


def test_a_cold_start_loads_neither_django_nor_a_database() -> None:
    script = (
        "import sys, rebond; before = set(sys.modules);"
        f"print(rebond.qualify({DSN!r}).failures[0].verdict.type);"
        "print([name for name in ('django', 'sqlite3', 'psycopg', 'typer', 'email_validator') if name in sys.modules]);"
        "print('rebond.packs' in before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["hard", "[]", "False"]
