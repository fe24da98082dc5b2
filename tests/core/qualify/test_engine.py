"""Both pattern libraries give the same winners; compiled forms; refusals."""

import threading

import pytest

from rebond.core.qualify import matchers
from rebond.core.qualify.byte_patterns import byte_pattern
from rebond.core.qualify.check import check_pack, check_rule, is_superseded
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.matchers import HyperscanMatcher, PatternError, Re2Matcher, make_matcher
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.rules import Pack, RuleError, Situation
from tests.core.qualify.making import engine, rules, table

BOTH = pytest.mark.parametrize("name", ["hyperscan", "re2"])
MADE = {"hyperscan": HyperscanMatcher, "re2": Re2Matcher}


@BOTH
def test_the_first_rule_wins_and_the_others_are_kept(name: str) -> None:
    made = engine(
        table(id="one", text="quota"),
        table(id="two", text="over"),
        table(id="three", text="full"),
        *(table(id=f"more-{number}", text="o") for number in range(9)),
        matcher=name,
    )
    match = made.match(fold("452 over quota"), Situation())
    assert match is not None
    assert match.rule.id == "one"
    assert [rule.id for rule in match.runners_up] == ["two", "more-0", "more-1", "more-2", "more-3"]
    assert made.match(fold("empty"), Situation()) is None
    assert made.matcher_name == name


@BOTH
def test_constraints_are_asked(name: str) -> None:
    made = engine(table(id="gmail", provider="gmail"), table(id="any"), matcher=name)
    assert made.match(fold("over quota"), Situation(provider="gmail")).rule.id == "gmail"  # type: ignore[union-attr]
    assert made.match(fold("over quota"), Situation()).rule.id == "any"  # type: ignore[union-attr]


@BOTH
@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("over quota", (0, 10)),
        ("é邮 over  quota!", (3, 14)),
        ("550-is over\r\n550-quota\r\n550 now", (7, 22)),
        ("nothing", None),
        ("\ud800 over quota", (2, 12)),
    ],
)
def test_span(name: str, text: str, span: tuple[int, int] | None) -> None:
    made = engine(table(), matcher=name)
    assert made.span("full", fold(text)) == span
    assert made.span("full", fold(text)) == span
    assert made.span("elsewhere", fold(text)) is None


@BOTH
def test_an_empty_pack_matches_nothing(name: str) -> None:
    made = RuleEngine(Pack.of(()), matcher=name)
    assert made.match(fold("over quota"), Situation()) is None
    assert made.match(fold(""), Situation()) is None


@BOTH
@pytest.mark.parametrize("pattern", ["(unclosed", r"(?=look)ahead", r"(a)\1", "x*", "[z-a]", "(?i)"])
def test_patterns_that_the_engine_cannot_take_are_refused(name: str, pattern: str) -> None:
    with pytest.raises(RuleError) as refused:
        engine(table(id="good"), table(id="bad", text=pattern), matcher=name, lines=[1, 9])
    (problem,) = refused.value.problems
    assert (problem.rule, problem.line, problem.file) == ("bad", 9, "test")
    assert f"the pattern {pattern!r} is refused: " in problem.words


def test_a_long_pattern_that_is_refused_is_cut() -> None:
    with pytest.raises(RuleError) as refused:
        engine(table(text="a" * 5000 + "("))
    assert "a" * 199 + "…' is refused" in str(refused.value)
    assert "a" * 200 not in str(refused.value)


@BOTH
def test_serialised_and_back(name: str) -> None:
    made = engine(table(), matcher=name)
    data = made.serialise()
    again = RuleEngine.deserialise(made.pack, data, matcher=name)
    assert again.match(fold("over quota"), Situation()).rule.id == "full"  # type: ignore[union-attr]
    other = Pack.of(rules(table(text="other")))
    with pytest.raises(ValueError, match="another pack"):
        RuleEngine.deserialise(other, data, matcher=name)
    with pytest.raises(ValueError, match="another pack"):
        RuleEngine.deserialise(made.pack, b"junk", matcher=name)
    with pytest.raises(ValueError, match="are damaged"):
        RuleEngine.deserialise(made.pack, data + b"!", matcher=name)
    with pytest.raises(ValueError, match="are empty"):
        RuleEngine.deserialise(made.pack, b"", matcher=name)


