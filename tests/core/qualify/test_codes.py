"""The code tables of specification 02, row by row, and reading codes in texts."""

import tomllib
from pathlib import Path

import pytest

import rebond
from rebond.core.qualify.codes import (
    CodeError,
    Codes,
    EnhancedPattern,
    ReplyPattern,
    is_weak,
    load_codes,
    parts,
    read_codes,
)
from rebond.core.words import Phase

DOCUMENT = tomllib.loads((Path(rebond.__file__).parent / "data/codes.toml").read_text(encoding="utf-8"))
TABLE = load_codes(DOCUMENT)

# The table of the specification, as (code, phase, type/reason/cause).
ENHANCED = [
    ("5.1.1", "rcpt", "hard/user_unknown/no_such_user"),
    ("5.1.6", "rcpt", "hard/user_unknown/no_such_user"),
    ("4.1.1", "rcpt", "soft/unreachable/system"),
    ("5.1.0", "rcpt", "soft/not_defined/unknown"),
    ("4.1.0", "rcpt", "soft/not_defined/unknown"),
    ("5.1.2", "rcpt", "soft/invalid_domain/no_such_domain"),
    ("5.4.4", "rcpt", "soft/invalid_domain/no_such_domain"),
    ("5.1.3", "rcpt", "hard/user_unknown/address_syntax"),
    ("5.1.4", "rcpt", "soft/user_unknown/ambiguous"),
    ("5.1.7", "rcpt", "soft/refused/sender_rejected"),
    ("4.1.8", "rcpt", "soft/refused/sender_rejected"),
    ("5.1.10", "rcpt", "soft/invalid_domain/null_mx"),
    ("5.2.0", "rcpt", "soft/unreachable/system"),
    ("4.2.1", "rcpt", "soft/unreachable/throttled"),
    ("5.2.1", "rcpt", "soft/account_disabled/inactive"),
    ("5.2.2", "rcpt", "soft/mailbox_full/quota"),
    ("4.2.2", "rcpt", "soft/mailbox_full/quota"),
    ("5.2.3", "rcpt", "soft/refused/too_large"),
    ("5.3.4", "rcpt", "soft/refused/too_large"),
    ("4.3.1", "rcpt", "soft/mailbox_full/system_full"),
    ("4.3.2", "rcpt", "soft/unreachable/system"),
    ("5.4.1", "rcpt", "soft/unreachable/connection"),
    ("5.4.6", "rcpt", "soft/unreachable/loop"),
    ("4.4.7", "report", "soft/unreachable/expired"),
    ("5.5.1", "rcpt", "soft/refused/protocol"),
    ("5.5.2", "rcpt", "soft/refused/protocol"),
    ("5.5.4", "rcpt", "soft/refused/protocol"),
    ("5.5.6", "auth", "soft/refused/protocol"),
    ("5.5.3", "rcpt", "soft/unreachable/config"),
    ("5.5.0", "rcpt", "soft/not_defined/unknown"),
    ("5.6.0", "data", "soft/refused/malformed"),
    ("5.7.0", "rcpt", "soft/refused/policy_unspecified"),
    ("5.7.1", "rcpt", "soft/refused/policy_unspecified"),
    ("5.7.99", "rcpt", "soft/refused/policy_unspecified"),
    ("5.7.10", "rcpt", "soft/unreachable/tls"),
    ("5.7.11", "rcpt", "soft/refused/policy_unspecified"),
    ("5.7.13", "rcpt", "soft/account_disabled/suspended"),
    ("5.7.13", "report", "soft/account_disabled/suspended"),
    ("5.7.13", "auth", "soft/refused/credentials"),
    ("5.7.13", "mail_from", "soft/refused/credentials"),
    ("5.7.17", "rcpt", "hard/user_unknown/owner_changed"),
    ("5.7.18", "rcpt", "hard/user_unknown/owner_changed"),
    *(
        (f"5.7.{detail}", "rcpt", "soft/refused/authentication")
        for detail in (*range(20, 28), *range(29, 33), 509, 515)
    ),
    ("5.7.28", "rcpt", "soft/refused/rate_limited"),
    ("5.7.606", "rcpt", "soft/refused/blocklist"),
    ("5.7.649", "rcpt", "soft/refused/blocklist"),
    ("4.7.500", "rcpt", "soft/refused/reputation"),
    ("4.7.650", "rcpt", "soft/refused/reputation"),
    *((f"5.7.{detail}", "rcpt", "soft/refused/not_allowed") for detail in (124, 133, 134, 136)),
]
SMTP = [
    *((code, "soft/unreachable/system") for code in (421, 450, 451, 452)),
    *((code, "soft/refused/protocol") for code in range(500, 505)),
    *((code, "soft/not_defined/unknown") for code in (521, 550, 551, 552, 553, 554)),
    (556, "soft/invalid_domain/null_mx"),
]


def told(row: object) -> str:
    return f"{row.type}/{row.reason}/{row.cause}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("code", "phase", "verdict"), ENHANCED)
def test_enhanced_table(code: str, phase: str, verdict: str) -> None:
    assert told(TABLE.by_enhanced(code, phase=Phase(phase))) == verdict


@pytest.mark.parametrize(("code", "verdict"), SMTP)
def test_smtp_table(code: int, verdict: str) -> None:
    assert told(TABLE.by_smtp(code)) == verdict


