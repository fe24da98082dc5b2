"""The qualifier: a returned mail, a reply or the facts of one failure in, verdicts out (specification 02 and 03).

A pure composition of reading and rules: no database, no network, no clock.
"""

from dataclasses import fields, replace
from functools import lru_cache
from operator import attrgetter

from rebond.core.failure import Facts, Failure, Reading, Report, Verdict
from rebond.core.qualify.codes import CodeRow, CodeTable, is_weak, read_codes
from rebond.core.qualify.engine import Match, RuleEngine
from rebond.core.qualify.normalise import fold, fold_text, template
from rebond.core.qualify.providers import Providers
from rebond.core.qualify.rules import Example, Level, Rule, Situation
from rebond.core.qualify.temper import temper
from rebond.core.words import Cause, Channel, FailureType, Peer, Phase, Reason, ReturnKind

# Verdicts kept, by text, and by what texts match. Senders meet the same few thousand texts again and again, and what
# is new in a text is mostly a name.
CACHED_VERDICTS = 4096
# What the recipients of one mail have in common: kept for few texts, which may be long.
CACHED_OF_A_MAIL = 64
_SUCCESSES = frozenset({"delivered", "relayed", "expanded"})
_KIND_CAUSES = {
    ReturnKind.AUTO_REPLY: Cause.AUTO_REPLY,
    ReturnKind.CHALLENGE: Cause.CHALLENGE,
    ReturnKind.READ_RECEIPT: Cause.READ_RECEIPT,
    ReturnKind.DELIVERED: Cause.SUCCESS,
}
_READING_NAMES = tuple(item.name for item in fields(Reading))
_READING_VALUES = attrgetter(*_READING_NAMES)


