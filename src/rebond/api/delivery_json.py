"""Deliveries as the API takes and tells them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from rebond.api.base import Given, Told, Whole
from rebond.api.delivery_settings import Aiming, Settings
from rebond.api.moments import Moment
from rebond.core.words import Channel, DeliveryStatus, MessageClass
from rebond.services.proof import MOST
from rebond.store.read.deliveries import ListedDelivery, Target


class DeliveryPage(Told):
    items: list[ListedDelivery]
    next: str | None


class Delivery(Told):
    id: int
    name: str
    channel: Channel
    message_class: MessageClass
    status: DeliveryStatus
    problem: str
    sender: str
    subject: str
    text: str
    html: str
    target: Target
    target_ref: Annotated[int | None, Field(description="The number of the segment, list or service.")]
    template: int | None
    validity_seconds: int
    retries_seconds: list[int]
    duplicates: bool
    verify: Literal["sample", "all"]
    created_at: datetime
    prepared_at: datetime | None
    scheduled_at: Annotated[datetime | None, Field(description="When it is sent by itself.")]
    started_at: datetime | None
    ends_at: datetime | None
    finished_at: datetime | None


class SavedDelivery(Delivery):
    red: Annotated[list[str], Field(description="What keeps it from being prepared.")]
    yellow: Annotated[list[str], Field(description="What is doubtful in its content.")]


class ToCreate(Settings):
    """A draft; `PUT /deliveries/{delivery}/target` sends it to the people of a file."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    channel: Channel = Channel.EMAIL
    template: Annotated[Whole | None, Field(description="What is not named here comes from it.")] = None
    target: Annotated[Aiming | None, Field(description="Everybody, or the template's, when left out.")] = None


class ToEdit(Settings):
    """What is not named stays."""

    name: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    target: Aiming | None = None


class ToSchedule(Given):
    at: Annotated[Moment, Field(description="A time to come, with its zone.", examples=["2030-03-01T09:00:00+01:00"])]


class ToProve(Given):
    to: Annotated[list[Annotated[str, Field(max_length=320)]], Field(min_length=1, max_length=MOST)]
    profile: Annotated[str, Field(max_length=255, description="Whose message it is; otherwise the first one's.")] = ""


class Proved(Told):
    address: str
    accepted: bool
    text: Annotated[str, Field(description="The answer of who took it, or did not.")]


class ProofsSent(Told):
    profile: str
    items: list[Proved]


class DeliveryState(Told):
    id: int
    status: DeliveryStatus
