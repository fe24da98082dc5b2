"""Folding and templates (specification 03, section 4)."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.qualify.normalise import MAX_TEXT, KeptCodes, fold, fold_text, template

KEPT = KeptCodes(["S3150", "TSS??", "OFR???_???"])
_ALLOWED = re.compile(
    r"[245]\d\d-?|[245]\.\d{1,3}\.\d{1,3}|[245]\d\d-[245]\.\d{1,3}\.\d{1,3}|S3150|TSS\d\d|OFR\d{3}_\d{3}", re.A
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 <a.b@shop.example>: user unknown", "550 5.1.1 <*>: user unknown"),
        ("550-5.1.1 The address\r\n550-5.1.1 does not\r\n550 5.1.1 exist", "550-5.1.1 The address does not exist"),
        ("host mx1.shop.example[192.0.2.1] said: 550 no", "host #xxx#[#xxx#] said: 550 no"),
        ("451 try again in 300 seconds", "451 try again in #xxx# seconds"),
        ("queue id 4F3A2B1C0D, Mon, 12 Jan 2026 10:11:12 +0100 (CET)", "queue id #xxx# (CET)"),
        ("see https://help.shop.example/x?id=7&y=(3)", "see #xxx#"),
        ("see ftp://files.shop.example/readme", "see #xxx#"),
        ("size 20971520 exceeds 10MB", "size #xxx# exceeds #xxx#"),
        ("550 5.7.1 blocked (S3150) [TSS04] OFR004_104 [104]", "550 5.7.1 blocked (S3150) [TSS04] OFR004_104 [#xxx#]"),
        ("call +33 1 23 45 67 89 please", "call +#xxx# please"),
        ("2001:db8:0:1::25 is listed", "#xxx# is listed"),
        ("fe80::1 and ::ffff:abcd", "#xxx# and #xxx#"),
        ("RESOLVER.ADR.RecipNotFound; not found", "RESOLVER.ADR.RecipNotFound; not found"),
        ("EXAMPLE.COM has no mail", "#xxx# has no mail"),
        ("couldn't open /var/mail/anna", "couldn't open #xxx#"),
        ("spam/virus found", "spam/virus found"),
        ("554-shop.example refused", "554-#xxx# refused"),
        ("550-anna@shop.example is unknown", "550-* is unknown"),
        ("用户123不存在", "用户#xxx#不存在"),
        ("x" * 41, "#xxx#"),
        ("x" * 40, "x" * 40),
        ("x@" + "y" * 400, "#xxx#"),
        ("doesn’t “exist”", 'doesn\'t "exist"'),
        ("  a \t b\n\n c ", "a b c"),
        ("Fri the May", "Fri the May"),
        ("reason:550:full", "reason:550:full"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_template(text: str, expected: str) -> None:
    assert template(text, codes=KEPT) == expected


@pytest.mark.parametrize(
    ("text", "recipient", "expected"),
    [
        ("550 anna: no such user", "anna@shop.example", "550 *: no such user"),
        ("550 ANNA has left, annabel not", "anna@shop.example", "550 * has left, annabel not"),
        ("mailbox xxx is at #xxx#", "xxx@shop.example", "mailbox * is at #xxx#"),
        ("550 no 550 here", "550@shop.example", "550 no 550 here"),
        ("token abc:def gone", "abc:def", "token * gone"),
        ("nothing", "", "nothing"),
    ],
)
def test_the_recipient_is_variable(text: str, recipient: str, expected: str) -> None:
    assert template(text, recipient=recipient, codes=KEPT) == expected


def test_without_kept_codes_all_that_holds_digits_goes() -> None:
    assert template("(S3150)") == "(#xxx#)"


PIECES = (
    "550 5.1.1 550-5.1.1 554- user unknown a@shop.example <a@b.example>: mx.shop.example 192.0.2.1 [::1] 12:30:01 Mon,"
    " May Jan GMT http://x.example/?a=1 S3150 OFR004_104 #xxx# * xxx /a/b a/b1 x1 邮箱1满 ß ... - 550-550-550- (x) =?"
    " é1 ٣ 1.2.3.4.5 220-a"
)
WORDS = st.sampled_from(PIECES.split())
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=25).map("".join)
)
RECIPIENTS = st.one_of(
    st.just(""), st.sampled_from(["a@shop.example", "xxx@b.example", "mon@x.example", "*@y.example", "#@z"]), TEXTS
)


@given(TEXTS, RECIPIENTS)
def test_a_template_is_its_own_template(text: str, recipient: str) -> None:
    once = template(text, recipient=recipient, codes=KEPT)
    assert template(once, recipient=recipient, codes=KEPT) == once


@given(TEXTS)
def test_no_word_with_a_digit_survives_but_codes(text: str) -> None:
    # Between a code and letters that stand without spaces there is a word boundary too.
    reduced = re.sub(
        "[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]", " ", template(text, codes=KEPT)
    )
    for word in re.findall(r"[^\s<>()\[\]{}\"',;|=:/]*\d[^\s<>()\[\]{}\"',;|=:/]*", reduced):
        core = word.strip(".:!?-#*/\\&+~_")
        while core[:4] != core and re.match(r"[245][0-5]\d-", core):
            core = core[4:].strip(".:!?-#*/\\&+~_")
        assert not re.search(r"\d", core) or _ALLOWED.fullmatch(core), word


@given(st.text(max_size=300))
def test_spans_lead_back_to_the_raw_text(text: str) -> None:
    folded = fold(text)
    for match in re.finditer(r"\S+", folded.text):
        start, end = folded.raw_span(*match.span())
        assert fold(text[start:end]).text == match.group()


def test_repeated_codes_are_left_out_but_once() -> None:
    folded = fold("host said: 550-5.7.1 not here, 550 5.7.1 really")
    assert folded.text == "host said: 550-5.7.1 not here, really"
    assert folded.raw_span(len("host said: 550-5.7.1 not here, "), len(folded.text)) == (41, 47)


@given(st.lists(st.sampled_from(("550", "550-", "555-", "550-5.1.1", "5.1.1", "450-", " ", "\n", "5", "word", "`"))))
def test_both_ways_to_fold_agree(pieces: list[str]) -> None:
    assert fold_text("".join(pieces)) == fold("".join(pieces)).text


def test_texts_are_bounded_and_time_is_linear() -> None:
    assert len(fold("ab " * MAX_TEXT).text) <= MAX_TEXT
    for hostile in (
        "a" * MAX_TEXT,
        "550-" * 2000,
        "@" * MAX_TEXT,
        "a." * 4000,
        ":" * MAX_TEXT,
        "Mon " * 2000,
        "#xxx# - " * 1000,
    ):
        begun = time.process_time()
        template(hostile, recipient="aaaaaaaaaaaaaaaab@x")
        assert time.process_time() - begun < 0.5
