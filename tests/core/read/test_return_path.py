"""Who sent a mail by its envelope, as a mailbox keeps it: what the mail's writer claims does not stand above that."""

import pytest

from rebond.core.read import read_mail

CASES = [
    (b"", None),
    (b"Return-Path: <>\n", ""),
    (b"Return-Path: <MAILER-DAEMON>\n", ""),
    (b"Return-Path: <somebody@else.example>\n", "somebody@else.example"),
    (b"Return-Path: somebody@else.example\n", "somebody@else.example"),
    (b"Return-Path: <local>\n", "local"),
    (b"Return-Path: <somebody@else.example>\nReturn-Path: <>\n", "somebody@else.example"),
    (b"Return-Path: <somebody@else.example>\nX-Envelope-From: <>\n", "somebody@else.example"),
    (b"Return-Path:\n", None),
]


@pytest.mark.parametrize(("head", "path"), CASES)
def test_the_envelope_sender_is_the_topmost_one(head: bytes, path: str | None) -> None:
    assert read_mail(head + b"From: a@b.example\nSubject: x\n\nx\n").return_path == path
