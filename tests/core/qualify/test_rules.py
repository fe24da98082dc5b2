"""What a rule must be to be loaded, and the order of rules (specification 02 and 03)."""

from datetime import date
from typing import Any

import pytest

from rebond.core.qualify.loading import load_console_rules, load_rules, load_site_rules
from rebond.core.qualify.rules import Level, Pack, RuleError, Situation
from rebond.core.words import CAUSES, Cause, Channel, FailureType, Owner, Peer, Phase, Reason
from tests.core.qualify.making import rules, table

REFUSED: list[tuple[dict[str, Any], str]] = [
    (table(id=None), "id is missing"),
    (table(id=""), "id is missing"),
    (table(text=None), "text is missing"),
    (table(source=None), "source is missing"),
    (table(since=None), "since is missing"),
    (table(examples=None), "examples is missing"),
    (table(examples=[]), "examples is empty"),
    (table(examples="a text"), "it must be a list"),
    (table(examples=[7]), "neither a text nor a table"),
    (table(examples=[{"provider": "gmail"}]), "text is missing"),
    (table(examples=[{"text": "x", "prase": "rcpt"}]), "unknown key 'prase'; did you mean 'phase'?"),
    (table(examples=[{"text": "x", "code": "5xx"}]), "code of an example is '5xx'; it must be a number"),
    (table(colour="red"), "unknown key 'colour'"),
    (table(enhancd="5.1.1"), "unknown key 'enhancd'; did you mean 'enhanced'?"),
    (table(type="sof"), "type is 'sof'; did you mean soft?"),
    (table(type="zzz"), "it can be hard, soft, ignored"),
    (table(reason="mailbox-full"), "did you mean mailbox_full"),
    (table(reason="quarantined", cause=None), "not one that a failure can have"),
    (table(reason="not_connected", cause="absent"), "does not exist on channel email"),
    (table(cause="no_such_user"), "belongs to reason user_unknown, not to mailbox_full"),
    (table(cause="delayed"), "goes with type ignored only"),
    (table(type="hard"), "cause quota cannot be hard"),
    (table(type="hard", cause=None), "cannot be hard"),
    (table(type="hard", reason="unreachable", cause="system"), "cannot be hard"),
    (table(type="hard", reason="refused", cause="reputation"), "cannot be hard"),
    (table(type="hard", reason="refused", cause="not_allowed"), "cannot be hard"),
    (table(since="yesterday"), "must be a date"),
    (table(smtp="55"), "is not an SMTP reply code"),
    (table(enhanced=["5.1"]), "is not an enhanced code"),
    (table(enhanced=[5]), "must be a text"),
    (table(smtp=550), "must be a list"),
    (table(phase="lunch"), "phase is 'lunch'"),
    (table(peer="friend"), "peer is 'friend'"),
    (table(channel="fax"), "channel is 'fax'"),
    (table(provider=7), "must be a text"),
    (table(confirm=3), "it can be 1 or 2"),
    (table(confirm=2), "needs type hard, not soft"),
    (table(retry="yes"), "it can be true or false"),
    (table(review=1), "it can be true or false"),
]


