"""Templates: what they fill in, and what they may not do."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebond.channels.content import MAX_SOURCE, ContentError, ProductionError, compile_template

FIELDS: dict[str, object] = {
    "first_name": "Zoé",
    "last_name": "O'Neil <b>",
    "empty": "",
    "nothing": None,
    "tags": ["a", "b", "<c>"],
    "card": {"city": "Lyon", "items": "two"},
    "points": 12,
}


def fill(source: str, *, html: bool = False, **more: object) -> str:
    return compile_template(source, html=html, name="text").render(FIELDS | more)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ first_name }}", "Hello Zoé"),
        ("{{ missing|default('friend') }}", "friend"),
        ("{{ missing|d }}.", "."),
        ("{{ empty }}.{{ nothing }}.", ".."),
        ("{{ empty|default('x', true) }}", "x"),
        ("{% if missing is defined %}a{% else %}b{% endif %}", "b"),
        ("{% if points > 10 and 'a' in tags %}gold{% elif points %}no{% endif %}", "gold"),
        ("{{ tags|join(', ') }}", "a, b, <c>"),
        ("{% for t in tags if t != 'b' %}{{ loop.index }}{{ t }} {% else %}none{% endfor %}", "1a 2<c> "),
        ("{% for t in [] %}{% else %}none{% endfor %}", "none"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}", "a1"),
        ("{{ card.city }} {{ card['city'] }} {{ card.items }}", "Lyon Lyon two"),
        ("{{ {'b': 2}.get('b') }}{{ {'b': 2}.keys()|first }}{{ {'b': 2}.values()|last }}", "2b2"),
        ("{{ first_name.upper() }} {{ first_name|lower }} {{ 'a b'|title }}", "ZOÉ zoé A B"),
        ("{{ 'a-b'.split('-')[1] }}{{ 'abc'[0:2] }}{{ 'abc'.replace('b', 'x') }}", "babaxc"),
        (
            "{{ points + 1 }} {{ points * 2 }} {{ points // 5 }} {{ points % 5 }} {{ -points }} {{ 2 ** 3 }}",
            "13 24 2 2 -12 8",
        ),
        ("{{ 7 / 2 }} {{ 7 - 2 }} {{ 2.345|round(1) }} {{ '4'|int + '1.5'|float }} {{ -3|abs }}", "3.5 5 2.3 5.5 3"),
        ("{{ 'a' * 3 }}{{ 3 * 'b' }}{{ ([1] * 2)|join }}{{ ([1] + [2])|join }}", "aaabbb1112"),
        ("{{ first_name ~ points ~ nothing }}", "Zoé12"),
        ("{% set x = points %}{% set y %}<{{ x }}>{% endset %}{{ y }}", "<12>"),
        (
            "{% macro hi(who, end='!') %}Hi {{ who }}{{ end }}{% endmacro %}{{ hi('you') }}{{ hi('me', end='?') }}",
            "Hi you!Hi me?",
        ),
        ("{% filter upper %}abc{% endfilter %}{% with a = 1 %}{{ a }}{% endwith %}", "ABC1"),
        ("{% set ns = namespace(n=0) %}{% for t in tags %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}", "3"),
        (
            "{% for x in [1, [2]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}",
            "12",
        ),
        ("{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{{ loop.last }}{% endfor %}", "aFalsebFalseaTrue"),
        ("{{ 'abcdef'|truncate(4, true, '.') }}|{{ 'ab cd ef'|truncate(7) }}|{{ 'ab'|truncate(4) }}", "abc.|ab...|ab"),
        (
            "{{ [3, 1, 2]|sort|join }}{{ [{'n': 2}, {'n': 1}]|sort(attribute='n')|join('', 'n') }}{{ 'abc'|reverse }}",
            "12312cba",
        ),
        (
            "{{ '<p>a &amp; b</p>'|striptags }} {{ ' a '|trim }} {{ 'é&'|urlencode }} {{ 'a b'|words|length }}",
            "a & b a %C3%A9%26 2",
        ),
        ("{{ 4 is even }}{{ 3 is odd }}{{ 9 is divisibleby 3 }}{{ tags is iterable }}", "TrueTrueTrueTrue"),
        ("{# nobody #}{{ 'x' if points else 'y' }}{{ not points }}", "xFalse"),
    ],
)
def test_what_a_template_can_do(source: str, text: str) -> None:
    assert fill(source) == text


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("{{ last_name }}", "O&#39;Neil &lt;b&gt;"),
        ("{{ last_name|safe }}", "O'Neil <b>"),
        ("{{ first_name ~ '<' }}", "Zoé&lt;"),
        ("{{ tags|join('<br>') }}", "a&lt;br&gt;b&lt;br&gt;&lt;c&gt;"),
        ("{{ tags|join('<br>'|safe) }}", "a<br>b<br>&lt;c&gt;"),
        ("{% set y %}<i>{{ last_name }}</i>{% endset %}{{ y }}", "<i>O&#39;Neil &lt;b&gt;</i>"),
        ("{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m(last_name) }}", "<i>O&#39;Neil &lt;b&gt;</i>"),
        ("{{ '<b>'|safe + last_name }}", "<b>O&#39;Neil &lt;b&gt;"),
        ("{{ ('<b>'|safe).replace('b', last_name) }}", "<O&#39;Neil &lt;b&gt;>"),
    ],
)
def test_fields_are_escaped_in_html(source: str, html: str) -> None:
    assert fill(source, html=True) == html


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ nickname }}", "text, line 1: the profile has no 'nickname', and the template gives no default"),
        ("a\nb {{ nickname.upper() }}", "text, line 2: the profile has no 'nickname'"),
        ("{{ nickname['x'] }}", "no 'nickname'"),
        ("{{ nickname() }}", "no 'nickname'"),
        ("{{ nickname + 'x' }}", "no 'nickname'"),
        ("{{ nickname ~ 'x' }}", "no 'nickname'"),
        ("{{ nickname|upper }}", "no 'nickname'"),
        ("{{ nickname == 'x' }}", "no 'nickname'"),
        ("{% if nickname %}{% endif %}", "no 'nickname'"),
        ("{% for x in nickname %}{% endfor %}", "no 'nickname'"),
        ("{{ [nickname]|join }}", "no 'nickname'"),
        ("{{ card.street }}", "no attribute 'street'"),
        ("{{ points / 0 }}", "division by zero"),
        ("{{ tags }}", "a list cannot be printed"),
        ("{{ 'x' - 1 }}", "- takes two numbers, not str and int"),
        ("{{ [] * [] }}", "not supported"),
        ("{{ 5 * none }}", r"\* cannot multiply"),
        ("{{ 'abc'|truncate(1) }}", "cannot cut to 1"),
        ("{{ 1.5|round(99) }}", "precision"),
        ("{{ 'a' is even }}", "whole numbers"),
    ],
)
def test_what_cannot_be_built_for_a_profile_says_why(source: str, words: str) -> None:
    with pytest.raises(ProductionError, match=words):
        fill(source)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a\n{{ b", "text, line 2: "),
        ("{% if x %}", "line 1: Unexpected end"),
        ("{{ x|center(9) }}", "no filter 'center'"),
        ("{{ x is sameas y }}", "no test 'sameas'"),
        ("{% include 'x' %}", "{% include %} is not available"),
        ("{% import 'x' as y %}", "{% import %}"),
        ("{% extends 'x' %}", "{% extends %}"),
        ("{% block x %}{% endblock %}", "{% block %}"),
        ("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}", "{% callblock %}"),
        ("{{ ''.__class__ }}", "'__class__' is internal"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nested too deeply"),
        ("{% for i in [1] %}" * 30 + "{% endfor %}" * 30, "nested too deeply"),
        ("{{ 1" + "0" * 5000 + " }}", "impossible number"),
        ("{{ [" + "1," * 60_000 + "] }}", "20,000 words"),
        ("x" * (MAX_SOURCE + 1), "at most"),
    ],
    ids=lambda value: value[:30],
)
def test_what_cannot_be_compiled_says_where(source: str, words: str) -> None:
    with pytest.raises(ContentError, match=words):
        compile_template(source, html=True, name="text")


DOUBLING = "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60

ATTACKS = [
    "{{ ''['__class__'] }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    "{{ first_name.upper.__self__ }}",
    "{{ [].append(1) }}",
    "{{ tags.append }}",
    "{{ card.pop('city') }}",
    "{{ card.items() }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ range.x }}",
    "{{ namespace.mro() }}",
    "{{ namespace('x').y }}",
    "{% for x in tags %}{{ loop.__init__ }}{% endfor %}",
    "{% for x in tags %}{{ loop['_iterator'] }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m._func }}",
    "{% macro m() %}{% endmacro %}{{ m['_environment'] }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{x}'.format_map({'x': 1}) }}",
    "{{ lipsum(9) }}{{ cycler }}{{ joiner }}{{ dict }}",
    "{{ {(1, 2): 3} }}",
    "{{ first_name() }}",
    # loops
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(100000) %}{% for j in range(100000) if 0 %}{% endfor %}{% endfor %}",
    "{% for i in range(100001) %}{% endfor %}",
    "{% for i in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}{{ m(varargs, varargs) }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(100) }}",
    "{% for i in range(99999) %}{% if long == long %}{% endif %}{% endfor %}",
    "{% for i in range(99999) %}{{ long[0:0] }}{% endfor %}",
    "{% for i in range(99999) %}{{ long.find('y') }}{% endfor %}",
    # bombs
    "{{ 'a' * 10 ** 9 }}",
    "{{ 10 ** 9 * 'a' }}",
    "{{ [1] * 10 ** 9 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 2 ** -9999 }}",
    "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d' is even }}",
    "{{ 'a'.center(10 ** 9) }}",
    "{{ 'a'.zfill(10 ** 9) }}",
    "{{ 'a'.join(long) }}",
    "{{ long.replace('x', long) }}",
    "{{ long|replace('', long) }}",
    "{{ long.strip(long) }}",
    "{{ long.split(long) }}",
    "{{ long.split('x')|length }}",
    "{{ long|list|length }}",
    "{{ long|join(long) }}",
    "{{ long ~ long }}",
    "{{ long + long }}",
    "{{ long }}{{ long }}",
    "{{ ('é' * 1000000)|urlencode }}",
    "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set a = long %}" + "{% set a = m(a) %}" * 60 + "{{ a }}",
    "{% macro m() %}{% for i in range(99999) %}" + "y" * 1000 + "{% endfor %}{% endmacro %}{{ m()|length }}",
    "{% set x %}{% for i in range(99999) %}{{ 'a' * 1000 }}{% endfor %}{% endset %}",
    "{% for i in range(99999) %}" + "y" * 1000 + "{% endfor %}",
    DOUBLING + "{{ a == a }}",
    DOUBLING + "{{ {(a, a): 1} }}",
    DOUBLING + "{{ a|join }}",
    DOUBLING + "{{ a in [a] }}",
    "{% set ns = namespace(a=[1]) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}",
]


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize("source", ATTACKS, ids=lambda source: source[-50:])
def test_attacks_are_refused(source: str, html: bool) -> None:
    with pytest.raises((ContentError, ProductionError)):
        fill(source, html=html, long="x" * 1_000_000)


def test_a_long_list_of_honest_work_is_within_the_allowance() -> None:
    source = "{% for item in items %}<li>{{ item.name|upper }}: {{ item.price * 2 }}</li>{% endfor %}"
    items = [{"name": f"thing {n}", "price": n} for n in range(5_000)]
    assert fill(source, html=True, items=items).count("<li>") == 5_000


def test_dates_and_numbers_as_fields() -> None:
    born = datetime(2001, 2, 3, 4, 5, tzinfo=UTC)
    made = fill("{{ born.day }}.{{ born.month }}.{{ born.year }} {{ born.isoformat() }} ", born=born)
    made += fill("{{ price * 2 }} {{ price + 1 }} {{ born }}", born=born, price=Decimal("1.50"))
    assert made == "3.2.2001 2001-02-03T04:05:00+00:00 3.00 2.50 2001-02-03 04:05:00+00:00"
    with pytest.raises(ProductionError, match="no attribute 'strftime'"):
        fill("{{ born.strftime('%9999999d') }}", born=born)
    with pytest.raises(ProductionError, match="grows past"):
        fill("{{ price * price }}", price=Decimal(10) ** 15)


def test_what_filters_replace() -> None:
    assert fill("{{ 'aXbX'|replace('X', '-') }}{{ 'aa'|replace('a', 'b', 1) }}") == "a-b-ba"
    with pytest.raises(ProductionError, match="grows past"):
        fill("{{ n|abs }}", n=2**65)


def test_the_limit_is_the_callers() -> None:
    template = compile_template("{{ first_name * n }}", html=False, name="subject", limit=30)
    assert template.render({"first_name": "ab", "n": 15}) == "ab" * 15
    with pytest.raises(ProductionError, match="subject, line 1: it makes more than 30 characters"):
        template.render({"first_name": "ab", "n": 16})


def test_a_template_knows_the_fields_it_speaks_of() -> None:
    template = compile_template(
        "{% set a = b %}{{ a }}{{ c.d }}{% if unsubscribe_url %}{% endif %}", html=False, name="x"
    )
    assert template.names == {"b", "c", "unsubscribe_url"}


def test_fields_cannot_be_changed_by_a_template() -> None:
    fields = {"tags": ["b", "a"]}
    compile_template("{{ tags|sort|join }}{% set tags = [] %}", html=False, name="x").render(fields)
    assert fields == {"tags": ["b", "a"]}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab{}%#| .()[]'\"+*~-_0123456789,=:\nifordnset", max_size=60))
def test_any_source_compiles_or_is_refused(source: str) -> None:
    with suppress(ContentError, ProductionError):
        compile_template(source, html=True, name="html").render(FIELDS)


@given(st.text(max_size=200))
def test_any_field_comes_out_as_it_went_in(value: str) -> None:
    assert fill("{{ v }}", v=value) == value
    assert "<" not in fill("{{ v }}", html=True, v=value)
