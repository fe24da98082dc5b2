"""Fetching by HTTPS from a server that may not mean well: bounded in size and time, with TLS or not at all."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from rebond import fetch as fetching
from rebond.fetch import FetchError, fetch
from tests.tls_server import Answer, Authority, gives, serving

MOST = 1 << 20


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def got(authority: Authority, answer: Answer, *, name: str = "localhost", **options: Any) -> bytes:
    with serving(answer, authority.context(name=name)) as port:
        given = {"ca": str(authority.file), "private": True, "most": MOST, **options}
        return fetch(f"https://localhost:{port}/a.zip?b=1", **given)


def refused(authority: Authority, answer: Answer, **options: Any) -> str:
    with pytest.raises(FetchError) as error:
        got(authority, answer, **options)
    return str(error.value)


def test_a_file_is_fetched(authority: Authority) -> None:
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append((handler.path, handler.headers["Host"].partition(":")[0], handler.headers["Accept-Encoding"]))
        gives(b"x" * 100_000)(handler)

    assert got(authority, answer) == b"x" * 100_000
    assert asked == [("/a.zip?b=1", "localhost", "identity")]


def test_a_file_may_have_all_that_is_allowed_and_no_byte_more(authority: Authority) -> None:
    assert len(got(authority, gives(b"x" * MOST))) == MOST
    assert "larger than 1 MiB" in refused(authority, gives(b"x" * (MOST + 1)))


def test_a_server_that_never_ends_is_cut_off(authority: Authority) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    assert "larger than 1 MiB" in refused(authority, endless)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (gives(b"", status=404), "it answers 404"),
        (gives(b"", status=500), "it answers 500"),
        (gives(b"", status=204), "it answers 204"),
        (gives(b"", status=302), "it answers 302"),
        (gives(b"x", Content_Encoding="gzip"), "compressed"),
        (gives(b"x" * 10, length=20), "ends after 10 of 20 bytes"),
        (gives(b"", status=302, Location="http://localhost/a.zip"), "nothing is fetched without TLS"),
        (gives(b"", status=302, Location="file:///etc/passwd"), "nothing is fetched without TLS"),
        (gives(b"", status=302, Location="https://[bad"), "is no address"),
        (gives(b"", status=302, Location="https://user:secret@localhost/"), "holds a name"),
        (gives(b"", status=301, Location="/again"), "redirects more than 5 times"),
    ],
)
def test_what_is_no_file_is_refused(authority: Authority, answer: Answer, words: str) -> None:
    assert words in refused(authority, answer)


def test_a_redirection_by_tls_is_followed(authority: Authority) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        moved = handler.path != "/there"
        (gives(b"", status=307, Location="/there") if moved else gives(b"found"))(handler)

    assert got(authority, answer) == b"found"


def test_who_shows_no_certificate_of_its_name_is_refused(authority: Authority, tmp_path: Path) -> None:
    assert "certificate" in refused(authority, gives(b"x"), name="other.example").lower()
    assert "certificate" in refused(authority, gives(b"x"), ca="").lower()
    assert "certificate" in refused(authority, gives(b"x"), ca=str(Authority(tmp_path).file)).lower()
    assert "cannot be read" in refused(authority, gives(b"x"), ca=str(tmp_path / "none.pem"))
    with serving(gives(b"x"), None) as port, pytest.raises(FetchError, match="does not give it"):
        fetch(f"https://localhost:{port}/", most=MOST, private=True)


def test_private_addresses_are_refused_unless_allowed(authority: Authority) -> None:
    assert "not on the public internet" in refused(authority, gives(b"x"), private=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:7f00:1::", False),
        ("::127.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("fec0::1", False),
        ("192.0.0.8", False),
    ],
)
def test_what_is_on_the_public_internet(address: str, public: bool) -> None:
    assert fetching._is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "https://localhost:99999/",
        "https://user:secret@localhost/",
        "https://exämple.org/",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as error:
        fetch(url, most=MOST)
    assert "secret" not in str(error.value)


def test_signs_that_would_end_the_request_are_refused(authority: Authority) -> None:
    with serving(gives(b"x"), authority.context()) as port, pytest.raises(FetchError):
        fetch(f"https://localhost:{port}/a b", most=MOST, ca=str(authority.file), private=True)


def test_a_server_that_drips_is_broken_off(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LONGEST", 0.3)
    over = threading.Event()

    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not over.wait(0.02):
            handler.wfile.write(b"X-A: b\r\n")

    try:
        assert "takes longer" in refused(authority, drips)
    finally:
        over.set()


@pytest.fixture
def mute() -> Iterator[int]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def test_a_server_that_says_nothing_is_broken_off(mute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LONGEST", 0.2)
    with pytest.raises(FetchError, match="takes longer"):
        fetch(f"https://localhost:{mute}/", most=MOST, private=True)
    monkeypatch.setattr(fetching, "LONGEST", 60.0)
    monkeypatch.setattr(fetching, "WAIT", 0.2)
    with pytest.raises(FetchError, match="does not give it"):
        fetch(f"https://localhost:{mute}/", most=MOST, private=True)


def test_a_server_that_is_not_there_is_said(mute: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with pytest.raises(FetchError, match="localhost does not give it"):
        fetch(f"https://localhost:{port}/", most=MOST, private=True)
    with pytest.raises(FetchError, match="does not give it"):
        fetch("https://nowhere.invalid/", most=MOST)
