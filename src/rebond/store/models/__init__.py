"""Fields, constraints and indexes; no logic. Rows never leave the store."""

from rebond.store.models.addresses import (
    AddressStateRow,
    EvidenceRow,
    SnapshotRow,
    ToldSuccess,
    Unattributed,
)
from rebond.store.models.alerts import Alert
from rebond.store.models.bulk import QuarantineItem, QuarantineOperation, SavedView
from rebond.store.models.deliveries import (
    Delivery,
    DeliveryCounts,
    DeliveryTemplate,
    Exclusion,
    ExclusionCount,
    Message,
    TargetMember,
)
from rebond.store.models.erasure import ErasedAddress, Erasure
from rebond.store.models.jobs import JobHold, RunningProcess
from rebond.store.models.keys import ApiKey, KeptAnswer
from rebond.store.models.landing import ConfirmationRun, LandingPage, LandingText, OptInFact, OptInRequest
from rebond.store.models.notices import AlertNotice
from rebond.store.models.people import PeopleUpload, Profile, ProfileAddress, ProfileDenial
from rebond.store.models.practice import (
    ConsoleRule,
    QualificationChange,
    Requalified,
    RuleOperation,
    SeenPack,
    VerdictChange,
)
from rebond.store.models.reports import (
    ChangeHour,
    DomainFact,
    DomainHour,
    HourFact,
    QuarantineSize,
    SendingFact,
    StatusChange,
    SummedDelivery,
)
from rebond.store.models.returns import Qualification, RawMail, ReturnedMail
from rebond.store.models.system import AuditEntry, JobRun, TransportPause, User
from rebond.store.models.targets import ListMember, PeopleList, Segment, Service, Subscription
from rebond.store.models.unsubscribing import Unsubscription
from rebond.store.models.webhooks import WebhookDelivery, WebhookEvent, WebhookSubscription

__all__ = [
    "AddressStateRow",
    "Alert",
    "AlertNotice",
    "ApiKey",
    "AuditEntry",
    "ChangeHour",
    "ConfirmationRun",
    "ConsoleRule",
    "Delivery",
    "DeliveryCounts",
    "DeliveryTemplate",
    "DomainFact",
    "DomainHour",
    "ErasedAddress",
    "Erasure",
    "EvidenceRow",
    "Exclusion",
    "ExclusionCount",
    "HourFact",
    "JobHold",
    "JobRun",
    "KeptAnswer",
    "LandingPage",
    "LandingText",
    "ListMember",
    "Message",
    "OptInFact",
    "OptInRequest",
    "PeopleList",
    "PeopleUpload",
    "Profile",
    "ProfileAddress",
    "ProfileDenial",
    "Qualification",
    "QualificationChange",
    "QuarantineItem",
    "QuarantineOperation",
    "QuarantineSize",
    "RawMail",
    "Requalified",
    "ReturnedMail",
    "RuleOperation",
    "RunningProcess",
    "SavedView",
    "SeenPack",
    "Segment",
    "SendingFact",
    "Service",
    "SnapshotRow",
    "StatusChange",
    "Subscription",
    "SummedDelivery",
    "TargetMember",
    "ToldSuccess",
    "TransportPause",
    "Unattributed",
    "Unsubscription",
    "User",
    "VerdictChange",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookSubscription",
]