class Qualifier:
    """Judges failures by a pack of rules and the code tables; may be used from several threads."""

    def __init__(self, engine: RuleEngine, *, codes: CodeTable, providers: Providers | None = None) -> None:
        self.engine = engine
        self.codes = codes
        self.providers = providers or Providers()
        self._said = lru_cache(CACHED_OF_A_MAIL)(read_codes)
        self._provider_of = lru_cache(CACHED_OF_A_MAIL)(self.providers.of_hosts)
        self._judged = lru_cache(CACHED_VERDICTS)(self._judge)
        self._by_enhanced = lru_cache(CACHED_VERDICTS)(codes.by_enhanced)
        self._decided = lru_cache(CACHED_VERDICTS)(self._decide)

    @property
    def pack_version(self) -> str:
        """The version of the rules: newest date and the beginning of the digest."""
        return self.engine.pack.version

    def qualify_mail(self, raw: bytes) -> Report:
        """Read a returned mail and judge what it says of each recipient; never raises, whatever the bytes."""
        from rebond.core.read import read_mail  # replies need no mail parser, and it is slow to import

        return self.qualify_reading(read_mail(raw))

    def qualify_reading(self, reading: Reading) -> Report:
        """Judge what a mail was read as: one failure a recipient; none for complaints and ordinary mail."""
        values = dict(zip(_READING_NAMES, _READING_VALUES(reading), strict=True))
        return Report(**values, failures=self._failures(reading))

    def _failures(self, reading: Reading) -> tuple[Failure, ...]:
        if reading.kind in (ReturnKind.COMPLAINT, ReturnKind.OTHER, ReturnKind.UNSUBSCRIBE):
            return ()
        if cause := _KIND_CAUSES.get(reading.kind):
            verdict = self._not_a_failure(cause, rule=f"kind:{reading.kind}")
            answered = reading.facts or (Facts(recipient=reading.sender, text=reading.subject),)
            return tuple(
                _failure(facts, verdict, code=facts.code, enhanced=facts.enhanced, provider=facts.provider)
                for facts in answered
            )
        if reading.kind is ReturnKind.DELAYED:
            return tuple(
                self.qualify_facts(facts if facts.action else replace(facts, action="delayed"))
                for facts in reading.facts
            )
        return tuple(map(self.qualify_facts, reading.facts))

    def qualify_reply(
        self,
        text: str,
        *,
        channel: Channel = Channel.EMAIL,
        provider: str = "",
        phase: Phase = Phase.RCPT,
        peer: Peer = Peer.RECEIVER,
        recipient: str = "",
        code: int = 0,
        enhanced: str = "",
    ) -> Failure:
        """Judge the answer to an attempt; codes not given are read from the text."""
        return self.qualify_facts(
            Facts(
                recipient=recipient,
                text=text,
                channel=channel,
                provider=provider,
                phase=phase,
                peer=peer,
                code=code,
                enhanced=enhanced,
            )
        )

    def qualify_example(self, example: Example) -> Failure:
        """Judge an example of a rule as the answer that it is."""
        asked = example.situation
        return self.qualify_reply(
            example.text,
            channel=asked.channel,
            provider=asked.provider,
            phase=asked.phase,
            peer=asked.peer,
            code=asked.code,
            enhanced=asked.enhanced,
        )

    def qualify_facts(self, facts: Facts) -> Failure:
        """Judge one failure; codes and provider that the facts do not hold are taken from text and servers."""
        said = self._said(facts.text) if facts.channel is Channel.EMAIL else None
        code, enhanced = facts.code, facts.enhanced
        if said is not None:
            code, enhanced = code or said.code, enhanced or said.enhanced
        provider = self._provider(facts)
        situation = Situation(
            channel=facts.channel,
            provider=provider,
            phase=facts.phase,
            peer=facts.peer,
            code=said.code if said and said.code and facts.phase is Phase.REPORT else code,
            enhanced=said.enhanced if said and said.enhanced and not is_weak(said.enhanced) else enhanced,
        )
        verdict = self._judged(situation, facts.action.lower(), facts.text)
        return _failure(facts, verdict, code=code, enhanced=enhanced, provider=facts.provider or provider)

    def template(self, text: str, *, recipient: str = "") -> str:
        """Reduce a text to its template, the key of its qualification."""
        return template(text, recipient=recipient, codes=self.providers.codes)

    def matched(self, failure: Failure) -> tuple[int, int] | None:
        """Tell which characters of a failure's text its rule matched; None when no rule of this pack did.

        Told on demand, for the people who look at one failure: it takes longer than judging.
        """
        return self.engine.span(failure.verdict.rule, fold(failure.text))

    def _provider(self, facts: Facts) -> str:
        """Name the provider for rules: as the caller knows it by MX, else by the servers that the return names.

        A relay stands between us and the provider, and what the caller knows then is the recipient's domain alone.
        """
        if facts.provider and facts.peer is Peer.RECEIVER:
            return facts.provider
        return self._provider_of((facts.remote_mta, facts.reporting_mta))

    def _judge(self, situation: Situation, action: str, text: str) -> Verdict:
        if action in _SUCCESSES:
            return self._not_a_failure(Cause.SUCCESS, rule=f"action:{action}")
        if situation.code // 100 == 2 and situation.channel is Channel.EMAIL and action != "failed":
            return self._not_a_failure(Cause.SUCCESS, rule=f"smtp:{situation.code}")
        return self._decided(situation, action, self.engine.found(fold_text(text)))

    def _decide(self, situation: Situation, action: str, found: tuple[int, ...]) -> Verdict:
        verdict, rule = self._spoken(situation, found)
        verdict = temper(verdict, situation=situation, rule=rule)
        return _delayed(verdict) if action == "delayed" else verdict

    def _spoken(self, situation: Situation, found: tuple[int, ...]) -> tuple[Verdict, Rule | None]:
        """Take the first that speaks: provider rule, general rule, enhanced code, SMTP code, nothing."""
        match = self.engine.choose(found, situation)
        row = self._by_enhanced(situation.enhanced, phase=situation.phase) if situation.enhanced else None
        name = f"code:{situation.enhanced}"
        if match and not (row and _overrules(row, match.rule)):
            return self._by_rule(match), match.rule
        if row is None and situation.code:
            row, name = self.codes.by_smtp(situation.code), f"smtp:{situation.code}"
        if row is None or row.reason is Reason.NOT_DEFINED:
            return self._verdict(FailureType.SOFT, Reason.NOT_DEFINED, Cause.UNKNOWN, rule="none"), None
        return self._verdict(row.type, row.reason, row.cause, rule=name), None

    def _by_rule(self, match: Match) -> Verdict:
        rule = match.rule
        return Verdict(
            type=rule.type,
            reason=rule.reason,
            cause=rule.cause,
            rule=rule.id,
            pack_version=self.pack_version,
            confirm=rule.confirm,
            retry=rule.retry,
            review=rule.review,
            runners_up=tuple(other.id for other in match.runners_up),
        )

    def _verdict(self, kind: FailureType, reason: Reason, cause: Cause, *, rule: str) -> Verdict:
        return Verdict(type=kind, reason=reason, cause=cause, rule=rule, pack_version=self.pack_version)

    def _not_a_failure(self, cause: Cause, *, rule: str) -> Verdict:
        return self._verdict(FailureType.IGNORED, Reason.NOT_A_FAILURE, cause, rule=rule)


def _overrules(row: CodeRow, rule: Rule) -> bool:
    """Tell whether a code beats a general rule on text: x.2.2 does, being mailbox_full always."""
    return row.always and rule.level is Level.GENERAL and rule.reason is not row.reason


def _delayed(verdict: Verdict) -> Verdict:
    """Make a delay notice's verdict: ignored, with the reason that the text tells, if it tells any."""
    reason = Reason.UNREACHABLE if verdict.reason is Reason.NOT_DEFINED else verdict.reason
    told = (verdict.rule, *verdict.runners_up) if verdict.rule != "none" else ()
    return replace(
        verdict,
        type=FailureType.IGNORED,
        reason=reason,
        cause=Cause.DELAYED,
        rule="action:delayed",
        confirm=1,
        runners_up=told,
    )


def _failure(facts: Facts, verdict: Verdict, *, code: int, enhanced: str, provider: str) -> Failure:
    # Field by field: this is made for every failure, and going over `fields` takes longer than judging.
    return Failure(
        recipient=facts.recipient,
        text=facts.text,
        channel=facts.channel,
        final_recipient=facts.final_recipient,
        original_recipient=facts.original_recipient,
        code=code,
        enhanced=enhanced,
        action=facts.action,
        phase=facts.phase,
        peer=facts.peer,
        provider=provider,
        remote_mta=facts.remote_mta,
        reporting_mta=facts.reporting_mta,
        verdict=verdict,
    )
