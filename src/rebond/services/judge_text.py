"""What a stored text means by rules, and how verdicts of texts compare."""

from dataclasses import replace

from rebond.core.failure import Facts, Verdict
from rebond.core.qualifier import Qualifier
from rebond.core.words import QualificationStatus, Reason
from rebond.store.read.qualifications import Circumstance, QualificationRow


def same_verdict(one: Verdict, other: Verdict) -> bool:
    """Tell whether two verdicts do the same, whatever rule gave them."""
    return (one.type, one.reason, one.cause, one.confirm) == (other.type, other.reason, other.cause, other.confirm)


def judge(qualifier: Qualifier, row: QualificationRow, about: Circumstance) -> Verdict:
    """Judge a stored text as it would be judged if it came again in this circumstance."""
    facts = Facts(
        text=row.text,
        channel=row.channel,
        provider=row.provider,
        phase=about.phase,
        code=about.code,
        enhanced=about.enhanced,
        action="failed",
    )
    return qualifier.qualify_facts(facts).verdict


def status_of(verdict: Verdict, *, before: QualificationStatus) -> QualificationStatus:
    """Tell the status of a text with another verdict: what is ignored stays so until a person says otherwise."""
    if before is QualificationStatus.IGNORE:
        return before
    open_question = verdict.reason is Reason.NOT_DEFINED or verdict.review
    return QualificationStatus.TO_QUALIFY if open_question else QualificationStatus.KEEP


def stands_for(text: Verdict, now: Verdict) -> bool:
    """Tell whether a text says what its failures are to be; it knows no `confirm`."""
    return text.rule == now.rule and same_verdict(replace(text, confirm=now.confirm), now)
