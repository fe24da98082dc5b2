"""Policies: presets, a site's own values, and words for whoever wrote a wrong one."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.policy import (
    MAX_RETRIES,
    Counting,
    PolicyError,
    RetryPermanent,
    long_step,
    parse_duration,
    parse_retries,
    read_policy,
)
from rebond.core.words import Cause, Channel, Owner
from tests.core.given import PRESETS, policy

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("24h", DAY),
        ("5d", 5 * DAY),
        ("1d 12h", timedelta(hours=36)),
        ("1d12h", timedelta(hours=36)),
        (" 2 d ", 2 * DAY),
        ("3650d", 3650 * DAY),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a duration"),
        ("5", "is not a duration"),
        ("d", "is not a duration"),
        ("-1h", "is not a duration"),
        ("1.5h", "is not a duration"),
        ("1h, 2m", "is not a duration"),
        ("5 days", "is not a duration"),
        ("٣h", "is not a duration"),
        ("3651d", "longer than ten years"),
        ("999999999d 999999999d", "longer than ten years"),
        (5, "in quotes"),
    ],
)
def test_no_durations(text: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("5x1h,4x1d", (HOUR,) * 5 + (DAY,) * 4),
        (" 2 x 1h , 1d ", (HOUR, HOUR, DAY)),
        ("30m", (timedelta(minutes=30),)),
        ("0x1h", ()),
        ("", ()),
        (",", ()),
    ],
)
def test_retries(text: str, intervals: tuple[timedelta, ...]) -> None:
    assert parse_retries(text) == intervals


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5*1h", "is not a duration"),
        ("ax1h", "is not a retry step"),
        ("-1x1h", "is not a retry step"),
        ("x1h", "is not a retry step"),
        ("5x", "is not a duration"),
        ("5x0s", "longer than zero"),
        (f"{MAX_RETRIES + 1}x1h", "more than"),
        ("9999999999x1h", "is not a retry step"),
        (5, "is not a text"),
    ],
)
def test_no_retries(text: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_retries(text)


@given(st.text(max_size=20))
def test_texts_are_read_or_refused(text: str) -> None:
    for parse in (parse_duration, parse_retries):
        with suppress(PolicyError):
            parse(text)


def test_the_default_is_campaign() -> None:
    found = read_policy(PRESETS, overrides={})
    assert found.preset == "campaign"
    assert found.count_owners == {Owner.RECIPIENT, Owner.PROVIDER, Owner.UNKNOWN}
    assert found.retries == (HOUR,) * 5 + (DAY,) * 4
    assert (found.validity, found.full_exit, found.cleared_row) == (5 * DAY, 30 * DAY, 2 * DAY)
    assert (found.retry_permanent, found.reset_after, found.immediate_causes) == (
        RetryPermanent.DAILY,
        None,
        frozenset(),
    )
    assert {found.counting(channel) for channel in Channel} == {Counting(5, DAY)}


def test_the_other_presets() -> None:
    classic, consecutive = policy("classic"), policy("consecutive")
    assert classic.count_owners == set(Owner)
    assert classic.retry_permanent is RetryPermanent.AS_TEMPORARY
    assert consecutive.email == Counting(7, DAY, 45 * DAY)
    assert consecutive.sms == Counting(3, DAY, 7 * DAY)
    assert consecutive.push == Counting(5, DAY)


def test_a_site_changes_single_values() -> None:
    found = policy("consecutive", email={"threshold": 3}, immediate_causes=["quota"], reset_after="10d")
    assert found.email == Counting(3, DAY, 45 * DAY)
    assert found.immediate_causes == {Cause.QUOTA}
    assert found.reset_after == 10 * DAY
    assert policy("consecutive").email.threshold == 7


def test_a_site_has_a_preset_of_its_own() -> None:
    presets = {**PRESETS, "ours": {"full_exit": "60d"}}
    assert read_policy(presets, overrides={"preset": "ours"}).full_exit == 60 * DAY


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"preset": "campain"}, r"policy\.preset = 'campain' is unknown: did you mean 'campaign'\?"),
        ({"preset": "zzz"}, r"policy\.preset = 'zzz' is unknown\. Known are campaign, classic, consecutive\."),
        ({"preset": ["campaign"]}, r"policy\.preset = \['campaign'\] is unknown"),
        ({"validty": "5d"}, r"policy\.validty is unknown: did you mean 'validity'\?"),
        ({"zzz": 1}, r"policy\.zzz is unknown\. Known are count_owners,"),
        ({"email": {"treshold": 3}}, r"policy\.email\.treshold is unknown: did you mean 'threshold'\?"),
        ({"email": 5}, r"policy\.email = 5 is not a table: write threshold, gap, span in it"),
        ({"email": {"threshold": 0}}, r"policy\.email: threshold = 0: it must be a whole number of at least 1"),
        ({"email": {"threshold": True}}, r"policy\.email: threshold = True"),
        ({"email": {"threshold": "5"}}, r"policy\.email: threshold = '5'"),
        ({"sms": {"gap": "1 day"}}, r"policy\.sms: gap = '1 day' is not a duration"),
        ({"push": {"span": 3}}, r"policy\.push: span = 3 is not a text"),
        ({"validity": "5"}, r"policy\.validity: '5' is not a duration"),
        ({"validity": 5}, r"policy\.validity: 5 is not a text"),
        ({"reset_after": 10}, r"policy\.reset_after: 10 is not a text"),
        ({"retries": "5x"}, r"policy\.retries: '' is not a duration"),
        ({"retry_permanent": "dayly"}, r"policy\.retry_permanent: 'dayly' is unknown: did you mean 'daily'\?"),
        ({"retry_permanent": 3}, r"policy\.retry_permanent: 3 is unknown\. Known are daily, never, as_temporary\."),
        ({"count_owners": ["recipent"]}, r"policy\.count_owners: 'recipent' is unknown: did you mean 'recipient'\?"),
        ({"count_owners": "recipient"}, r"policy\.count_owners: 'recipient' is not a list"),
        ({"immediate_causes": ["qota"]}, r"policy\.immediate_causes: 'qota' is unknown: did you mean 'quota'\?"),
        ({"immediate_causes": [["quota"]]}, r"policy\.immediate_causes: \['quota'\] is unknown"),
    ],
)
def test_an_error_names_the_key_and_the_nearest_known_one(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        read_policy(PRESETS, overrides=overrides)


TOML = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.floats(), st.text(max_size=6), st.dates()),
    lambda below: st.one_of(st.lists(below, max_size=2), st.dictionaries(st.text(max_size=6), below, max_size=2)),
    max_leaves=3,
)
KEYS = ["preset", *PRESETS["campaign"]]


@given(st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), TOML, max_size=3))
def test_whatever_a_file_holds_is_read_or_refused(overrides: dict[str, Any]) -> None:
    with suppress(PolicyError):
        read_policy(PRESETS, overrides=overrides)


def test_the_digest_is_of_what_decides_about_addresses() -> None:
    default = policy()
    assert len(default.digest) == 16
    assert policy().digest == default.digest
    for same in (policy(retries="1x1h"), policy(validity="9d"), policy(retry_permanent="never")):
        assert same.digest == default.digest
    others = [
        policy("classic"),
        policy(email={"threshold": 4}),
        policy(sms={"gap": "1h"}),
        policy(push={"span": "1d"}),
        policy(full_exit="29d"),
        policy(reset_after="10d"),
        policy(immediate_causes=["quota"]),
    ]
    assert len({default.digest, *(other.digest for other in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    ("intervals", "step"),
    [
        ((HOUR, DAY), DAY),
        ((HOUR, 2 * HOUR), 2 * HOUR),
        ((DAY, 2 * DAY), DAY),
        ((), DAY),
    ],
)
def test_the_step_at_which_a_permanent_code_is_asked_again(intervals: tuple[timedelta, ...], step: timedelta) -> None:
    assert long_step(intervals) == step
