"""What must hold of a report and of a failure, whatever the bytes they were made from (specifications 02, 03, 10)."""

from collections.abc import Iterator

from rebond.core.failure import Failure, Report, given_verdict
from rebond.core.qualifier import Qualifier
from rebond.core.qualify.rules import Rule
from rebond.core.words import BEFORE_RECIPIENT, CAUSES, Cause, FailureType, Owner, Reason, ReturnKind

MOST_RECIPIENTS = 1000
# No string of a report is longer than the text of one part may be.
_LONGEST = 256 * 1024
# An address as it was written; whether it is one, those say who store it.
_LONGEST_ADDRESS = 64 * 1024
_SILENT = frozenset({ReturnKind.OTHER, ReturnKind.UNSUBSCRIBE, ReturnKind.COMPLAINT})
_HARMLESS = frozenset({ReturnKind.AUTO_REPLY, ReturnKind.CHALLENGE, ReturnKind.READ_RECEIPT, ReturnKind.DELIVERED})


class Held:
    """Judges what a qualifier answers; says in words what does not hold."""

    def __init__(self, qualifier: Qualifier) -> None:
        self._rules: dict[str, Rule] = {rule.id: rule for rule in qualifier.engine.pack.rules}
        self._version = qualifier.pack_version

    def broken_by_report(self, report: Report) -> Iterator[str]:
        failures = report.failures
        if max(len(failures), len(report.facts), len(report.complainants), len(report.original_to)) > MOST_RECIPIENTS:
            yield f"{len(report.facts)} recipients and {len(report.complainants)} complainants"
        if report.kind in _SILENT and failures:
            yield f"a mail of kind {report.kind} has {len(failures)} failures"
        if report.kind in _HARMLESS and not all(each.verdict.reason is Reason.NOT_A_FAILURE for each in failures):
            yield f"a mail of kind {report.kind} has a failure that is one"
        if report.kind is ReturnKind.DELAYED and not all(each.verdict.harmless for each in failures):
            yield "a delay notice has a failure that acts"
        if report.kind is not ReturnKind.COMPLAINT and (report.complainants or report.feedback_type):
            yield f"a mail of kind {report.kind} names complainants"
        if report.date is not None and report.date.tzinfo is None:
            yield "the date has no zone"
        if len(set(report.notes)) != len(report.notes) or len(report.notes) > 20:
            yield "notes are repeated"
        if len(report.candidates) > 60 or len(report.message_ids) > 100:
            yield "the candidates for a token are not bounded"
        texts = (report.subject, report.sender, report.original_from, report.return_path or "", report.feedback_type)
        for text in (*texts, *report.candidates, *report.message_ids, *report.original_to, *report.complainants):
            if len(text) > _LONGEST:
                yield f"a text of {len(text):,} characters"
        for failure in failures:
            yield from self.broken_by_failure(failure)

    def broken_by_failure(self, failure: Failure) -> Iterator[str]:
        verdict = failure.verdict
        said = f"{verdict.type} {verdict.reason}/{verdict.cause} by {verdict.rule}"
        facts = CAUSES[verdict.cause]
        try:
            given_verdict(verdict.type, reason=verdict.reason, cause=verdict.cause)
        except ValueError as error:
            yield f"{said}: {error}"
        if verdict.type is FailureType.HARD and facts.owner is not Owner.RECIPIENT:
            yield f"{said} is hard, and the recipient does not own it"
        if verdict.type is FailureType.HARD and failure.phase in BEFORE_RECIPIENT:
            yield f"{said} is hard before any recipient was named ({failure.phase})"
        if verdict.reason is Reason.NOT_DEFINED and (verdict.type, verdict.cause) != (FailureType.SOFT, Cause.UNKNOWN):
            yield f"{said}: what no rule knows is soft"
        if failure.action == "delayed" and verdict.type is not FailureType.IGNORED:
            yield f"{said}: a delay acts"
        if verdict.confirm == 2 and verdict.type is FailureType.IGNORED:
            yield f"{said} asks for a second error and is ignored"
        rule = self._rules.get(verdict.rule)
        if rule is None and verdict.rule != "none" and ":" not in verdict.rule:
            yield f"{said}: the pack has no such rule"
        if rule is None and verdict.type is FailureType.HARD and verdict.rule.startswith("smtp:"):
            yield f"{said}: the class of an SMTP code made it hard"
        if verdict.pack_version != self._version:
            yield f"{said}: pack version {verdict.pack_version!r}"
        if (
            len(failure.text) > _LONGEST
            or max(map(len, (failure.recipient, failure.final_recipient))) > _LONGEST_ADDRESS
        ):
            yield f"{said}: a text of {len(failure.text):,} characters, an address of {len(failure.recipient):,}"
        if failure.code and not 100 <= failure.code <= 999:
            yield f"{said}: SMTP code {failure.code}"
