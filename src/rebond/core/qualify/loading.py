"""Rules from parsed TOML, with every check that a rule must pass before it may judge (specification 02 and 03)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from rebond.core.failure import given_verdict
from rebond.core.qualify.codes import EnhancedPattern, ReplyPattern, read_codes
from rebond.core.qualify.rule_form import unfit
from rebond.core.qualify.rules import Example, Level, Problem, Rule, RuleError, Situation
from rebond.core.said import said, words_of
from rebond.core.words import REASONS, Cause, Channel, FailureType, Peer, Phase, Reason

_CONSTRAINTS = ("provider", "phase", "peer", "smtp", "enhanced", "channel", "text", "reads")
_VERDICT = ("type", "reason", "cause", "retry", "confirm", "review")
PACK = "pack"  # in a site's table of an imported rule: where it comes from
KEYS = frozenset({"id", *_CONSTRAINTS, *_VERDICT, "since", "source", "examples", "counterexamples"})
_REQUIRED = ("id", "text", "type", "reason", "since", "source", "examples")
EXAMPLE_KEYS = frozenset({"text", "provider", "phase", "peer", "code", "enhanced"})
Word = TypeVar("Word", bound=StrEnum)


class Reads(StrEnum):
    """What a rule's pattern is held against: the whole text, or its words without addresses, hosts and links."""

    TEXT = "text"
    WORDS = "words"


def load_rules(
    document: Mapping[str, Any],
    *,
    file: str,
    channel: Channel = Channel.EMAIL,
    console: bool = False,
    imported: bool = False,
    lines: Sequence[int] = (),
    with_examples: bool = True,
) -> tuple[Rule, ...]:
    """Make the rules of one parsed TOML document (`[[rule]]` tables), in its order.

    `reads` before the tables is what those read that do not say it themselves (see Reads).
    `lines` gives each rule's line in the file for messages; `console` puts the rules before all others,
    `imported` behind those and before the shipped ones. Raises
    RuleError with every problem of the file: an unknown or missing key, a word that is not in the vocabulary, a hard
    verdict that is not the recipient's, a cause of another reason. `with_examples` off leaves the examples unread.
    """
    rules, problems, reads = [], [], document.get("reads", "text")
    level = Level.CONSOLE if console else Level.IMPORTED if imported else None
    tables = document.get("rule", ())
    if not isinstance(tables, (list, tuple)) or not all(isinstance(table, Mapping) for table in tables):
        words = "`rule` is no array of tables; begin each rule with [[rule]]"
        raise RuleError([Problem(file=file, line=0, rule="", words=words)])
    for position, table in enumerate(tables):
        line = lines[position] if position < len(lines) else 0
        try:
            rule = _rule({"reads": reads, **table}, file=file, channel=channel, level=level, place=(position, line))
            rules.append(_with_examples(rule, table) if with_examples else rule)
        except ValueError as error:
            problems.append(Problem(file=file, line=line, rule=str(table.get("id", "")), words=words_of(error)))
    if unknown := sorted(set(document) - {"rule", "reads"}):
        words = said(
            "unknown table {unknown!r}; a rule file holds [[rule]] tables, and `reads` before them", unknown=unknown[0]
        )
        problems.append(Problem(file=file, line=0, rule="", words=words))
    if problems:
        raise RuleError(problems)
    return tuple(rules)


def load_console_rules(documents: Iterable[Mapping[str, Any]], *, with_examples: bool = False) -> tuple[Rule, ...]:
    """Make the rules of a site of their tables; raises RuleError.

    Its own come before all others; those with `pack` are imported, come next, and are named after their pack.
    """
    own: list[Mapping[str, Any]] = []
    packs: dict[str, list[Mapping[str, Any]]] = {}
    for document in documents:
        of_pack = is_imported(document)
        (packs.setdefault(document[PACK]["name"], []) if of_pack else own).append(document)
    rules = load_rules({"rule": own}, file="console", console=True, with_examples=with_examples)
    for name, tables in sorted(packs.items()):
        tables.sort(key=lambda table: table[PACK]["place"])
        plain = [{key: value for key, value in table.items() if key != PACK} for table in tables]
        rules += load_rules({"rule": plain}, file=name, imported=True, with_examples=with_examples)
    return rules


def load_site_rules(documents: Mapping[str, Mapping[str, Any]], *, with_examples: bool = False) -> tuple[Rule, ...]:
    """Make the rules of a site of its tables by name, as its database gives them; raises RuleError.

    Somebody may have written them by another way: whatever is there, what is refused names its row.
    """
    problems = [
        Problem(file="console", line=0, rule=name, words=words)
        for name, document in documents.items()
        if (words := _misfit(name, document))
    ]
    if problems:
        raise RuleError(problems)
    return load_console_rules(documents.values(), with_examples=with_examples)


def _misfit(name: str, document: object) -> str:
    if not isinstance(document, Mapping) or document.get("id") != name:
        return said("its row holds no rule of this name")
    own = {key: value for key, value in document.items() if key not in ("examples", "counterexamples")}
    words = unfit(own)
    return said("it holds {words}", words=words) if words else ""


def is_imported(document: Mapping[str, Any]) -> bool:
    """Tell a rule that came in a pack from one of the site's own."""
    pack = document.get(PACK)
    return isinstance(pack, Mapping) and isinstance(pack.get("name"), str) and isinstance(pack.get("place"), int)


