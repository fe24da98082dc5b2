"""Signed return paths and unsubscribe tokens (specification 07)."""

import base64
import hmac
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rebond.core import tokens
from rebond.core.tokens import Keyring, TokenProblem, TokenReading, UnsubscribeReading

KEY, OTHER = b"a key of 16 bytes or more", b"another key, as long as that"
RING = Keyring({1: KEY}, 1)
DAY = date(2026, 1, 5)
LARGEST = 2**63 - 1
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
IDS = st.one_of(st.integers(1, 10_000), st.integers(1, LARGEST))
DAYS = st.dates(date(2020, 1, 1), date(2199, 1, 1))


def read(token: str, *, ring: Keyring = RING, today: date = DAY) -> TokenReading:
    return tokens.read(token, keyring=ring, today=today)


def forge(body: bytes, key: bytes = KEY) -> str:
    """Seal anything with the right key, as no code of ours would."""
    mac = hmac.digest(key, body, "sha256")[:10]
    return base64.b32encode(body + mac).decode().rstrip("=").lower()


@given(IDS, DAYS, st.integers(0, 15))
def test_round_trip(message: int, issued: date, number: int) -> None:
    ring = Keyring({number: KEY}, number)
    token = tokens.sign(message, keyring=ring, issued=issued)
    assert set(token) <= set(ALPHABET)
    assert read(token, ring=ring, today=issued) == TokenReading(message, issued)
    assert read(token.upper(), ring=ring, today=issued) == TokenReading(message, issued)
    assert tokens.find([token]) == (token,)


@given(IDS, IDS, DAYS)
def test_round_trip_of_an_unsubscribe_token(profile: int, delivery: int, today: date) -> None:
    token = tokens.sign_unsubscribe(profile, delivery=delivery, keyring=RING)
    assert tokens.read_unsubscribe(token.upper(), keyring=RING) == UnsubscribeReading(profile, delivery)
    assert tokens.find([token]) == (token,)
    # One kind of token is never taken for the other.
    assert read(token, today=today).problem is TokenProblem.MALFORMED
    bounce = tokens.sign(profile, keyring=RING, issued=today)
    assert tokens.read_unsubscribe(bounce, keyring=RING).problem is TokenProblem.MALFORMED


def test_the_local_part_fits_sixty_four_octets_at_the_largest_id() -> None:
    token = tokens.sign(LARGEST, keyring=RING, issued=date(2199, 1, 1))
    unsubscribe = tokens.sign_unsubscribe(LARGEST, delivery=LARGEST, keyring=RING)
    assert len(f"bounce+{token}") <= 64
    assert len(f"unsubscribe+{unsubscribe}") <= 64
    assert tokens.find([token, unsubscribe]) == (token, unsubscribe)


@given(IDS, st.integers(0, 60))
def test_one_that_was_cut_does_not_hold(message: int, length: int) -> None:
    token = tokens.sign(message, keyring=RING, issued=DAY)
    assume(length < len(token))
    assert read(token[:length]).problem is not None
    assert read(token[length + 1 :]).problem is not None


@given(IDS, st.integers(0, 60), st.sampled_from(ALPHABET))
def test_one_with_another_character_does_not_hold(message: int, place: int, character: str) -> None:
    token = tokens.sign(message, keyring=RING, issued=DAY)
    assume(place < len(token) and token[place] != character)
    assert read(token[:place] + character + token[place + 1 :]).problem is not None


@given(IDS, st.integers(0, 60))
def test_one_with_two_characters_swapped_does_not_hold(message: int, place: int) -> None:
    token = tokens.sign(message, keyring=RING, issued=DAY)
    assume(place + 1 < len(token) and token[place] != token[place + 1])
    assert read(token[:place] + token[place + 1] + token[place] + token[place + 2 :]).problem is not None


def test_the_bits_that_carry_nothing_are_zero_so_that_a_token_has_one_spelling() -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    assert [character for character in ALPHABET if read(token[:-1] + character).problem is None] == [token[-1]]
    assert read(token + "=").problem is TokenProblem.MALFORMED


