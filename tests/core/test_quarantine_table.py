"""Every cell of the transition table of specification 04, through `fold`."""

import pytest

from rebond.core.failure import AddressState, Event, Evidence, Origin, WhyNot
from rebond.core.quarantine import explain, fold, ways_out
from rebond.core.transitions import TRANSITIONS, Trigger
from rebond.core.words import AddressStatus, Cause, ExclusionCause, Reason
from tests.core.given import at, daily, event, hard, ignored, policy, soft

V, E, Q, D, A = AddressStatus
NOW = at(days=60)

# How an address gets into each status; the names say what put it there.
WAYS: dict[str, list[Evidence]] = {
    "valid": [],
    "erroneous": daily(2),
    "erroneous, full": daily(2, Cause.QUOTA),
    "quarantined by soft": daily(5),
    "quarantined, full": daily(5, Cause.QUOTA),
    "quarantined by hard": [hard(at())],
    "quarantined by a person": [event(Event.QUARANTINED, at())],
    "denylisted by complaint": [event(Event.COMPLAINT, at())],
    "denylisted by STOP": [event(Event.STOP, at())],
    "denylisted by a person": [event(Event.DENYLISTED, at())],
    "allowlisted": [event(Event.ALLOWLISTED, at())],
    "allowlisted, once erroneous": [*daily(2), event(Event.ALLOWLISTED, at(days=3))],
}
STATUS_OF = {name: AddressStatus(name.replace(",", " ").split()[0]) for name in WAYS}

HAPPENS: dict[str, Evidence] = {
    "hard": hard(NOW),
    "soft": soft(NOW),
    "soft that does not count": soft(NOW, Cause.GREYLISTED),
    "ignored": ignored(NOW),
    **{kind.value: event(kind, NOW) for kind in Event if kind not in (Event.FAILURE, Event.UNDO)},
}

# What each event does to each way of being; what is not named leaves the status alone.
BECOMES: dict[str, dict[str, AddressStatus]] = {
    "hard": {"valid": Q, "erroneous": Q, "erroneous, full": Q},
    "soft": {"valid": E, "erroneous": E, "erroneous, full": E},
    "soft that does not count": {},
    "ignored": {},
    "delivered": {"erroneous": V, "erroneous, full": V, "quarantined by soft": V, "quarantined, full": V},
    "confirmed": {
        "erroneous": V,
        "erroneous, full": V,
        "quarantined by soft": V,
        "quarantined, full": V,
        "quarantined by hard": V,
        "quarantined by a person": V,
        "denylisted by STOP": V,
        "denylisted by a person": V,
    },
    "complaint": dict.fromkeys(WAYS, D),
    "stop": dict.fromkeys(WAYS, D),
    "start": {"denylisted by STOP": V},
    "exit_due": {"erroneous, full": V, "quarantined, full": V},
    "released": dict.fromkeys(WAYS, V),
    "quarantined": dict.fromkeys(WAYS, Q),
    "denylisted": dict.fromkeys(WAYS, D),
    "allowlisted": dict.fromkeys(WAYS, A),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_lead_where_their_names_say(way: str) -> None:
    assert fold(policy(), None, WAYS[way]).status is STATUS_OF[way]


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("way", WAYS)
def test_cell(way: str, happens: str) -> None:
    state = fold(policy(), None, [*WAYS[way], HAPPENS[happens]])
    assert state.status is BECOMES[happens].get(way, STATUS_OF[way])


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("way", WAYS)
def test_whoever_turns_valid_has_no_errors_left(way: str, happens: str) -> None:
    before = fold(policy(), None, WAYS[way])
    state = fold(policy(), None, [*WAYS[way], HAPPENS[happens]])
    if state.status is V and before.status is not V:
        assert (state.error_count, state.reason, state.cause, state.first_error_at) == (0, None, None, None)
        assert state.since == NOW
        assert state.releases == before.releases + 1


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_noted_changes_nothing_but_the_last_error(way: str, happens: str) -> None:
    before = fold(policy(), None, WAYS[way])
    after, judgements = explain(policy(), None, [*WAYS[way], HAPPENS[happens]])
    if not judgements[-1].counted:
        assert judgements[-1].why_not is not WhyNot.COUNTED
        assert _but_for_last_error(after) == _but_for_last_error(before)
    else:
        assert after != before


def _but_for_last_error(state: AddressState) -> tuple[object, ...]:
    return (state.status, state.origin, state.reason, state.cause, state.error_count, state.since, state.releases)


def test_the_table_has_every_cell() -> None:
    assert set(TRANSITIONS) == {(status, trigger) for status in AddressStatus for trigger in Trigger}


@pytest.mark.parametrize(
    ("way", "happens", "why"),
    [
        ("valid", "delivered", WhyNot.NO_EFFECT),
        ("valid", "released", WhyNot.NO_EFFECT),
        ("allowlisted", "delivered", WhyNot.NO_EFFECT),
        ("quarantined by soft", "start", WhyNot.NO_EFFECT),
        ("quarantined by hard", "delivered", WhyNot.STATUS),
        ("denylisted by complaint", "delivered", WhyNot.STATUS),
        ("denylisted by complaint", "start", WhyNot.STATUS),
        ("denylisted by complaint", "complaint", WhyNot.STATUS),
    ],
)
def test_what_does_nothing_is_told_from_what_the_status_withstands(way: str, happens: str, why: WhyNot) -> None:
    """The table's "–" is nothing to worry about; "noted" means that the status stood against it."""
    judgements = explain(policy(), None, [*WAYS[way], HAPPENS[happens]])[1]
    assert judgements[-1].why_not is why


@pytest.mark.parametrize(
    ("kind", "cause"), [(Event.COMPLAINT, ExclusionCause.COMPLAINT), (Event.STOP, ExclusionCause.STOP)]
)
def test_a_denial_says_what_it_was(kind: Event, cause: ExclusionCause) -> None:
    state = fold(policy(), None, [hard(at()), event(kind, at(1), text="words")])
    assert (state.reason, state.cause, state.since) == (Reason.DENYLISTED, cause, at(1))
    assert state.error_text == "words"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Event.QUARANTINED, Reason.QUARANTINED),
        (Event.DENYLISTED, Reason.DENYLISTED),
        (Event.ALLOWLISTED, None),
    ],
)
def test_a_persons_word_is_kept(kind: Event, reason: Reason | None) -> None:
    state = fold(policy(), None, [event(kind, at(), because="a letter from them")])
    assert (state.reason, state.origin, state.error_text) == (reason, Origin.PERSON, "a letter from them")


