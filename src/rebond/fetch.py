"""Fetching a small file by HTTPS from somebody who may not mean well.

Nothing is fetched from private addresses unless that is allowed, nothing without TLS, nothing longer than the bound,
and nothing that takes longer than the longest time, however it is slow.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from rebond.core.said import said

MOST_REDIRECTS = 5
WAIT = 15.0
LONGEST = 60.0
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024


class FetchError(Exception):
    """What could not be fetched; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    data: bytes = b""
    moved: str = ""


def fetch(url: str, *, most: int, ca: str = "", private: bool = False) -> bytes:
    """Fetch a file of at most so many bytes; `ca` is a file of certificates to believe instead of the system's."""
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except OSError as error:
        raise FetchError(said("the certificates in {ca} cannot be read: {error}", ca=ca, error=error)) from None
    parts = _parts(url)
    for _ in range(1 + MOST_REDIRECTS):
        try:
            answer = _get(parts, context=context, most=most, private=private)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FetchError(
                said(
                    "{hostname} does not give it: {error}",
                    hostname=parts.hostname,
                    error=str(error) or type(error).__name__,
                )
            ) from None
        if not answer.moved:
            return answer.data
        parts = _parts(answer.moved, base=parts.geturl())
    raise FetchError(
        said(
            "{hostname} redirects more than {most_redirects} times",
            hostname=parts.hostname,
            most_redirects=MOST_REDIRECTS,
        )
    )


def _parts(url: str, *, base: str = "") -> SplitResult:
    try:
        url = urljoin(base, url)
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise FetchError(said("{url!r} is no address: {error}", url=url[:200], error=error)) from None
    if parts.scheme != "https" or not parts.hostname:
        raise FetchError(said("{url!r} is no https address, and nothing is fetched without TLS", url=url[:200]))
    if parts.username is not None or not parts.netloc.isascii():
        raise FetchError(
            said("the address at {hostname} holds a name or signs that an address cannot have", hostname=parts.hostname)
        )
    return parts


def _get(parts: SplitResult, *, context: ssl.SSLContext, most: int, private: bool) -> _Answer:
    host, port = parts.hostname or "", parts.port or 443
    address = find_address(host, port, private=private)
    with closing(Connection(host, port, address=address, context=context)) as connection:
        # A timeout bounds the wait for one piece; this bounds them all.
        timer = threading.Timer(LONGEST, connection.end)
        timer.start()
        answer = _Answer()
        try:
            connection.connect()
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers={"User-Agent": "rebond", "Accept-Encoding": "identity"})
            answer = _read(connection.getresponse(), most=most)
        except (OSError, http.client.HTTPException, FetchError):
            if not connection.ended:
                raise
        finally:
            timer.cancel()
        # What was broken off may look whole: an end of headers, or of a body of unknown length.
        if connection.ended:
            raise FetchError(said("{host} takes longer than {longest:.0f} s", host=host, longest=LONGEST))
        return answer


def _read(response: http.client.HTTPResponse, *, most: int) -> _Answer:
    if response.status in _MOVED and (moved := response.getheader("Location")):
        return _Answer(moved=moved)
    if response.status != http.client.OK:
        raise FetchError(
            said("it answers {response_status} {reason}", response_status=response.status, reason=response.reason[:80])
        )
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise FetchError(said("it answers in a compressed form, which was not asked for"))
    told = response.length
    parts, size = [], 0
    while size <= most and (part := response.read(min(_CHUNK, most + 1 - size))):
        parts.append(part)
        size += len(part)
    if size > most:
        raise FetchError(said("it is larger than {most} MiB", most=most >> 20))
    if told is not None and size < told:
        raise FetchError(said("it ends after {size:,} of {told:,} bytes", size=size, told=told))
    return _Answer(data=b"".join(parts))


def find_address(host: str, port: int, *, private: bool) -> str:
    """Find where a host is; what is not on the public internet is refused, and nobody looks the name up again."""
    found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    inside = [address for address in found if not _is_public(address)]
    if inside and not private:
        raise FetchError(
            said(
                "{host} is at {inside}, which is not on the public internet: `private = true` allows it",
                host=host,
                inside=inside[0],
            )
        )
    return found[0]


# Addresses that lead to another one (RFC 6052, RFC 8215, RFC 3056), or that were once a site's own (RFC 3879).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ELSEWHERE = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b:1::/48", "2002::/16", "::/96", "::ffff:0:0:0/96", "fec0::/10", "192.0.0.0/24")
)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.ipv4_mapped or ip
    elsewhere = any(ip in network for network in _ELSEWHERE if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not elsewhere


class Connection(http.client.HTTPConnection):
    """A connection by TLS (without a context: in the clear) to an address that was looked up before."""

    def __init__(self, host: str, port: int, *, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=WAIT)
        self._address = address
        self._context = context
        self.ended = False

    def connect(self) -> None:
        self.sock = plain = socket.create_connection((self._address, self.port), timeout=WAIT)
        if self._context is None:
            return
        self.sock = secure = self._context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        secure.do_handshake()

    def end(self) -> None:
        """Break the conversation off, from another thread."""
        self.ended = True
        if isinstance(self.sock, socket.socket):
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return
