"""Killed anywhere between taking a webhook in and settling it: what was answered is not lost, and acts once."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from rebond.core.read.providers import Befell
from rebond.store.models import DeliveryCounts, EvidenceRow, Message, ReturnedMail, ToldSuccess
from tests.hooks_written import ANN, SAMPLES, body_of, keys, post
from tests.intake.commands import environment, rebond
from tests.intake.commands import site as site_of
from tests.public.hooks_fixtures import hook_site, send, settle
from tests.public.test_hooks import sent
from tests.services.killing import KilledError, killed_before
from tests.services.sending_fixtures import delivery
from tests.waiting import until

__all__ = ["hook_site"]
BOB = "bob@reader.example"


def events(address: str) -> list[dict[str, Any]]:
    """One that marks our message and one of each kind about others."""
    found = [next(one.event for one in SAMPLES if (one.provider, one.befell) == ("sendgrid", befell))
             for befell in (Befell.FAILED, Befell.COMPLAINED, Befell.DELIVERED, Befell.UNSUBSCRIBED)]  # fmt: skip
    others = [{**event, "sg_event_id": f"o{n}", "smtp-id": ""} for n, event in enumerate(found)]
    return [{**found[0], "email": address}, *others]


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_killed_before_any_write_nothing_is_lost_and_nothing_acts_twice(hook_site: Any) -> None:
    number = delivery(1)
    message = sent(number)
    answered = killed = 0
    for write in range(1, 40):
        posted = post("sendgrid", body_of("sendgrid", *events(message.address)))
        done = False
        try:
            with killed_before(write):
                done = send(posted, "sendgrid").status_code == 200
                settle()
        except KilledError:
            killed += 1
        else:
            break
        if done:
            answered += 1
            assert ReturnedMail.objects.count() == 1
            ReturnedMail.objects.update(tries=0, lease_until=None)  # its lease is over, and it was not tried that often
    assert send(post("sendgrid", body_of("sendgrid", *events(message.address))), "sendgrid").status_code == 200
    settle()
    assert (killed > 5, answered > 2) == (True, True)
    assert EvidenceRow.objects.count() == 4
    assert ToldSuccess.objects.count() == 1
    assert Message.objects.get().return_reason == "user_unknown"
    assert DeliveryCounts.objects.get().returned == 1


@pytest.mark.slow
def test_a_web_process_that_is_killed_leaves_what_it_has_answered(tmp_path: Path) -> None:
    with site_of(tmp_path / "data") as data:
        with (data / "secrets.toml").open("a") as file:
            file.write(f'[intake.postmark]\nkey = "{keys()["postmark"]}"\n')
        event = {"RecordType": "Bounce", "Type": "HardBounce", "Details": "550 5.1.1 No such user", "ID": 1}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        given = {**environment(data), "REBOND_WEB__PORT": str(port)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        web = subprocess.Popen([sys.executable, "-m", "rebond", "web"], env=given, start_new_session=True, **quiet)
        try:
            until(lambda: _answers(port), what=lambda: "rebond web does not answer")
            for address in (ANN, BOB):
                posted = post("postmark", json.dumps({**event, "Email": address}).encode())
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/webhooks/in/postmark",
                    posted.body,
                    {**posted.headers, "Content-Type": "application/json"},
                )
                with urllib.request.urlopen(request) as answer:
                    assert answer.status == 200
        finally:
            os.killpg(web.pid, signal.SIGKILL)
            web.wait()
        for name in ("new", "cur"):
            (tmp_path / "mails" / name).mkdir(parents=True)
        assert rebond(data, "intake", "maildir", tmp_path / "mails").returncode == 0  # which settles what waits
        shown = rebond(data, "returns", "list", "--json").stdout.decode()
        assert re.findall('"state": "([a-z]+)"', shown) == ["settled", "settled"]
        assert '"quarantined"' in rebond(data, "quarantine", "show", BOB, "--json").stdout.decode()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
