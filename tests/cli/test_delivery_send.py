"""`rebond delivery send` against a relay on loopback: its JSON, its words and its exit codes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rebond import wiring
from rebond.cli import delivery as delivery_family
from rebond.cli import profiles as profiles_family
from rebond.cli.delivery_send import progress_words
from rebond.core.words import AddressStatus, DeliveryStatus
from rebond.store.models import AuditEntry, EvidenceRow, Message, TransportPause
from rebond.store.read.deliveries import counts_of
from rebond.store.read.sending import Progress
from tests.cli.conftest import site_in
from tests.receiving import free_port, receiving
from tests.services.people_fixtures import set_state

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
Run = Callable[..., Result]


class Relay:
    """Takes what it is given, but for an unknown recipient."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("unknown@"):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope)
        return "250 2.0.0 Ok: queued as AB12"


@pytest.fixture
def relay() -> Iterator[tuple[Relay, int]]:
    handler = Relay()
    with receiving(handler) as port:
        yield handler, port


@pytest.fixture
def run(commands: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command with a relay on `port`; the expected exit code is 0."""

    def command(*arguments: str, port: int = 1, settings: str = "", code: int = 0) -> Result:
        email = {"smtp_url": f"smtp://127.0.0.1:{port}?tls=none{settings}"}
        data = tmp_path_factory.getbasetemp()  # the rules compiled there once
        return commands(profiles_family, delivery_family, site=site_in(data, email=email))(*arguments, code=code)

    Path("people.csv").write_text(
        "id,email,name\n1,ann@example.org,Ann\n2,bob@example.org,Bob\n3,unknown@example.org,U\n"
    )
    Path("text.txt").write_text("Hello {{ name }}")
    command("profiles", "import", "people.csv")
    content = ("--name", "N", "--from", "Shop <news@shop.example>", "--subject", "S", "--text-file", "text.txt")
    command("delivery", "create", "--channel", "email", *content)
    command("delivery", "prepare", _number())
    return command


def _number() -> str:
    from rebond.store.models import Delivery

    return str(Delivery.objects.get().pk)


@pytest.mark.parametrize("options", [(), ("--watch",), ("--until-settled",)])
def test_everything_goes_out_and_the_delivery_is_finished(
    run: Run, relay: tuple[Relay, int], options: tuple[str, ...]
) -> None:
    handler, port = relay
    result = json.loads(run("delivery", "send", _number(), *options, port=port).stdout)
    assert (result["handed_over"], result["delivered"], result["failed"]) == (3, 2, 1)
    assert (result["status"], result["next_due"], result["problem"]) == ("finished", None, "")
    tokens = {row.message_id.partition("@")[0] for row in Message.objects.filter(status="delivered")}
    assert {envelope.mail_from for envelope in handler.taken} == {f"b+{token}@bounce.localhost" for token in tokens}
    assert run("delivery", "send", _number(), port=port, code=4).stderr.startswith("rebond: delivery")


def test_a_proof_is_no_message_of_the_delivery(run: Run, relay: tuple[Relay, int]) -> None:
    handler, port = relay
    before = list(Message.objects.values()), counts_of(int(_number()))
    options = ("--to", "chief@example.org, unknown@example.org", "--profile", "2")
    told = json.loads(run("delivery", "proof", _number(), *options, port=port, code=3).stdout)
    assert (told["profile"], [one["accepted"] for one in told["proofs"]]) == ("2", [True, False])
    assert "5" in told["proofs"][1]["text"]
    (envelope,) = handler.taken
    assert envelope.rcpt_tos == ["chief@example.org"]
    assert b"Hello Bob" in envelope.content
    assert envelope.mail_from == "b+proof@bounce.localhost"
    assert (list(Message.objects.values()), counts_of(int(_number()))) == before
    assert not EvidenceRow.objects.exists()
    assert AuditEntry.objects.latest("id").after == {
        "to": ["chief@example.org", "unknown@example.org"],
        "profile": "2",
    }


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--to", ""), 2, "give 1 to 10 addresses"),
        (("--to", "no address"), 2, "'no' may not be written to: invalid_address"),
        (("--to", ",".join(f"a{n}@example.org" for n in range(11))), 2, "give 1 to 10 addresses"),
        (("--to", "held@example.org"), 2, "'held@example.org' may not be written to: quarantined"),
        (("--to", "a@example.org", "--profile", "99"), 2, "there is no profile with the id '99'"),
    ],
)
def test_a_proof_that_cannot_be_is_refused(run: Run, options: tuple[str, ...], code: int, words: str) -> None:
    set_state("held@example.org", AddressStatus.QUARANTINED)
    assert words in run("delivery", "proof", _number(), *options, code=code).stderr


def test_a_proof_says_that_the_relay_is_away(run: Run) -> None:
    told = json.loads(run("delivery", "proof", _number(), "--to", "a@example.org", port=free_port(), code=3).stdout)
    assert told["proofs"][0]["accepted"] is False
    assert told["proofs"][0]["text"]


def test_a_relay_that_cannot_be_reached_is_said(run: Run) -> None:
    port = free_port()
    result = run("delivery", "send", _number(), port=port, code=1)
    said = json.loads(result.stdout)
    assert (said["handed_over"], said["pending"], said["status"]) == (0, 3, "sending")
    assert said["problem"].startswith("waiting until ")
    assert f" UTC for 127.0.0.1:{port}: " in said["problem"]
    assert said["problem"] in result.stderr
    assert TransportPause.objects.get().faults == 1


def test_a_changed_setting_ends_a_pause(run: Run, relay: tuple[Relay, int]) -> None:
    port = relay[1]
    run("delivery", "list", port=port)
    name = wiring.open_site(Path()).smtp_sender().name
    TransportPause.objects.create(name=name, until=datetime.now(UTC) + timedelta(hours=1), faults=3, problem="535 no")
    waiting = json.loads(run("delivery", "send", _number(), port=port, code=1).stdout)
    assert (waiting["handed_over"], waiting["problem"][-20:]) == (0, f"127.0.0.1:{port}: 535 no"[-20:])
    sent = json.loads(run("delivery", "send", _number(), port=port, settings="&hello=other.example").stdout)
    assert (sent["handed_over"], sent["status"]) == (3, "finished")


def test_another_relay_is_not_paused(run: Run, relay: tuple[Relay, int]) -> None:
    run("delivery", "send", _number(), port=free_port(), code=1)
    result = json.loads(run("delivery", "send", _number(), port=relay[1]).stdout)
    assert (result["handed_over"], result["status"], result["problem"]) == (3, "finished", "")


def test_what_is_shown_while_it_sends_and_waits() -> None:
    at_work = Progress(status=DeliveryStatus.SENDING, messages=9, pending=5, delivered=3, failed=1)
    assert progress_words(at_work) == "settled, 3 delivered, 1 failed"
    waiting = replace(at_work, waiting_until=datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC))
    assert progress_words(waiting) == "settled, waiting until Mon 08:00:30 UTC"
    assert progress_words(replace(at_work, status=DeliveryStatus.PAUSED)) == "settled, paused"


def test_an_unknown_delivery(run: Run) -> None:
    assert "there is no delivery 999" in run("delivery", "send", "999", code=2).stderr
