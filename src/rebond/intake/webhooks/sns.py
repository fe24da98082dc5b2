"""Messages of Amazon SNS: believed only from the topics that are configured, by a certificate of Amazon's own host.

Nothing is fetched from where a message says: the host is made of the configured topic's region, and the message may
only name a file there.
"""

import base64
import binascii
import json
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from rebond.config_sections import SNS_TOPIC
from rebond.fetch import FetchError, fetch
from rebond.services.attribute import WhyUnattributed

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

log = logging.getLogger("rebond.intake")
_FILE = re.compile(r"/SimpleNotificationService-[0-9a-f]{8,64}\.pem")
# Certificates are made out to sns.amazonaws.com, and to names of their own in some regions and partitions.
_NAME = re.compile(r"sns(-[a-z0-9-]{1,40})?(\.[a-z0-9-]{1,40})?\.amazonaws\.com(\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_AHEAD = timedelta(minutes=5)
_MOST_KEPT = 16
_MOST_BYTES = 64 * 1024
_FETCHES_PER_MINUTE = 6
_MINUTE = 60.0
_KEY_BITS = 2048


def get(url: str) -> bytes:
    """Fetch a small file."""
    return fetch(url, most=_MOST_BYTES)


@dataclass(slots=True)
class Topics:
    """Checks messages, and confirms the topics that are configured; certificates are kept once they are fetched."""

    get: Callable[[str], bytes] = get
    _kept: "dict[str, Certificate]" = field(default_factory=dict)
    _fetched: "deque[float]" = field(default_factory=lambda: deque(maxlen=_FETCHES_PER_MINUTE))

    def admit(
        self, body: bytes, *, pinned: Sequence[str], max_age: timedelta, now: datetime
    ) -> tuple[bytes, str] | WhyUnattributed:
        """Return what is to be stored and the message's name, or why it is not believed.

        FetchError when Amazon does not answer just now.
        """
        try:
            message = json.loads(body)
            kind = message["Type"]
            fields = {name: message[name] for name in _SIGNED[kind] if name in message}
            topic, named, signature = message["TopicArn"], message["MessageId"], message["Signature"]
            url, version = message["SigningCertURL"], message["SignatureVersion"]
            at = datetime.fromisoformat(message["Timestamp"])
            age = now - at
        except (ValueError, KeyError, TypeError, RecursionError):
            return WhyUnattributed.BAD_SIGNATURE
        if topic not in pinned:
            return WhyUnattributed.OTHER_TOPIC
        if not all(isinstance(one, str) for one in (*fields.values(), signature, url, version)):
            return WhyUnattributed.BAD_SIGNATURE
        if not -_AHEAD <= age <= max_age:
            return WhyUnattributed.TOO_OLD
        signed = "".join(f"{name}\n{value}\n" for name, value in fields.items())
        if not self._holds(signed, signature, version=version, url=url, host=_host(topic), now=now):
            return WhyUnattributed.BAD_SIGNATURE
        if kind == "Notification":
            return body, named
        self._confirm(kind, topic, message)
        return b"", named

    def _confirm(self, kind: str, topic: str, message: dict[str, Any]) -> None:
        if kind == "UnsubscribeConfirmation":
            log.warning("the topic %s tells this site nothing any more", topic)
            return
        asked = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": message["Token"]}
        self.get(f"https://{_host(topic)}/?{urlencode(asked)}")
        log.warning("the topic %s was confirmed", topic)

    def _holds(self, signed: str, signature: str, *, version: str, url: str, host: str, now: datetime) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256

        if version not in ("1", "2"):
            return False
        certificate = self._certificate(url, host=host, now=now)
        if certificate is None:
            return False
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < _KEY_BITS:
            return False
        try:
            algorithm = SHA256() if version == "2" else SHA1()  # noqa: S303 - which one it is, the topic's owner chose
            key.verify(base64.b64decode(signature, validate=True), signed.encode(), PKCS1v15(), algorithm)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _certificate(self, url: str, *, host: str, now: datetime) -> "Certificate | None":
        """Return the certificate at Amazon's host that a message names; None when it is no good one."""
        from cryptography.x509 import load_pem_x509_certificate

        start = f"https://{host}"
        if not url.startswith(start) or not _FILE.fullmatch(url[len(start) :]):
            return None
        found = self._kept.get(url)
        if found is None:
            self._refuse_often()
            try:
                found = load_pem_x509_certificate(self.get(url))
            except ValueError:
                return None
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
        if not (found.not_valid_before_utc <= now <= found.not_valid_after_utc and _is_amazon(found)):
            return None
        self._kept[url] = found
        return found

    def _refuse_often(self) -> None:
        """A stranger may name files that do not exist: Amazon is not asked for many of them."""
        at = time.monotonic()
        if len(self._fetched) == _FETCHES_PER_MINUTE and at - self._fetched[0] < _MINUTE:
            raise FetchError("too many certificates were asked for within a minute")
        self._fetched.append(at)


def _host(topic: str) -> str:
    """Name the host of SNS in a topic's region."""
    found = SNS_TOPIC.fullmatch(topic)
    assert found is not None, "topics were looked at when the configuration was read"
    return f"sns.{found[2]}.amazonaws.com" + (".cn" if found[1] == "aws-cn" else "")


def _is_amazon(certificate: "Certificate") -> bool:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(_NAME.fullmatch(str(name.value)) for name in names)
