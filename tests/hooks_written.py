"""Webhooks as providers describe them in their documentation, written for these tests and signed as they sign."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from rebond.core.read.providers import Befell

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISO = "2026-03-02T08:00:00Z"
ANN = "ann@reader.example"
UNKNOWN = "550 5.1.1 No such user here"
FULL = "452 4.2.2 The mailbox is over its quota"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
USER = "rebond:a-long-password"
PUBLIC_URL = "https://desk.shop.example"


@dataclass(frozen=True, slots=True)
class Posted:
    """What is posted: the body, its type and its other headers."""

    body: bytes
    headers: Mapping[str, str]
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One event as a provider writes it, and what it says: by `reason` how it is judged."""

    provider: str
    event: Mapping[str, Any]
    befell: Befell
    address: str = ANN
    reason: str = ""
    type: str = ""


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _ses(kind: str, part: str, about: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    mail = {
        "timestamp": ISO,
        "source": "b+x@bounce.shop.example",
        "messageId": "0102-abc",
        "destination": [ANN],
        "headers": ["odd", {"name": "Subject", "value": "x"}, {"name": "Message-ID", "value": "<1@shop.example>"}],
        "commonHeaders": {"messageId": "<1@shop.example>"},
    }
    event = {"eventType": kind, "mail": mail, part: about, **more}
    return {"Type": "Notification", "MessageId": f"m-{kind}", "Message": json.dumps(event)}


def _ses_bounce(kind: str, sub: str, **recipient: str) -> dict[str, Any]:
    people = [{"emailAddress": f"Ann <{ANN}>", **recipient}]
    about = {
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": people,
        "timestamp": ISO,
        "feedbackId": "f1",
    }
    return _ses("Bounce", "bounce", about)


def _mailgun(event: str, **more: Any) -> dict[str, Any]:
    headers = {"message-id": "1@shop.example"}
    data = {"event": event, "id": "e1", "timestamp": SECONDS + 0.25, "recipient": ANN, "message": {"headers": headers}}
    return {"event-data": {**data, **more}}


def _sparkpost(kind: str, **more: Any) -> dict[str, Any]:
    inner = {"type": kind, "event_id": "e1", "timestamp": str(SECONDS), "raw_rcpt_to": ANN, "rcpt_meta": {"a": "b"}}
    return {"msys": {"message_event": {**inner, **more}}}


def _mandrill(event: str, **message: Any) -> dict[str, Any]:
    return {"event": event, "_id": "m1", "ts": SECONDS, "msg": {"email": ANN, "metadata": {"n": 1}, **message}}


def _resend(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "created_at": "2026-03-02T08:00:00.000Z", "data": {"email_id": "1", "to": [ANN], **data}}


def _postal(status: str, **more: Any) -> dict[str, Any]:
    message = {"id": 1, "to": ANN, "direction": "outgoing", "message_id": "1@shop.example", "tag": None}
    payload = {"status": status, "message": message, **more}
    return {"event": "MessageX", "timestamp": SECONDS + 0.5, "payload": payload, "uuid": "u1"}


def _mailersend(kind: str, **morph: Any) -> dict[str, Any]:
    data = {"id": "a1", "type": kind, "created_at": "2026-03-02T08:00:00.000000Z", "morph": morph or None}
    return {"type": f"activity.{kind}", "data": {**data, "email": {"recipient": {"email": ANN}}}}


def _mailtrap(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "event_id": "t1", "message_id": "tm1", "email": ANN, "timestamp": SECONDS, **more}


def _unisender(status: str, delivery: str, answer: str = "") -> dict[str, Any]:
    info = {"delivery_status": delivery, "destination_response": answer}
    return {"email": ANN, "status": status, "event_time": "2026-03-02 08:00:00", "delivery_info": info, "metadata": {}}


def _sendgrid(event: str, **more: Any) -> dict[str, Any]:
    return {
        "event": event,
        "email": ANN,
        "timestamp": SECONDS,
        "sg_event_id": "s1",
        "smtp-id": "<1@shop.example>",
        **more,
    }


def _failed(provider: str, event: Mapping[str, Any], reason: str, kind: str) -> Sample:
    return Sample(provider=provider, event=event, befell=Befell.FAILED, reason=reason, type=kind)


def _told(provider: str, event: Mapping[str, Any], befell: Befell, address: str = ANN) -> Sample:
    return Sample(provider=provider, event=event, befell=befell, address=address)


_PEOPLE = {"timestamp": ISO, "complainedRecipients": [{"emailAddress": ANN}], "feedbackId": "f2"}
_POSTMARK = {"Email": ANN, "BouncedAt": ISO, "ID": 42, "RecordType": "Bounce", "Metadata": {"a": "b"}}
_CHANGE = {"RecordType": "SubscriptionChange", "Recipient": ANN, "ChangedAt": ISO, "Origin": "Recipient"}
_BREVO = {"email": ANN, "id": 7, "ts_epoch": SECONDS * 1000, "ts_event": SECONDS, "message-id": "<1@shop.example>"}
_MAILJET = {"email": ANN, "time": SECONDS, "MessageID": 1, "CustomID": "c"}
SAMPLES: tuple[Sample, ...] = (
    _failed(
        "amazon_ses", _ses_bounce("Permanent", "General", diagnosticCode=f"smtp; {UNKNOWN}"), "user_unknown", "hard"
    ),
    _failed("amazon_ses", _ses_bounce("Transient", "General", diagnosticCode=f"smtp; {FULL}"), "mailbox_full", "soft"),
    _failed("amazon_ses", _ses_bounce("Permanent", "NoEmail", status="5.1.1"), "user_unknown", "hard"),
    _failed("amazon_ses", _ses_bounce("Permanent", "Suppressed"), "refused", "soft"),
    _failed("amazon_ses", _ses_bounce("Undetermined", "Undetermined"), "not_defined", "soft"),
    _failed("amazon_ses", _ses("Reject", "reject", {"reason": "Bad content"}), "refused", "soft"),
    _failed("amazon_ses", _ses("Complaint", "complaint", {**_PEOPLE, "complaintSubType": "x"}), "refused", "soft"),
    _told(
        "amazon_ses", _ses("Complaint", "complaint", {**_PEOPLE, "complaintFeedbackType": "abuse"}), Befell.COMPLAINED
    ),
    _told("amazon_ses", _ses("Delivery", "delivery", {"recipients": [ANN], "timestamp": ISO}), Befell.DELIVERED),
    _told(
        "amazon_ses",
        _ses("DeliveryDelay", "deliveryDelay", {"delayedRecipients": [{"emailAddress": ANN}], "timestamp": ISO}),
        Befell.DELAYED,
    ),
    _told(
        "amazon_ses",
        _ses("Subscription", "subscription", {"newTopicPreferences": {"unsubscribeAll": True}, "timestamp": ISO}),
        Befell.UNSUBSCRIBED,
    ),
    _told("amazon_ses", _ses("Subscription", "subscription", {}), Befell.NOTHING),
    _told("amazon_ses", _ses("Open", "open", {}), Befell.NOTHING),
    _failed("sendgrid", _sendgrid("bounce", reason=UNKNOWN, status="5.1.1", type="bounce"), "user_unknown", "hard"),
    _failed("sendgrid", _sendgrid("bounce", bounce_classification="Invalid Address"), "user_unknown", "hard"),
    _failed("sendgrid", _sendgrid("dropped", reason="Bounced Address"), "refused", "soft"),
    _told("sendgrid", _sendgrid("deferred", response="400 try again later", attempt="5"), Befell.DELAYED),
    _told("sendgrid", _sendgrid("delivered", response="250 OK"), Befell.DELIVERED),
    _told("sendgrid", _sendgrid("spamreport"), Befell.COMPLAINED),
    _told("sendgrid", _sendgrid("unsubscribe"), Befell.UNSUBSCRIBED),
    _told("sendgrid", _sendgrid("group_unsubscribe", asm_group_id=3), Befell.LEFT_A_GROUP),
    _told("sendgrid", _sendgrid("open"), Befell.NOTHING),
    _failed(
        "mailgun",
        _mailgun(
            "failed",
            severity="permanent",
            reason="bounce",
            **{"delivery-status": {"code": 550, "message": "5.1.1 No such user here", "enhanced-code": "5.1.1"}},
        ),
        "user_unknown",
        "hard",
    ),
    _failed(
        "mailgun",
        _mailgun("failed", severity="permanent", reason="suppress-bounce", **{"delivery-status": {"code": 605}}),
        "refused",
        "soft",
    ),
    _failed(
        "mailgun", _mailgun("rejected", reject={"reason": "Sandbox subdomains are for test"}), "not_defined", "soft"
    ),
    _told(
        "mailgun", _mailgun("failed", severity="temporary", **{"delivery-status": {"message": FULL}}), Befell.DELAYED
    ),
    _told("mailgun", _mailgun("delivered"), Befell.DELIVERED),
    _told("mailgun", _mailgun("complained"), Befell.COMPLAINED),
    _told("mailgun", _mailgun("unsubscribed", id=None), Befell.UNSUBSCRIBED),
    _told("mailgun", _mailgun("clicked"), Befell.NOTHING),
    _failed("postmark", {**_POSTMARK, "Type": "HardBounce", "Details": f"smtp;{UNKNOWN}"}, "user_unknown", "hard"),
    _failed("postmark", {**_POSTMARK, "Type": "HardBounce"}, "user_unknown", "hard"),
    _failed("postmark", {**_POSTMARK, "Type": "Blocked", "ID": None}, "refused", "soft"),
    _failed(
        "postmark", {**_CHANGE, "SuppressSending": True, "SuppressionReason": "HardBounce"}, "user_unknown", "hard"
    ),
    _told("postmark", {**_POSTMARK, "Type": "Transient", "Details": FULL}, Befell.DELAYED),
    _told("postmark", {**_POSTMARK, "Type": "AutoResponder"}, Befell.NOTHING),
    _told("postmark", {**_POSTMARK, "RecordType": "SpamComplaint", "Type": "SpamComplaint"}, Befell.COMPLAINED),
    _told("postmark", {"RecordType": "Delivery", "Recipient": ANN, "DeliveredAt": ISO}, Befell.DELIVERED),
    _told("postmark", {"RecordType": "Open", "Recipient": ANN}, Befell.NOTHING),
    _told(
        "postmark", {**_CHANGE, "SuppressSending": True, "SuppressionReason": "ManualSuppression"}, Befell.UNSUBSCRIBED
    ),
    _told(
        "postmark",
        {**_CHANGE, "SuppressSending": True, "SuppressionReason": "ManualSuppression", "Origin": "Customer"},
        Befell.NOTHING,
    ),
    _told("postmark", {**_CHANGE, "SuppressSending": False, "SuppressionReason": None}, Befell.NOTHING),
    _failed("sparkpost", _sparkpost("bounce", raw_reason=UNKNOWN, bounce_class="10"), "user_unknown", "hard"),
    _failed("sparkpost", _sparkpost("out_of_band", bounce_class="22", error_code="552"), "mailbox_full", "soft"),
    _told("sparkpost", _sparkpost("bounce", bounce_class="60", raw_reason="away"), Befell.NOTHING),
    _told("sparkpost", _sparkpost("out_of_band", bounce_class="90"), Befell.UNSUBSCRIBED),
    _told("sparkpost", _sparkpost("delay", raw_reason=FULL), Befell.DELAYED),
    _told("sparkpost", _sparkpost("delivery", raw_rcpt_to=None, rcpt_to=ANN), Befell.DELIVERED),
    _told("sparkpost", _sparkpost("spam_complaint", fbtype="abuse"), Befell.COMPLAINED),
    _told("sparkpost", _sparkpost("open"), Befell.NOTHING),
    _failed("brevo", {**_BREVO, "event": "hard_bounce", "reason": UNKNOWN}, "user_unknown", "hard"),
    _failed("brevo", {**_BREVO, "event": "soft_bounce"}, "unreachable", "soft"),
    _told("brevo", {**_BREVO, "event": "deferred", "reason": FULL}, Befell.DELAYED),
    _told("brevo", {**_BREVO, "event": "delivered", "ts_epoch": None}, Befell.DELIVERED),
    _told("brevo", {**_BREVO, "event": "spam"}, Befell.COMPLAINED),
    _told("brevo", {**_BREVO, "event": "unsubscribe"}, Befell.UNSUBSCRIBED),
    _told("brevo", {**_BREVO, "event": "request"}, Befell.NOTHING),
    _failed(
        "mailjet", {**_MAILJET, "event": "bounce", "error": "user unknown", "comment": UNKNOWN}, "user_unknown", "hard"
    ),
    _failed("mailjet", {**_MAILJET, "event": "blocked", "error": "quota exceeded"}, "mailbox_full", "soft"),
    _told("mailjet", {**_MAILJET, "event": "bounce", "error": "greylisted", "hard_bounce": False}, Befell.DELAYED),
    _told("mailjet", {**_MAILJET, "event": "sent", "smtp_reply": "sent (250 OK)"}, Befell.DELIVERED),
    _told("mailjet", {**_MAILJET, "event": "spam", "source": "JMRPP"}, Befell.COMPLAINED),
    _told("mailjet", {**_MAILJET, "event": "unsub"}, Befell.UNSUBSCRIBED),
    _failed("mandrill", _mandrill("hard_bounce", diag=f"smtp;{UNKNOWN}"), "user_unknown", "hard"),
    _failed("mandrill", _mandrill("soft_bounce", bounce_description="mailbox_full"), "mailbox_full", "soft"),
    _failed("mandrill", _mandrill("reject", state="rejected"), "refused", "soft"),
    _told("mandrill", _mandrill("deferral", smtp_events=[{"diag": FULL}]), Befell.DELAYED),
    _told("mandrill", _mandrill("delivered"), Befell.DELIVERED),
    _told("mandrill", _mandrill("spam"), Befell.COMPLAINED),
    _told("mandrill", {**_mandrill("unsub"), "_id": None}, Befell.UNSUBSCRIBED),
    _failed(
        "resend",
        _resend("email.bounced", bounce={"type": "Permanent", "subType": "General", "diagnosticCode": [UNKNOWN]}),
        "user_unknown",
        "hard",
    ),
    _failed(
        "resend",
        _resend("email.bounced", bounce={"type": "Transient", "subType": "MailboxFull"}),
        "mailbox_full",
        "soft",
    ),
    _told("resend", _resend("email.delivery_delayed"), Befell.DELAYED),
    _told("resend", _resend("email.delivered", to=f"Ann <{ANN}>"), Befell.DELIVERED),
    _told("resend", _resend("email.complained", to=[ANN, "bob@reader.example"]), Befell.COMPLAINED, ""),
    _told("resend", _resend("email.sent", to=None), Befell.NOTHING, ""),
    _failed("postal", _postal("HardFail", output=f"{UNKNOWN}\n", details="Permanent"), "user_unknown", "hard"),
    _failed(
        "postal",
        {"timestamp": SECONDS, "payload": {"original_message": {"to": ANN}, "bounce": {"id": 2}}, "uuid": "u2"},
        "not_defined",
        "soft",
    ),
    _told("postal", _postal("SoftFail", output=FULL), Befell.DELAYED),
    _told("postal", _postal("Sent"), Befell.DELIVERED),
    _told("postal", _postal("Held"), Befell.NOTHING),
    _told("postal", _postal("HardFail", message={"direction": "incoming", "to": ANN}), Befell.NOTHING),
    _failed(
        "mailersend", _mailersend("hard_bounced", object="recipient_bounce", reason=UNKNOWN), "user_unknown", "hard"
    ),
    _failed("mailersend", _mailersend("soft_bounced"), "unreachable", "soft"),
    _told("mailersend", _mailersend("delivered"), Befell.DELIVERED),
    _told("mailersend", _mailersend("spam_complaint"), Befell.COMPLAINED),
    _told("mailersend", _mailersend("unsubscribed"), Befell.UNSUBSCRIBED),
    _failed("mailtrap", _mailtrap("bounce", response=UNKNOWN, response_code=550), "user_unknown", "hard"),
    _failed("mailtrap", _mailtrap("reject"), "refused", "soft"),
    _told("mailtrap", _mailtrap("soft bounce", response=FULL), Befell.DELAYED),
    _told("mailtrap", _mailtrap("delivery"), Befell.DELIVERED),
    _told("mailtrap", _mailtrap("spam"), Befell.COMPLAINED),
    _told("mailtrap", _mailtrap("unsubscribe"), Befell.UNSUBSCRIBED),
    _failed("unisender_go", _unisender("hard_bounced", "err_user_unknown", UNKNOWN), "user_unknown", "hard"),
    _failed("unisender_go", _unisender("hard_bounced", "err_mailbox_full"), "mailbox_full", "soft"),
    _told("unisender_go", _unisender("soft_bounced", "err_will_retry", FULL), Befell.DELAYED),
    _told("unisender_go", _unisender("delivered", "ok"), Befell.DELIVERED),
    _told("unisender_go", _unisender("spam", ""), Befell.COMPLAINED),
    _told("unisender_go", _unisender("unsubscribed", ""), Befell.UNSUBSCRIBED),
)
LISTS = frozenset({"sendgrid", "sparkpost", "mandrill", "brevo", "mailjet"})


def body_of(provider: str, *events: Any) -> bytes:
    """Make the body that a provider posts of events; several only where it does so."""
    if provider in LISTS:
        return dumped(list(events))
    if provider == "mailtrap":
        return dumped({"events": list(events)})
    if provider == "unisender_go":
        told = [{"event_name": "transactional_email_status", "event_data": event} for event in events]
        return dumped({"events_by_user": [{"user_id": 1, "events": told}]})
    (event,) = events
    return dumped(event)


@cache
def _key_of_sendgrid() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _key_of_postal() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def key_of_amazon() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _public(key: Any) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, kind)).decode()


