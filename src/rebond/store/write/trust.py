"""Evidence that was under the trust that its source requires, and that a person lets act."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rebond.core.failure import Evidence
from rebond.core.words import Channel
from rebond.store.models import EvidenceRow
from rebond.store.read.evidence import AddressKey, evidence_of
from rebond.store.write.evidence import verdict_columns
from rebond.store.write.rows import update


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvidence:
    """Stored evidence that is locked for this transaction, with what is kept beside it."""

    id: int
    about: AddressKey
    address: str
    evidence: Evidence
    code: int
    enhanced: str
    phase: str
    message: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedEvidence:
    """What becomes of a row by its number: it acts, judged as the evidence says, with the text's row if it has one."""

    id: int
    evidence: Evidence
    qualification: int | None


def lock_evidence(identities: Collection[str]) -> dict[str, HeldEvidence]:
    """Lock what is stored of these until the transaction ends, and read it as it is now."""
    rows = list(EvidenceRow.objects.select_for_update().filter(identity__in=identities).order_by("id"))
    about = {row.identity: AddressKey(Channel(row.channel), row.address_key, row.scope) for row in rows}
    evidence = {item.identity: item for found in evidence_of(set(about.values())).values() for item in found}
    return {
        row.identity: HeldEvidence(
            id=row.pk,
            about=about[row.identity],
            address=row.address,
            evidence=evidence[row.identity],
            code=row.code,
            enhanced=row.enhanced,
            phase=row.phase,
            message=row.message,
        )
        for row in rows
    }


def trust_evidence(items: Sequence[TrustedEvidence]) -> None:
    """Let these act, with their verdict, their text and whether they are its first sight."""
    update("evidence", _COLUMNS, [_row(item) for item in items])


_NO_VERDICT = dict.fromkeys(("type", "reason", "cause", "rule", "pack_version"), "")
_COLUMNS = {
    **dict.fromkeys(_NO_VERDICT, "text"),
    "confirm": "smallint",
    "trusted": "boolean",
    "first_sight": "boolean",
    "qualification": "bigint",
}


def _row(item: TrustedEvidence) -> dict[str, object]:
    evidence, verdict = item.evidence, item.evidence.verdict
    return {
        "id": item.id,
        **(verdict_columns(verdict) if verdict else _NO_VERDICT),
        "confirm": verdict.confirm if verdict else 1,
        "trusted": evidence.trusted,
        "first_sight": evidence.first_sight,
        "qualification": item.qualification,
    }
