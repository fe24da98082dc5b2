"""Which part of an answer speaks (specification 02), and verdicts for whole returns (specification 03)."""

from datetime import date
from typing import Any

import pytest

from rebond.core.failure import Facts, Reading
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.codes import load_codes
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import load_rules
from rebond.core.qualify.providers import load_providers
from rebond.core.qualify.rules import Pack
from rebond.core.words import Cause, Channel, FailureType, Owner, Peer, Phase, Reason, ReturnKind
from tests.core.qualify.test_codes import DOCUMENT


def rule(name: str, text: str, verdict: str, **more: Any) -> dict[str, Any]:
    kind, reason, cause = verdict.split("/")
    return {
        "id": name,
        "text": text,
        "type": kind,
        "reason": reason,
        "cause": cause,
        "since": date(2026, 1, 1),
        "source": "a test",
        "examples": ["x"],
    } | more


GENERAL = [
    rule("unknown", "(?i)user unknown", "hard/user_unknown/no_such_user"),
    rule("unknown-in-table", "(?i)user unknown in table", "hard/user_unknown/no_such_user", smtp=["4??", "5??"]),
    rule("full", "(?i)over quota", "soft/mailbox_full/quota"),
    rule("inactive", "(?i)inactive", "soft/account_disabled/inactive"),
    rule("spam", "(?i)spam", "soft/refused/spam_content"),
    rule("grey", "(?i)greylisted", "soft/unreachable/greylisted"),
    rule("down", "(?i)service not available", "soft/unreachable/system", retry=True),
    rule("denied", "(?i)access denied", "hard/user_unknown/no_such_user", enhanced="5.4.1", confirm=2),
    rule("confirm-me", "(?i)please confirm", "ignored/not_a_failure/challenge"),
    rule("look", "(?i)look at this", "soft/unreachable/system", review=True),
    rule("sms", "(?i)^SR acme UNDELIV 001$", "hard/user_unknown/no_such_number", channel="sms", confirm=2),
]
PROVIDER = [
    rule("gmail-unknown", "(?i)no account", "hard/user_unknown/no_such_user", provider="gmail"),
    rule("gmail-full", "(?i)user unknown", "soft/mailbox_full/quota", provider="gmail"),
    rule("gmail-banner", "(?i)gone for good", "hard/account_disabled/closed", provider="gmail", phase="connect"),
]
ENGINE = RuleEngine(Pack.of(load_rules({"rule": GENERAL + PROVIDER}, file="test")))
QUALIFIER = Qualifier(
    ENGINE,
    codes=load_codes(DOCUMENT),
    providers=load_providers(
        {"provider": [{"name": "gmail", "domains": ["gmail.com"], "mx": ["*.google.com"], "codes": ["S3150"]}]}
    ),
)

HERE = {"phase": Phase.RCPT, "peer": Peer.RECEIVER}


