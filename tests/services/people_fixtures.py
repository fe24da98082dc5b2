"""People, addresses in every state, drafts, and content that builds or does not."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from rebond.core.accounting import Counts
from rebond.core.address import parse_address
from rebond.core.failure import Origin
from rebond.core.policy import RetryPermanent, parse_retries, read_policy
from rebond.core.words import AddressStatus, Channel, MessageClass
from rebond.services.deliveries import create_delivery
from rebond.services.prepare import Prepared, prepare
from rebond.store.models import AddressStateRow, Profile, ProfileAddress, ProfileDenial
from rebond.store.read.deliveries import DeliveryRow, counts_of, recounted
from rebond.store.write.deliveries import NewDelivery

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PRESETS = tomllib.loads(files("rebond.data").joinpath("policies.toml").read_text("utf-8"))
POLICY = read_policy(PRESETS, overrides={})
PROVIDERS = {"gmail.com": "gmail"}


@dataclass
class Person:
    """A profile to be: no address at all is None, an empty one ''."""

    address: str | None
    denials: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


def add_people(people: Iterable[Person]) -> list[int]:
    numbers = []
    for person in people:
        profile = Profile.objects.create(
            external_id=f"p{Profile.objects.count()}", fields=person.fields, created_at=NOW, updated_at=NOW
        )
        if person.address is not None:
            key = parse_address(person.address, channel=Channel.EMAIL).key
            ProfileAddress.objects.create(profile=profile, channel="email", text=person.address, key=key)
        for channel in person.denials:
            ProfileDenial.objects.create(profile=profile, channel=channel, at=NOW, origin="person")
        numbers.append(profile.pk)
    return numbers


def set_state(
    key: str, status: AddressStatus, *, origin: Origin = Origin.NONE, scope: str = "", channel: str = "email"
) -> None:
    AddressStateRow.objects.create(
        channel=channel, address_key=key, scope=scope, address=key, status=status, origin=origin, policy_digest=""
    )


def new_delivery(**changes: Any) -> NewDelivery:
    values: dict[str, Any] = {
        "name": "News",
        "channel": Channel.EMAIL,
        "sender": "Shop <news@shop.example>",
        "subject": "News",
        "text": "Hello",
        "html": "",
        "message_class": MessageClass.COMMERCIAL,
        "validity": timedelta(days=5),
        "retries": parse_retries("5x1h,4x1d"),
        "retry_permanent": RetryPermanent.DAILY,
        **changes,
    }
    return NewDelivery(**values)


def draft(**changes: Any) -> int:
    return create_delivery(new_delivery(**changes), now=NOW, actor="test").id


@dataclass
class Checked:
    red: list[str] = field(default_factory=list)
    yellow: list[str] = field(default_factory=list)


@dataclass
class FakeContent:
    """Content with these problems, and that cannot be built for profiles with a field `broken`."""

    problems: Checked = field(default_factory=Checked)
    built: list[int] = field(default_factory=list)

    def check(self, delivery: DeliveryRow) -> Checked:
        return self.problems

    def try_build(self, delivery: DeliveryRow) -> Callable[[int, str, Mapping[str, Any]], None]:
        def build(message: int, address: str, fields: Mapping[str, Any]) -> None:
            self.built.append(message)
            if "broken" in fields:
                raise ValueError("text, line 1: 'broken' is broken")

        return build


def assert_equations(delivery: int) -> Counts:
    """The equations hold, and the rows say what the counters say."""
    counts = counts_of(delivery)
    assert counts.problems() == ()
    assert recounted(delivery) == counts
    return counts


def run(delivery: int, content: FakeContent | None = None, **options: Any) -> Prepared:
    values: dict[str, Any] = {"providers": PROVIDERS, "policy": POLICY, "now": NOW, "actor": "test", **options}
    return prepare(delivery, content=content or FakeContent(), **values)
