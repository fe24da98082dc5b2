"""What a text may mean is told by the most similar qualified ones."""

import json

from rebond.core.failure import Verdict, given_verdict
from rebond.core.qualify.suggest import Known, Suggester
from rebond.core.words import FailureType, Reason
from rebond.packs import default_qualifier
from tests.conftest import SAMPLES

FULL = given_verdict(FailureType.SOFT, reason=Reason.MAILBOX_FULL)
GONE = given_verdict(FailureType.HARD, reason=Reason.USER_UNKNOWN)


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
    suggester = Suggester(known(("the box is full", FULL)))
    assert suggester.suggest("zorglub") is None
    assert suggester.suggest("the box is full", without=frozenset({1})) is None
    assert Suggester(()).suggest("the box") is None


def test_the_same_text_is_as_near_as_can_be() -> None:
    found = Suggester(known(("the box is full", FULL), ("nobody here", GONE))).suggest("the box is full")
    assert found
    assert found.similarity == 1


def test_held_back_samples_are_mostly_suggested_right() -> None:
    qualifier = default_qualifier()
    texts: dict[str, Verdict] = {}
    for path in sorted(SAMPLES.rglob("*.eml")):
        for failure in qualifier.qualify_mail(path.read_bytes()).failures:
            if failure.text and ":" not in failure.verdict.rule and failure.verdict.rule != "none":
                texts.setdefault(qualifier.template(failure.text, recipient=failure.recipient), failure.verdict)
    for line in (SAMPLES / "replies.jsonl").read_text("utf-8").splitlines():
        reply = json.loads(line)
        failure = qualifier.qualify_reply(reply["text"])
        if ":" not in failure.verdict.rule and failure.verdict.rule != "none":  # what codes decide is no neighbour
            texts.setdefault(qualifier.template(reply["text"]), failure.verdict)
    everything = known(*texts.items())
    held = everything[::8]
    right = 0
    for one in held:
        # Made anew without it: it must not even weigh the words.
        found = Suggester(other for other in everything if other is not one).suggest(one.template)
        right += found is not None and found.verdict.reason is one.verdict.reason
    assert right >= 0.75 * len(held), (right, len(held))
