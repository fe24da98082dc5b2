"""A landing page, requests by it, and their mails as a transport in memory takes them."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.services.sending_fixtures import KEYRING, START, JumpingClock, MemorySender, accept, policy, run_send

from rebond.config import Config
from rebond.core.landing import PageDefinition, read_page
from rebond.delivery_content import DeliveryContent
from rebond.services.audiences import create_service
from rebond.services.opt_in import Asked, ask
from rebond.services.opt_in_confirm import Followed, confirm, look
from rebond.services.opt_in_mail import make_mails
from rebond.services.opt_in_pages import save_page
from rebond.store.models import ConfirmationRun

URL = "https://news.example"
CONTENT = DeliveryContent(Config.model_validate({"site": {"public_url": URL}}))
LATER = timedelta(minutes=5)
ANN = "ann@example.org"


def document(**changes: Any) -> dict[str, Any]:
    return {
        "slug": "news",
        "name": "News",
        "languages": ["en", "fr"],
        "services": ["Newsletter"],
        "sender": "Shop <news@shop.example>",
        "active": True,
        "fields": [{"name": "first_name", "label": {"en": "First name", "fr": "Prénom"}}],
        **changes,
    }


def definition(**changes: Any) -> PageDefinition:
    return read_page(document(**changes))


def page(**changes: Any) -> int:
    """Make the page and what it offers; returns its number."""
    for name in changes.get("services", ["Newsletter"]):
        create_service(name, now=START, actor="test")
    return save_page(definition(**changes), content=CONTENT, public_url=URL, now=START, actor="test")


def asks(
    address: str = ANN,
    *,
    slug: str = "news",
    at: datetime = START,
    fields: Mapping[str, str] | None = None,
    services: tuple[int, ...] = (),
    language: str = "en",
    network: str = "192.0.2.0/24",
) -> None:
    asked = Asked(
        address=address,
        services=services,
        fields=fields or {},
        language=language,
        asked_from="192.0.2.7",
        network=network,
    )
    ask(slug, asked, allow_undotted=False, now=at)


def mails(at: datetime = START, *, answer: Any = accept) -> MemorySender:
    """Make the mails that are due and send them; returns what sent them, with what it took."""
    while make_mails(providers={}, keyring=KEYRING, now=at):
        pass
    sender = MemorySender(JumpingClock(at), answer)
    for delivery in ConfirmationRun.objects.filter(open_until__gt=at).values_list("delivery", flat=True):
        run_send(delivery, sender=sender, composer=CONTENT.composer, bounce_domain="bounce.example")
    return sender


def token_in(content: bytes) -> str:
    """Find the token of the link in a mail."""
    found = re.search(rb"https://news\.example/confirm/([a-z0-9=\r\n]+)", content)
    assert found is not None, content
    return found[1].replace(b"=\r\n", b"").decode().strip()


def looks(token: str, at: datetime = START + LATER) -> Followed:
    return look(token, keyring=KEYRING, now=at)


def confirms(token: str, at: datetime = START + LATER) -> Followed:
    return confirm(token, keyring=KEYRING, policy=policy(), now=at, confirmed_from="198.51.100.4")
