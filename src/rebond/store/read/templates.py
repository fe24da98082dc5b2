"""Templates of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rebond.core.policy import RetryPermanent
from rebond.core.words import Channel, MessageClass
from rebond.store.models import Delivery, DeliveryTemplate
from rebond.store.read.deliveries import Aim, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A delivery's defaults; `name` is the template's."""

    id: int
    name: str
    channel: Channel
    sender: str
    subject: str
    text: str
    html: str
    message_class: MessageClass
    validity: timedelta
    retries: tuple[timedelta, ...]
    retry_permanent: RetryPermanent
    duplicates: bool
    verify_all: bool
    aim: Aim
    created_at: datetime
    updated_at: datetime


def read_template(number: int, *, lock: bool = False) -> TemplateRow | None:
    """Read a template, None when there is no such; `lock` holds it until the transaction ends."""
    rows = DeliveryTemplate.objects.select_for_update() if lock else DeliveryTemplate.objects
    row = rows.filter(id=number).first()
    return _template(row) if row else None


def templates() -> Sequence[TemplateRow]:
    """Read all templates by name."""
    return [_template(row) for row in DeliveryTemplate.objects.order_by("name")]


def template_named(name: str) -> int | None:
    """Return the number of the template of a name."""
    number: int | None = DeliveryTemplate.objects.filter(name=name).values_list("id", flat=True).first()
    return number


def count_made_from(number: int) -> int:
    """Count the deliveries that were made from a template."""
    return Delivery.objects.filter(template=number).count()


def _template(row: DeliveryTemplate) -> TemplateRow:
    return TemplateRow(
        id=row.pk,
        name=row.name,
        channel=Channel(row.channel),
        sender=row.sender,
        subject=row.subject,
        text=row.text,
        html=row.html,
        message_class=MessageClass(row.message_class),
        validity=row.validity,
        retries=tuple(timedelta(seconds=seconds) for seconds in row.retries),
        retry_permanent=RetryPermanent(row.retry_permanent),
        duplicates=row.duplicates,
        verify_all=row.verify_all,
        aim=Aim(Target(row.target), row.target_ref),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
