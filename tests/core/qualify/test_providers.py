"""Naming providers by host and by domain."""

from typing import Any

import pytest

from rebond.core.qualify.providers import load_providers

PROVIDERS = load_providers(
    {
        "provider": [
            {"name": "gmail", "domains": ["gmail.com"], "mx": ["*.google.com"], "codes": ["G??"]},
            {"name": "orange", "domains": ["orange.fr"], "mx": ["smtp.orange.fr"]},
        ]
    }
)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("aspmx.l.google.com", "gmail"),
        ("dns; ASPMX.L.GOOGLE.COM.", "gmail"),
        ("dns; aspmx.l.google.com (192.0.2.1)", "gmail"),
        ("aspmx.l.google.com[192.0.2.1]:25", "gmail"),
        ("google.com.evil.example", ""),
        ("notgoogle.com", ""),
        ("smtp.orange.fr", "orange"),
        ("orange.fr", ""),
        ("gmail.com", ""),
        ("", ""),
        ("[192.0.2.1]", ""),
    ],
)
def test_of_host(host: str, name: str) -> None:
    assert PROVIDERS.of_host(host) == name


def test_of_hosts_takes_the_first_known() -> None:
    assert PROVIDERS.of_hosts(["", "mx.shop.example", "smtp.orange.fr", "mx.google.com"]) == "orange"
    assert PROVIDERS.of_hosts([]) == ""


@pytest.mark.parametrize(
    ("domain", "name"), [("Gmail.com", "gmail"), ("orange.fr.", "orange"), ("shop.example", "other"), ("", "other")]
)
def test_of_domain(domain: str, name: str) -> None:
    assert PROVIDERS.of_domain(domain) == name


def test_codes_that_stay() -> None:
    assert "G12" in PROVIDERS.codes
    assert "G1" not in PROVIDERS.codes


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"domains": ["a.example"]}], "has no name"),
        (
            [{"name": "a", "domains": ["x.example"]}, {"name": "b", "domains": ["x.example"]}],
            "given to both 'a' and 'b'",
        ),
        ([{"name": "a", "mx": ["*.x.example"]}, {"name": "b", "mx": ["x.example"]}], "given to both"),
    ],
)
def test_bad_tables_are_refused(entries: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_providers({"provider": entries})