@pytest.mark.parametrize(
    ("text", "asked", "verdict", "decided"),
    [
        # provider rule > general rule > enhanced code > SMTP code > not_defined
        ("550 5.1.1 user unknown", {"provider": "gmail"}, "soft/mailbox_full/quota", "gmail-full"),
        ("550 5.7.1 user unknown", {}, "hard/user_unknown/no_such_user", "unknown"),
        ("550 5.7.1 who", {}, "soft/refused/policy_unspecified", "code:5.7.1"),
        ("450 who", {}, "soft/unreachable/system", "smtp:450"),
        ("550 who", {}, "soft/not_defined/unknown", "none"),
        ("who", {}, "soft/not_defined/unknown", "none"),
        ("", {}, "soft/not_defined/unknown", "none"),
        ("503 who", {}, "soft/refused/protocol", "smtp:503"),
        # codes given, not read
        ("who", {"code": 550, "enhanced": "5.1.1"}, "hard/user_unknown/no_such_user", "code:5.1.1"),
        ("user unknown", {"code": 450}, "soft/user_unknown/no_such_user", "unknown"),
        # the specification's own examples
        ("550 5.2.2 over quota", {}, "soft/mailbox_full/quota", "full"),
        ("550 5.7.1 inactive", {}, "soft/account_disabled/inactive", "inactive"),
        # x.2.2 is full, always: it beats general texts, not a provider's
        ("550 5.2.2 user unknown", {}, "soft/mailbox_full/quota", "code:5.2.2"),
        ("550 5.2.2 no account", {"provider": "gmail"}, "hard/user_unknown/no_such_user", "gmail-unknown"),
        # a 4xx is never hard by code alone, nor by a text unless the rule knows it under 4xx
        ("450 4.1.1 who", {}, "soft/unreachable/system", "code:4.1.1"),
        ("450 5.1.1 who", {}, "soft/user_unknown/no_such_user", "code:5.1.1"),
        ("450 4.1.1 user unknown", {}, "soft/user_unknown/no_such_user", "unknown"),
        ("450 4.1.1 user unknown in table", {}, "hard/user_unknown/no_such_user", "unknown-in-table"),
        ("4.1.1 user unknown", {}, "soft/user_unknown/no_such_user", "unknown"),
        ("550 4.1.1 user unknown", {}, "hard/user_unknown/no_such_user", "unknown"),
        # weak codes give way to what is inside
        ("who", {"enhanced": "5.0.0", "code": 556}, "soft/invalid_domain/null_mx", "smtp:556"),
        ("554 5.4.7 expired <550 5.1.1 gone>", {}, "hard/user_unknown/no_such_user", "code:5.1.1"),
        ("550 5.1.0 address error '5.7.1 no'", {}, "soft/refused/policy_unspecified", "code:5.7.1"),
        ("550 5.1.0 who", {}, "soft/not_defined/unknown", "none"),
        ("554 5.4.7 expired", {}, "soft/unreachable/expired", "code:5.4.7"),
        # two of them act as hard
        ("550 5.4.1 access denied", {}, "hard/user_unknown/no_such_user", "denied"),
        # x.7.13 by phase
        ("550 5.7.13 who", {}, "soft/account_disabled/suspended", "code:5.7.13"),
        ("550 5.7.13 who", {"phase": Phase.DATA}, "soft/refused/credentials", "code:5.7.13"),
        # successes
        ("250 2.1.5 Ok", {}, "ignored/not_a_failure/success", "smtp:250"),
    ],
)
def test_precedence(text: str, asked: dict[str, Any], verdict: str, decided: str) -> None:
    found = QUALIFIER.qualify_reply(text, **asked).verdict
    assert (f"{found.type}/{found.reason}/{found.cause}", found.rule) == (verdict, decided)
    assert found.pack_version == QUALIFIER.pack_version


BEFORE = [
    # Whatever is said of a recipient before RCPT, it touches no address.
    ("550 5.1.1 user unknown", Phase.MAIL_FROM, Peer.RECEIVER, "soft/refused/sender_rejected"),
    ("550 5.1.1 who", Phase.MAIL_FROM, Peer.RECEIVER, "soft/refused/sender_rejected"),
    ("550 5.2.1 inactive", Phase.HELLO, Peer.RECEIVER, "soft/refused/policy_unspecified"),
    ("554 who", Phase.CONNECT, Peer.RECEIVER, "soft/refused/policy_unspecified"),
    ("5.1.1 who", Phase.CONNECT, Peer.RECEIVER, "soft/refused/policy_unspecified"),
    ("535 user unknown", Phase.AUTH, Peer.RECEIVER, "soft/refused/credentials"),
    ("450 4.2.2 over quota", Phase.MAIL_FROM, Peer.RECEIVER, "soft/unreachable/transport"),
    ("554 service not available", Phase.MAIL_FROM, Peer.RECEIVER, "soft/unreachable/transport"),
    ("421 service not available", Phase.CONNECT, Peer.RECEIVER, "soft/unreachable/transport"),
    ("who", Phase.CONNECT, Peer.RECEIVER, "soft/unreachable/transport"),
    ("421 service not available", Phase.CONNECT, Peer.RELAY, "soft/unreachable/transport"),
    ("550 5.1.1 user unknown", Phase.MAIL_FROM, Peer.RELAY, "soft/unreachable/transport"),
    ("451 greylisted", Phase.MAIL_FROM, Peer.RELAY, "soft/unreachable/transport"),
    # What speaks of us, of the content or of a deferral stays.
    ("451 greylisted", Phase.MAIL_FROM, Peer.RECEIVER, "soft/unreachable/greylisted"),
    ("554 5.7.1 spam", Phase.CONNECT, Peer.RECEIVER, "soft/refused/spam_content"),
    ("550 5.7.20 who", Phase.MAIL_FROM, Peer.RECEIVER, "soft/refused/authentication"),
    ("535 5.7.8 who", Phase.AUTH, Peer.RELAY, "soft/refused/policy_unspecified"),
    ("550 please confirm", Phase.MAIL_FROM, Peer.RECEIVER, "ignored/not_a_failure/challenge"),
]


@pytest.mark.parametrize(("text", "phase", "peer", "verdict"), BEFORE)
def test_before_rcpt_nothing_speaks_of_a_recipient(text: str, phase: Phase, peer: Peer, verdict: str) -> None:
    found = QUALIFIER.qualify_reply(text, phase=phase, peer=peer).verdict
    assert f"{found.type}/{found.reason}/{found.cause}" == verdict
    assert found.confirm == 1


