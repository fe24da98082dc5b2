"""What a text may mean is told by the most similar qualified ones."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from rebond.core.failure import Failure, Verdict, given_verdict
from rebond.core.qualify.features import features
from rebond.core.qualify.reasons import ReasonsByWords
from rebond.core.qualify.suggest import Known, Suggester
from rebond.core.words import FailureType, Reason
from rebond.packs import default_qualifier, load_shipped_rules
from tests.conftest import SAMPLES

FULL = given_verdict(FailureType.SOFT, reason=Reason.MAILBOX_FULL)
GONE = given_verdict(FailureType.HARD, reason=Reason.USER_UNKNOWN)
OPEN = given_verdict(FailureType.SOFT, reason=Reason.NOT_DEFINED)


def known(*said: tuple[str, Verdict]) -> list[Known]:
    return [Known(number, text, verdict) for number, (text, verdict) in enumerate(said, 1)]


def test_the_nearest_speak_and_are_shown() -> None:
    suggester = Suggester(
        known(("the box of * is full", FULL), ("box * is full today", FULL), ("nobody is called *", GONE))
    )
    found = suggester.suggest("your box is full")
    assert found
    assert found.verdict == FULL
    assert [neighbour.known.number for neighbour in found.neighbours] == [2, 1, 3]
    assert 0 < found.similarity < 1
    assert found.similarity == found.neighbours[0].similarity


def test_nothing_in_common_suggests_nothing() -> None:
    suggester = Suggester(known(("the box is full", FULL), ("what is this", OPEN)))
    assert suggester.suggest("zorglub") is None
    assert suggester.suggest("the box is full", without=frozenset({1})) is None
    assert suggester.suggest("what of it") is None
    assert Suggester(()).suggest("the box") is None


def test_several_texts_that_share_words_are_left_out_together() -> None:
    texts = known(("the box is full", FULL), ("the box of * is full", FULL), ("the box is gone", GONE))
    found = Suggester(texts).suggest("the box is full", without=frozenset({1, 2}))
    assert found
    assert (found.verdict, [one.known.number for one in found.neighbours]) == (GONE, [3])


def test_the_same_text_is_as_near_as_can_be() -> None:
    found = Suggester(known(("the box is full", FULL), ("nobody here", GONE))).suggest("the box is full")
    assert found
    assert found.similarity == 1


@pytest.mark.parametrize(
    "text",
    [
        "Die Kuckucksuhr hat heute Ruhetag",
        "Glimmer gate says the tide is out",
        "Le compte de l'abonné a été rangé au grenier",
    ],
)
def test_a_word_or_two_in_common_are_a_guess(text: str) -> None:
    judged = default_qualifier()
    examples = [(judged.template(one.text), rule) for rule in load_shipped_rules() for one in rule.examples]
    suggester = Suggester(
        Known(0, template, given_verdict(rule.type, reason=rule.reason, cause=rule.cause))
        for template, rule in examples
    )
    found = suggester.suggest(judged.template(text))
    assert found is None or found.weak
    same = suggester.suggest(examples[0][0])
    assert same
    assert not same.weak


def test_features_are_words_in_pairs_codes_and_letters_in_twos() -> None:
    assert features("550 5.2.2 * Mailboxes") == {
        *("550", "5.2.2", "mailb", "550 5.2.2", "5.2.2 mailb", "550 mailb", "@2.2", "@2"),
    }
    assert features("满 邮箱已满") == {
        "满",
        "邮箱",
        "箱已",
        "已满",
        "满 邮箱",
        "满 箱已",
        "邮箱 箱已",
        "邮箱 已满",
        "箱已 已满",
    }
    assert features("переполнен") == {"переп"}


def test_reasons_are_shares_of_one_and_can_leave_texts_out() -> None:
    texts = [({"box", "full"}, Reason.MAILBOX_FULL), ({"nobody"}, Reason.USER_UNKNOWN)]
    reasons = ReasonsByWords(texts)
    likely = reasons.likely({"full", "new"})
    assert sum(likely.values()) == pytest.approx(1)
    assert max(likely, key=lambda reason: likely[reason]) is Reason.MAILBOX_FULL
    assert reasons.likely({"full"}, without=texts[:1]) == {Reason.USER_UNKNOWN: 1}
    assert ReasonsByWords(()).likely({"full"}) == {}


def test_leaving_a_text_out_is_as_if_it_had_never_been_known() -> None:
    said = [("the box is full", FULL), ("the box is not full", GONE), ("full of it", FULL), ("not a box", GONE)]
    everything = known(*said)
    heard = 0
    for one in everything:
        found = Suggester(everything).suggest(one.template, without=frozenset({one.number}))
        anew = Suggester(other for other in everything if other is not one).suggest(one.template)
        told = [one and (one.verdict, [item.known.number for item in one.neighbours]) for one in (found, anew)]
        assert told[0] == told[1]
        heard += found is not None
    assert heard


def _said(failure: Failure) -> bool:
    """Tell whether a rule knows the text: what codes decide is no neighbour."""
    rule = failure.verdict.rule
    return (
        bool(failure.text) and ":" not in rule and rule != "none" and failure.verdict.reason is not Reason.NOT_DEFINED
    )


def _samples() -> Iterator[Failure]:
    for path in sorted(SAMPLES.rglob("*.eml")):
        yield from default_qualifier().qualify_mail(path.read_bytes()).failures
    for line in (SAMPLES / "replies.jsonl").read_text("utf-8").splitlines():
        yield default_qualifier().qualify_reply(json.loads(line)["text"])


def _examples() -> Iterator[Failure]:
    for rule in load_shipped_rules():
        for example in rule.examples:
            yield default_qualifier().qualify_example(example)


def _replies(corpus: Path) -> Iterator[Failure]:
    for line in (corpus / "replies.jsonl").read_text("utf-8").splitlines():
        yield default_qualifier().qualify_reply(json.loads(line)["text"])


def _right(groups: dict[str, list[Failure]], *, every: int) -> dict[str, float]:
    """Hold back one text after another, and count for how many of each group the suggested reason is right."""
    texts: dict[str, tuple[str, Verdict]] = {}
    for group, failures in groups.items():
        for failure in filter(_said, failures):
            template = default_qualifier().template(failure.text, recipient=failure.recipient)
            texts.setdefault(template, (group, failure.verdict))
    everything = known(*((template, verdict) for template, (_, verdict) in texts.items()))
    suggester = Suggester(everything)
    right: dict[str, list[bool]] = defaultdict(list)
    for one in everything[::every]:
        found = suggester.suggest(one.template, without=frozenset({one.number}))
        hit = found is not None and found.verdict.reason is one.verdict.reason
        right[texts[one.template][0]].append(hit)
        right["all"].append(hit)
    return {group: sum(hits) / len(hits) for group, hits in right.items()}


def test_held_back_texts_are_mostly_suggested_right() -> None:
    found = _right({"samples": list(_samples()), "examples": list(_examples())}, every=4)
    assert found["all"] >= 0.8, found
    assert found["samples"] >= 0.8, found


@pytest.mark.slow
def test_all_that_is_held_back_is_mostly_suggested_right(corpus: Path) -> None:
    groups = {"replies": list(_replies(corpus)), "samples": list(_samples()), "examples": list(_examples())}
    found = _right(groups, every=1)
    assert found["all"] >= 0.8, found
    assert found["replies"] >= 0.8, found
    assert found["samples"] >= 0.8, found
    # The hardest: each is there because no other has its words. Measured: 0.80.
    assert found["examples"] >= 0.78, found
