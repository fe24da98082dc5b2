"""Webhooks that are not what they say: inherited by every provider, so that none can forget them."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rebond.core.read.providers import PROVIDERS, Befell
from rebond.intake.webhooks.sources import BASIC, BY_TOPIC
from rebond.public import hooks
from rebond.store.models import AddressStateRow, EvidenceRow, ReturnedMail, Unattributed
from rebond.wiring import Site
from tests.hooks_written import CERTIFICATE, NOW, SAMPLES, TOPIC, Posted, body_of, certificate, dumped, keys, post
from tests.public.hooks_fixtures import Amazon, amazon, hook_site, send, settle

__all__ = ["amazon", "hook_site"]
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("hook_site")]
EVERY = pytest.mark.parametrize("provider", sorted(PROVIDERS))
_ODD = (b"", b"null", b"5", b'"x"', b"[[]]", b"{}", b"[" * 100_000, b"\xff\x00\xd8", b'{"a": "\\ud800\\u0000"}')
# These sign a time: what is older than allowed is refused.
TIMED = ("amazon_ses", "mailgun", "resend", "sendgrid")


def bounce_of(provider: str) -> bytes:
    event = next(one.event for one in SAMPLES if (one.provider, one.befell) == (provider, Befell.FAILED))
    return body_of(provider, event)


def refused(answer: Any, *statuses: int) -> None:
    """Nothing of it is stored, nothing acts, and people see that it came."""
    assert answer.status_code in (statuses or (401,)), answer.content
    settle()
    assert not ReturnedMail.objects.exists()
    assert not EvidenceRow.objects.exists()
    assert not AddressStateRow.objects.exists()


def listed() -> set[str]:
    return set(Unattributed.objects.values_list("why", flat=True))


@EVERY
def test_without_a_signature_it_is_refused(provider: str) -> None:
    good = post(provider, bounce_of(provider))
    body = good.body if good.headers and provider != "amazon_ses" else bounce_of(provider)
    refused(send(Posted(body, {}, good.content_type), provider))
    assert listed() <= {"bad_signature"}
    assert Unattributed.objects.get().source == f"webhook:{provider}"


@pytest.mark.parametrize("provider", sorted(set(PROVIDERS) - BASIC))  # those have a password and no signature
def test_with_a_changed_body_it_is_refused(provider: str) -> None:
    good = post(provider, bounce_of(provider))
    changed = good.body.replace(b"ann", b"bob").replace(b"1.1+No", b"1.1+Na")
    if provider == "mailgun":  # its signature is over a token: see below
        changed = good.body.replace(b'"token": "', b'"token": "0')
    assert changed != good.body
    refused(send(Posted(changed, good.headers, good.content_type), provider))


_BROKEN: tuple[Callable[[str], str], ...] = (
    lambda text: text[:-2],
    lambda text: "",
    lambda text: "é%00",
    lambda text: text[::-1],
    lambda text: "A" * 7_000,
)


@EVERY
def test_with_a_broken_signature_it_is_refused(provider: str) -> None:
    good = post(provider, bounce_of(provider))
    for broken in _BROKEN:
        if provider in ("mailgun", "amazon_ses", "unisender_go"):
            body = json.loads(good.body)
            places = {"mailgun": (body.get("signature"), "signature"), "amazon_ses": (body, "Signature")}
            holder, name = places.get(provider, (body, "auth"))
            holder[name] = broken(holder[name])
            posted = Posted(dumped(body), good.headers, good.content_type)
        else:
            kept = ("-Timestamp", "-id", "-timestamp")
            headers = {name: value if name.endswith(kept) else broken(value) for name, value in good.headers.items()}
            posted = Posted(good.body, headers, good.content_type)
        refused(send(posted, provider))


@pytest.mark.parametrize("provider", sorted(set(PROVIDERS) - {BY_TOPIC}))  # of topics below
def test_signed_for_another_source_it_is_refused(provider: str) -> None:
    other = "rebond:another-password" if ":" in keys()[provider] else "another key"
    if provider in ("sendgrid", "postal"):
        good = post("postal" if provider == "sendgrid" else "sendgrid", bounce_of(provider))
    elif provider == "resend":
        good = post(provider, bounce_of(provider), key="whsec_YW5vdGhlciBzZWNyZXQga2V5IQ==")
    else:
        good = post(provider, bounce_of(provider), key=other)
    refused(send(good, provider))


@pytest.mark.parametrize("provider", TIMED)
@pytest.mark.parametrize("late", [timedelta(days=2), -timedelta(hours=1), timedelta(days=4000)])
def test_with_an_old_time_it_is_refused(provider: str, late: timedelta) -> None:
    refused(send(post(provider, bounce_of(provider), at=NOW - late), provider), 403)
    assert listed() == {"too_old"}


@EVERY
def test_a_repeated_webhook_has_one_effect(provider: str) -> None:
    good = post(provider, bounce_of(provider))
    told = [send(good, provider).json()["status"] for _ in range(3)]
    assert told == ["stored", "known", "known"]
    settle()
    assert (ReturnedMail.objects.count(), EvidenceRow.objects.count()) == (1, 1)


def test_a_signature_of_mailgun_serves_for_one_body_only() -> None:
    good = post("mailgun", bounce_of("mailgun"))
    assert send(good, "mailgun").json() == {"status": "stored"}
    forged = Posted(good.body.replace(b"ann@", b"bob@"), good.headers)
    assert send(forged, "mailgun").json() == {"status": "known"}
    settle()
    assert EvidenceRow.objects.get().address_key.startswith("ann@")


def test_the_form_of_mailgun_that_signs_no_time_is_refused() -> None:
    body = b"token=a&timestamp=1&signature=b&event=bounced&recipient=ann@reader.example"
    refused(send(Posted(body, {}, "application/x-www-form-urlencoded"), "mailgun"))


@EVERY
def test_more_than_a_body_may_be_is_not_looked_at(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "MOST_BYTES", 50)
    refused(send(post(provider, bounce_of(provider)), provider), 413)
    assert listed() == set()


@EVERY
def test_what_is_no_event_harms_nothing(provider: str) -> None:
    for body in _ODD:
        for posted in (post(provider, body), Posted(body, {})):
            assert send(posted, provider).status_code in (200, 401)
    settle()
    assert not EvidenceRow.objects.exists()
    assert set(ReturnedMail.objects.values_list("state", flat=True)) <= {"dead", "settled", "unattributed"}


def test_however_many_are_refused_a_source_has_one_entry_an_hour(hook_site: Site) -> None:
    for _ in range(5):
        send(Posted(b"[]", {}), "sendgrid")
        send(Posted(b"[]", {}), "second")
        hooks.doors().listed.clear()  # as another process, or this one begun anew
    assert sorted(Unattributed.objects.values_list("source", flat=True)) == ["webhook:second", "webhook:sendgrid"]
    entry = Unattributed.objects.first()
    assert entry is not None
    assert (entry.address, entry.returned_mail, entry.trust) == ("", "", "unverified")
    assert entry.detail == "127.0.0.0/24"
    hook_site.clock.time += timedelta(hours=1)  # type: ignore[attr-defined]
    send(Posted(b"[]", {}), "sendgrid")
    assert Unattributed.objects.count() == 3


def test_a_refusal_asks_for_a_name() -> None:
    assert send(Posted(b"{}", {}), "postmark")["WWW-Authenticate"].startswith("Basic")


# Amazon SNS


@pytest.mark.parametrize("topic", [TOPIC + "x", TOPIC.replace("123456789012", "210987654321"), "", None, 5, [TOPIC]])
def test_another_topic_is_refused_before_anything_is_fetched(topic: Any, amazon: Amazon) -> None:
    for kind in ("Notification", "SubscriptionConfirmation"):
        refused(send(post("amazon_ses", bounce_of("amazon_ses"), TopicArn=topic, Type=kind, Token="t",
                          SubscribeURL="https://sns.eu-west-1.amazonaws.com/"), "amazon_ses"), 403)  # fmt: skip
    assert listed() == {"other_topic"}
    assert amazon.asked == []


@pytest.mark.parametrize("url", [
    CERTIFICATE.replace("https:", "http:"),
    CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example"),
    CERTIFICATE.replace("sns.eu-west-1", "evil.example/sns.eu-west-1"),
    CERTIFICATE.replace("//sns", "//sns.eu-west-1.amazonaws.com@evil.example#sns"),
    CERTIFICATE.replace("eu-west-1", "us-east-1"),
    CERTIFICATE.replace("amazonaws.com", "amazonaws.com:8443"),
    CERTIFICATE.replace("/Simple", "/bucket/../Simple"),
    CERTIFICATE + "?x=.pem",
    "https://127.0.0.1/SimpleNotificationService-0123456789abcdef.pem",
    "file:///etc/hostname",
    5,
])  # fmt: skip
def test_nothing_is_fetched_from_where_a_message_says(url: Any, amazon: Amazon) -> None:
    refused(send(post("amazon_ses", bounce_of("amazon_ses"), SigningCertURL=url), "amazon_ses"))
    assert amazon.asked == []


@pytest.mark.parametrize("file", [
    certificate("sns.evil.example"),
    certificate("evil-sns.amazonaws.com"),
    certificate(begins=NOW - timedelta(days=40)),
    certificate(begins=NOW + timedelta(days=1)),
    b"no certificate",
])  # fmt: skip
def test_a_certificate_that_is_not_amazons_own_and_of_now_proves_nothing(file: bytes, amazon: Amazon) -> None:
    amazon.files[CERTIFICATE] = file
    refused(send(post("amazon_ses", bounce_of("amazon_ses")), "amazon_ses"))


@pytest.mark.parametrize("name", [
    "sns-signing.ap-east-1.amazonaws.com",
    "sns-us-gov-west-1.amazonaws.com",
    "sns-cn-north-1.amazonaws.com.cn",
])  # fmt: skip
def test_certificates_have_names_of_their_own_in_some_regions(name: str, amazon: Amazon) -> None:
    amazon.files[CERTIFICATE] = certificate(name)
    assert send(post("amazon_ses", bounce_of("amazon_ses")), "amazon_ses").status_code == 200


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_the_signature_hold_and_the_certificate_is_fetched_once(version: str, amazon: Amazon) -> None:
    for number in (1, 2):
        body = bounce_of("amazon_ses").replace(b"m-Bounce", b"m-%d" % number)
        assert send(post("amazon_ses", body, version=version), "amazon_ses").json() == {"status": "stored"}
    assert amazon.asked == [CERTIFICATE]
    refused_version = json.loads(post("amazon_ses", bounce_of("amazon_ses")).body) | {"SignatureVersion": "3"}
    assert send(Posted(dumped(refused_version), {}), "amazon_ses").status_code == 401


def test_a_subscription_is_confirmed_at_amazons_host_and_stored_nowhere(amazon: Amazon) -> None:
    changed = {"Type": "SubscriptionConfirmation", "Token": "t&=é", "SubscribeURL": "https://evil.example/"}
    body = dumped({"Message": "You have chosen to subscribe", "MessageId": "m", **changed})
    assert send(post("amazon_ses", body), "amazon_ses").json() == {"status": "confirmed"}
    (asked,) = [url for url in amazon.asked if url != CERTIFICATE]
    assert asked == (
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
        "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Abounces&Token=t%26%3D%C3%A9"
    )
    assert not ReturnedMail.objects.exists()
    ended = body.replace(b"SubscriptionConfirmation", b"UnsubscribeConfirmation")
    assert send(post("amazon_ses", ended), "amazon_ses").json() == {"status": "confirmed"}
    assert len(amazon.asked) == 2


def test_what_amazon_does_not_answer_is_to_be_posted_again(amazon: Amazon) -> None:
    from rebond.fetch import FetchError

    def away(url: str) -> bytes:
        raise FetchError("it does not answer")

    hooks.doors().topics.get = away
    good = post("amazon_ses", bounce_of("amazon_ses"))
    assert [send(good, "amazon_ses").status_code for _ in range(8)] == [503] * 8
    assert not Unattributed.objects.exists()


def test_a_stranger_cannot_make_this_site_ask_amazon_again_and_again(amazon: Amazon) -> None:
    for number in range(20):
        url = CERTIFICATE.replace("0123456789abcdef", f"{number:08x}")
        send(post("amazon_ses", bounce_of("amazon_ses"), SigningCertURL=url), "amazon_ses")
    assert len(amazon.asked) == 6


def test_a_source_without_its_key_takes_nothing_in(hook_site: Site) -> None:
    from tests.public.hooks_fixtures import make_site

    for text in ("", '[intake.sendgrid]\nkey = ""\n', '[intake.postmark]\nkey = ":"\n', '[intake.resend]\nkey = "x"\n'):
        made = make_site(hook_site.data)
        (made.data / "secrets.toml").write_text(text)
        for name in ("sendgrid", "postmark", "resend", "second"):
            for posted in (Posted(b"[]", {}), Posted(b"[]", {"Authorization": "Basic Og=="})):
                answer = Client(headers=dict(posted.headers)).post(f"/webhooks/in/{name}", b"[]", "application/json")
                assert answer.status_code in (404, 503)
    assert not ReturnedMail.objects.exists()


def test_a_log_is_not_filled_by_what_strangers_post(hook_site: Site, caplog: pytest.LogCaptureFixture) -> None:
    from tests.public.hooks_fixtures import make_site

    (make_site(hook_site.data).data / "secrets.toml").write_text('[intake.sendgrid]\nkey = "no key"\n')
    assert [send(Posted(b"[]", {}), "sendgrid").status_code for _ in range(5)] == [503] * 5
    assert [one.message for one in caplog.records if one.name == "rebond.intake"] == [
        "a webhook of sendgrid cannot be used: its key cannot be used: ValueError"
    ]


def test_a_file_of_secrets_that_cannot_be_read_is_no_fault_of_the_provider(hook_site: Site) -> None:
    from tests.public.hooks_fixtures import make_site

    (make_site(hook_site.data).data / "secrets.toml").chmod(0o644)
    answer = send(post("sendgrid", bounce_of("sendgrid")), "sendgrid")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_webhooks_are_counted_by_their_source_and_what_became_of_them(hook_site: Site) -> None:
    from rebond.site.metrics import measure

    send(post("sendgrid", bounce_of("sendgrid")), "second")
    send(Posted(b"[]", {}), "second")
    send(Posted(b"[]", {}), "strange")
    figures = measure(hook_site).decode()
    for outcome in ("stored", "bad_signature"):
        assert f'rebond_webhooks_received_total{{outcome="{outcome}",source="second"}}' in figures
    assert "strange" not in figures
