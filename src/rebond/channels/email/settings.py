"""Which SMTP relay, how and how patiently: read from a URL."""

import hashlib
import hmac
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from rebond.core.said import said

_TLS = ("none", "starttls", "opportunistic")
# RFC 5321 4.5.3.2: giving up early after the data makes doubles.
_ANSWER_FACTOR = 5
# A pause is kept under this name, with a blank and the fingerprint behind it, in 64 characters.
_LONGEST_NAME = 55
_FINGERPRINT = 8


class SettingsError(ValueError):
    """An SMTP URL that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Which relay, how, and how patiently. `tls` is none, starttls, opportunistic or implicit; times are in seconds."""

    host: str
    port: int
    tls: str = "opportunistic"
    username: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    ca_file: str = ""
    hello: str = "localhost"
    connections: int = 4
    messages_per_connection: int = 100
    connect_timeout: float = 30.0
    command_timeout: float = 60.0
    data_timeout: float = 60.0
    answer_timeout: float = 300.0

    @property
    def name(self) -> str:
        """Where it goes, as host:port: what one relay has met says nothing of another. At most 55 characters."""
        name = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        if len(name) <= _LONGEST_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{digest}…{name[-(_LONGEST_NAME - len(digest) - 1) :]}"

    def fingerprint(self, key: bytes) -> str:
        """Eight characters that change with how the relay is spoken to: a new password may end what the old one met.

        Whoever reads them cannot try passwords: they lack the key.
        """
        how = (self.tls, self.username, self.password, self.verify, self.ca_file, self.hello)
        return hmac.new(key, repr(how).encode(), "sha256").hexdigest()[:_FINGERPRINT]

    @classmethod
    def from_url(
        cls, url: str, *, connections: int = 4, messages_per_connection: int = 100, timeout: float = 60.0
    ) -> "SmtpSettings":
        """Read `smtp://user:password@host:port?tls=none|starttls|opportunistic` or `smtps://…`; raises SettingsError.

        Further parameters: `verify=no` (do not check the certificate), `ca=FILE`, `hello=NAME`. `timeout` is for
        one step of the conversation.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SettingsError(said("the SMTP URL cannot be read: {error}", error=error)) from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise SettingsError(said("an SMTP URL is smtp://host:port or smtps://host:port"))
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(options.keys() - {"tls", "verify", "ca", "hello"})
        if unknown or parts.path not in {"", "/"} or parts.fragment:
            raise SettingsError(
                said(
                    "an SMTP URL has no {value!r}; it has tls, verify, ca, hello",
                    value=unknown[0] if unknown else "path",
                )
            )
        tls = "implicit" if parts.scheme == "smtps" else options.get("tls", "opportunistic")
        if tls not in {*_TLS, "implicit"} or ("tls" in options and parts.scheme == "smtps"):
            raise SettingsError(
                said(
                    "tls={options} is none of {tls} (with smtp://; smtps:// takes none)",
                    options=options["tls"],
                    tls=tuple(_TLS),
                )
            )
        if options.get("verify", "yes") not in {"yes", "no"}:
            raise SettingsError(said("verify={options} is neither yes nor no", options=options["verify"]))
        return cls(
            host=parts.hostname,
            port=port or (465 if tls == "implicit" else 25),
            tls=tls,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            verify=options.get("verify", "yes") == "yes",
            ca_file=options.get("ca", ""),
            hello=options.get("hello") or _own_name(),
            connections=connections,
            messages_per_connection=messages_per_connection,
            connect_timeout=min(timeout, 30.0),
            command_timeout=timeout,
            data_timeout=timeout,
            answer_timeout=_ANSWER_FACTOR * timeout,
        )


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,255}", name) else "localhost"
