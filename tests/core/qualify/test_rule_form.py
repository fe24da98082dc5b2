"""The form of rule files that anybody may have written."""

import tomllib

import pytest

from rebond.core.qualify.rule_form import is_storable, parse_rules, unfit

MANY = ".a" * 17


@pytest.mark.parametrize(
    "text",
    [
        f"x{MANY} = 1",
        f"[x{MANY}]",
        f"x = 1\r\ny = {{ z{MANY.replace('.', ' . ')} = 1 }}",
        f'x = {{ y = """ """", z{MANY} = "a" }}',
        f"x = {{ y = ''' '''', z{MANY} = 1 }}",
        f'x = {{ y = "\\\\", z{MANY} = "a" }}',
        f"x = {{ y = '', z{MANY} = 'a' }}",
        '"a"' + '."a"' * 17 + " = 1",
        "x" + ".a" * 30_000 + " = 1",
    ],
)
def test_keys_of_many_parts_are_refused_before_they_are_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d holds more than 16 dots outside of texts"):
        parse_rules(text)


@pytest.mark.parametrize(
    "text",
    [
        f'x = "a{MANY}"',
        f"x = 'a{MANY}'  # b{MANY}",
        f'x = """\n"a\\"{MANY}"""""',
        f"x = '''\n'a{MANY}'''",
        "\n".join(f"x{number}.y.z = 1.5" for number in range(20)),
        "x" + ".a" * 16 + " = 1",
    ],
)
def test_dots_of_texts_and_few_of_keys_are_none(text: str) -> None:
    assert parse_rules(text) == tomllib.loads(text)


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x =", 'x = "a', 'x = """a', "x = '''a", "x = " + "9" * 5000])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        parse_rules(text)


@pytest.mark.parametrize(
    ("text", "storable"),
    [
        ("a\tb\né \u200f\u05d0", True),
        ("a\0", False),
        ("a\x9b", False),
        ("a\ud800", False),
        ("a\u202eb", False),
        ("\u2069", False),
    ],
)
def test_what_a_pack_can_hold(text: str, storable: bool) -> None:
    assert is_storable(text) is storable


def test_what_rules_hold_is_fit() -> None:
    given = {"text": "a\tb\n", "retry": True, "examples": [{"text": "a", "code": 550}, "b"], "smtp": ["5xx"]}
    assert unfit(given) == ""
