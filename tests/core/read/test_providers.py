"""What the webhooks of providers say, in each one's own words; hostile ones among them."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.read.providers import PROVIDERS, Befell, Told
from rebond.core.read.providers.body import MOST_EVENTS, TooManyError, events_in, events_naming, is_hook, pack, unpack
from rebond.core.read.providers.told import moment, number, pointers
from rebond.core.words import FailureType
from tests.hooks_written import ANN, NOW, SAMPLES, Sample, body_of


def told_by(sample: Sample) -> list[Told]:
    events = events_in(sample.provider, body_of(sample.provider, sample.event))
    return [told for event in events for told in PROVIDERS[sample.provider].read(event)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one.provider}-{one.befell}")
def test_each_event_says_what_befell_whom_and_when(sample: Sample) -> None:
    (told,) = told_by(sample)
    assert (told.befell, told.address) == (sample.befell, sample.address)
    assert told.at is None or abs((told.at - NOW).total_seconds()) < 1


def test_every_provider_has_samples_of_what_matters() -> None:
    seen = {(sample.provider, sample.befell) for sample in SAMPLES}
    wanted = {(name, befell) for name in PROVIDERS for befell in (Befell.FAILED, Befell.DELIVERED)}
    assert wanted <= seen


def test_categories_are_verdicts_that_go_together() -> None:
    for provider in PROVIDERS.values():
        assert provider.title
        assert provider.categories
        for verdict in provider.categories.values():
            assert verdict.rule == "given"
            assert verdict.type in (FailureType.HARD, FailureType.SOFT)


def test_what_speaks_of_our_message_is_gathered() -> None:
    assert "<1@shop.example>" in told_by(SAMPLES[0])[0].pointers
    assert "b+x@bounce.shop.example" in told_by(SAMPLES[0])[0].pointers
    assert pointers("a", None, {"b": "c", "d": 1}, 5, "") == ("a", "c")


@pytest.mark.parametrize(("value", "at"), [
    (None, None),
    ("", None),
    (0, datetime(1970, 1, 1, tzinfo=UTC)),
    ("1772438400", NOW),
    ("1772438400.5", NOW.replace(microsecond=500_000)),
    (1772438400000, NOW),
    ("2026-03-02T09:00:00+01:00", NOW),
    ("2026-03-02 08:00:00", NOW),
])  # fmt: skip
def test_times_are_read_in_all_their_forms(value: Any, at: datetime | None) -> None:
    assert moment({"t": value}, "t") == at


@pytest.mark.parametrize(
    "value", [True, [], {}, "soon", "9" * 400, 1e300, float("nan"), -1e30, "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_said_to_be_none(value: Any) -> None:
    with pytest.raises(ValueError, match="t is no time"):
        moment({"t": value}, "t")


def test_reply_codes_are_those_of_smtp() -> None:
    assert [number({"c": value}, "c") for value in (550, "452", 605, 55, "5x0", None, "٥٥٠")] == [
        550,
        452,
        0,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(("provider", "body", "words"), [
    ("sendgrid", b"{}", "no list of events"),
    ("sendgrid", b"no", "no JSON"),
    ("sendgrid", b"\xff\xfe[", "no JSON"),
    ("sendgrid", b"[" * 200_000, "nested too deeply"),
    ("mailtrap", b"[]", "no list of events"),
    ("amazon_ses", b'{"Type": "Notification", "Message": 5}', "no text"),
    ("amazon_ses", b'{"Type": "Notification", "Message": "no"}', "no JSON"),
    ("unisender_go", b'{"events_by_user": [5]}', "no list of events"),
])  # fmt: skip
def test_a_body_of_another_shape_is_refused_in_words(provider: str, body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        events_in(provider, body)


@pytest.mark.parametrize(("provider", "event", "words"), [
    ("mailgun", {"event-data": []}, "event-data is no object"),
    ("sparkpost", {}, "msys is no object"),
    ("sendgrid", {"event": "bounce", "email": 5}, "email is no text"),
    ("amazon_ses", {"event": {"eventType": "Bounce"}}, "Bounce names nobody"),
])  # fmt: skip
def test_an_event_of_another_shape_is_refused_in_words(provider: str, event: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        list(PROVIDERS[provider].read(event))


def test_what_is_no_event_about_a_message_is_passed_over() -> None:
    set_up = {"Type": "Notification", "Message": "Successfully validated SNS topic for Amazon SES event publishing."}
    assert events_in("amazon_ses", json.dumps(set_up).encode()) == []
    assert events_in("amazon_ses", b'{"Type": "SubscriptionConfirmation"}') == []
    assert events_in("unisender_go", b'{"event_name": "transactional_spam_block"}') == []
    (single,) = events_in("unisender_go", b'{"event_name": "transactional_email_status", "email": "a@b.example"}')
    assert single["email"] == "a@b.example"
    assert list(PROVIDERS["sparkpost"].read({"msys": {}})) == []
    assert [told.befell for told in PROVIDERS["amazon_ses"].read({"event": {"eventType": "Open"}})] == [Befell.NOTHING]
    assert events_in("brevo", b'[{"event": "spam"}]') == events_in("brevo", b'{"event": "spam"}')


def test_no_body_holds_more_events_than_allowed() -> None:
    assert len(events_in("sendgrid", b"[" + b",".join([b"{}"] * MOST_EVENTS) + b"]")) == MOST_EVENTS
    with pytest.raises(TooManyError, match="10,001 events"):
        events_in("sendgrid", b"[" + b",".join([b"{}"] * (MOST_EVENTS + 1)) + b"]")


def test_a_body_is_stored_with_the_name_of_its_provider() -> None:
    assert unpack(pack("sendgrid", b"[]\n\n[]")) == ("sendgrid", b"[]\n\n[]")
    assert (is_hook(pack("sendgrid", b"")), is_hook(b"Subject: x")) == (True, False)
    for raw in (b"", b"Webhook: nobody\n\n{}", b"Subject: x\n\nWebhook: sendgrid\n\n", b"sendgrid\n\n[]"):
        with pytest.raises(ValueError, match="no known provider"):
            unpack(raw)


def test_of_a_body_only_what_names_somebody_is_shown() -> None:
    body = json.dumps([{"email": "Ann@Reader.example", "a": "\ud800é"}, {"email": "bob@reader.example"}]).encode()
    assert [event["email"] for event in events_naming(pack("sendgrid", body), [ANN])] == ["Ann@Reader.example"]
    others = [{"email": one} for one in ("jo" + ANN, "a." + ANN, ANN + ".org", ANN + "-x")]
    assert events_naming(pack("sendgrid", json.dumps(others).encode()), [ANN, "b@c.example"]) == []
    assert len(events_naming(pack("sendgrid", json.dumps([f"<{ANN}>.", f"mailto:{ANN}?x"]).encode()), [ANN])) == 2
    assert events_naming(pack("sendgrid", body), []) == []
    assert events_naming(pack("sendgrid", b"no"), [ANN]) == []
    assert events_naming(b"a mail", [ANN]) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(provider=st.sampled_from(sorted(PROVIDERS)), data=st.data())
def test_whatever_stands_in_a_field_an_event_is_read_or_refused(provider: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from([one for one in SAMPLES if one.provider == provider]))
    (event,) = events_in(provider, body_of(provider, sample.event))
    changed = json.loads(json.dumps(event))
    places = list(_places(changed))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places))
        holder[key] = data.draw(_JSON)
    with suppress(ValueError):
        assert all(isinstance(told, Told) for told in PROVIDERS[provider].read(changed))


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)
