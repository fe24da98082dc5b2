"""Automatic answers, delays and receipts told by their words alone, in many languages."""

import json
from email.message import EmailMessage

import pytest

from rebond.core.read import read_mail
from tests.core.read.samples import FOLDER

ROWS = [json.loads(line) for line in (FOLDER / "answers.jsonl").read_text(encoding="utf-8").splitlines()]


def written(subject: str, body: str, *, sender: str = "Person <a@shop.example>", answer: bool = False) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "news@sender.example", subject
    if answer:
        mail["In-Reply-To"], mail["Return-Path"] = "<m1@sender.example>", "<>"
    mail.set_content(body)
    return bytes(mail)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['language']} {row['subject'][:40]}")
def test_words_are_known_in_their_language(row: dict[str, str]) -> None:
    sender = "MAILER-DAEMON@mx.shop.example" if row["kind"] == "delayed" else "Person <a@shop.example>"
    answer = row["kind"] not in ("delayed", "other")
    reading = read_mail(written(row["subject"], row["body"], sender=sender, answer=answer))
    assert reading.kind == row["kind"]
    if row["kind"] == "delayed":
        assert [(facts.recipient, facts.action) for facts in reading.facts] == [("a@shop.example", "delayed")]


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"] == "delayed"], ids=lambda row: row["subject"][:40])
def test_a_person_who_speaks_of_a_delay_is_none(row: dict[str, str]) -> None:
    assert read_mail(written(f"Re: {row['subject']}", row["body"])).kind == "other"


def test_an_answer_that_calls_itself_automatic_needs_no_envelope() -> None:
    mail = written("Re: Offre", "Ceci est une réponse automatique.\nJe reviens lundi.")
    assert read_mail(mail).kind == "other"
    assert read_mail(mail.replace(b"From:", b"In-Reply-To: <m1@sender.example>\nFrom:", 1)).kind == "auto_reply"


def test_an_absence_for_a_subject_of_its_own_makes_an_answer() -> None:
    mail = written("Absence", "Je suis absente jusqu\u2019au 10 juin.")
    named = mail.replace(b"From:", b"References: <m1@sender.example>\nFrom:", 1)
    assert (read_mail(mail).kind, read_mail(named).kind) == ("other", "auto_reply")
    by_hand = named.replace(b"Subject: ", b"Subject: Re: ")
    assert read_mail(by_hand).kind == "other"
    talks = written("Absence", "La facture de mai manque.").replace(b"From:", b"References: <m1@a.example>\nFrom:", 1)
    assert read_mail(talks).kind == "other"


def test_what_goes_to_many_is_no_answer() -> None:
    mail = written("Vacances : nos offres", "Nous sommes en congés ? Jamais.", answer=True)
    to_many = mail.replace(b"From:", b"List-Unsubscribe: <mailto:u@shop.example>\nFrom:", 1)
    assert read_mail(to_many).kind == "other"
    receipt = written("Lu : la presse", "Ce livre a \u00e9t\u00e9 lu par tous.")
    assert read_mail(receipt.replace(b"From:", b"List-Id: <l.shop.example>\nFrom:", 1)).kind == "other"


def test_a_subject_alone_makes_no_receipt() -> None:
    assert read_mail(written("Lu : votre catalogue", "Bonjour, votre catalogue nous intéresse.")).kind == "other"