def test_a_dump_of_another_build_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be loaded"):
        HyperscanMatcher(["a"], dumped=b"not a database")


def test_hyperscan_serves_several_threads() -> None:
    made = engine(table(), matcher="hyperscan")
    found: list[object] = []

    def work() -> None:
        for _ in range(200):
            match = made.match(fold("452 over quota"), Situation())
            found.append(match and match.rule.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["full"] * 800


def test_re2_where_hyperscan_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("no wheel")

    monkeypatch.setattr(matchers, "HyperscanMatcher", missing)
    assert make_matcher(["a"]).name == "re2"
    with pytest.raises(ImportError):
        make_matcher(["a"], name="hyperscan")


def test_pattern_errors_tell_which() -> None:
    with pytest.raises(PatternError, match="pattern 1: "):
        make_matcher(["a", "("], name="re2")


@pytest.mark.parametrize(
    ("pattern", "translated"),
    [
        ("(?i)plain", "(?i)plain"),
        ("bo[iî]te", "bo(?:[i]|(?:î))te"),
        ("(?i)bo[iî]te", "(?i)bo(?:[i]|(?:Î|î))te"),
        ("(?i)é?", "(?i)(?:É|é)?"),
        ("[éè]", "(?:(?:é)|(?:è))"),
        (r"\S*é\.", r"\S*(?:é)\."),
        ("(?i)ß", "(?i)(?:ß)"),
        # What would mean something else over bytes stays with characters.
        ("é.", None),
        (r"é\S{3}", None),
        ("[^a]é", None),
        ("[^é]*x", None),
        ("[à-é]x", None),
        ("a(?i)é", None),
    ],
)
def test_byte_patterns(pattern: str, translated: str | None) -> None:
    assert byte_pattern(pattern) == translated


@BOTH
@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("(?i)bo[iî]te", "BOÎTE", True),
        ("bo[iî]te", "BOÎTE", False),
        ("(?i)ящик переполнен", "Почтовый ЯЩИК ПЕРЕПОЛНЕН", True),
        (r"用户\S*不存在", "用户123不存在", True),
        ("^é.$", "éü", True),
        ("^é.$", "éüü", False),
        ("[^é]x", "éx", False),
        ("[à-é]x", "âx", True),
        (r"caf\S{1}$", "café", True),
    ],
)
def test_both_read_letters_alike(name: str, pattern: str, text: str, matches: bool) -> None:
    assert MADE[name]([pattern]).find(text) == [0] * matches


def test_check_reports_what_is_wrong() -> None:
    made = engine(
        table(id="good", examples=["over quota", "quota is over quota"]),
        table(id="same"),
        table(id="silent", text="never", examples=["something else"]),
        table(id="half", text="half|over quota", examples=["half", "over quota"]),
        table(id="wrong", text="wrong", examples=["wrong"], counterexamples=["so wrong", "right"]),
        table(
            id="apart",
            text="over",
            provider="gmail",
            examples=["over"],
            counterexamples=[{"text": "over", "provider": ""}],
        ),
    )
    assert [(problem.rule, problem.words) for problem in check_pack(made)] == [
        ("same", "its example '452 4.2.2 over quota' is won by good"),
        ("same", "it always loses: no example of its own reaches it"),
        ("silent", "its example 'something else' is matched by no rule"),
        ("silent", "it always loses: no example of its own reaches it"),
        ("half", "its example 'over quota' is won by good"),
        ("wrong", "its counterexample 'so wrong' matches"),
        ("same", "it asks the same as good, which comes before it"),
    ]