@pytest.mark.parametrize("code", ["5.0.0", "4.0.0", "5.1.5", "4.1.2", "2.0.0", "5.2.4", "junk"])
def test_no_row_speaks_for_other_codes(code: str) -> None:
    assert TABLE.by_enhanced(code, phase=Phase.RCPT) is None


def test_no_row_speaks_for_other_replies() -> None:
    assert TABLE.by_smtp(454) is None
    assert TABLE.by_smtp(0) is None


def test_every_row_decides_its_examples_and_no_counterexample() -> None:
    for kind, rows in (("enhanced", TABLE.enhanced), ("smtp", TABLE.smtp)):
        for row in rows:
            assert row.examples
            phase = min(row.phases, default=Phase.RCPT)
            for code in (*row.examples, *row.counterexamples):
                found = TABLE.by_enhanced(code, phase=phase) if kind == "enhanced" else TABLE.by_smtp(int(code))
                assert (found is row) == (code in row.examples), code


def test_no_temporary_code_is_hard() -> None:
    for row in TABLE.enhanced:
        for pattern in row.patterns:
            assert row.type != "hard" or pattern.text.startswith("5")


@pytest.mark.parametrize(
    ("text", "code", "enhanced"),
    [
        ("550 5.1.1 user unknown", 550, "5.1.1"),
        ("550-5.1.1 user unknown", 550, "5.1.1"),
        ("550 #5.1.0 Address rejected", 550, "5.1.0"),
        ("5.1.1 user unknown", 0, "5.1.1"),
        ("(#5.1.1)", 0, "5.1.1"),
        ("550 user unknown", 550, ""),
        ("host mx.shop.example[192.0.2.1] said: 452 4.2.2 full (in reply to RCPT TO)", 452, "4.2.2"),
        ("554 5.1.1 undeliverable address: host mx said: 550 No such user", 550, "5.1.1"),
        # The innermost reply speaks, unless all that it says is a weak code.
        ("5.1.0 - Unknown address error 550-'5.2.2 <a@shop.example>... Mailbox Full'", 550, "5.2.2"),
        ("554 5.4.7 expired, last reply: <421 4.4.2 timed out>", 421, "4.4.2"),
        ("554 4.4.7 Message expired <550 5.0.0 no>", 550, "5.0.0"),
        ("550 5.7.1 refused, status 5.0.0", 550, "5.7.1"),
        ("250 2.1.5 Ok", 250, "2.1.5"),
        # Addresses, versions and sizes are no codes.
        ("blocked 5.1.1.7 in 550.example and 5.1.1@shop.example", 0, ""),
        ("policy (3.2.1.1), 550kB, queue 4.1.1-x5@y", 0, "4.1.1"),
        ("X-Unix; 255", 0, ""),
        ("x550 5.1.1 odd", 0, "5.1.1"),
        ("it is 550 odd, <550 really> and said 552 full", 552, ""),
        ("", 0, ""),
        ("no code at all", 0, ""),
    ],
)
def test_read_codes(text: str, code: int, enhanced: str) -> None:
    assert read_codes(text) == Codes(code, enhanced)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.1", (5, 1, 1)),
        ("4.7.500", (4, 7, 500)),
        ("3.1.1", None),
        ("5.1", None),
        ("5.1.x", None),
        ("5.1.1000", None),
    ],
)
def test_parts(text: str, expected: object) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("code", "weak"), [("5.0.0", True), ("5.1.0", True), ("4.4.7", True), ("", True), ("5.1.1", False)]
)
def test_is_weak(code: str, weak: bool) -> None:
    assert is_weak(code) is weak


def test_patterns() -> None:
    pattern = EnhancedPattern.parse("?.7.20-27")
    assert pattern.matches("5.7.20")
    assert pattern.matches("4.7.27")
    assert not pattern.matches("5.7.28")
    assert not pattern.matches("junk")
    assert not pattern.names_temporary
    assert EnhancedPattern.parse("4.?.?").names_temporary
    assert ReplyPattern.parse("4??").names_temporary
    assert ReplyPattern.parse("55?").matches(551)
    assert not ReplyPattern.parse("55?").matches(541)
    assert not ReplyPattern.parse("???").matches(0)


@pytest.mark.parametrize("text", ["5.1", "5.1.1.1", "x.1.1", "5.1.1-", "5.1.1234"])
def test_bad_enhanced_patterns_are_refused(text: str) -> None:
    with pytest.raises(CodeError, match="is not an enhanced code"):
        EnhancedPattern.parse(text)


@pytest.mark.parametrize("text", ["55", "5555", "155", "5xx"])
def test_bad_reply_patterns_are_refused(text: str) -> None:
    with pytest.raises(CodeError, match="is not an SMTP reply code"):
        ReplyPattern.parse(text)


ROW = {"codes": ["5.1.1"], "type": "hard", "reason": "user_unknown", "cause": "no_such_user"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codes": []}, "names no codes"),
        ({"codes": ["9"]}, "is not an enhanced code"),
        ({"type": "medium"}, "'medium' is not a valid FailureType"),
        ({"cause": "reputation"}, "belongs to reason refused"),
        ({"type": "hard", "reason": "refused", "cause": "reputation"}, "cannot be hard"),
        ({"phases": ["lunch"]}, "'lunch' is not a valid Phase"),
    ],
)
def test_bad_rows_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(CodeError, match=words):
        load_codes({"enhanced": [ROW | change]})


def test_a_row_without_a_verdict_is_refused() -> None:
    with pytest.raises(CodeError, match=r"smtp row \['550'\]: type is missing"):
        load_codes({"smtp": [{"codes": ["550"]}]})
