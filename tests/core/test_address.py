"""Addresses and their keys (specification 04, "Comparing addresses")."""

import string

import pytest
from email_validator import validate_email
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rebond.core.address import MAX_TOKEN, parse_address, plain_email_key, plain_email_keys
from rebond.core.words import Channel

EMAIL, SMS, PUSH = Channel


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ann@shop.example", "ann@shop.example"),
        ("  Ann@Shop.Example\n", "ann@shop.example"),
        ("ANN+news@SHOP.EXAMPLE", "ann+news@shop.example"),  # no provider's dot or plus rules
        ("a.n.n@gmail.example", "a.n.n@gmail.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
        ("ann@STRASSE.example", "ann@strasse.example"),
        ("ann@XN--STRAE-OQA.example", "ann@xn--strae-oqa.example"),
        ("Éva@shop.example", "éva@shop.example"),
        ("E\u0301va@shop.example", "éva@shop.example"),
        ("STRASSE@shop.example", "strasse@shop.example"),
        ("straße@shop.example", "strasse@shop.example"),
        ('"Ann B"@shop.example', '"ann b"@shop.example'),
        ('"Ann"@shop.example', "ann@shop.example"),
        ('"a@b"@shop.example', '"a@b"@shop.example'),
        ("o'hara@shop.example", "o'hara@shop.example"),
        ("x" * 64 + "@shop.example", "x" * 64 + "@shop.example"),
        ("ann@shop.test", "ann@shop.test"),
        ("ann@shop.invalid", "ann@shop.invalid"),
        ("ann@shop.local", "ann@shop.local"),
        ("ann@example.com", "ann@example.com"),
        ("ann@gmail.sim.example", "ann@gmail.sim.example"),
    ],
)
def test_email(text: str, key: str) -> None:
    parsed = parse_address(text, channel=EMAIL)
    assert (parsed.key, parsed.problem) == (key, "")
    assert parsed.text == text.strip()
    assert parsed.domain == key.rpartition("@")[2]


@pytest.mark.parametrize(
    "text",
    [
        "ann",
        "ann@",
        "@shop.example",
        "ann@shop",
        "ann@shop..example",
        "ann@.example",
        "ann@shop.example.",
        ".ann@shop.example",
        "ann..b@shop.example",
        "an n@shop.example",
        "ann@sh op.example",
        "ann@-shop.example",
        "ann@shop.123",
        "ann@b@shop.example",
        "Ann <ann@shop.example>",
        "ann@[192.0.2.1]",
        "ann@shop.example\nBcc: bob@shop.example",
        "ann\x00@shop.example",
        "\ud800@shop.example",
        "ann@sh\ufffdp.example",
        "ann@\ud800.example",
        "x" * 65 + "@shop.example",
        "ann@" + "x" * 64 + ".example",
        "x@" + "shop." * 60 + "example",
        "a" * 1_000_000,
        "a" * 1_000_000 + "@shop.example",
    ],
)
def test_no_email(text: str) -> None:
    parsed = parse_address(text, channel=EMAIL)
    assert parsed.key is None
    assert parsed.problem
    assert parsed.domain == ""


def test_a_domain_without_a_dot_where_the_site_allows_it() -> None:
    assert parse_address("Root@LocalHost", channel=EMAIL).key is None
    assert parse_address("Root@LocalHost", channel=EMAIL, allow_undotted=True).key == "root@localhost"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("text", ["", "  ", "\t\n"])
def test_an_empty_one_says_so(channel: Channel, text: str) -> None:
    parsed = parse_address(text, channel=channel)
    assert (parsed.text, parsed.key, parsed.problem) == ("", None, "empty")


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("+33 6 39 98 00 01", "", "+33639980001"),
        ("0033639980001", "", "+33639980001"),
        ("00 33 6 39 98 00 01", "DE", "+33639980001"),
        ("06.39.98.00.01", "FR", "+33639980001"),
        ("06 39 98 00 01", "fr", "+33639980001"),
        ("0044 20 7946 0018", "FR", "+442079460018"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+39 06 1234 5678", "", "+390612345678"),
    ],
)
def test_phone(text: str, region: str, key: str) -> None:
    parsed = parse_address(text, channel=SMS, region=region)
    assert (parsed.key, parsed.problem, parsed.domain) == (key, "", "")


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("06 39 98 00 01", ""),
        ("06 39 98 00 01", "ZZ"),
        ("ann", "FR"),
        ("+33", "FR"),
        ("+33 6 39", "FR"),
        ("+999 123 456 789", "FR"),
        ("555-0123", "US"),  # possible in its town only
        ("+336399800011234567", "FR"),
        ("1" * 1000, "FR"),
        ("\ud800", "FR"),
        ("00", "FR"),
    ],
)
def test_no_phone(text: str, region: str) -> None:
    parsed = parse_address(text, channel=SMS, region=region)
    assert parsed.key is None
    assert parsed.problem


