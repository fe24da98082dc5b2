"""A visitor on a served site: the form, the mail at a real relay, the link in it, a bounce of it; all by processes."""

import email
import email.policy
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.served_site import CountingRelay, ServedSite, served_site, wait_for
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.either_database]
PAGE = """
slug = "news"
services = ["Newsletter"]
sender = "Shop <news@shop.example>"
active = true
"""


class KeepingRelay(CountingRelay):
    """Takes all but what is for nobody, and keeps it."""

    mails: list[bytes]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[ServedSite]:
    with served_site(tmp_path) as found:
        yield found


def ask(made: ServedSite, path: str, **fields: str) -> tuple[int, str, Any]:
    data = urllib.parse.urlencode(fields).encode() if fields else None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{made.web_port}{path}", data, timeout=20) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def served(made: ServedSite, path: str) -> bool:
    try:
        return ask(made, path)[0] == 200
    except OSError:
        return False


def test_from_the_form_to_the_subscription(made: ServedSite) -> None:
    made.more["REBOND_SITE__PUBLIC_URL"] = "https://news.example"
    made.relay.__class__ = KeepingRelay
    relay: Any = made.relay
    relay.mails = []
    file = made.data.with_suffix(".toml")
    file.write_text(PAGE)
    made.run("service", "create", "Newsletter", "--json")
    made.run("landing", "save", str(file), "--json")
    made.start("up")
    until(lambda: served(made, "/join/news"), within=90, what=made.said)
    for name in ("ann", "nobody"):
        status, _, headers = ask(made, "/join/news", address=f"{name}@people.example")
        assert (status, headers["Set-Cookie"]) == (200, None)
    until(lambda: len(relay.mails) == 1, within=60, what=made.said)
    mail: Any = email.message_from_bytes(relay.mails[0], policy=email.policy.default)
    (link,) = re.findall(r"https://news\.example(/confirm/[a-z2-7]+)", mail.get_content())
    assert ask(made, link)[0] == 200
    assert made.value("SELECT count(*) FROM subscription") == 0
    assert "you are subscribed" in ask(made, link, confirm="yes")[1]
    assert made.value("SELECT count(*) FROM subscription") == 1
    assert made.value("SELECT event FROM evidence WHERE address_key = 'ann@people.example'") == "confirmed"
    wait_for(made, "SELECT status FROM address_state WHERE address_key = 'nobody@people.example'", "quarantined")
    assert made.value("SELECT count(*) FROM profile") == 1
