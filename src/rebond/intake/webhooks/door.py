"""Whether a webhook comes from whom it says: by django-anymail's checks, and by ours where it has none."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rebond.core.said import said
from rebond.core.webhooks import SignatureProblem, check
from rebond.intake.webhooks.sns import Topics
from rebond.intake.webhooks.sources import BASIC, HookSource
from rebond.services.attribute import WhyUnattributed

if TYPE_CHECKING:
    from django.http import HttpRequest

_AHEAD = timedelta(minutes=5)
# Where django-anymail checks each, and what it calls the key.
_CHECKS: Mapping[str, tuple[str, str, str]] = {
    "brevo": ("brevo", "BrevoTrackingWebhookView", ""),
    "mailersend": ("mailersend", "MailerSendTrackingWebhookView", "signing_secret"),
    "mailgun": ("mailgun", "MailgunTrackingWebhookView", "webhook_signing_key"),
    "mailjet": ("mailjet", "MailjetTrackingWebhookView", ""),
    "mailtrap": ("mailtrap", "MailtrapTrackingWebhookView", "tracking_secret"),
    "mandrill": ("mandrill", "MandrillCombinedWebhookView", "webhook_key"),
    "postal": ("postal", "PostalTrackingWebhookView", "webhook_key"),
    "postmark": ("postmark", "PostmarkTrackingWebhookView", ""),
    "sendgrid": ("sendgrid", "SendGridTrackingWebhookView", "tracking_webhook_verification_key"),
    "sparkpost": ("sparkpost", "SparkPostTrackingWebhookView", ""),
    "unisender_go": ("unisender_go", "UnisenderGoTrackingWebhookView", "api_key"),
}


@dataclass(frozen=True, slots=True)
class RefusedError(Exception):
    """A webhook that is not believed, and why."""

    why: WhyUnattributed


@dataclass(frozen=True, slots=True)
class Admitted:
    """A webhook that is believed: its body as JSON, and what its provider calls it, empty where it has no name.

    `body` is empty where nothing is to be stored, as when a topic was confirmed.
    """

    body: bytes
    name: str = ""


def admit(source: HookSource, request: "HttpRequest", *, now: datetime, topics: Topics) -> Admitted:
    """Believe a webhook or refuse it; FetchError when a certificate could not be fetched just now."""
    if source.provider == "amazon_ses":
        found = topics.admit(request.body, pinned=source.topics, max_age=source.max_age, now=now)
        if isinstance(found, WhyUnattributed):
            raise RefusedError(found)
        return Admitted(*found)
    if source.provider == "resend":
        return _standard(source, request, now=now)
    _anymail(source, request)
    if source.provider == "mandrill":
        return Admitted(request.POST["mandrill_events"].encode("utf-8", "surrogatepass"))
    if source.provider == "mailgun":
        signed = json.loads(request.body)["signature"]
        _refuse_age(float(signed["timestamp"]), source, now=now)
        return Admitted(request.body, str(signed["token"]))
    if source.provider == "sendgrid":
        _refuse_age(float(request.headers["X-Twilio-Email-Event-Webhook-Timestamp"]), source, now=now)
    return Admitted(request.body)


def _standard(source: HookSource, request: "HttpRequest", *, now: datetime) -> Admitted:
    """Check the scheme of Standard Webhooks, under either of the names that its headers have."""
    identity, seconds, signatures = (
        request.headers.get(f"svix-{name}") or request.headers.get(f"webhook-{name}") or ""
        for name in ("id", "timestamp", "signature")
    )
    problem = check(identity, seconds, signatures, request.body, secrets=source.keys, now=now)
    if problem is not None:
        wrong = problem is SignatureProblem.WRONG
        raise RefusedError(WhyUnattributed.BAD_SIGNATURE if wrong else WhyUnattributed.TOO_OLD)
    return Admitted(request.body, identity)


def _anymail(source: HookSource, request: "HttpRequest") -> None:
    if source.provider == "mailgun" and request.content_type != "application/json":
        # The form of old signs a token, and neither time nor event beside it.
        raise RefusedError(WhyUnattributed.BAD_SIGNATURE)
    for key in source.keys:
        view = _view(source.provider, key, source.url)
        try:
            view.run_validators(request)
        except Exception:  # noqa: S112 - whatever a stranger's body does to a check, it has not passed it
            continue
        return
    raise RefusedError(WhyUnattributed.BAD_SIGNATURE)


@lru_cache(maxsize=64)
def _view(provider: str, key: str, url: str) -> Any:
    """Make django-anymail's view of a source: everything is given, so that no setting of Django's has a say."""
    module, name, setting = _CHECKS[provider]
    given: dict[str, Any] = {"webhook_secret": [key] if provider in BASIC else []}
    if setting:
        given[setting] = _bare(key) if provider in ("postal", "sendgrid") else key
    if provider == "mandrill":
        given["webhook_url"] = url or None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that SendGrid's is no longer looked after there: our tests do
        return getattr(import_module(f"anymail.webhooks.{module}"), name)(**given)


def _bare(key: str) -> str:
    """Take a public key out of what stands around it in a PEM file."""
    return "".join(line.strip() for line in key.splitlines() if not line.startswith("-----"))


def problem_with(source: HookSource) -> str:
    """Say what is wrong with a source; a key is tried out as far as that is possible without a webhook."""
    if source.problem or source.provider not in _CHECKS:
        return source.problem
    try:
        for key in source.keys:
            _view(source.provider, key, source.url)
        if source.provider == "postal":
            _try_public_keys(source.keys)
    except Exception as error:  # whatever a library says of a key
        return said("its key cannot be used: {error}", error=type(error).__name__)
    return ""


def _try_public_keys(keys: tuple[str, ...]) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    for key in keys:
        load_pem_public_key(f"-----BEGIN PUBLIC KEY-----\n{_bare(key)}\n-----END PUBLIC KEY-----".encode())


def _refuse_age(seconds: float, source: HookSource, *, now: datetime) -> None:
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise RefusedError(WhyUnattributed.TOO_OLD) from None
    if not now - source.max_age <= at <= now + _AHEAD:
        raise RefusedError(WhyUnattributed.TOO_OLD)