def test_push_tokens_are_exact() -> None:
    assert parse_address(" app:AbC-_123 ", channel=PUSH).key == "app:AbC-_123"
    assert parse_address("app:ABC", channel=PUSH).key != parse_address("app:abc", channel=PUSH).key
    assert parse_address("x" * MAX_TOKEN, channel=PUSH).key
    assert parse_address("x" * MAX_TOKEN, channel=PUSH).domain == ""


@pytest.mark.parametrize("text", ["x" * (MAX_TOKEN + 1), "a b", "tokén", "a\x00b"])
def test_no_push_token(text: str) -> None:
    parsed = parse_address(text, channel=PUSH)
    assert parsed.key is None
    assert parsed.problem


ODD = st.text(st.characters(), max_size=40)
LIKELY = st.from_regex(r"\A[^@\s]{1,12}@[^@\s]{1,12}\.[a-z]{2,6}\Z")
WORD = st.text(string.ascii_letters + string.digits + "+_-", min_size=1, max_size=12)
PLAIN = st.builds(
    lambda local, domain: ".".join(local) + "@" + ".".join([*domain, "Example"]),
    st.lists(WORD, min_size=1, max_size=3),
    st.lists(st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9\-]{0,8}[A-Za-z0-9])?\Z"), min_size=1, max_size=3),
)
NUMBERS = st.from_regex(r"\A(\+|00)?[0-9 ().\-]{3,18}\Z")


@given(st.one_of(ODD, LIKELY, PLAIN, NUMBERS), st.sampled_from(Channel), st.sampled_from(["", "FR", "us", "?"]))
@example("İ@x.example", EMAIL, "")
@example("\u03b1\u0345@x.example", EMAIL, "")
def test_reading_never_raises_and_a_key_is_its_own_key(text: str, channel: Channel, region: str) -> None:
    parsed = parse_address(text, channel=channel, region=region)
    assert (parsed.key is None) == bool(parsed.problem)
    if parsed.key is not None:
        # Folding the case of some letters makes them longer than an address may be.
        assume(channel is not EMAIL or len(parsed.key.rpartition("@")[0]) <= 64)
        assert parse_address(parsed.key, channel=channel, region=region).key == parsed.key


@given(PLAIN)
def test_the_short_way_and_the_library_agree(text: str) -> None:
    short = parse_address(text, channel=EMAIL)
    assume("--" not in text)
    found = validate_email(text, check_deliverability=False, strict=True)
    assert short.key == f"{found.local_part.lower()}@{found.ascii_domain.lower()}"


LONG = st.builds(
    lambda local, label, times: f"{local}@{'.'.join([label] * times)}.example",
    st.text("ab1.-_+", min_size=1, max_size=70),
    st.text("ab1-", min_size=1, max_size=70),
    st.integers(1, 5),
)


@given(st.lists(st.one_of(ODD, LIKELY, PLAIN, LONG), max_size=5))
@example([])
@example([""])
@example(["a@b.example\n"])
@example(["a\nb", "c@b.example"])
@example(["\u212a@b.example", "K@b.example"])  # the sign of kelvin, whose lower case is k
@example(["a@b.c-de", "a@b--c.example", "a.@b.example", "A-b.c_d@E-f.g.Example"])
def test_many_at_once_get_what_each_gets_alone(texts: list[str]) -> None:
    assert plain_email_keys(texts) == list(map(plain_email_key, texts))


@given(st.one_of(LIKELY, PLAIN))
def test_case_does_not_tell_addresses_apart(text: str) -> None:
    keys = {parse_address(form, channel=EMAIL).key for form in (text, text.lower(), text.upper(), text.title())}
    assume(text.isascii() and None not in keys)
    assert len(keys) == 1
