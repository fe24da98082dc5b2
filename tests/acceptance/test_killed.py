"""Sender, intake and settler are really killed, at any write and at any moment: nothing is lost, nothing acts twice.

Each seed draws who is killed, how often and where: before or after any write or commit, when the relay has taken some
message, at a moment from outside, or (with SQLite) in the middle of the write that makes a file larger. After that
everything is run to its end, and what the site knows is compared with a run on the same inputs that was not killed.
"""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import pytest

from tests.acceptance.kill_facts import assert_every_return_whole, assert_recount, facts
from tests.acceptance.kill_load import Answers, bring
from tests.acceptance.kill_site import Done, Running
from tests.acceptance.kill_stage import BATCH, SEND, SENT, Stage, staged
from tests.missing import missing

# What a sender has begun and not written down at any moment: a window with the relay, and one being recorded.
IN_FLIGHT = 50
KILLS = 3
QUICK = [pytest.param(seed, id=f"seed-{seed}") for seed in range(10)]
SLOW = [pytest.param(seed, id=f"seed-{seed}", marks=pytest.mark.slow) for seed in range(10, 200)]
Fate = dict[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    database = request.param
    if database == "postgresql":
        database = os.environ.get("REBOND_TEST_POSTGRES_URL")
        if not database:
            missing("there is no PostgreSQL: REBOND_TEST_POSTGRES_URL names one")
    with staged(tmp_path_factory.mktemp("killed"), database) as found:
        yield found


@pytest.mark.parametrize("seed", [*QUICK, *SLOW])
def test_a_kill_loses_nothing_and_doubles_nothing(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    victim = (kill_senders, kill_listeners, kill_settlers)[seed % 3]
    print(f"seed {seed}: {victim.__name__}")  # shown when it fails
    victim(stage, chance)
    assert_recount(stage.site)


def kill_senders(stage: Stage, chance: random.Random) -> None:
    done, expected = stage.oracle_of_sending
    stage.put_back(stage.prepared)
    kills = 0
    for _ in range(KILLS):
        fate, after = draw(stage, chance, places=done.places)
        started = draw_message(stage, chance, fate)
        ended = run(stage, *SEND, fate=fate, after=after, started=started)
        kills += ended.killed
        ((begun,),) = stage.site.rows("SELECT count(*) FROM message WHERE status = 'sending'")
        assert begun <= (IN_FLIGHT if ended.killed else 0)
        assert_recount(stage.site)
        stage.site.after_five_minutes()
    assert stage.site.run(*SEND).lines[0]["status"] == "sending"
    assert facts(stage.site) == expected
    uncertain = {address for (address,) in stage.site.rows("SELECT address FROM message WHERE uncertain")}
    twice = {address for address, times in stage.relay.taken.items() if times > 1}
    delivered = {address for (address,) in stage.site.rows("SELECT address FROM message WHERE status = 'delivered'")}
    assert set(stage.relay.taken) == delivered
    assert twice <= uncertain
    assert len(uncertain) <= IN_FLIGHT * kills
    assert max(stage.relay.taken.values()) <= 1 + kills


def draw_message(stage: Stage, chance: random.Random, fate: Fate) -> Callable[[Running], None]:
    """Draw, now and then, a kill when the relay has taken some message; what is returned is told whom to kill."""
    if chance.random() > 1 / 3:
        return lambda running: None
    fate.clear()

    def watch(running: Running) -> None:
        stage.relay.call_at = at
        stage.relay.on_taken = running.kill

    at = stage.relay.taken.total() + chance.randrange(1, 80)
    return watch


def kill_listeners(stage: Stage, chance: random.Random) -> None:
    mails, oracle = stage.returns, stage.oracle_of_intake
    _, expected = stage.oracle_of_settling
    stage.put_back(SENT)
    acknowledged: set[int] = set()
    for _ in range(KILLS):
        fate, after = draw(stage, chance, places=oracle.places)
        answers, ended = listen(stage, fate=fate, after=after, but=acknowledged)
        acknowledged |= answers.acknowledged
        assert ended.killed or ended.code == 0, ended.err
        assert_stored(stage, acknowledged)
        stage.site.after_five_minutes()
    # A peer that was cut off brings its mails again, and one that is careless some that were taken.
    careless = {number for number in acknowledged if chance.random() < 0.8}
    answers, ended = listen(stage, fate={}, after=None, but=careless)
    assert (len(answers.acknowledged | careless), ended.code) == (len(mails), 0), ended.err
    settle_the_rest(stage)
    assert facts(stage.site) == expected


def assert_stored(stage: Stage, acknowledged: set[int]) -> None:
    stored = {to for (to,) in stage.site.rows("SELECT envelope_to FROM returned_mail")}
    assert {stage.returns[number].to for number in acknowledged} <= stored
    assert len(acknowledged) <= stage.site.rows("SELECT count(*) FROM returned_mail")[0][0]
    assert_every_return_whole(stage.site)


def kill_settlers(stage: Stage, chance: random.Random) -> None:
    done, expected = stage.oracle_of_settling
    stage.put_back(stage.stored)
    for _ in range(KILLS):
        fate, after = draw(stage, chance, places=done.places)
        ended = run(stage, *stage.settle, fate={**fate, "batch": BATCH}, after=after)
        assert ended.killed or ended.code == 0, ended.err
        stage.site.after_five_minutes()
    settle_the_rest(stage)
    assert facts(stage.site) == expected


def settle_the_rest(stage: Stage) -> None:
    """Settle what waits; a return in whose company a process was killed three times is dead, and listed: try again."""
    stage.site.after_five_minutes()
    assert stage.site.run(*stage.settle, batch=BATCH).code == 0
    dead = stage.site.rows("SELECT id FROM returned_mail WHERE state = 'dead'")
    assert len(dead) <= BATCH
    if dead:
        assert stage.site.run("returns", "retry", "--all").code == 0


def draw(stage: Stage, chance: random.Random, *, places: int) -> tuple[Fate, float | None]:
    """Draw where a process is killed: at a place that it passes, at a size of its files, or (seconds) from outside."""
    how = chance.random()
    if how < 0.15:
        return {}, chance.uniform(0.0, 0.3)
    if how < 0.35 and not stage.site.url:
        return {"deadly_size": chance.randrange(70_000, 900_000)}, None
    return {"place": chance.randrange(places)}, None


def run(
    stage: Stage,
    *command: str,
    fate: Fate,
    after: float | None,
    started: Callable[[Running], None] = lambda running: None,
) -> Done:
    running = stage.site.start(*command, **fate)
    started(running)
    ended = running.end() if after is None else running.end(after=after)
    stage.relay.call_at = None
    return ended


def listen(stage: Stage, *, fate: Fate, after: float | None, but: set[int]) -> tuple[Answers, Done]:
    """Run a listener under load until it is killed, or has taken all that there is."""
    listener = stage.site.listen(**{**fate, "batch": BATCH})
    if (port := listener.port()) is None:
        return Answers(), listener.end()
    with killing(listener, after):
        answers = bring(port, stage.returns, but=but)
    return answers, listener.end(after=0.0, by=signal.SIGTERM)


@contextmanager
def killing(running: Running, seconds: float | None) -> Iterator[None]:
    """Kill a process from outside, after some seconds (None: not at all), while the block runs."""
    timer = Timer(seconds or 0.0, running.kill)
    if seconds is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
