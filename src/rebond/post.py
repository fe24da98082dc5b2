"""Posting a small body to somebody's address: by TLS, to the public internet unless more is allowed, bounded in time.

No redirection is followed: who is posted to is who was named.
"""

import http.client
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rebond.core.said import said
from rebond.fetch import Connection, FetchError, find_address
from rebond.services.deliver_webhooks import PostError

LONGEST = 20.0
_MOST_READ = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """Posts; `ca` is a file of certificates to believe instead of the system's.

    With `private`, also to addresses of this machine and its network, and there without TLS.
    """

    ca: str = ""
    private: bool = False

    def refuse(self, url: str) -> str:
        """Say why nothing would be posted to this address, whoever answers there; empty when it would."""
        try:
            self._parts(url)
        except PostError as error:
            return str(error)
        return ""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body; returns the status of the answer. PostError says why there was none."""
        parts = self._parts(url)
        try:
            context = ssl.create_default_context(cafile=self.ca or None) if parts.scheme == "https" else None
        except OSError as error:
            raise PostError(said("the certificates in {ca} cannot be read: {error}", ca=self.ca, error=error)) from None
        try:
            return self._post(parts, context, body, headers)
        except FetchError as error:
            raise PostError(str(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PostError(
                said(
                    "{hostname} does not answer: {error}",
                    hostname=parts.hostname,
                    error=str(error) or type(error).__name__,
                )
            ) from None

    def _parts(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise PostError(said("{url!r} is no address: {error}", url=url[:200], error=error)) from None
        schemes = ("https", "http") if self.private else ("https",)
        if parts.scheme not in schemes or not parts.hostname:
            raise PostError(said("{url!r} is no https address, and nothing is posted without TLS", url=url[:200]))
        if parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
            raise PostError(
                said(
                    "the address at {hostname} holds a name or signs that an address cannot have",
                    hostname=parts.hostname,
                )
            )
        return parts

    def _post(self, parts: SplitResult, context: ssl.SSLContext | None, body: bytes, headers: Mapping[str, str]) -> int:
        host, port = parts.hostname or "", parts.port or (443 if context else 80)
        address = find_address(host, port, private=self.private)
        with closing(Connection(host, port, address=address, context=context)) as connection:
            timer = threading.Timer(LONGEST, connection.end)
            timer.start()
            try:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("POST", path, body=body, headers=dict(headers))
                answer = connection.getresponse()
                answer.read(_MOST_READ)
            except (OSError, http.client.HTTPException):
                if connection.ended:
                    raise PostError(
                        said("{host} takes longer than {longest:.0f} s", host=host, longest=LONGEST)
                    ) from None
                raise
            finally:
                timer.cancel()
            return answer.status
