"""This site's own pack: what leaves it, and what never does."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.services.event_fixtures import NOW, took
from tests.services.pack_fixtures import KEY, packed, public, rule, take
from tests.services.practice_fixtures import came_later, decision, failed, make, moons, number_of, practice

from rebond.core.qualify.archive import read_pack
from rebond.core.qualify.pack_rules import rules_of
from rebond.core.words import FailureType, Reason
from rebond.services.apply_rules import undo
from rebond.services.decide import decide, ignore
from rebond.services.errors import InputError
from rebond.services.export_rules import Collected, Exported, PackMaker, collect_rules, export_pack
from rebond.services.take_pack import Outcome
from rebond.store.models import Qualification
from rebond.store.read.rules import console_documents, list_operations

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

MAKER = PackMaker(name="ours", made_by="Us", key=KEY, public=public())
YAHOO = "554 delivery error: dd This user doesn't have a yahoo.com account (a@yahoo.com) [0]"


def collected() -> Collected:
    return collect_rules(make(console_documents()), made_by="Us")


def exported(folder: Path, *, days: int = 0) -> Exported:
    return export_pack(make(console_documents()), MAKER, folder=folder, now=NOW + timedelta(days=days))


def said(found: Collected) -> str:
    return "\n".join(found.files.values())


def test_what_was_decided_leaves_and_nothing_else() -> None:
    moons()
    moons(text="550 Zorglub finds the sun wrong for {}")
    moons(text="550 5.2.1 hmpf {}")
    moons(text="550 Nobody decided of {}")
    decide(practice(), decision(number_of("moon"), name="site-moon"))
    ignore(practice(), [number_of("sun")], because="theirs")
    assert set(Qualification.objects.values_list("status", flat=True)) == {"keep", "ignore", "to_qualify"}
    found = collected()
    assert (found.rules, found.texts, found.left_out) == (1, 1, ())
    text = said(found)
    assert '"550 Zorglub finds the moon wrong for *"' in text
    for kept in ("shop.example", "a0", "sun", "hmpf", "Nobody", "eve"):
        assert kept not in text


def test_what_a_shipped_rule_decided_leaves_with_its_rule() -> None:
    came_later(failed(YAHOO, "a@yahoo.com", provider="yahoo"))
    row = Qualification.objects.get()
    assert row.status == "keep"
    found = collected()
    assert f'id = "{row.rule}"' in said(found)
    assert "a@yahoo" not in said(found)


def test_what_others_gave_is_not_given_on() -> None:
    moons()
    take(packed(rule()))
    assert Qualification.objects.get().rule == "acme/moon"
    assert collected().rules == 0


def test_a_pattern_that_names_somebody_stays_here() -> None:
    moons()
    took(failed("550 Zorglub finds the star wrong for zoe@shop.example", "zoe@shop.example"))
    decide(practice(), decision(number_of("moon"), pattern="(?i)moon wrong for (a0@shop)?", name="one"))
    decide(practice(), decision(number_of("star"), pattern="(?i)star wrong for zoe", name="two"))
    left = {one.rule: one.words for one in collected().left_out}
    assert left == {
        "one": "its pattern holds 'shop', which names somebody",
        "two": "its pattern holds 'zoe', which names somebody",
    }
    assert collected().rules == 0


def test_a_rule_that_only_real_addresses_satisfy_stays_here() -> None:
    moons()
    decide(practice(), decision(number_of("moon"), pattern=r"(?i)moon wrong for [a-z]\d@", name="digits"))
    (left,) = collected().left_out
    assert (left.rule, "once what names somebody is taken out" in left.words) == ("digits", True)


def test_an_id_that_no_pack_holds_stays_here(monkeypatch: pytest.MonkeyPatch) -> None:
    moons()
    monkeypatch.setattr("rebond.services.change_rules.is_own_name", lambda _: True)  # as a site may have it from before
    decide(practice(), decision(number_of("moon"), name="à moi"))
    assert [one.rule for one in collected().left_out] == ["à moi"]


def test_what_one_site_gives_out_another_takes(tmp_path: Path) -> None:
    moons()
    done = decide(practice(), decision(number_of("moon"), name="site-moon"))
    written = exported(tmp_path)
    assert (written.written, written.path.name) == (True, "ours.rebond.zip")
    data = written.path.read_bytes()
    undo(practice(), done.number)
    looked = take(data)
    assert looked.outcome is Outcome.TAKEN
    assert set(console_documents()) == {"ours/site-moon"}
    assert Qualification.objects.get().rule == "ours/site-moon"


def test_our_own_pack_brings_nothing_new(tmp_path: Path) -> None:
    moons()
    decide(practice(), decision(number_of("moon"), name="site-moon"))
    looked = take(exported(tmp_path).path.read_bytes())
    assert looked.outcome is Outcome.UNCHANGED
    assert looked.difference
    assert looked.difference.known == ("ours/site-moon",)


def test_a_pack_that_says_the_same_is_left_as_it_is(tmp_path: Path) -> None:
    moons()
    decide(practice(), decision(number_of("moon")))
    first = exported(tmp_path).path.read_bytes()
    assert not exported(tmp_path, days=1).written
    assert (tmp_path / "ours.rebond.zip").read_bytes() == first
    took(failed("550 Zorglub finds the star wrong for b@shop.example", "b@shop.example"))
    softer = decision(number_of("star"), pattern="(?i)star wrong", type=FailureType.SOFT, reason=Reason.MAILBOX_FULL)
    decide(practice(), softer)
    assert exported(tmp_path, days=1).written
    pack = read_pack((tmp_path / "ours.rebond.zip").read_bytes(), keys=[public()])
    assert pack.manifest.version == (NOW + timedelta(days=1)).date()
    assert len(rules_of(pack, source="ours")) == 2
    (tmp_path / "ours.rebond.zip").write_bytes(b"something else")
    assert exported(tmp_path).written
    assert [path.name for path in tmp_path.iterdir()] == ["ours.rebond.zip"]


def test_another_pack_of_one_day_says_the_next_so_that_others_take_it(tmp_path: Path) -> None:
    moons()
    decide(practice(), decision(number_of("moon")))
    exported(tmp_path)
    took(failed("550 Zorglub finds the star wrong for b@shop.example", "b@shop.example"))
    decide(practice(), decision(number_of("star"), pattern="(?i)star wrong"))
    assert exported(tmp_path).written
    pack = read_pack((tmp_path / "ours.rebond.zip").read_bytes(), keys=[public()])
    assert pack.manifest.version == (NOW + timedelta(days=1)).date()
    assert not exported(tmp_path).written


def test_nothing_to_give_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to export"):
        exported(tmp_path)
    assert list_operations() == []