def test_a_providers_rule_for_a_phase_before_rcpt_speaks_there() -> None:
    found = QUALIFIER.qualify_reply("554 gone for good", provider="gmail", phase=Phase.CONNECT).verdict
    assert (found.type, found.cause) == (FailureType.HARD, Cause.CLOSED)
    other = QUALIFIER.qualify_reply("554 no account", provider="gmail", phase=Phase.CONNECT).verdict
    assert other.cause is Cause.POLICY_UNSPECIFIED


@pytest.mark.parametrize(
    ("text", "peer", "cause"),
    [
        ("421 bye", Peer.RELAY, Cause.TRANSPORT),
        ("421 bye", Peer.RECEIVER, Cause.SYSTEM),
        ("451 4.3.0 queue file write error", Peer.RELAY, Cause.TRANSPORT),
        ("452 4.3.1 storage", Peer.RELAY, Cause.TRANSPORT),
        ("451 4.4.1 who", Peer.RELAY, Cause.CONNECTION),
        ("550 5.1.1 who", Peer.RELAY, Cause.NO_SUCH_USER),
        ("552 5.2.2 over quota", Peer.RELAY, Cause.QUOTA),
    ],
)
def test_a_relays_own_faults_are_no_evidence_about_anybody(text: str, peer: Peer, cause: Cause) -> None:
    assert QUALIFIER.qualify_reply(text, peer=peer).verdict.cause is cause


def test_providers_are_known_by_their_servers_and_never_through_a_relay() -> None:
    def judged(**facts: Any) -> str:
        return QUALIFIER.qualify_facts(Facts(text="550 no account", **facts)).verdict.rule

    assert judged(remote_mta="dns; aspmx.l.google.com") == "gmail-unknown"
    assert judged(reporting_mta="mx.google.com") == "gmail-unknown"
    assert judged(provider="gmail") == "gmail-unknown"
    assert judged(recipient="anna@gmail.com") == "none"
    assert judged(provider="gmail", peer=Peer.RELAY) == "none"
    assert judged(provider="gmail", peer=Peer.RELAY, remote_mta="mx.google.com") == "gmail-unknown"


def test_facts_are_completed_from_the_text() -> None:
    facts = Facts(recipient="a@gmail.com", text="552 5.2.2 over quota", remote_mta="mx.google.com")
    failure = QUALIFIER.qualify_facts(facts)
    assert (failure.code, failure.enhanced, failure.provider, failure.recipient) == (
        552,
        "5.2.2",
        "gmail",
        "a@gmail.com",
    )
    kept = QUALIFIER.qualify_facts(Facts(text="552 5.2.2 x", code=550, enhanced="5.1.1", provider="other"))
    assert (kept.code, kept.enhanced, kept.provider) == (550, "5.1.1", "other")


def test_in_a_report_the_innermost_reply_tells_what_is_temporary() -> None:
    text = "450 4.1.1 undeliverable: host mx said: 550 user unknown"
    assert QUALIFIER.qualify_facts(Facts(text=text, code=450, phase=Phase.REPORT)).verdict.type is FailureType.HARD
    assert QUALIFIER.qualify_facts(Facts(text=text, code=450, phase=Phase.RCPT)).verdict.type is FailureType.SOFT


@pytest.mark.parametrize(
    ("action", "text", "verdict", "decided", "told"),
    [
        ("failed", "452 over quota", "soft/mailbox_full/quota", "full", ()),
        ("delayed", "452 over quota", "ignored/mailbox_full/delayed", "action:delayed", ("full",)),
        ("Delayed", "450 4.4.1 who", "ignored/unreachable/delayed", "action:delayed", ("code:4.4.1",)),
        ("delayed", "", "ignored/unreachable/delayed", "action:delayed", ()),
        ("delayed", "550 5.4.1 access denied", "ignored/user_unknown/delayed", "action:delayed", ("denied",)),
        ("delivered", "550 user unknown", "ignored/not_a_failure/success", "action:delivered", ()),
        ("relayed", "", "ignored/not_a_failure/success", "action:relayed", ()),
        ("expanded", "", "ignored/not_a_failure/success", "action:expanded", ()),
        ("failed", "250 2.0.0 ok", "soft/not_defined/unknown", "none", ()),
    ],
)
def test_actions(action: str, text: str, verdict: str, decided: str, told: tuple[str, ...]) -> None:
    found = QUALIFIER.qualify_facts(Facts(text=text, action=action)).verdict
    assert (f"{found.type}/{found.reason}/{found.cause}", found.rule, found.runners_up) == (verdict, decided, told)
    assert found.confirm == 1


