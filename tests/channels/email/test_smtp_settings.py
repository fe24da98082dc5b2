"""How a relay is named and reached, from a URL."""

import pytest

from rebond.channels.email.smtp import SettingsError, SmtpSettings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay.example", ("relay.example", 25, "opportunistic", "", "", True)),
        ("smtp://relay.example:587?tls=starttls", ("relay.example", 587, "starttls", "", "", True)),
        ("smtp://a%40b:p%2Fw@[::1]:2525/?tls=none", ("::1", 2525, "none", "a@b", "p/w", True)),
        ("smtps://relay.example?verify=no", ("relay.example", 465, "implicit", "", "", False)),
    ],
)
def test_settings_from_a_url(url: str, expected: tuple[object, ...]) -> None:
    made = SmtpSettings.from_url(url)
    assert (made.host, made.port, made.tls, made.username, made.password, made.verify) == expected
    assert "p/w" not in repr(made)


def test_more_settings() -> None:
    made = SmtpSettings.from_url(
        "smtp://x?hello=me.example&ca=/etc/ca.pem", connections=2, messages_per_connection=7, timeout=10
    )
    assert (made.hello, made.ca_file, made.connections, made.messages_per_connection) == (
        "me.example",
        "/etc/ca.pem",
        2,
        7,
    )
    assert (made.connect_timeout, made.command_timeout, made.data_timeout, made.answer_timeout) == (10, 10, 10, 50)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "smtp://host"),
        ("http://relay.example", "smtp://host"),
        ("smtp://", "smtp://host"),
        ("smtp://x:port", "cannot be read"),
        ("smtp://x:99999", "cannot be read"),
        ("smtp://x?tls=maybe", "tls=maybe is none of none, starttls, opportunistic"),
        ("smtps://x?tls=none", "smtps:// takes none"),
        ("smtp://x?colour=red", "'colour'"),
        ("smtp://x/path", "'path'"),
        ("smtp://x?verify=perhaps", "neither yes nor no"),
    ],
)
def test_a_url_that_cannot_be_used_says_why(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        SmtpSettings.from_url(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("smtp://me:secret@relay.example?tls=none", "relay.example:25"),
        ("smtps://relay.example", "relay.example:465"),
        ("smtp://[::1]:2525", "[::1]:2525"),
        (f"smtp://a.{'x' * 100}.example", f"b20deafd…{'x' * 35}.example:25"),
    ],
)
def test_a_relay_is_named_by_where_it_is(url: str, name: str) -> None:
    found = SmtpSettings.from_url(url).name
    assert found == name
    assert len(found) <= 55


def test_long_names_that_differ_stay_different() -> None:
    assert len({SmtpSettings.from_url(f"smtp://{first}.{'x' * 100}.example").name for first in "abc"}) == 3


def test_a_fingerprint_tells_settings_apart_and_needs_the_key() -> None:
    urls = [
        "smtp://relay.example",
        "smtp://ann:old@relay.example",
        "smtp://ann:new@relay.example",
        "smtp://ben:new@relay.example",
        "smtp://ben:new@relay.example?tls=starttls",
        "smtp://ben:new@relay.example?verify=no",
        "smtp://ben:new@relay.example?ca=/etc/ca.pem",
    ]
    settings = [SmtpSettings.from_url(url) for url in urls]
    prints = [each.fingerprint(b"0" * 32) for each in settings]
    assert len(set(prints)) == len(urls)
    assert prints == [each.fingerprint(b"0" * 32) for each in settings]
    assert not set(prints) & {each.fingerprint(b"1" * 32) for each in settings}
    assert {len(each) for each in prints} == {8}
