"""Returns by Postfix's pipe, by the lines that the guide shows."""

import os
import pwd
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mail_servers.documented import BOUNCE_DOMAIN, GUIDE, shown
from tests.mail_servers.postfix import NOBODY, PATIENT, People, postfix
from tests.mail_servers.site import Site
from tests.waiting import until

SECONDS = 60.0
LIMIT = "rebond_destination_recipient_limit = 1"
TRANSPORT = f"{BOUNCE_DOMAIN} rebond:"
# Postfix runs no pipe as root, and no other user need be able to run Rebond where the tests do: this asks them to.
ASK = """\
#!/bin/sh
one={desk}/$$
cat > "$one.mail" || exit 70
printf '%s\\n' "$@" > "$one.part" && mv "$one.part" "$one.asked" || exit 70
while [ ! -e "$one.code" ]; do sleep 0.1; done
read -r code < "$one.code"
rm -f "$one".*
exit "$code"
"""


@contextmanager
def desk(folder: Path, site: Site) -> Iterator[Path]:
    """Run `rebond` with what the pipe's program was given, for the block; gives that program."""
    asked, program = folder / "desk", folder / "rebond"
    asked.mkdir()
    owner = pwd.getpwnam(NOBODY)
    os.chown(asked, owner.pw_uid, owner.pw_gid)
    program.write_text(ASK.format(desk=asked), "utf-8")
    program.chmod(0o755)
    over = threading.Event()

    def answer() -> None:
        while not over.wait(0.05):
            for request in asked.glob("*.asked"):
                arguments = request.read_text("utf-8").splitlines()
                code, _, _ = site.run(*arguments, given=request.with_suffix(".mail").read_bytes())
                request.rename(request.with_suffix(".done"))
                part = request.with_suffix(".part")
                part.write_text(f"{code}\n", "utf-8")
                part.rename(request.with_suffix(".code"))

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield program
    finally:
        over.set()
        thread.join()


def service(program: Path, data: Path) -> str:
    """The guide's service, with this test's user, program and data in the places of the guide's."""
    text = shown("/etc/postfix/master.cf")
    places = {"user=rebond ": f"user={NOBODY} ", "/opt/rebond/.venv/bin/rebond": str(program), "/srv/rebond": str(data)}
    for place, own in places.items():
        assert place in text
        text = text.replace(place, own)
    return text


@pytest.mark.slow
def test_a_pipe_keeps_what_cannot_be_stored_and_brings_it_later(site: Site, folder: Path) -> None:
    guide = GUIDE.read_text("utf-8")
    assert f"`{LIMIT}`" in guide
    assert f"`{TRANSPORT}`" in guide
    known, unknown = "ann@people.example", "ann.gone@people.example"
    people = People(mailboxes={known: "ann"})
    settings = f"{PATIENT}{LIMIT}\ntransport_maps = inline:{{ {{ {TRANSPORT.replace(' ', ' = ')} }} }}\n"
    data = site.folder / "data"
    with desk(folder, site) as program:
        lines = service(program, data)
        with postfix(folder, people=people, lmtp_port=1, settings=settings, services=lines) as relay:
            site.environment["REBOND_SMTP_URL"] = relay.url()
            delivery = site.create_delivery([known, unknown])
            site.one("delivery", "prepare", delivery)
            assert site.one("delivery", "send", delivery)["pending"] == 0
            data.rename(data.with_name("away"))  # nothing can be stored: exit code 75
            until(lambda: "temporary failure" in relay.log(), within=SECONDS, what=relay.told)
            data.with_name("away").rename(data)
            until(relay.comes_to_rest, within=SECONDS, what=relay.told)
    (returned,) = site.wait_until_settled(within=SECONDS)
    assert (returned["source"], returned["kind"], returned["envelope_from"]) == ("stdin", "dsn", "")
    log = {row["address"]: row for row in site.lines("delivery", "log", delivery)}
    assert log[known]["returned_at"] is None
    assert (log[unknown]["type"], log[unknown]["reason"]) == ("hard", "user_unknown")
    assert site.message_of(returned["envelope_to"]) == log[unknown]["message"]
