"""What people see when the database is away, or a page breaks."""

import pytest
from django.db import OperationalError
from django.test import Client

from rebond.core.words import Role
from tests.console.conftest import ClientAs

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def breaking(monkeypatch: pytest.MonkeyPatch, error: Exception, *, where: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(where, broken)


# The session is read before any page is: nothing of the reader is known then.
@pytest.mark.parametrize(
    "where",
    [
        "django.contrib.sessions.backends.db.SessionStore.load",
        "rebond.console.quarantine.views.kept_views",
    ],
)
@pytest.mark.parametrize(
    ("language", "words"), [("en", "busy or away at present"), ("fr", "occupée ou absente en ce moment")]
)
def test_a_database_that_is_away_is_told_so(
    client_as: ClientAs, monkeypatch: pytest.MonkeyPatch, language: str, words: str, where: str
) -> None:
    client = client_as(Role.DELIVERABILITY, language=language)
    client.raise_request_exception = False
    breaking(monkeypatch, OperationalError("the connection is closed"), where=where)
    answer = client.get("/quarantine/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert words in answer.content.decode()


def test_a_page_that_breaks_says_whose_fault_it_is(client_as: ClientAs, monkeypatch: pytest.MonkeyPatch) -> None:
    client: Client = client_as(Role.DELIVERABILITY)
    client.raise_request_exception = False
    breaking(monkeypatch, ValueError("a secret"), where="django.contrib.sessions.backends.db.SessionStore.load")
    answer = client.get("/quarantine/")
    assert answer.status_code == 500
    assert "a fault of Rebond" in answer.content.decode()
    assert "a secret" not in answer.content.decode()
    assert "style-src" in answer.headers["Content-Security-Policy"]