def test_keys() -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    assert read(token, ring=Keyring({1: OTHER}, 1)) == TokenReading(problem=TokenProblem.FORGED)
    assert read(token, ring=Keyring({2: KEY}, 2)) == TokenReading(problem=TokenProblem.UNKNOWN_KEY)
    # Rotated: the new one signs, the old one is still accepted.
    assert read(token, ring=Keyring({1: KEY, 2: OTHER}, 2)).message == 7


def test_what_is_built_again_is_signed_by_the_same_key() -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    rotated = Keyring({1: KEY, 2: OTHER}, 2)
    again = tokens.signed_like(token, keyring=rotated)
    assert tokens.sign(7, keyring=again, issued=DAY) == token
    assert tokens.sign(7, keyring=rotated, issued=DAY) != token


@pytest.mark.parametrize("token", [tokens.sign(7, keyring=Keyring({5: KEY}, 5), issued=DAY), "", "é", "1" * 8, "aaa"])
def test_a_key_that_is_gone_or_no_token_leaves_the_keyring(token: str) -> None:
    assert tokens.signed_like(token, keyring=RING) is RING


@pytest.mark.parametrize(
    ("days", "problem"),
    [
        (-2, TokenProblem.FUTURE),
        (-1, None),
        (0, None),
        (30, None),
        (31, TokenProblem.EXPIRED),
        (3000, TokenProblem.EXPIRED),
    ],
)
def test_the_days_on_which_one_holds(days: int, problem: TokenProblem | None) -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    # An expired one still names its message: it is worth "matched".
    assert read(token, today=DAY + timedelta(days=days)) == TokenReading(7, DAY, problem)


def test_a_site_chooses_how_long_one_holds() -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    found = tokens.read(token, keyring=RING, today=DAY + timedelta(days=3), valid_days=2)
    assert found.problem is TokenProblem.EXPIRED


def test_an_unsubscribe_token_never_expires_and_survives_rotation() -> None:
    token = tokens.sign_unsubscribe(7, delivery=8, keyring=RING)
    later = Keyring({number: KEY if number == 1 else OTHER for number in range(16)}, 9)
    assert tokens.read_unsubscribe(token, keyring=later) == UnsubscribeReading(7, 8)
    assert tokens.read_unsubscribe(token, keyring=Keyring({1: OTHER}, 1)).problem is TokenProblem.FORGED
    assert tokens.read_unsubscribe(token, keyring=Keyring({2: KEY}, 2)).problem is TokenProblem.UNKNOWN_KEY


@pytest.mark.parametrize(
    "token",
    ["", " ", "a", "=", "aaaa====", "é", "ſ" * 30, "1" * 30, "a" * 30, "a" * 100_000, "\ud800", "\x00", "mfrgg==="],
)
def test_anything_else_is_malformed(token: str) -> None:
    assert read(token) == TokenReading(problem=TokenProblem.MALFORMED)
    assert tokens.read_unsubscribe(token, keyring=RING) == UnsubscribeReading(problem=TokenProblem.MALFORMED)


@given(st.text(max_size=80))
def test_reading_never_raises(token: str) -> None:
    assert read(token).problem is not None
    assert tokens.read_unsubscribe(token, keyring=RING).problem is not None


@pytest.mark.parametrize("payload", [b"", b"\x08\x8a", bytes(11)])
def test_a_sealed_one_with_another_inside_is_malformed(payload: bytes) -> None:
    assert read(forge(b"\x11" + payload)).problem is TokenProblem.MALFORMED


@pytest.mark.parametrize(
    "payload", [b"", b"\x00\x01", b"\x01", b"\x01\x01", b"\x09" + bytes(10), b"\x01\x01" + bytes(9)]
)
def test_a_sealed_unsubscribe_with_another_inside_is_malformed(payload: bytes) -> None:
    found = tokens.read_unsubscribe(forge(b"\x21" + payload), keyring=RING)
    assert found.problem is TokenProblem.MALFORMED