@pytest.mark.parametrize(("bad", "words"), REFUSED)
def test_bad_rules_are_refused_with_file_line_and_reason(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(RuleError) as refused:
        rules(bad, file="gmail.toml", lines=[12])
    (problem,) = refused.value.problems
    assert words in problem.words
    assert str(problem).startswith(f"gmail.toml:12: rule {bad.get('id') or '(without id)'}: ")


def test_all_problems_of_a_file_are_told() -> None:
    with pytest.raises(RuleError) as refused:
        load_rules({"rule": [table(type="x"), table(id="b", reason="x")], "rules": []}, file="a.toml")
    assert [problem.rule for problem in refused.value.problems] == ["full", "b", ""]
    assert str(refused.value.problems[2]).startswith("a.toml: rule (without id): unknown table 'rules'")


@pytest.mark.parametrize("tables", [table(), "rule", [table(), "rule"]])
def test_rules_that_are_no_tables_are_refused(tables: Any) -> None:
    with pytest.raises(RuleError, match=r"begin each rule with \[\[rule\]\]"):
        load_rules({"rule": tables}, file="a.toml")


@pytest.mark.parametrize("cause", list(Cause))
def test_hard_verdicts_are_the_recipients(cause: Cause) -> None:
    facts = CAUSES[cause]
    reason = facts.reason or Reason.UNREACHABLE
    hard = table(type="hard", reason=str(reason), cause=str(cause), channel="sms")
    if facts.hard:
        assert facts.owner is Owner.RECIPIENT
        assert rules(hard)[0].type is FailureType.HARD
    else:
        with pytest.raises(RuleError):
            rules(hard)


def test_a_cause_may_be_left_out() -> None:
    assert rules(table(cause=None))[0].cause is Cause.QUOTA
    closed = table(type="hard", reason="account_disabled", cause=None)
    assert rules(closed)[0].cause is Cause.CLOSED


def test_what_a_full_rule_holds() -> None:
    full = table(
        provider="gmail",
        phase=["rcpt", "data"],
        peer="receiver",
        smtp=["5??", "none"],
        enhanced=["?.2.2", "none"],
        retry=False,
        review=True,
        since="2026-02-03",
        examples=[{"text": "over quota", "code": 552, "enhanced": "5.2.2", "phase": "data", "provider": "gmail"}],
        counterexamples=["450 4.2.2 over quota"],
    )
    (rule,) = rules(full)
    assert (rule.level, rule.constraints, rule.retry, rule.review) == (Level.PROVIDER, 6, False, True)
    assert rule.since == date(2026, 2, 3)
    assert rule.examples[0].situation == Situation(provider="gmail", phase=Phase.DATA, code=552, enhanced="5.2.2")
    # An example without a table stands in the rule's own situation, with the codes of its text.
    assert rule.counterexamples[0].situation.phase is min(rule.phases)
    assert rule.counterexamples[0].situation.code == 450
    assert rules(full, with_examples=False)[0].examples == ()


def test_examples_of_a_rule_for_reports_are_in_reports() -> None:
    (rule,) = rules(table(phase=["rcpt", "report"], peer="relay"))
    assert rule.examples[0].situation.phase is Phase.REPORT
    assert rule.examples[0].situation.peer is Peer.RELAY


HERE = Situation(provider="gmail", phase=Phase.RCPT, code=550, enhanced="5.2.2")


@pytest.mark.parametrize(
    ("asked", "situation", "admitted"),
    [
        ({}, HERE, True),
        ({}, Situation(channel=Channel.SMS), False),
        ({"provider": "gmail"}, HERE, True),
        ({"provider": "yahoo"}, HERE, False),
        ({"phase": "rcpt"}, HERE, True),
        ({"phase": "data"}, HERE, False),
        ({"peer": "receiver"}, HERE, True),
        ({"peer": "relay"}, HERE, False),
        ({"smtp": "5??"}, HERE, True),
        ({"smtp": ["4??", "none"]}, HERE, False),
        ({"smtp": ["4??", "none"]}, Situation(), True),
        ({"smtp": "5??"}, Situation(), False),
        ({"enhanced": "?.2.?"}, HERE, True),
        ({"enhanced": "?.1.?"}, HERE, False),
        ({"enhanced": "none"}, HERE, False),
        ({"enhanced": "none"}, Situation(), True),
        ({"enhanced": "?.2.2"}, Situation(), False),
    ],
)
def test_constraints(asked: dict[str, Any], situation: Situation, admitted: bool) -> None:
    assert rules(table(**asked))[0].admits(situation) is admitted


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"smtp": "4??"}, True),
        ({"enhanced": "4.1.1"}, True),
        ({"smtp": "???", "enhanced": "?.1.1"}, False),
        ({}, False),
    ],
)
def test_only_a_rule_that_names_4xx_is_hard_under_it(asked: dict[str, Any], named: bool) -> None:
    assert rules(table(**asked))[0].admits_temporary_hard is named


def test_order() -> None:
    console = rules(table(id="console"), console=True, file="z")
    provider = rules(table(id="provider", provider="gmail"), file="z")
    general = (
        *rules(table(id="b2"), table(id="b3"), file="b"),
        *rules(table(id="more", smtp="5??"), file="z"),
        *rules(table(id="a1"), file="a"),
    )
    pack = Pack.of([*general, *provider, *console])
    assert [rule.id for rule in pack.rules] == ["console", "provider", "more", "a1", "b2", "b3"]


def test_ids_are_unique() -> None:
    with pytest.raises(RuleError, match="the id is taken already, in a; give this rule another one"):
        Pack.of([*rules(table(), file="a"), *rules(table(), file="b")])
    with pytest.raises(RuleError, match="mine: rule full: full is the id of a shipped rule, in a; give this rule"):
        Pack.of([*rules(table(), file="a"), *rules(table(), file="mine", console=True)])


def test_version_and_digest_tell_what_decides() -> None:
    one = Pack.of(rules(table()))
    same = Pack.of(rules(table(source="elsewhere", examples=["550 over quota"])))
    other = Pack.of(rules(table(review=True)))
    assert one.version.startswith("2026-01-01+")
    assert one.digest == same.digest != other.digest
    assert Pack.of(()).version.startswith("0001-01-01+")


def test_a_sites_rules_are_what_their_rows_are_called() -> None:
    (own,) = load_site_rules({"ours": {**table(id="ours"), "since": "2026-01-01"}}, with_examples=True)
    assert (own.id, len(own.examples)) == ("ours", 1)
    rows: dict[str, Any] = {"a": 5, "b": table(id="c"), "d": table(id="d", text=5)}
    with pytest.raises(RuleError) as refused:
        load_site_rules(rows)
    assert str(refused.value).splitlines() == [
        "console: rule a: its row holds no rule of this name",
        "console: rule b: its row holds no rule of this name",
        "console: rule d: it holds what is no text as its text",
    ]


def test_a_sites_rules_come_before_all_others() -> None:
    (own,) = load_console_rules([table(id="ours")], with_examples=True)
    assert (own.level, own.file, len(own.examples)) == (Level.CONSOLE, "console", 1)
    first, *_ = Pack.of([*rules(table()), own]).rules
    assert first is own