@cache
def keys() -> dict[str, str]:
    """What the site is given of each provider."""
    found = dict.fromkeys(("brevo", "mailjet", "postmark", "sparkpost"), USER)
    found |= {name: f"the key of {name}" for name in ("mailersend", "mailgun", "mailtrap", "mandrill", "unisender_go")}
    found["resend"] = "whsec_" + base64.b64encode(b"r" * 24).decode()
    found["sendgrid"], found["postal"] = _public(_key_of_sendgrid()), _public(_key_of_postal())
    return found


def certificate(name: str = "sns.amazonaws.com", *, begins: datetime = NOW - timedelta(days=1)) -> bytes:
    """A certificate as Amazon's, of the key that these tests sign with."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    made = made.public_key(key_of_amazon().public_key()).serial_number(1)
    made = made.not_valid_before(begins).not_valid_after(begins + timedelta(days=30))
    return made.sign(key_of_amazon(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def post(provider: str, body: bytes, *, at: datetime = NOW, **changed: Any) -> Posted:
    """Sign a body as its provider does; `changed` replaces what would be signed with, or what SNS wraps it in."""
    return _SIGN[provider](body, changed.pop("key", keys().get(provider, "")), at, **changed)


def _basic(body: bytes, key: str, at: datetime) -> Posted:
    return Posted(body, {"Authorization": "Basic " + base64.b64encode(key.encode()).decode()})


def _mac(header: str) -> Callable[..., Posted]:
    def sign(body: bytes, key: str, at: datetime) -> Posted:
        return Posted(body, {header: hmac.new(key.encode(), body, hashlib.sha256).hexdigest()})

    return sign


def _sign_mailgun(body: bytes, key: str, at: datetime, token: str = "") -> Posted:
    seconds = str(int(at.timestamp()))
    token = token or hashlib.sha256(body + seconds.encode()).hexdigest()[:50]
    signature = hmac.new(key.encode(), f"{seconds}{token}".encode(), hashlib.sha256).hexdigest()
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return Posted(body, {})
    if isinstance(event, dict):
        event = {"signature": {"timestamp": seconds, "token": token, "signature": signature}, **event}
    return Posted(dumped(event), {})


def _sign_mandrill(body: bytes, key: str, at: datetime, url: str = f"{PUBLIC_URL}/webhooks/in/mandrill") -> Posted:
    signed = f"{url}mandrill_events".encode() + body
    signature = base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha1).digest()).decode()
    form = urlencode({"mandrill_events": body}).encode()
    return Posted(form, {"X-Mandrill-Signature": signature}, "application/x-www-form-urlencoded")


def _sign_postal(body: bytes, key: str, at: datetime) -> Posted:
    signature = _key_of_postal().sign(body, padding.PKCS1v15(), hashes.SHA1())
    return Posted(body, {"X-Postal-Signature": base64.b64encode(signature).decode()})


def _sign_sendgrid(body: bytes, key: str, at: datetime) -> Posted:
    seconds = str(int(at.timestamp()))
    signature = _key_of_sendgrid().sign(seconds.encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    return Posted(body, {f"{name}-Timestamp": seconds, f"{name}-Signature": base64.b64encode(signature).decode()})


def _sign_standard(body: bytes, key: str, at: datetime, name: str = "msg_1") -> Posted:
    seconds = str(int(at.timestamp()))
    secret = base64.b64decode(key.removeprefix("whsec_"))
    mac = hmac.digest(secret, f"{name}.{seconds}.".encode() + body, "sha256")
    signature = f"v1a,other v1,{base64.b64encode(mac).decode()}"
    return Posted(body, {"svix-id": name, "svix-timestamp": seconds, "svix-signature": signature})


def _sign_sns(body: bytes, key: str, at: datetime, version: str = "2", **changed: Any) -> Posted:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        message = {"Type": "Notification", "MessageId": "m", "Message": body.decode("utf-8", "replace")}
    if not isinstance(message, dict) or "Type" not in message:
        message = {"Type": "Notification", "MessageId": "m", "Message": body.decode("utf-8", "replace")}
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    message = {"TopicArn": TOPIC, "Timestamp": stamp, "SigningCertURL": CERTIFICATE, **message, **changed}
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    signed = "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()
    algorithm: Any = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = key_of_amazon().sign(signed, padding.PKCS1v15(), algorithm)
    message |= {"SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}
    headers = {"x-amz-sns-message-type": str(message["Type"]), "x-amz-sns-message-id": str(message["MessageId"])}
    return Posted(dumped(message), headers, "text/plain; charset=UTF-8")


def _sign_unisender(body: bytes, key: str, at: datetime) -> Posted:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return Posted(body, {})
    if not isinstance(event, dict):
        return Posted(body, {})
    unsigned = dumped({"auth": key, **event})
    return Posted(dumped({"auth": hashlib.md5(unsigned).hexdigest(), **event}), {})


_SIGN: dict[str, Callable[..., Posted]] = {
    "amazon_ses": _sign_sns,
    "brevo": _basic,
    "mailersend": _mac("Signature"),
    "mailgun": _sign_mailgun,
    "mailjet": _basic,
    "mailtrap": _mac("Mailtrap-Signature"),
    "mandrill": _sign_mandrill,
    "postal": _sign_postal,
    "postmark": _basic,
    "resend": _sign_standard,
    "sendgrid": _sign_sendgrid,
    "sparkpost": _basic,
    "unisender_go": _sign_unisender,
}
