"""What a signed link to unsubscribe ends."""

from dataclasses import dataclass

from rebond.core.words import Channel
from rebond.store.models import Delivery, Message, Profile, ProfileDenial, Service, Subscription
from rebond.store.read.deliveries import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What a person leaves: a service, or a whole channel where `service` is None.

    `over` says that there is nothing left to end: they have left before, or nobody knows them any more.
    """

    channel: Channel
    service: int | None
    service_name: str
    message: int | None
    over: bool


def leaving(profile: int, *, delivery: int) -> Leaving:
    """Tell what the link in a delivery's message to a profile ends.

    The channel where the delivery has no service, and where the delivery or its service is gone: what a person asks
    for when they click is to be left alone, and nothing tells any more by less than the channel.
    """
    row = Delivery.objects.filter(id=delivery).values_list("channel", "target", "target_ref").first()
    channel, target, reference = row or (Channel.EMAIL.value, "", None)
    service = Service.objects.filter(id=reference or 0).first() if target == Target.SERVICE else None
    message = Message.objects.filter(delivery=delivery, profile=profile).values_list("id", flat=True).first()
    return Leaving(
        channel=Channel(channel),
        service=service.pk if service else None,
        service_name=service.name if service else "",
        message=message,
        over=not _is_there(profile, channel=channel, service=service.pk if service else None),
    )


def _is_there(profile: int, *, channel: str, service: int | None) -> bool:
    if not Profile.objects.filter(id=profile, erased_at__isnull=True).exists():
        return False
    if service is not None:
        return Subscription.objects.filter(service=service, profile=profile).exists()
    # Who left all channels leaves this one as well: when they come back to the others, they have not come back to it.
    return not ProfileDenial.objects.filter(profile=profile, channel=channel).exists()