def test_a_quarantine_made_by_a_person_stays_a_persons() -> None:
    told = event(Event.QUARANTINED, at(days=10))
    state, judgements = explain(policy(), None, [*daily(5, Cause.QUOTA), told])
    assert (state.origin, state.reason, state.since) == (Origin.PERSON, Reason.MAILBOX_FULL, at(days=4))
    assert judgements[-1].counted
    assert state.until is None
    for later in (event(Event.DELIVERED, NOW), event(Event.EXIT_DUE, NOW)):
        assert fold(policy(), None, [*daily(5, Cause.QUOTA), told, later]).status is Q
    again, judgements = explain(policy(), None, [*daily(5, Cause.QUOTA), told, event(Event.QUARANTINED, NOW)])
    assert again == state
    assert judgements[-1].why_not is WhyNot.STATUS


def test_a_person_denies_what_stop_denied_and_start_no_longer_lifts_it() -> None:
    denied = [event(Event.STOP, at()), event(Event.DENYLISTED, at(1))]
    assert fold(policy(), None, [*denied, event(Event.START, at(2))]).status is D


def test_a_person_denies_after_a_complaint_and_it_stays_a_complaint() -> None:
    denied = [event(Event.COMPLAINT, at()), event(Event.DENYLISTED, at(1))]
    assert fold(policy(), None, [*denied, event(Event.CONFIRMED, at(2))]).status is D
    assert fold(policy(), None, denied).cause is ExclusionCause.COMPLAINT


@pytest.mark.parametrize("name", [name for name in WAYS if name != "valid"])
def test_what_would_release_an_address_is_what_does(name: str) -> None:
    state = fold(policy(), None, WAYS[name])
    events = [Event.DELIVERED, Event.CONFIRMED, Event.EXIT_DUE, Event.START, Event.RELEASED]
    freed = [kind for kind in events if fold(policy(), None, [*WAYS[name], event(kind, NOW)]).status is V]
    assert set(ways_out(state)) == set(freed)


def test_a_valid_address_needs_no_way_out() -> None:
    assert ways_out(AddressState()) == ()
