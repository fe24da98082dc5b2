"""Handing over to a Postfix that wants TLS and a password: what is wrong there is nobody's failure."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.mail_servers.crowd import Crowd
from tests.mail_servers.postfix import postfix
from tests.mail_servers.site import Site
from tests.receiving import free_port
from tests.waiting import until

USER, PASSWORD = "rebond", "correct horse"
SETTINGS = """\
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
mynetworks =
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
"""


@contextmanager
def passwords() -> Iterator[int]:
    """What Postfix asks about passwords, by Dovecot's protocol, on a port of the loopback interface."""
    server = socket.create_server(("127.0.0.1", 0))
    secret = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8", newline="\n") as lines:
            lines.write("VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
            lines.flush()
            for line in lines:
                word, *rest = line.rstrip("\n").split("\t")
                if word == "AUTH":
                    right = f"resp={secret}" in rest
                    lines.write(f"OK\t{rest[0]}\tuser={USER}\n" if right else f"FAIL\t{rest[0]}\tuser={USER}\n")
                    lines.flush()

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@pytest.mark.slow
def test_tls_and_password(site: Site, folder: Path, tmp_path: Path) -> None:
    crowd = Crowd.of(10)
    # Each case has a port of its own: Rebond leaves a relay alone for a while after a fault.
    stranger, wrong, naked, unsafe = (free_port() for _ in range(4))
    services = "".join(f"127.0.0.1:{port} inet n - n - - smtpd\n" for port in (stranger, wrong, naked))
    services += f"127.0.0.1:{unsafe} inet n - n - - smtpd -o smtpd_tls_security_level=none\n"
    certificate, other = make_certificate(tmp_path, "relay"), make_certificate(tmp_path, "other")
    with site.listening() as lmtp_port, passwords() as auth:
        settings = SETTINGS.format(certificate=certificate, key=certificate.with_suffix(".key"), auth=auth)
        relay = postfix(folder, people=crowd.people, lmtp_port=lmtp_port, settings=settings, services=services)
        with relay as running:
            delivery = site.create_delivery(crowd.everybody)
            site.one("delivery", "prepare", delivery)
            refused = (
                (f"rebond:correct%20horse@127.0.0.1:{stranger}?tls=starttls&ca={other}", "certificate"),
                (f"rebond:wrong@127.0.0.1:{wrong}?tls=starttls&ca={certificate}", "535"),
                (f"127.0.0.1:{naked}?tls=none", "530"),
                (f"127.0.0.1:{unsafe}?tls=starttls&ca={certificate}", "STARTTLS"),
            )
            for url, words in refused:
                site.environment["REBOND_SMTP_URL"] = f"smtp://{url}"
                code, _, err = site.run("delivery", "send", delivery)
                assert code == 1
                assert words in err
                assert "correct" not in err
                report = site.one("delivery", "report", delivery)
                assert (report["pending"], report["failed"]) == (len(crowd.everybody), 0)
            log = site.lines("delivery", "log", delivery)
            assert {(row["status"], row["attempts"]) for row in log} == {("pending", 0)}
            assert site.lines("quarantine", "list") == []

            options = f"tls=starttls&ca={certificate}"
            site.environment["REBOND_SMTP_URL"] = running.url(options, user="rebond:correct%20horse@")
            assert site.one("delivery", "send", delivery)["pending"] == 0
            until(running.is_idle, within=60, what=running.told)
            returns = site.wait_until_settled(within=60)
            assert len(returns) == len(crowd.failing)
            assert f"sasl_username={USER}" in running.log()
