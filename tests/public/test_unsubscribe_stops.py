"""Whoever left by a link is written to no more, whatever is under way."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from rebond.config import Config
from rebond.config_sections import EmailSection, SiteSection
from rebond.delivery_content import DeliveryContent
from rebond.store.models import Delivery, Exclusion, Profile, Service
from rebond.wiring import Site
from tests.public.leaving import ONE_CLICK, link, press, to_service
from tests.services.sending_fixtures import (
    HOUR,
    SOFT,
    JumpingClock,
    MemorySender,
    accept,
    delivery,
    meanwhile,
    run_send,
    statuses,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
PUBLIC = "https://shop.example"


def send_really(site: Site, number: int, sender: MemorySender) -> Any:
    """Send with the messages that a site really makes."""
    config = Config(site=SiteSection(public_url=PUBLIC), email=EmailSection(bounce_domain="bounce.shop.example"))
    Delivery.objects.filter(id=number).update(text="Hello {{ first_name }}\nLeave: {{ unsubscribe_url }}\n")
    return run_send(number, sender=sender, keyring=site.keyring, composer=DeliveryContent(config).composer)


def link_in(content: bytes) -> str:
    """Take the link out of a mail as a mail program does: it must offer one click, and stand in the text as well."""
    mail: Any = message_from_bytes(content, policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == ONE_CLICK
    found = re.search(r"<(https://[^>]+)>", mail["List-Unsubscribe"])
    assert found
    assert found[1] in mail.get_content()
    assert found[1].startswith(PUBLIC)
    return found[1].removeprefix(PUBLIC)


@pytest.mark.parametrize("service", [False, True])
def test_one_click_in_a_mail_that_was_sent_stops_its_retries_and_the_next_delivery(site: Site, service: bool) -> None:
    number = delivery(2)
    if service:
        to_service(number)
    sender = MemorySender(JumpingClock(), lambda to, at: SOFT)
    send_really(site, number, sender)
    mail = next(one for one in sender.taken if one.recipient == "p0@example.org")
    assert press(link_in(mail.content)).status_code == 200
    sender.clock.time += 2 * HOUR
    sender.answer = accept
    tried = len(sender.times["p0@example.org"])
    send_really(site, number, sender)
    assert statuses(number) == {"cancelled": 1, "delivered": 1}
    assert len(sender.times["p0@example.org"]) == tried
    following = delivery(profiles=[Profile.objects.get(external_id="p0").pk])
    if service:
        Delivery.objects.filter(id=following).update(target="service", target_ref=Service.objects.get().pk)
    send_really(site, following, sender)
    assert statuses(following) == {"excluded_late": 1}
    assert Exclusion.objects.get(delivery=following).cause == "opted_out"


@pytest.mark.parametrize("service", [False, True])
def test_what_is_claimed_already_stops_within_a_minute(site: Site, service: bool) -> None:
    """Two hundred are claimed at once; the last one's person leaves while the first window is with the transport."""
    number = delivery(200)
    if service:
        to_service(number)
    last = link(site, number, who="p199")
    sender = MemorySender(JumpingClock(), accept)
    pressed: list[int] = []

    def slowly(_: object) -> None:
        if not pressed:
            meanwhile(lambda: pressed.append(press(last).status_code))
        sender.clock.time += timedelta(seconds=10)

    sender.before = slowly
    send_really(site, number, sender)
    assert pressed == [200]
    assert statuses(number) == {"delivered": 199, "excluded_late": 1}
    assert "p199@example.org" not in sender.times
