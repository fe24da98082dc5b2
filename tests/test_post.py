"""Posting to somebody's address: by TLS to the public internet, unless more is allowed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rebond import post as posting
from rebond.post import Poster
from rebond.services.deliver_webhooks import PostError
from tests.tls_server import Authority, serving


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Receiving(BaseHTTPRequestHandler):
    """Keeps what it was posted, and answers 202."""

    got: list[Any]

    def do_POST(self) -> None:
        self.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"])), self.headers["webhook-id"]))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return


@pytest.fixture
def plain() -> Iterator[tuple[int, list[Any]]]:
    """A server without TLS on this machine: its port, and what it got."""
    got: list[Any] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Receiving,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], got
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_body_is_posted_by_tls(authority: Authority) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        raise AssertionError("it knows no POST")

    with serving(answer, authority.context(name="localhost")) as port:
        poster = Poster(ca=str(authority.file), private=True)
        assert poster.post(f"https://localhost:{port}/hook", b"", {}) == 501
        with pytest.raises(PostError, match="does not answer"):
            Poster(private=True).post(f"https://localhost:{port}/hook", b"", {})


def test_what_is_posted_within_the_network_may_go_without_tls(plain: tuple[int, list[Any]]) -> None:
    port, got = plain
    poster = Poster(private=True)
    assert poster.post(f"http://127.0.0.1:{port}/hook?a=1", b"{}", {"webhook-id": "msg_1"}) == 202
    assert got == [("/hook?a=1", b"{}", "msg_1")]


def test_private_addresses_are_refused_unless_allowed(plain: tuple[int, list[Any]]) -> None:
    port, got = plain
    with pytest.raises(PostError, match="not on the public internet"):
        Poster().post(f"https://127.0.0.1:{port}/", b"{}", {})
    with pytest.raises(PostError, match="without TLS"):
        Poster().post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert got == []


NO_URLS = (
    "",
    "x",
    "ftp://shop.example/",
    "http://shop.example/",
    "https://",
    "https://u:p@shop.example/",
    "https://[x",
)
ODD_URLS = tuple(f"https://shop.example{rest}" for rest in ("/é", "/a b", "/\n", ":x/"))


@pytest.mark.parametrize("url", [*NO_URLS, *ODD_URLS])
def test_what_is_no_address_is_refused(url: str) -> None:
    assert Poster().refuse(url)
    with pytest.raises(PostError):
        Poster().post(url, b"{}", {})


def test_nothing_is_asked_of_an_address_that_could_be_posted_to() -> None:
    assert Poster().refuse("https://shop.example:8443/hook?x=1") == ""


def test_nobody_is_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST", 0.2)
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PostError, match="takes longer"):
            Poster(private=True).post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(PostError, match="cannot be read"):
        Poster(ca=str(tmp_path / "none"), private=True).post("https://127.0.0.1/", b"{}", {})
