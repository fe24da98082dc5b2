"""Requests to the HTTP API through the whole application, in this process: what the server does, without a network."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rebond.wiring import Site


def make_key(site: "Site") -> str:
    """Make a key of the API that may do everything."""
    from rebond.core.permissions import Operation
    from rebond.core.words import Role
    from rebond.services.keys import create_key
    from rebond.web.chance import new_secret

    scopes, now = list(Operation), site.clock.now()
    made = create_key("bench", role=Role.ADMINISTRATOR, scopes=scopes, secret=new_secret(), now=now, actor="bench")
    return made.text


class Asker:
    """Asks a site with a key that may do everything."""

    def __init__(self, site: "Site") -> None:
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.signals import request_finished, request_started
        from django.db import close_old_connections

        from rebond.web.current import serve

        # A server's threads keep their connections.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        serve(site)
        self._key = make_key(site)
        self._application = WSGIHandler()

    def post(self, path: str, body: bytes) -> bytes:
        """Post a body of JSON to the API; returns the body of the answer, which the client has yet to read."""
        return self.post_to(f"/api/v1{path}", body, HTTP_AUTHORIZATION=f"Bearer {self._key}")

    def post_to(self, path: str, body: bytes, **headers: str) -> bytes:
        """Post a body of JSON to any address, with headers as WSGI names them."""
        told: list[str] = []
        given = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            **headers,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
        }
        answer = b"".join(self._application(given, lambda status, headers: told.append(status)))
        assert told[0].startswith("200"), (told[0], answer[:500])
        return answer
