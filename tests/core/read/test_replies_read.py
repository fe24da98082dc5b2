"""Automatic replies, challenges and read receipts: told by two signs."""

import pytest

from tests.core.read.written import only, read


def test_an_answer_from_nobody_has_no_recipient() -> None:
    assert read("Auto-Submitted: auto-replied\nSubject: Away\n\nx").facts == ()
    assert read("From: <>\nAuto-Submitted: auto-replied\nSubject: Away\n\nx").kind == "auto_reply"


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
    assert read(f"From: ann@y.example\nSubject: Hello\n{head}\nI am on vacation.").kind == kind


def test_a_subject_of_absence_with_nobodys_envelope() -> None:
    assert read("Return-Path: <>\nFrom: ann@y.example\nSubject: Re: Urlaub\n\nx").kind == "auto_reply"


def test_a_challenge_needs_a_second_sign_too() -> None:
    words = "Your message has been waitlisted."
    assert read(f"From: a@y.example\nSubject: Hello\n\n{words}").kind == "other"
    assert read(f"From: a@y.example\nSubject: Hello\nIn-Reply-To: <x@y>\n\n{words}").kind == "challenge"
    assert read(f"Return-Path: <>\nFrom: a@y.example\nSubject: Hello\n\n{words}").kind == "challenge"


def test_a_read_receipt_without_an_address_is_its_writers() -> None:
    mail = (
        "From: ann@y.example\nContent-Type: multipart/report; boundary=b\n\n--b\n"
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: LOCAL;ann\nDisposition: x; displayed\n--b--"
    )
    assert only(read(mail)).recipient == "ann@y.example"


def test_an_answers_message_is_the_one_it_replies_to() -> None:
    mail = "From: a@b.example\nAuto-Submitted: auto-replied\nIn-Reply-To: <m1@s.example>\n\nx"
    assert read(mail).message_ids == ("m1@s.example",)
    assert read("From: a@b.example\nIn-Reply-To: <m1@s.example>\n\nx").message_ids == ()