def test_an_example_that_fails_by_its_capitals_alone_is_told_so() -> None:
    made = engine(table(text="over Quota", examples=["OVER QUOTA", "over Quota"]))
    (problem,) = check_pack(made)
    assert problem.words.endswith(
        "matched by no rule; capitals count: begin the pattern with (?i), as in '(?i)over Quota'"
    )


def test_a_rule_may_lose_its_examples_to_what_was_decided_after_it() -> None:
    made = engine(
        table(id="later"), table(id="sooner"), table(id="half", text="half|over", examples=["half", "over quota"])
    )
    later, sooner, half = made.pack.rules
    assert list(check_rule(made, sooner, yields_to={"later"})) == []
    assert list(check_rule(made, half, yields_to={"later"})) == []
    assert len(list(check_rule(made, sooner, yields_to={"half"}))) == 2
    assert [is_superseded(made, rule) for rule in (later, sooner, half)] == [False, True, False]


def test_check_of_rules_without_examples_reports_nothing_of_them() -> None:
    made = RuleEngine(Pack.of(rules(table(), with_examples=False)))
    assert check_pack(made) == ()


@BOTH
def test_a_sites_rules_come_before_an_engine_that_is_not_compiled_again(name: str) -> None:
    shipped = engine(table(id="theirs", text="(?i)moon"), table(id="sun", text="sun"), matcher=name)
    own = rules(table(id="mine", text="moon", examples=["the moon"]), console=True)
    joined = RuleEngine.before(own, shipped)
    match = joined.match(fold("the moon and the sun"), Situation())
    assert match
    assert [match.rule.id, *(other.id for other in match.runners_up)] == ["mine", "theirs", "sun"]
    assert joined.span("mine", fold("the moon")) == (4, 8)
    assert joined.span("sun", fold("the sun")) == (4, 7)
    assert joined.serialise().endswith(b"\n")
    assert RuleEngine.before((), shipped) is shipped
    general = RuleEngine.before(rules(table(id="zz", text="star"), file="zz"), shipped)
    assert [one.id for one in general.pack.rules] == ["theirs", "sun", "zz"]
    assert general.matcher_name == name
    with pytest.raises(RuleError, match="refused"):
        RuleEngine.before(rules(table(text="(?=moon)"), console=True), shipped)


@BOTH
def test_many_rules_of_a_site_are_compiled_in_parts_that_stay(name: str) -> None:
    shipped = engine(table(id="theirs", text="moon"), matcher=name)
    words = [f"word{number}end" for number in range(60)]
    tables = [table(id=word, text=word, provider="gmail" if "7" in word else None) for word in words]
    made: list[Pack] = []

    def make(part: Pack) -> RuleEngine:
        made.append(part)
        return RuleEngine(part, matcher=name)

    joined = RuleEngine.before(rules(*tables, console=True), shipped, make=make)
    assert sum(len(part.rules) for part in made) == 60
    assert 1 < len(made) <= 4
    text = fold(" ".join([*words, "moon"]))
    assert [rule.id for rule in joined.matching(text, Situation(provider="gmail"))] == [
        rule.id for rule in joined.pack.rules
    ]
    for word in words:
        assert joined.span(word, text) == (start := text.text.index(word), start + len(word))
    before = {part.digest for part in made}
    made.clear()
    RuleEngine.before(rules(*reversed(tables[1:]), console=True), shipped, make=make)
    assert len({part.digest for part in made} - before) == 1


def test_all_patterns_that_are_refused_are_named() -> None:
    shipped = engine(table(id="theirs", text="moon"))
    tables = [table(id=f"r{number}", text="(?=x)") for number in range(40)]
    with pytest.raises(RuleError) as error:
        RuleEngine.before(rules(*tables, console=True), shipped)
    assert len(error.value.problems) == 40
