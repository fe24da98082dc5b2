"""PostgreSQL is restarted, and is away for a while, under load: work goes on by itself, and says so."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.kill_cluster import Cluster, cluster
from tests.acceptance.kill_facts import assert_every_return_whole, assert_recount, facts
from tests.acceptance.kill_load import bring
from tests.acceptance.kill_site import Running
from tests.acceptance.kill_stage import BATCH, SENT, Stage, staged
from tests.missing import missing
from tests.waiting import until

_LONG = 60.0
AWAY, BACK = "the database does not answer", "the database answers again"
# Pauses that a test can wait for.
PATIENCE = (0.05, 1.0, 1.0)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as found:
        if found is None:
            missing("there are no programs of PostgreSQL to start a server with")
        yield found


@pytest.fixture(scope="module")
def stage(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("restarted"), server.url) as found:
        yield found


def second_delivery(stage: Stage) -> None:
    """Prepare another delivery to everybody who is left."""
    options = ["--channel", "email", "--from", "Shop <news@shop.example>", "--subject", "S", "--name", "M"]
    for command in (("create", *options, "--text-file", stage.site.folder / "text.txt"), ("prepare", "2")):
        assert stage.site.run("delivery", *command).code == 0


@pytest.mark.parametrize("how", ["fast", pytest.param("immediate", marks=pytest.mark.slow)])
def test_work_goes_on_after_the_database_was_away(server: Cluster, stage: Stage, how: str) -> None:
    _, expected = stage.oracle_of_settling
    stage.put_back(SENT)
    second_delivery(stage)
    site, relay = stage.site, stage.relay
    relay.seconds_each = 0.02
    listener = site.listen(batch=BATCH)
    port = listener.port()
    assert port is not None
    sender = site.start("delivery", "send", "2", "--until-settled", patience=PATIENCE)
    acknowledged: set[int] = set()
    with ThreadPoolExecutor(1) as beside:
        trouble = beside.submit(make_trouble, server, stage, how, (sender, listener))
        deadline = time.monotonic() + 2 * _LONG
        while not trouble.done() or len(acknowledged) < len(stage.returns):
            assert time.monotonic() < deadline, "not everything was brought"
            acknowledged |= bring(port, stage.returns).acknowledged
            assert not trouble.done() or trouble.result() is None
    until(lambda: site.rows("SELECT count(*) FROM returned_mail WHERE state = 'stored'") == [(0,)])
    until(lambda: not site.rows(f"{_OPEN} AND address NOT LIKE 'soft%'"))
    assert BACK in sender.said()
    for running in (sender, listener):
        ended = running.end(after=0.0, by=signal.SIGTERM)
        assert ended.code == 0, ended.err
    assert_settled_as(stage, expected)
    assert_sent_once(stage)


_OPEN = "SELECT id FROM message WHERE delivery_id = 2 AND status IN ('pending', 'sending', 'uncertain')"


def make_trouble(server: Cluster, stage: Stage, how: str, workers: tuple[Running, ...]) -> None:
    """Restart the server while all work, then leave it away until everybody has noticed."""
    until(lambda: stage.relay.taken.total() >= 30)
    server.restart(how)
    more = stage.relay.taken.total() + 5
    until(lambda: stage.relay.taken.total() >= more)
    said = [len(worker.said()) for worker in workers]
    server.stop(how)
    try:
        until(lambda: all(AWAY in worker.said()[old:] for worker, old in zip(workers, said, strict=True)))
        report = stage.site.run("delivery", "report", "2")
    finally:
        server.start()
    assert (report.code, report.err.count("rebond: ")) == (1, 1), report.err
    assert "PostgreSQL runs" in report.err


def assert_settled_as(stage: Stage, expected: object) -> None:
    """What came back acted once, as it does without trouble; and no return was blamed for it."""
    found = facts(stage.site)
    assert isinstance(expected, dict)
    for name in ("unattributed", "opt-outs", "returns"):
        assert found[name] == expected[name]
    told = [row for row in found["evidence"] if not row[0].startswith("attempt:")]
    assert told == [row for row in expected["evidence"] if not row[0].startswith("attempt:")]
    recomputed = stage.site.run("quarantine", "recompute", "--dry-run").lines
    assert [row["changed"] for row in recomputed] == [{}]
    assert_every_return_whole(stage.site)


def assert_sent_once(stage: Stage) -> None:
    assert_recount(stage.site)
    rows = stage.site.rows("SELECT address, status, uncertain FROM message WHERE delivery_id = 2")
    uncertain = {address for address, _, doubtful in rows if doubtful}
    assert not uncertain, "the sender did not die: it knows what became of each message"
    assert set(stage.relay.taken.values()) == {1}
    assert set(stage.relay.taken) == {address for address, status, _ in rows if status == "delivered"}
