"""The deliverability update: all sources, each for itself, and this site's own pack for others."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.services.event_fixtures import NOW
from tests.services.pack_fixtures import KEY, STRANGER, TODAY, packed, public, rule, source
from tests.services.practice_fixtures import decision, moons, number_of, practice

from rebond.core.qualify.archive import PackFile
from rebond.core.words import AlertKind
from rebond.services import update_rules as update_rules_module
from rebond.services.alerts import acknowledge
from rebond.services.apply_rules import Practice
from rebond.services.decide import decide
from rebond.services.errors import InputError
from rebond.services.export_rules import PackMaker
from rebond.services.quarantine_bound import QuarantineBound
from rebond.services.take_pack import Looked, Outcome, take_pack
from rebond.services.update_rules import JOB, Given, PackSource, open_by_any, run_update, update_rules
from rebond.store.models import JobRun
from rebond.store.read.alerts import list_alerts
from rebond.store.read.cleanup import last_problem, last_run
from rebond.store.read.rules import console_documents

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

SUN = rule("sun", text="(?i)finds the sun", examples=["550 finds the sun"])
MAKER = PackMaker(name="ours", made_by="Us", key=KEY, public=public())


def outcomes(*sources: object) -> list[tuple[str, str]]:
    return [(one.source, one.outcome.value) for one in update_rules(practice("job"), sources)]  # type: ignore[arg-type]


def test_a_source_that_fails_does_not_stop_the_others() -> None:
    looked = outcomes(
        source("the server is away", name="away"),
        source(packed(rule())[:-1], name="cut"),
        source(packed(rule(), key=STRANGER), name="strange"),
        source(packed(rule(examples=["nothing"])), name="wrong"),
        source(packed(SUN), name="good"),
    )
    assert looked == [
        *((name, "refused") for name in ("away", "cut", "strange", "wrong")),
        ("good", "taken"),
    ]
    assert set(console_documents()) == {"acme/sun"}


def test_an_error_of_a_source_or_of_a_pack_stops_neither_the_others_nor_the_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> list[Given]:
        raise ValueError("Invalid IPv6 URL")

    def refuse_the_moon(practice: Practice, pack: PackFile, **options: Any) -> Looked:
        return broken() if pack.manifest.name == "acme" else take_pack(practice, pack, **options)  # type: ignore[return-value]

    monkeypatch.setattr(update_rules_module, "take_pack", refuse_the_moon)
    sources = [
        PackSource(name="bad", keys=frozenset(), read=broken),
        source(packed(rule()), packed(SUN, name="good")),
    ]
    done = run_update(practice("job"), sources, now=NOW, maker=lambda: None, folder=tmp_path)
    assert [one.outcome for one in done.looked] == [Outcome.REFUSED, Outcome.REFUSED, Outcome.TAKEN]
    assert done.problem.count("could not be looked at: ValueError: Invalid IPv6 URL") == 2
    assert JobRun.objects.get(name=JOB).finished_at
    assert set(console_documents()) == {"good/sun"}


def test_a_job_that_breaks_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(update_rules_module, "carry_on_all", broken)
    with pytest.raises(RuntimeError):
        run_update(practice("job"), [], now=NOW, maker=lambda: None)
    assert last_problem(JOB) == "RuntimeError: no disk"
    assert [(alert.name, alert.words) for alert in list_alerts()] == [(JOB, "RuntimeError: no disk")]
    assert JobRun.objects.get(name=JOB).finished_at


def test_a_failed_update_raises_an_alert_until_it_succeeds() -> None:
    away, here = source("the server is away", name="away"), source(packed(SUN))
    update_rules(practice("job"), [away], dry_run=True)
    assert list_alerts() == []
    run_update(practice("job"), [away, here], now=NOW, maker=lambda: None)
    (alert,) = list_alerts()
    told = (alert.kind, alert.name, alert.words, alert.count, alert.text)
    assert told == (AlertKind.UPDATE_FAILED, "away", "away (0.zip): the server is away", 1, None)
    acknowledge(alert.number, actor="cli:eve", now=NOW)
    update_rules(practice("job", hours=24), [source("it hangs", name="away")])
    (again,) = list_alerts()
    assert (again.number, again.count, again.words) == (alert.number, 2, "away (0.zip): it hangs")
    assert (again.acknowledged_by, again.last_at - again.first_at) == ("cli:eve", timedelta(hours=24))
    update_rules(practice("job"), [source(packed(rule(), name="moons"), name="away")])
    assert list_alerts() == []
    assert [ended.ended_because for ended in list_alerts(ended=True)] == ["over"]


def test_a_pack_that_is_held_back_raises_an_alert_until_it_is_taken() -> None:
    moons(2)
    strict = practice("job", bound=QuarantineBound(addresses=1, percent=0))
    done = run_update(strict, [source(packed(rule()))], now=NOW, maker=lambda: None)
    (alert,) = list_alerts()
    assert (alert.kind, alert.name, alert.words) == (AlertKind.UPDATE_HELD, "here", done.problem)
    assert "it would move 2 addresses into quarantine" in done.problem
    update_rules(practice(anyway=True), [source(packed(rule()))])
    assert list_alerts() == []


def test_the_alert_about_a_source_that_is_no_longer_asked_ends() -> None:
    run_update(practice("job"), [source("away", name="one"), source("away", name="two")], now=NOW, maker=lambda: None)
    update_rules(practice("job"), [source(packed(SUN), name="three")])
    assert [alert.name for alert in list_alerts()] == ["two", "one"]
    run_update(practice("job"), [source("away", name="two")], now=NOW, maker=lambda: None)
    assert [alert.name for alert in list_alerts()] == ["two"]


def test_of_a_directory_the_newest_version_of_each_pack_is_taken() -> None:
    newer = TODAY + timedelta(days=2)
    packs = (packed(rule(), version=newer), packed(SUN), packed(SUN, name="second"), b"no pack")
    assert sorted(outcomes(source(*packs))) == [("here", "refused"), ("here", "taken"), ("here", "taken")]
    assert set(console_documents()) == {"acme/moon", "second/sun"}
    assert outcomes(source(*packs[:3])) == [("here", "unchanged"), ("here", "unchanged")]


def test_the_first_source_wins_over_the_second() -> None:
    softer = rule(type="soft", reason="mailbox_full", cause="quota")
    looked = update_rules(
        practice("job"), [source(packed(rule()), name="one"), source(packed(softer, name="b"), name="two")]
    )
    assert looked[1].outcome is Outcome.UNCHANGED
    assert looked[1].difference
    assert [conflict.here for conflict in looked[1].difference.conflicts] == ["acme/moon"]


def test_a_pack_that_somebody_brings_comes_from_the_source_whose_key_signed_it() -> None:
    keys = {"acme": [public()], "other": [public(STRANGER)]}
    assert open_by_any(Given(where="a", data=packed(rule(), key=STRANGER)), keys).source == "other"
    refused = open_by_any(Given(where="a", data=packed(rule(), key=bytes(32))), keys)
    assert (refused.outcome, refused.pack) == (Outcome.REFUSED, None)
    assert open_by_any(Given(where="a", problem="it is away"), keys).words == "it is away"


def test_the_job_takes_reports_and_gives_out(tmp_path: Path) -> None:
    moons()
    decide(practice(), decision(number_of("moon")))
    sources = [source("the server is away", name="away"), source(packed(SUN))]
    done = run_update(practice("job"), sources, now=NOW, maker=lambda: MAKER, folder=tmp_path)
    assert done.problem == "away (0.zip): the server is away"
    assert done.exported == str(tmp_path / "ours.rebond.zip")
    run = JobRun.objects.get(name=JOB)
    assert run.finished_at
    assert run.result["packs"][1] == {"source": "here", "where": "0.zip", "outcome": "taken"}
    assert (last_problem(JOB), last_run(JOB)) == (done.problem, NOW)
    again = run_update(practice("job"), sources[1:], now=NOW, maker=lambda: None, folder=tmp_path)
    assert (again.problem, again.exported, last_problem(JOB)) == ("", "", "")


def test_an_export_that_fails_is_reported_with_the_rest(tmp_path: Path) -> None:
    def without_key() -> PackMaker:
        raise InputError("there is no key")

    assert last_problem(JOB) == ""
    nothing = run_update(practice("job"), [source(packed(SUN))], now=NOW, maker=without_key, folder=tmp_path)
    assert (nothing.problem, nothing.looked[0].outcome) == ("export: there is no key", Outcome.TAKEN)
    assert [(alert.name, alert.words) for alert in list_alerts()] == [(JOB, "export: there is no key")]
    empty = run_update(practice("job"), [], now=NOW, maker=lambda: MAKER, folder=tmp_path)
    assert "nothing to export" in empty.problem