def test_what_a_rule_sets_comes_through() -> None:
    assert QUALIFIER.qualify_reply("550 5.4.1 access denied").verdict.confirm == 2
    assert QUALIFIER.qualify_reply("451 service not available").verdict.retry is True
    assert QUALIFIER.qualify_reply("451 look at this").verdict.review is True
    assert QUALIFIER.qualify_reply("550 user unknown in table").verdict.runners_up == ("unknown",)


def test_channels_are_apart() -> None:
    sms = QUALIFIER.qualify_reply("SR acme UNDELIV 001", channel=Channel.SMS)
    assert (sms.verdict.rule, sms.verdict.confirm, sms.code) == ("sms", 2, 0)
    assert QUALIFIER.qualify_reply("550 user unknown", channel=Channel.SMS).verdict.reason is Reason.NOT_DEFINED


def test_matched_words_are_told_on_demand() -> None:
    failure = QUALIFIER.qualify_reply("550 5.1.1  User   Unknown here")
    assert QUALIFIER.matched(failure) == (11, 25)
    assert QUALIFIER.matched(QUALIFIER.qualify_reply("550 who")) is None


def test_verdicts_are_kept_by_what_decides_them() -> None:
    one = QUALIFIER.qualify_reply("550 5.1.1 user unknown", recipient="a@x.example")
    two = QUALIFIER.qualify_reply("550 5.1.1 user unknown", recipient="b@x.example")
    assert one.verdict is two.verdict
    assert QUALIFIER.qualify_reply("550 5.1.1 user unknown", phase=Phase.MAIL_FROM).verdict is not one.verdict


def test_template_keeps_the_providers_codes() -> None:
    assert QUALIFIER.template("550 anna@x.example anna (S3150)", recipient="anna@x.example") == "550 * * (S3150)"


FACTS = (
    Facts(recipient="a@x.example", text="550 5.1.1 user unknown"),
    Facts(recipient="b@x.example", text="452 over quota"),
)


def test_a_report_has_one_verdict_a_recipient() -> None:
    report = QUALIFIER.qualify_reading(Reading(kind=ReturnKind.DSN, facts=FACTS, subject="failed", notes=("cut",)))
    assert [(failure.recipient, failure.verdict.type) for failure in report.failures] == [
        ("a@x.example", FailureType.HARD),
        ("b@x.example", FailureType.SOFT),
    ]
    assert (report.kind, report.subject, report.notes, report.facts) == (ReturnKind.DSN, "failed", ("cut",), FACTS)


@pytest.mark.parametrize("kind", [ReturnKind.COMPLAINT, ReturnKind.OTHER, ReturnKind.UNSUBSCRIBE])
def test_kinds_without_failures(kind: ReturnKind) -> None:
    assert QUALIFIER.qualify_reading(Reading(kind=kind, facts=FACTS, complainants=("c@x.example",))).failures == ()


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (ReturnKind.AUTO_REPLY, Cause.AUTO_REPLY),
        (ReturnKind.CHALLENGE, Cause.CHALLENGE),
        (ReturnKind.READ_RECEIPT, Cause.READ_RECEIPT),
        (ReturnKind.DELIVERED, Cause.SUCCESS),
    ],
)
def test_kinds_that_are_no_failure(kind: ReturnKind, cause: Cause) -> None:
    report = QUALIFIER.qualify_reading(Reading(kind=kind, sender="anna@x.example"))
    assert report.failures[0].recipient == "anna@x.example"
    for facts in (FACTS, ()):
        report = QUALIFIER.qualify_reading(Reading(kind=kind, facts=facts, sender="anna@x.example", subject="Away"))
        assert len(report.failures) == (len(facts) or 1)
        for failure in report.failures:
            assert (failure.verdict.type, failure.verdict.reason) == (FailureType.IGNORED, Reason.NOT_A_FAILURE)
            assert (failure.verdict.cause, failure.verdict.rule) == (cause, f"kind:{kind}")


def test_a_delay_notice_is_ignored_whatever_its_fields_say() -> None:
    facts = (Facts(text="451 greylisted"), Facts(text="451 greylisted", action="failed"))
    report = QUALIFIER.qualify_reading(Reading(kind=ReturnKind.DELAYED, facts=facts))
    assert [failure.verdict.cause for failure in report.failures] == [Cause.DELAYED, Cause.GREYLISTED]


def test_a_mail_is_read_and_judged() -> None:
    report = QUALIFIER.qualify_mail(b"From: anna@x.example\nSubject: hello\n\nhow are you\n")
    assert (report.kind, report.failures) == (ReturnKind.OTHER, ())


def test_a_qualifier_without_providers() -> None:
    plain = Qualifier(ENGINE, codes=load_codes({}))
    assert plain.qualify_reply("550 who").verdict.reason is Reason.NOT_DEFINED
    assert plain.qualify_reply("550 user unknown").verdict.owner is Owner.RECIPIENT