@given(IDS)
def test_found_in_what_mail_systems_make_of_an_address(message: int) -> None:
    token = tokens.sign(message, keyring=RING, issued=DAY)
    ours = f"bounce+{token}"
    for text in (
        f"{ours}@b.shop.example",
        f"<{ours.upper()}@B.SHOP.EXAMPLE>",
        f"SRS0=HHH=TT=b.shop.example={ours}@forwarder.example",
        f"SRS1=HHH=forwarder.example==HHH=TT=b.shop.example={ours}@second.example",
        f"prvs=0123456789={ours}@b.shop.example",
        f"prvs={ours}/0123456789@b.shop.example",
        f"{ours}=b.shop.example@forwarder.example",
        f"rfc822;{ours}@b.shop.example",
        f"<{token}.7@shop.example>",
        f"X-Token: {token}\n",
        f'"{ours}"@b.shop.example',
    ):
        assert token in tokens.find([text])


@pytest.mark.parametrize("text", ["", "bounce@b.shop.example", "a" * 22, "a" * 57, "a" * 100_000, "0" + "a" * 30, "é"])
def test_found_in_nothing_else(text: str) -> None:
    assert tokens.find([text]) == ()


def test_each_is_found_once_and_not_too_many() -> None:
    token = tokens.sign(7, keyring=RING, issued=DAY)
    assert tokens.find([token, token.upper(), f"{token} {token}"]) == (token,)
    many = ["a" * 23 + first + second + third for first in ALPHABET for second in ALPHABET for third in "abc"]
    assert len(tokens.find(many)) == tokens.MOST_CANDIDATES


@pytest.mark.parametrize("number", [0, -1, 2**63])
def test_a_number_that_no_token_carries(number: int) -> None:
    with pytest.raises(ValueError, match="is not a number that a token can carry"):
        tokens.sign(number, keyring=RING, issued=DAY)
    with pytest.raises(ValueError, match="is not a number that a token can carry"):
        tokens.sign_unsubscribe(1, delivery=number, keyring=RING)


@pytest.mark.parametrize("issued", [date(2019, 12, 31), date(2200, 1, 1)])
def test_a_day_that_no_token_carries(issued: date) -> None:
    with pytest.raises(ValueError, match="is outside the days that a token can carry"):
        tokens.sign(1, keyring=RING, issued=issued)


@pytest.mark.parametrize(
    ("keys", "current", "words"),
    [
        ({1: KEY}, 2, "key 2, which should sign, is not among the keys"),
        ({}, 1, "key 1, which should sign"),
        ({1: KEY, 16: KEY}, 1, "key 16: numbers go from 0 to 15"),
        ({1: KEY, -1: KEY}, 1, "key -1: numbers go from 0 to 15"),
        ({1: b"too short"}, 1, "a key has at least 16 bytes"),
    ],
)
def test_a_keyring_that_cannot_sign(keys: dict[int, bytes], current: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Keyring(keys, current)


def test_a_keyring_does_not_show_its_keys() -> None:
    assert "a key of" not in repr(RING)


NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_confirmation_holds_until_its_second_for_what_it_is_about() -> None:
    token = tokens.sign_confirmation(7, about="1/ann@example.org", expires=NOW, keyring=RING)
    reading = tokens.read_confirmation(token, keyring=RING, now=NOW)
    assert (reading.request, reading.problem) == (7, None)
    assert tokens.is_about(reading, "1/ann@example.org")
    assert not tokens.is_about(reading, "2/ann@example.org")
    late = tokens.read_confirmation(token, keyring=RING, now=NOW + timedelta(seconds=1))
    assert (late.request, late.problem) == (7, TokenProblem.EXPIRED)


def test_confirmations_are_no_other_tokens_and_no_others_are_confirmations() -> None:
    token = tokens.sign_confirmation(7, about="x", expires=NOW, keyring=RING)
    assert read(token).problem is TokenProblem.MALFORMED
    assert tokens.read_unsubscribe(token, keyring=RING).problem is TokenProblem.MALFORMED
    other = tokens.sign_unsubscribe(7, delivery=1, keyring=RING)
    assert tokens.read_confirmation(other, keyring=RING, now=NOW).problem is TokenProblem.MALFORMED


@pytest.mark.parametrize("number", [1, 255, 256, 2**63 - 1])
def test_confirmations_of_any_number(number: int) -> None:
    token = tokens.sign_confirmation(number, about="x", expires=NOW, keyring=RING)
    assert tokens.read_confirmation(token, keyring=RING, now=NOW).request == number
    assert len(token) <= 56
