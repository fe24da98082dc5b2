"""What Postfix sends besides a plain notice, and what it does while nobody listens."""

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mail_servers.crowd import Crowd
from tests.mail_servers.documented import BOUNCE_DOMAIN
from tests.mail_servers.postfix import PATIENT, People, postfix
from tests.mail_servers.round_trip import send_and_wait
from tests.mail_servers.site import Site
from tests.receiving import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow

SECONDS = 60.0


class Receiver(socketserver.ThreadingTCPServer):
    """A receiving server that says of each recipient what it is told to say."""

    daemon_threads = True
    reply = "250 2.1.5 OK"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.port = int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: Receiver

    def handle(self) -> None:
        self.wfile.write(b"220 mx.far.example ESMTP\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"RCPT":
                self.wfile.write("".join(f"{one}\r\n" for one in self.server.reply.split("\n")).encode())
            elif word == b"QUIT":
                self.wfile.write(b"221 2.0.0 Bye\r\n")
                return
            else:
                self.wfile.write(b"250 2.0.0 OK\r\n")


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_delay_notice_changes_nothing_and_the_failure_after_it_counts(site: Site, folder: Path) -> None:
    address = "late@far.example"
    with site.listening() as port, receiver() as far:
        # Rebond asks for no notices of delay where it can: a relay that offers no DSN gives them unasked.
        settings = PATIENT + "delay_warning_time = 1s\nsmtpd_discard_ehlo_keywords = dsn\n"
        transports = f"far.example smtp:[127.0.0.1]:{far.port}\n"
        with postfix(folder, people=People(), lmtp_port=port, settings=settings, transports=transports) as relay:
            site.environment["REBOND_SMTP_URL"] = relay.url()
            far.reply = "451 4.7.1 Greylisting in action, please come back later"
            delivery = site.create_delivery([address])
            site.one("delivery", "prepare", delivery)
            assert site.one("delivery", "send", delivery)["pending"] == 0
            until(lambda: bool(site.lines("returns", "list", "--state", "settled")), within=SECONDS, what=relay.told)
            (notice,) = site.lines("returns", "list")
            assert notice["kind"] == "delayed"
            (row,) = site.lines("delivery", "log", delivery)
            assert (row["status"], row["returned_at"]) == ("delivered", None)
            assert site.lines("quarantine", "list") == []

            far.reply = (
                "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
                "550-5.1.1 double-checking the recipient's email address for typos or\n"
                "550 5.1.1 unnecessary spaces. x1-20020a170902 - gsmtp"
            )
            until(relay.comes_to_rest, within=SECONDS, what=relay.told)
            returns = site.wait_until_settled(within=SECONDS)
            assert [one["kind"] for one in returns] == ["delayed", "dsn"]
            (row,) = site.lines("delivery", "log", delivery)
            assert (row["status"], row["type"], row["reason"]) == ("delivered", "hard", "user_unknown")
            assert row["returned_at"] is not None
            assert "does not exist" in row["text"]
            (state,) = site.lines("quarantine", "list")
            assert (state["address"], state["status"]) == (address, "quarantined")


def test_addresses_beyond_ascii(site: Site, folder: Path) -> None:
    """Postfix answers with message/global-delivery-status (RFC 6533), and gives it over with SMTPUTF8."""
    known, unknown = "zoë@people.example", "żółw.gone@people.example"
    people = People(mailboxes={known: "zoe"})
    with site.listening() as port, postfix(folder, people=people, lmtp_port=port) as relay:
        site.environment["REBOND_SMTP_URL"] = relay.url()
        delivery = site.create_delivery([known, unknown])
        (returned,) = send_and_wait(site, relay, delivery)
        assert (returned["kind"], returned["state"]) == ("dsn", "settled")
        log = {row["address"]: row for row in site.lines("delivery", "log", delivery)}
        assert log[known]["returned_at"] is None
        assert (log[unknown]["type"], log[unknown]["reason"]) == ("hard", "user_unknown")
        _, text, _ = site.run("returns", "show", str(returned["id"]))
        assert "global-delivery-status" in text


def test_what_comes_back_while_nobody_listens_is_kept_by_postfix(site: Site, folder: Path) -> None:
    # Without a resolver, what does not resolve would wait for a day.
    crowd = replace(Crowd.of(20), nowhere=())
    port = free_port()
    with postfix(folder, people=crowd.people, lmtp_port=port, settings=PATIENT) as relay:
        site.environment["REBOND_SMTP_URL"] = relay.url()
        delivery = site.create_delivery(crowd.everybody)
        site.one("delivery", "prepare", delivery)
        site.one("delivery", "send", delivery)
        until(lambda: relay.log().count("status=deferred") >= len(crowd.failing), within=SECONDS, what=relay.told)
        assert site.lines("returns", "list") == []
        with site.listening(port):
            until(relay.comes_to_rest, within=SECONDS, what=relay.told)
            returns = site.wait_until_settled(within=SECONDS)
    assert len(returns) == len(crowd.failing)
    log = site.lines("delivery", "log", delivery)
    assert {row["address"] for row in log if row["returned_at"]} == crowd.failing


def test_what_others_write_to_the_bounce_domain(site: Site, folder: Path) -> None:
    """Postfix refuses the names that are not ours; what people write to the others is kept, and acts on nothing."""
    taken = [f"{name}@{BOUNCE_DOMAIN}" for name in ("postmaster", "abuse", "b", "complaints")]
    refused = [f"{name}@{BOUNCE_DOMAIN}" for name in ("info", "b-x", "b+UPPER/x", "root")]
    mail = "From: Zoë <ann@people.example>\r\nTo: you\r\nSubject: Grüße\r\nMIME-Version: 1.0\r\n"
    mail += (
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nÄ question.\r\n.\r\n..\r\n"
    )
    usual = "smtpd_reject_unlisted_recipient = yes\n"
    with site.listening() as port, postfix(folder, people=People(), lmtp_port=port, settings=usual) as relay:
        with smtplib.SMTP("127.0.0.1", relay.port, timeout=20) as client:
            answers = client.sendmail("", [*taken, *refused], mail.encode(), ["BODY=8BITMIME", "SMTPUTF8"])
        assert set(answers) == set(refused)
        assert {code for code, _ in answers.values()} == {550}
        until(relay.comes_to_rest, within=SECONDS, what=relay.told)
        returns = site.wait_until_settled(within=SECONDS)
        assert sorted(one["envelope_to"].lower() for one in returns) == sorted(address.lower() for address in taken)
        assert {one["kind"] for one in returns} == {"other"}
        _, text, _ = site.run("returns", "show", str(returns[0]["id"]))
        assert "Ä question.\n.\n..\n" in text
        assert relay.log().count("250 2.0.0 Stored") == len(taken)
        assert site.lines("quarantine", "list") == []
