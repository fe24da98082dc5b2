"""Reading the invented samples: right kind, right recipient, right words; nothing from ordinary mail."""

import json
from typing import Any

import pytest

from rebond.core.read import read_mail
from tests.core.read import samples
from tests.core.read.more_samples import MORE_ANSWERS, MORE_BOUNCES, MORE_ORDINARY
from tests.core.read.samples import ANSWERS, BOUNCES, COMPLAINTS, FOLDER, ORDINARY, UNSUBSCRIBES, Sample, raw

# What mail systems wrote for this project, bounces in many languages and charsets, and ordinary mail that is alike.
GOLDEN = [json.loads(line) for line in (FOLDER / "golden.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["name"])
def test_a_golden_sample_is_read(row: dict[str, Any]) -> None:
    reading = read_mail(raw(row["name"]))
    assert reading.kind == row["kind"]
    assert [facts.recipient for facts in reading.facts] == [recipient for recipient, _ in row["facts"]]


@pytest.mark.parametrize("sample", [*BOUNCES, *MORE_BOUNCES], ids=lambda sample: sample.name)
def test_a_bounce_is_read(sample: Sample) -> None:
    reading = read_mail(sample.raw)
    assert reading.kind == sample.kind
    told = [(each.recipient, each.action, each.code, each.enhanced) for each in reading.facts]
    assert told == [row[:4] for row in sample.facts]
    for facts, row in zip(reading.facts, sample.facts, strict=True):
        assert row[4] in facts.text


@pytest.mark.parametrize("sample", [*ANSWERS, *MORE_ANSWERS], ids=lambda sample: sample.name)
def test_an_answer_is_told_from_a_bounce(sample: Sample) -> None:
    reading = read_mail(sample.raw)
    assert reading.kind == sample.kind
    assert [facts.recipient for facts in reading.facts]


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_is_read(name: str) -> None:
    reading = read_mail(raw(name))
    assert reading.kind == "complaint"
    assert (reading.feedback_type, reading.complainants) == COMPLAINTS[name]
    assert reading.facts == ()


@pytest.mark.parametrize("name", [*ORDINARY, *MORE_ORDINARY])
def test_ordinary_mail_gives_nothing(name: str) -> None:
    reading = read_mail(raw(name))
    assert (reading.kind, reading.facts) == ("other", ())


@pytest.mark.parametrize("name", UNSUBSCRIBES)
def test_a_wish_to_unsubscribe_bears_its_token(name: str) -> None:
    reading = read_mail(raw(name))
    assert reading.kind == "unsubscribe"
    assert any("zyxwvutsrqponmlkjihg2345" in candidate for candidate in reading.candidates)


def test_every_sample_is_expected_to_read_as_something() -> None:
    files = {str(path.relative_to(FOLDER))[:-4] for path in FOLDER.rglob("*.eml")}
    more = {sample.name for sample in (*MORE_BOUNCES, *MORE_ANSWERS)}
    golden = {row["name"] for row in GOLDEN}
    assert files == samples.all_names() | more | {*MORE_ORDINARY} | golden


def test_a_forward_keeps_both_addresses() -> None:
    (facts,) = read_mail(raw("postfix/03")).facts
    assert (facts.recipient, facts.final_recipient) == ("cleo@oak.example", "cleo.private@willow.example")


def test_servers_are_named() -> None:
    (facts,) = read_mail(raw("postfix/01")).facts
    assert (facts.remote_mta, facts.reporting_mta) == ("mx1.maple.example", "mx.relay.example")
    (facts,) = read_mail(raw("gmail/01")).facts
    assert (facts.remote_mta, facts.reporting_mta) == ("mx.spruce.example", "googlemail.com")


def test_what_points_to_the_message_is_found() -> None:
    reading = read_mail(raw("postfix/01"))
    assert reading.message_ids == ("m1.abcdefghijklmnopqrstuvwx@news.shop.example",)
    assert reading.original_to == ("ada@maple.example",)
    assert reading.original_from == "news@shop.example"
    assert reading.sender == "mailer-daemon@mx.relay.example"
    assert reading.subject == "Undelivered Mail Returned to Sender"
    assert reading.date is not None
    assert reading.date.isoformat() == "2026-03-02T09:05:00+01:00"
    places = (
        "bounce+abcdefghijklmnopqrstuvwx@news.shop.example",
        "<bounce+abcdefghijklmnopqrstuvwx@news.shop.example>",
        "<m1.abcdefghijklmnopqrstuvwx@news.shop.example>",
        "<mailto:unsubscribe+zyxwvutsrqponmlkjihg2345@news.shop.example>",
    )
    assert set(places) <= set(reading.candidates)


def test_the_original_is_found_within_the_text_too() -> None:
    for name in ("qmail/01", "exim/01", "gmail/01", "exchange/02", "gmx/01", "opensmtpd/01", "zoho/01"):
        assert read_mail(raw(name)).message_ids == ("m1.abcdefghijklmnopqrstuvwx@news.shop.example",), name


def test_a_notice_by_json_names_its_message() -> None:
    reading = read_mail(raw("ses/01"))
    assert reading.message_ids == ("m1.abcdefghijklmnopqrstuvwx@news.shop.example", "0101-ses-id")
    assert reading.original_to == ("pam@moss.example",)
    assert "bounce+abcdefghijklmnopqrstuvwx@news.shop.example" in reading.candidates
