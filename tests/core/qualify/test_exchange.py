"""What a pack of somebody else's rules would change: what was decided here always wins."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from rebond.core.qualify import pack_rules
from rebond.core.qualify.archive import Manifest, PackError, PackFile
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.exchange import Conflict, Difference, compare_pack
from rebond.core.qualify.loading import load_console_rules
from rebond.core.qualify.pack_rules import Document, is_own_name, rules_of
from rebond.core.qualify.rule_text import rule_table, rules_text, toml_text
from rebond.core.qualify.rules import Level, Pack, Rule, RuleError
from tests.core.qualify.making import rules, table

MANIFEST = Manifest(name="acme", version=date(2026, 11, 22), made_by="Acme", digest="")
MOON = '[[rule]]\nid = "moon"\ntext = "moon"\n'
LINES = 'type = "soft"\nreason = "mailbox_full"\nsince = 2026-01-01\nsource = "a test"\nexamples = ["the moon"]\n'
HUGE = "0x" + "f" * 5000


def pack_file(text: str = MOON + LINES, *, path: str = "rules/email/a.toml", **files: str) -> PackFile:
    return PackFile(manifest=MANIFEST, signer="00", files={path: text, **files})


def given(*tables: Mapping[str, Any]) -> dict[str, Document]:
    return rules_of(pack_file(rules_text(tables)), source="here")


def own(*tables: Mapping[str, Any]) -> dict[str, Document]:
    return {one["id"]: {**one, "since": str(one["since"])} for one in tables}


def compared(
    wanted: Mapping[str, Document],
    site: Mapping[str, Document] | None = None,
    *shipped: Rule,
    **options: Any,
) -> Difference:
    def make(documents: Mapping[str, Document]) -> RuleEngine:
        return RuleEngine(Pack.of([*load_console_rules(documents.values()), *shipped]))

    return compare_pack(wanted, pack="acme", site=site or {}, make=make, **options)


def refusal(text: str, **files: str) -> str:
    with pytest.raises(PackError) as error:
        rules_of(pack_file(text, **files), source="here")
    return str(error.value)


def test_rules_are_named_after_their_pack_and_say_where_they_come_from() -> None:
    (rule,) = rules_of(pack_file(), source="here").values()
    assert (rule["id"], rule["channel"], rule["since"]) == ("acme/moon", "email", "2026-01-01")
    assert rule["pack"] == {"name": "acme", "source": "here", "version": "2026-11-22", "place": 0}
    (made,) = load_console_rules([rule])
    assert (made.level, made.file) == (Level.IMPORTED, "acme")


def test_what_stands_before_the_tables_is_of_each() -> None:
    (rule,) = rules_of(pack_file('reads = "words"\n' + MOON + LINES), source="here").values()
    assert rule["reads"] == "words"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule]", "not valid TOML"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("rule = 1", "something else"),
        ("rule = [1]", "something else"),
        ("other = 1", "something else"),
        (LINES, "something else"),
        ("[[rule]]\n" + LINES, "whose id is 'None'"),
        (MOON.replace('"moon"', '"a b"', 1) + LINES, "no name of a rule"),
        (MOON.replace('"moon"', '"code:5.1.1"', 1) + LINES, "no name of a rule"),
        (MOON + LINES + MOON + LINES, "two of its rules"),
        (MOON + LINES.replace("a test", "a \\u0000 test"), "signs that no text holds"),
        (MOON + LINES.replace('["the moon"]', '[{ text = "the moon\\u009b" }]'), "signs that no text holds"),
        (MOON.replace('"moon"\n', '"moon"\n"\\u0001" = 1\n', 1) + LINES, "signs that no text holds"),
        (MOON + LINES.replace("a test", "a \\u202e test"), "rule called 'moon' with a sign that turns the direction"),
        (MOON + LINES.replace('["the moon"]', '[{ text = "the\\u2066 moon" }]'), "of writing (U+2066)"),
        (MOON.replace('"moon"', '"mo\\u2067on"', 1) + LINES, "of writing (U+2067)"),
        (MOON.replace("text = ", f'text = "{"m" * 4001}"\n# ') + LINES, "larger than 2,000 signs"),
        (MOON.replace("text = ", 'text = "(a.{0,1000}){20}"\n# ') + LINES, "larger than 2,000 signs"),
        (MOON.replace('"moon"', HUGE, 1) + LINES, "what is no text as its id"),
        (MOON.replace('text = "moon"', f"text = {HUGE}") + LINES, "what is no text as its text"),
        (MOON + LINES.replace("2026-01-01", HUGE), "a date that is none"),
        (MOON + LINES.replace("2026-01-01", "2026-01-01T00:00:00"), "a date that is none"),
        (MOON + LINES.replace('["the moon"]', '[{ text = "the moon", code = 0xffffffff }]'), "beyond 32 bits"),
        (MOON + LINES + f"confirm = {HUGE}\n", "beyond 32 bits"),
        (MOON + LINES + "retry = nan\n", "no rule has (float)"),
        (MOON + LINES + "provider = 2026-01-01\n", "no rule has (date)"),
        (MOON + LINES + "counterexamples.a.a.a.a.a.a = 1\n", "more than 4 deep"),
        (MOON + LINES + "counterexamples = [[[[[[1]]]]]]\n", "more than 4 deep"),
        (MOON + LINES + f"counterexamples{'.a' * 3000} = 1\n", "line 9 holds more than 16 dots"),
        (MOON + LINES.replace('"soft"', '"hard"'), "refused"),
        (MOON + LINES.replace("examples", "other = 1\nexamples"), "unknown key"),
    ],
)
def test_what_no_rule_can_be_is_refused(text: str, words: str) -> None:
    assert words in refusal(text)


def test_at_most_so_many_problems_are_told() -> None:
    bad = "".join(MOON.replace("moon", f"moon{number}", 1) + LINES.replace("soft", "hard") for number in range(5))
    assert "and 2 more" in refusal(bad)


def test_a_problem_is_cut() -> None:
    told = refusal(MOON + LINES.replace('"soft"', f'"{"s" * 9000}"'))
    assert len(told) < 600
    assert told.endswith("…")


def test_there_are_at_most_so_many_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_rules, "MOST_RULES", 1)
    assert "more than 1 rules" in refusal(
        MOON + LINES, **{"rules/email/b.toml": MOON.replace("moon", "sun", 1) + LINES}
    )


def test_patterns_are_together_at_most_so_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_rules, "LARGEST_PACK", 6)
    assert "larger than 6 signs" in refusal(MOON + LINES + MOON.replace("moon", "sun") + LINES)


@pytest.mark.parametrize(("name", "own"), [("moon", True), ("full-2.b", True), ("one/moon", False), ("My Rule", False)])
def test_a_site_names_no_rule_as_a_pack_does(name: str, own: bool) -> None:
    assert is_own_name(name) is own


def test_a_new_rule_is_taken_and_is_known_the_second_time() -> None:
    wanted = given(table(id="moon", text="moon", examples=["the moon"]))
    found = compared(wanted)
    assert (found.new, found.documents) == (("acme/moon",), wanted)
    again = compared(wanted, wanted)
    assert (again.new, again.changed, again.gone, again.documents) == ((), (), (), {})


def test_what_the_rules_here_know_is_not_taken() -> None:
    wanted = given(table(id="moon", text="moon", examples=["the moon"]))
    (shipped,) = rules(table(id="ours", text="moon", examples=["the moon"]))
    found = compared(wanted, None, shipped)
    assert (found.known, found.documents) == (("acme/moon",), {})


def test_a_rule_that_is_shipped_is_judged_by_what_is_shipped() -> None:
    wanted = given(table(id="moon", text="sun", examples=["the sun"]))
    (shipped,) = rules(table(id="moon", text="moon", reason="refused", cause="policy_unspecified", type="soft"))
    assert compared(wanted, None, shipped).known == ("acme/moon",)


def test_a_shipped_rule_that_judges_otherwise_is_named() -> None:
    wanted = given(table(id="moon", text="moon", examples=["the moon"]))
    (shipped,) = rules(table(id="ours", text="the", type="soft", reason="refused", cause="policy_unspecified"))
    found = compared(wanted, None, shipped)
    assert (found.new, found.instead) == (("acme/moon",), {"acme/moon": "ours"})


def test_what_was_decided_here_wins_and_the_conflict_is_told() -> None:
    wanted = given(
        table(id="moon", text="moon", examples=["the moon"]), table(id="sun", text="sun", examples=["a sun"])
    )
    local = own(table(id="mine", text="moon", reason="refused", cause="policy_unspecified"))
    found = compared(wanted, local)
    assert found.new == ("acme/sun",)
    (conflict,) = found.conflicts
    assert (conflict.rule, conflict.here) == ("acme/moon", "mine")
    assert "soft refused/policy_unspecified here: 'the moon'" in conflict.words
    assert set(found.documents) == {"acme/sun"}


def test_the_pack_that_was_first_wins() -> None:
    other = {**next(iter(given(table(id="moon", text="moon", type="soft", reason="refused", cause=None)).values()))}
    other |= {"id": "first/moon", "pack": {**other["pack"], "name": "first"}}
    wanted = given(table(id="moon", text="moon", examples=["the moon"]))
    (conflict,) = compared(wanted, {"first/moon": other}).conflicts
    assert conflict.here == "first/moon"


def test_what_was_removed_ignored_or_named_here_stays_so() -> None:
    wanted = given(table(id="moon", text="moon", examples=["the moon"]))
    words = "it was removed or undone here"
    assert compared(wanted, removed={"acme/moon"}).conflicts == (
        Conflict(rule="acme/moon", here="removed", words=words),
    )
    (ignored,) = compared(wanted, ignored={("email", "the moon")}).conflicts
    assert (ignored.here, ignored.words) == ("ignore", "'the moon' is ignored here")
    (named,) = compared(wanted, own(table(id="acme/moon", text="other"))).conflicts
    assert named.here == "acme/moon"


def test_what_changed_and_what_is_gone_follows_the_pack() -> None:
    before = given(
        table(id="moon", text="moon", examples=["the moon"]), table(id="sun", text="sun", examples=["a sun"])
    )
    after = given(table(id="moon", text="the moon", examples=["the moon"]))
    found = compared(after, before)
    assert (found.new, found.changed, found.gone) == ((), ("acme/moon",), ("acme/sun",))
    assert found.documents == {"acme/moon": after["acme/moon"], "acme/sun": None}


def test_a_rule_that_moved_is_written_but_is_not_changed() -> None:
    moon, sun = (table(id=name, text=name, examples=[f"the {name}"]) for name in ("moon", "sun"))
    before, after = given(moon), given(sun, moon)
    found = compared(after, before)
    assert (found.new, found.changed, set(found.documents)) == (("acme/sun",), (), {"acme/sun", "acme/moon"})


def test_a_pack_that_does_not_win_its_own_examples_is_refused() -> None:
    with pytest.raises(PackError, match="matched by no rule"):
        compared(given(table(id="moon", text="moon", examples=["the sun"])))
    with pytest.raises(PackError, match="is refused"):
        compared(given(table(id="moon", text="(?=moon)", examples=["the moon"])))


def test_what_a_rule_must_not_match_is_held_against_it() -> None:
    with pytest.raises(PackError, match="its counterexample 'the moon' matches"):
        compared(given(table(id="moon", text="moon", examples=["a moon"], counterexamples=["the moon", "the sun"])))


def test_rules_of_a_pack_must_not_hide_each_other() -> None:
    with pytest.raises(PackError, match="is won by acme/wide"):
        compared(
            given(table(id="wide", text="the", examples=["the"]), table(id="moon", text="moon", examples=["the moon"]))
        )


def test_a_rule_here_that_says_the_same_may_come_first() -> None:
    wanted = given(table(id="moon", text="moon", examples=["the moon", "a moon"]))
    local = own(table(id="mine", text="the moon"))
    assert compared(wanted, local).new == ("acme/moon",)


def test_a_table_says_all_that_a_rule_asks() -> None:
    asked = table(
        id="all",
        text='a "quote" \\b\x7f',
        reads="words",
        provider="gmail",
        phase=["rcpt", "data"],
        peer="receiver",
        smtp=["5??", "none"],
        enhanced=["?.2.2", "none"],
        type="hard",
        reason="user_unknown",
        cause="no_such_user",
        confirm=2,
        retry=False,
        examples=["x"],
    )
    (rule,) = rules(asked)
    examples = [{"text": "x", "code": 550}, {"text": "y"}]
    text = rules_text([rule_table(rule, source=rule.source, examples=examples)])
    import tomllib

    (again,) = rules(*tomllib.loads(text)["rule"])
    plain = {"examples": (), "counterexamples": (), "line": 0}
    assert replace(again, **plain) == replace(rule, **plain)
    assert [example.situation.code for example in again.examples] == [550, 0]
    (little,) = rules(table(id="little", examples=["x"]))
    assert set(rule_table(little, source="s", examples=["x"])) == {
        *("id", "channel", "text", "type", "reason", "cause", "since", "source", "examples")
    }
    assert toml_text({"flag": True}) == "flag = true\n"


def test_a_table_that_only_looks_imported_is_refused() -> None:
    with pytest.raises(RuleError, match="unknown key 'pack'"):
        load_console_rules([{**table(id="a"), "pack": "acme"}])


_KEYS = ("id", "text", "type", "reason", "cause", "since", "source", "examples", "counterexamples", "channel")
_MORE_KEYS = ("provider", "phase", "peer", "smtp", "enhanced", "reads", "retry", "confirm", "review", "pack", "zzz")
_VALUES = (
    *('""', '"moon"', '"email"', '"hard"', "1", "2", "1.5", "nan", "true", "[]", "[1]", "[[1]]", '["moon"]', "{}"),
    *("{ text = 1 }", '[{ text = "moon" }]', '[{ text = "moon", code = "x" }]', '[{ text = "moon", phase = [] }]'),
    *("2026-01-01", "12:00:00", "2026-01-01T00:00:00Z", '{ name = "acme", place = 1 }', '["none", "5??"]', "-1"),
)


@settings(max_examples=400)
@given_by(st.dictionaries(st.sampled_from(_KEYS + _MORE_KEYS), st.sampled_from(_VALUES), max_size=5))
def test_whatever_a_pack_holds_it_is_taken_or_refused(changes: dict[str, str]) -> None:
    plain = {"id": '"moon"', "text": '"moon"', "type": '"soft"', "reason": '"mailbox_full"', "since": "2026-01-01"}
    values = {**plain, "source": '"a test"', "examples": '["the moon"]', **changes}
    text = "[[rule]]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
    try:
        found = compared(rules_of(pack_file(text), source="here"))
    except PackError:
        return
    json.dumps(found.documents, allow_nan=False)
