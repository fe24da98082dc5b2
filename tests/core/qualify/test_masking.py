"""Names in a text speak of nothing: addresses, hosts and links are masked, everything else stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.qualify.loading import load_rules
from rebond.core.qualify.masking import _NAMES, _hidden, masked
from rebond.core.qualify.normalise import fold
from rebond.core.qualify.rules import RuleError, Situation
from rebond.packs import default_qualifier
from tests.core.qualify.making import engine, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("552 5.2.2 over quota", "552 5.2.2 over quota"),
        ("550 5.1.1 <quota.full@shop.example>: gone", "550 5.1.1 <xxxxx.xxxx@xxxx.xxxxxxx>: gone"),
        ("see http://shop.example/spam-policy.", "see xxxx://xxxx.xxxxxxx/xxxx-xxxxxx."),
        ("see www.shop.example", "see xxx.xxxx.xxxxxxx"),
        ("host smtp-relay.shop.example[192.0.2.1] said", "host xxxx-xxxxx.xxxx.xxxxxxx[192.0.2.1] said"),
        ("host relay.example[192.0.2.1] said", "host xxxxx.xxxxxxx[192.0.2.1] said"),
        ("relay.example said: 550", "xxxxx.xxxxxxx said: 550"),
        ("relay.example. said: 550", "xxxxx.xxxxxxx. said: 550"),
        ("relay.example saw: 550", "relay.example saw: 550"),
        ("see http://shop/over-quota. Bye", "see xxxx://xxxx/xxxx-xxxxx. Bye"),
        ("user unknown.see below", "user unknown.see below"),
        ("RESOLVER.ADR.RecipNotFound", "RESOLVER.ADR.RecipNotFound"),
        ("büro.voll@müller.example voll", "xxxx.xxxx@xxxxxx.xxxxxxx voll"),
        ("no names", "no names"),
    ],
)
def test_names_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@given(st.text(alphabet="ab.@:/<>[]- 1é", max_size=200))
def test_places_stay(text: str) -> None:
    assert len(masked(text)) == len(text)
    assert masked(masked(text)) == masked(text)


_PIECES = (
    "mx.a.example",
    "a.example",
    "b@c.example",
    "http://x",
    "www.",
    "said",
    "said:",
    ":25",
    "5.1",
    " ",
    "\n",
    ".",
)


@given(st.lists(st.sampled_from(_PIECES), max_size=9))
def test_masking_word_by_word_masks_what_stands_in_the_whole_text(pieces: list[str]) -> None:
    text = "".join(pieces) + "."
    assert masked(text) == _NAMES.sub(_hidden, text)


def test_a_rule_on_words_reads_no_names() -> None:
    made = engine(table(id="words", text="quota", reads="words"), table(id="text", text="full@"))
    assert [rule.id for rule in made.matching(fold("<quota.full@a.example> said"), Situation())] == ["text"]
    found = made.matching(fold("<full@a.example> is over quota"), Situation())
    assert [rule.id for rule in found] == ["words", "text"]
    assert made.span("words", fold("<quota@a.example> over quota")) == (23, 28)
    assert made.span("text", fold("<full@a.example>")) == (1, 6)


def test_a_file_may_say_it_for_all_its_rules() -> None:
    document = {"reads": "words", "rule": [table(id="one"), table(id="two", reads="text", text="full")]}
    assert [rule.words for rule in load_rules(document, file="test")] == [True, False]
    with pytest.raises(RuleError, match="reads is 'word'; did you mean words"):
        load_rules({"reads": "word", "rule": [table()]}, file="test")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 <virus-report@shop.example>: Recipient address rejected: User unknown", "hard user_unknown"),
        ("550 5.1.1 <a@shop.example>: user unknown; see http://shop.example/spam-policy", "hard user_unknown"),
        ("could not be delivered. host smtp.relay.shop.example[192.0.2.1] said: 550 user unknown", "hard user_unknown"),
        ("452 4.2.2 <no-such-user@shop.example> quota exceeded", "soft mailbox_full"),
        ("550 <unknown.user@shop.example>", "soft not_defined"),
        ("550 Zork frobnicated for <mailbox.not.found@shop.example>", "soft not_defined"),
        ("554 see http://help.shop.example/user-unknown", "soft not_defined"),
        ("550 Too many spams from your IP (192.0.2.5), please visit http://postmaster.free.fr/", "soft refused"),
        ("550 5.5.0 Service refuse. LPN007_510", "soft refused"),
    ],
)
def test_the_shipped_rules_are_not_misled_by_names(text: str, expected: str) -> None:
    verdict = default_qualifier().qualify_reply(text).verdict
    assert f"{verdict.type} {verdict.reason}" == expected
    assert verdict.reason != "refused" or verdict.owner == "sender"


def test_the_name_of_a_class_before_a_quoted_answer_is_masked() -> None:
    text = "5.1.0 - Unknown address error 550-'refused as spam'"
    assert masked(text) == "5.1.0 - xxxxxxx xxxxxxx xxxxx 550-'refused as spam'"
    assert masked("5.1.0 - Unknown address error") == "5.1.0 - Unknown address error"
