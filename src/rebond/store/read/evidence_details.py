"""What is kept beside evidence, for whoever looks at one address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rebond.core.read.providers.body import SOURCE
from rebond.core.words import Phase
from rebond.store.models import EvidenceRow, Message, ReturnedMail
from rebond.store.read.returns import kept_returns

_OURS = "message:"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDetail:
    """What one piece of evidence came with.

    `qualification` is the number of its text, `delivery` and `delivery_name` the delivery of ours that it is about, and
    `return_id` the number of the returned mail that said it, None when that is not kept.
    """

    phase: Phase | None = None
    code: int = 0
    enhanced: str = ""
    qualification: int | None = None
    delivery: int | None = None
    delivery_name: str = ""
    return_id: int | None = None


def evidence_details(identities: Collection[str]) -> Mapping[str, EvidenceDetail]:
    """Read what these pieces of evidence came with; those of the sending log have their delivery alone."""
    names = ("identity", "phase", "code", "enhanced", "qualification", "message", "returned_mail")
    rows = list(EvidenceRow.objects.filter(identity__in=identities).values_list(*names))
    ours = {identity: int(identity.removeprefix(_OURS)) for identity in identities if identity.startswith(_OURS)}
    messages = {row[5] for row in rows if row[5]} | set(ours.values())
    sent = Message.objects.filter(id__in=messages).values_list("id", "delivery_id", "delivery__name")
    deliveries = {number: (delivery, name) for number, delivery, name in sent}
    returns = kept_returns({row[6] for row in rows if row[6]})
    found = {}
    for identity, phase, code, enhanced, qualification, message, returned_mail in rows:
        delivery, name = deliveries.get(message, (None, ""))
        found[identity] = EvidenceDetail(
            phase=Phase(phase) if phase else None,
            code=code,
            enhanced=enhanced,
            qualification=qualification,
            delivery=delivery,
            delivery_name=name,
            return_id=returns.get(returned_mail),
        )
    for identity, message in ours.items():
        delivery, name = deliveries.get(message, (None, ""))
        found[identity] = EvidenceDetail(delivery=delivery, delivery_name=name)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedFailure:
    """A piece of evidence that something returned said: its rule, its text, and the return's number (None: not kept).

    `posted`: it was a webhook, which tells of others than `address` as well.
    """

    rule: str
    text: str
    return_id: int | None
    address: str = ""
    posted: bool = False


def returned_failure(identity: str) -> ReturnedFailure | None:
    """Find which returned mail said a piece of evidence; None when there is no such evidence, or no mail said it."""
    if "\0" in identity:  # which PostgreSQL refuses to look for
        return None
    row = EvidenceRow.objects.filter(identity=identity).exclude(returned_mail="").first()
    if row is None:
        return None
    number = kept_returns({row.returned_mail}).get(row.returned_mail)
    posted = number is not None and ReturnedMail.objects.filter(id=number, source__startswith=SOURCE).exists()
    return ReturnedFailure(rule=row.rule, text=row.text, return_id=number, address=row.address, posted=posted)