def _rule(
    table: Mapping[str, Any], *, file: str, channel: Channel, level: Level | None, place: tuple[int, int]
) -> Rule:
    _check_keys(table, allowed=KEYS, required=_REQUIRED)
    mine = _word(Channel, table.get("channel", channel), key="channel")
    smtp, smtp_none = _codes(table.get("smtp", ()))
    enhanced, enhanced_none = _codes(table.get("enhanced", ()))
    kind, reason, cause = _verdict(table, channel=mine)
    provider = _text(table.get("provider", ""), key="provider")
    peer = _word(Peer, table["peer"], key="peer") if "peer" in table else None
    return Rule(
        id=_text(table["id"], key="id"),
        text=_text(table["text"], key="text"),
        words=_word(Reads, table["reads"], key="reads") is Reads.WORDS,
        type=kind,
        reason=reason,
        cause=cause,
        since=_date(table["since"]),
        source=_text(table["source"], key="source"),
        channel=mine,
        provider=provider,
        phases=frozenset(_word(Phase, item, key="phase") for item in _words(table.get("phase", ()))),
        peer=peer,
        smtp=tuple(map(ReplyPattern.parse, smtp)),
        smtp_none=smtp_none,
        enhanced=tuple(map(EnhancedPattern.parse, enhanced)),
        enhanced_none=enhanced_none,
        confirm=_confirm(table.get("confirm", 1), kind=kind, cause=cause),
        retry=_flag(table.get("retry"), key="retry"),
        review=bool(_flag(table.get("review", False), key="review")),
        level=level if level is not None else Level.PROVIDER if provider else Level.GENERAL,
        file=file,
        position=place[0],
        line=place[1],
    )


def _with_examples(rule: Rule, table: Mapping[str, Any]) -> Rule:
    situation = Situation(
        channel=rule.channel,
        provider=rule.provider,
        peer=rule.peer or Peer.RECEIVER,
        phase=Phase.REPORT if not rule.phases or Phase.REPORT in rule.phases else min(rule.phases),
    )
    examples, counterexamples = (
        tuple(_example(item, situation=situation) for item in _list(table.get(key, ()), key=key))
        for key in ("examples", "counterexamples")
    )
    if not examples:
        raise ValueError(said("examples is empty; give at least one text that the rule must win"))
    return replace(rule, examples=examples, counterexamples=counterexamples)


def _check_keys(table: Mapping[str, Any], *, allowed: frozenset[str], required: Iterable[str]) -> None:
    for key in table:
        if key not in allowed:
            near = get_close_matches(key, allowed, n=1)
            if near:
                raise ValueError(said("unknown key {key!r}; did you mean {near!r}?", key=key, near=near[0]))
            raise ValueError(said("unknown key {key!r}", key=key))
    for key in required:
        if key not in table or table[key] == "":
            raise ValueError(said("{key} is missing", key=key))


def _verdict(table: Mapping[str, Any], *, channel: Channel) -> tuple[FailureType, Reason, Cause]:
    kind = _word(FailureType, table["type"], key="type")
    reason = _word(Reason, table["reason"], key="reason")
    if channel not in REASONS[reason].channels:
        raise ValueError(said("reason {reason} does not exist on channel {channel}", reason=reason, channel=channel))
    cause = _word(Cause, table["cause"], key="cause") if "cause" in table else None
    verdict = given_verdict(kind, reason=reason, cause=cause)
    return verdict.type, verdict.reason, verdict.cause


def _confirm(value: object, *, kind: FailureType, cause: Cause) -> int:
    if value == 1:
        return 1
    if value != 2:
        raise ValueError(said("confirm is {value}; it can be 1 or 2", value=repr(value)))
    if kind is not FailureType.HARD:
        raise ValueError(
            said("confirm = 2 needs type hard, not {kind}: it acts as soft until the second error", kind=kind)
        )
    return 2


def _example(item: object, *, situation: Situation) -> Example:
    table = {"text": item} if isinstance(item, str) else item
    if not isinstance(table, Mapping):
        raise ValueError(said("example {item} is neither a text nor a table with text", item=repr(item)))
    _check_keys(table, allowed=EXAMPLE_KEYS, required=("text",))
    text = _text(table["text"], key="text of an example")
    codes = read_codes(text)
    return Example(
        text=text,
        situation=Situation(
            channel=situation.channel,
            provider=_text(table.get("provider", situation.provider), key="provider of an example"),
            phase=_word(Phase, table.get("phase", situation.phase), key="phase of an example"),
            peer=_word(Peer, table.get("peer", situation.peer), key="peer of an example"),
            code=_number(table.get("code", codes.code), key="code of an example"),
            enhanced=_text(table.get("enhanced", codes.enhanced), key="enhanced of an example"),
        ),
    )


def _codes(value: object) -> tuple[tuple[str, ...], bool]:
    words = _words(value)
    return tuple(word for word in words if word != "none"), "none" in words


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(_text(item, key="list") for item in _list(value, key="value"))


def _list(value: object, *, key: str) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError(said("{key} is {value}; it must be a list", key=key, value=repr(value)))


def _word(words: type[Word], value: object, *, key: str) -> Word:
    try:
        return words(str(value))
    except ValueError:
        near = get_close_matches(str(value), list(words), n=1)
        hint = said("did you mean {near}?", near=near[0]) if near else said("it can be {words}", words=tuple(words))
        raise ValueError(said("{key} is {value}; {hint}", key=key, value=repr(value), hint=hint)) from None


def _text(value: object, *, key: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(said("{key} is {value}; it must be a text", key=key, value=repr(value)))


def _number(value: object, *, key: str) -> int:
    if isinstance(value, int):
        return value
    raise ValueError(said("{key} is {value}; it must be a number", key=key, value=repr(value)))


def _flag(value: object, *, key: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(said("{key} is {value}; it can be true or false", key=key, value=repr(value)))


def _date(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(said("since is {value}; it must be a date such as 2024-05-01", value=repr(value))) from None
