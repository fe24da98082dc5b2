"""Links to unsubscribe, and how they are followed."""

import re
from typing import Any

from django.test import Client

from rebond.core.tokens import Keyring, sign_unsubscribe
from rebond.store.models import Delivery, Profile, ProfileDenial, Service, Subscription, Unsubscription
from rebond.wiring import Site
from tests.services.sending_fixtures import START

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


def to_service(number: int, *, subscribed: bool = True) -> int:
    """Let a delivery be one to the subscribers of a service; returns its number."""
    service = Service.objects.create(name="Weekly <news>", subscribers=0, created_at=START)
    Delivery.objects.filter(id=number).update(target="service", target_ref=service.pk)
    for profile in Profile.objects.all() if subscribed else ():
        Subscription.objects.create(service=service, profile=profile.pk, at=START, origin="import")
        Service.objects.filter(id=service.pk).update(subscribers=Subscription.objects.count())
    return service.pk


def link(site: Site, number: int, *, who: str = "p0", keyring: Keyring | None = None) -> str:
    profile = Profile.objects.get(external_id=who).pk
    return "/u/" + sign_unsubscribe(profile, delivery=number, keyring=keyring or site.keyring)


def press(address: str, body: str = ONE_CLICK, kind: str = FORM, **headers: str) -> Any:
    return Client(enforce_csrf_checks=True).post(address, body, content_type=kind, headers=headers)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def nothing_acted() -> bool:
    return not (ProfileDenial.objects.exists() or Unsubscription.objects.exists())
