from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.simulate.behaviour import Behaviour, Conduct, WorldSettings, asked, conduct, fraction, identifier


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("unknown", Conduct(Behaviour.UNKNOWN)),
        ("unknown-12", Conduct(Behaviour.UNKNOWN)),
        ("unknown.marie", Conduct(Behaviour.UNKNOWN)),
        ("unknown7", Conduct(Behaviour.UNKNOWN)),
        ("Full+tag", Conduct(Behaviour.FULL)),
        ("slow", Conduct(Behaviour.THROTTLE)),
        ("later-full-3", Conduct(Behaviour.FULL, later=True)),
        ("later-slow", Conduct(Behaviour.THROTTLE, later=True)),
        ("later-ooo", Conduct(Behaviour.OOO)),
        ("later-complain", Conduct(Behaviour.COMPLAIN)),
        ("unknowns", None),
        ("later", None),
        ("later-later-full", None),
        ("accept", None),
        ("marie.unknown", None),
        ("", None),
    ],
)
def test_what_a_local_part_asks_for(local: str, expected: Conduct | None) -> None:
    assert asked(local) == expected


@pytest.mark.parametrize("behaviour", [behaviour for behaviour in Behaviour if behaviour is not Behaviour.ACCEPT])
def test_each_behaviour_is_asked_for_by_its_name(behaviour: Behaviour) -> None:
    assert asked(behaviour.value) == Conduct(behaviour)


def test_the_mix_keeps_its_shares() -> None:
    settings = WorldSettings(accepted=0.9, mix={"unknown": 3, "later-full": 1})
    drawn = Counter(conduct(f"p.{number}@there.example", settings=settings).name for number in range(20_000))
    assert set(drawn) == {"accept", "unknown", "later-full"}
    assert drawn["accept"] == pytest.approx(18_000, rel=0.02)
    assert drawn["unknown"] == pytest.approx(1_500, rel=0.1)
    assert drawn["later-full"] == pytest.approx(500, rel=0.15)


@pytest.mark.parametrize(("accepted", "expected"), [(1.0, {"accept"}), (0.0, {"full"})])
def test_the_mix_at_its_ends(accepted: float, expected: set[str]) -> None:
    settings = WorldSettings(accepted=accepted, mix={"full": 1})
    assert {conduct(f"p.{number}@there.example", settings=settings).name for number in range(500)} == expected


def test_an_empty_mix_accepts() -> None:
    assert conduct("p@there.example", settings=WorldSettings(accepted=0.0, mix={})) == Conduct(Behaviour.ACCEPT)


@given(address=st.text(max_size=40), seed=st.integers())
def test_an_address_does_the_same_at_every_attempt(address: str, seed: int) -> None:
    settings = WorldSettings(seed=seed, accepted=0.1)
    assert conduct(address, settings=settings) == conduct(address.lower(), settings=settings)
    assert 0 <= fraction(seed, address) < 1
    assert identifier(seed, address) == identifier(seed, address)


def test_another_seed_is_another_world() -> None:
    worlds = [
        [conduct(f"p.{number}@there.example", settings=WorldSettings(seed=seed)).name for number in range(2_000)]
        for seed in (1, 1, 2)
    ]
    assert worlds[0] == worlds[1] != worlds[2]


def test_a_mix_of_unknown_behaviours_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="'fool' in the mix is no behaviour; there are unknown, full"):
        WorldSettings(mix={"fool": 1})


@pytest.mark.parametrize("wrong", [{"accepted": 1.5}, {"throttled": -0.1}])
def test_shares_are_shares(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        WorldSettings(**wrong)  # type: ignore[arg-type]
