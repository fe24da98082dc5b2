"""The stage for kills: a site in three kept states, before sending, after it, and with its returns stored."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from tests.acceptance.kill_facts import Facts, assert_recount, facts
from tests.acceptance.kill_load import Relay, Returning, Sent, bring, relaying, returns_of
from tests.acceptance.kill_site import BOUNCE_DOMAIN, Done, KillSite
from tests.databases import own_database

TAKEN, HARD, SOFT = 130, 8, 6
RETURNED = 48
PREPARED, SENT, STORED = "prepared", "sent", "stored"
SEND = ("delivery", "send", "1")
# Few returns make several batches.
BATCH = 16


@dataclass
class Stage:
    """A site, the relay that it sends to, and where its kept states come from."""

    site: KillSite
    relay: Relay
    empty: Path

    @property
    def settle(self) -> tuple[str, ...]:
        """The command that settles what waits: it takes nothing new in."""
        return ("intake", "maildir", str(self.empty))

    @cached_property
    def prepared(self) -> str:
        """Keep a delivery that is prepared, with people who are refused, and one who is found out late."""
        site, folder = self.site, self.site.folder
        names = [f"{kind}{n}" for kind, number in (("p", TAKEN), ("hard", HARD), ("soft", SOFT)) for n in range(number)]
        names.sort(key=lambda name: name[::-1])
        rows = "".join(f"{name},{name}@example.org\n" for name in names)
        (folder / "people.csv").write_text(f"id,email\n{rows}", "utf-8")
        (folder / "text.txt").write_text("Hello {{ email }}, {{ unsubscribe_url }}", "utf-8")
        site.run("profiles", "import", folder / "people.csv").lines  # noqa: B018
        options = ["--channel", "email", "--from", "Shop <news@shop.example>", "--subject", "S"]
        site.run("delivery", "create", "--name", "N", *options, "--text-file", folder / "text.txt").lines  # noqa: B018
        site.run("delivery", "prepare", "1").lines  # noqa: B018
        told = '{"channel":"email","address":"p7@example.org","event":"failure","type":"hard","reason":"user_unknown"'
        (folder / "told.jsonl").write_text(told + ',"occurred_at":"2026-03-05T09:12:33Z"}\n', "utf-8")
        site.run("intake", "events", folder / "told.jsonl").lines  # noqa: B018
        site.keep(PREPARED)
        return PREPARED

    @cached_property
    def oracle_of_sending(self) -> tuple[Done, Facts]:
        """Send without a kill, and keep that."""
        self.put_back(self.prepared)
        done = self.site.run(*SEND)
        assert done.code == 0, done.err
        assert_recount(self.site)
        found = facts(self.site)
        self.site.keep(SENT)
        return done, found

    @cached_property
    def returns(self) -> list[Returning]:
        """What comes back of the kept sending: always the same bytes."""
        assert self.oracle_of_sending
        self.put_back(SENT)
        rows = self.site.rows(
            "SELECT id, address, message_id, delivered_at FROM message WHERE status = 'delivered' ORDER BY id"
        )
        sent = [
            Sent(number, address, name, _moment(at), self.relay.unsubscribe[address])
            for number, address, name, at in rows[:RETURNED]
        ]
        return returns_of(sent, domain=BOUNCE_DOMAIN)

    @cached_property
    def stored(self) -> str:
        """Keep the site with its returns stored and none settled."""
        mails = self.returns
        self.put_back(SENT)
        listener = self.site.listen("--no-settle")
        port = listener.port()
        assert port is not None
        assert len(bring(port, mails).acknowledged) == len(mails)
        assert listener.end(after=0, by=15).code == 0
        self.site.keep(STORED)
        return STORED

    @cached_property
    def oracle_of_settling(self) -> tuple[Done, Facts]:
        """Settle without a kill."""
        self.put_back(self.stored)
        done = self.site.run(*self.settle, batch=BATCH)
        assert done.code == 0, done.err
        assert_recount(self.site)
        return done, facts(self.site)

    @cached_property
    def oracle_of_intake(self) -> Done:
        """Take all in and settle it, without a kill."""
        mails = self.returns
        self.put_back(SENT)
        listener = self.site.listen(batch=BATCH)
        port = listener.port()
        assert port is not None
        assert len(bring(port, mails).acknowledged) == len(mails)
        done = listener.end(after=0, by=15)
        assert done.code == 0, done.err
        return done

    def put_back(self, name: str) -> None:
        self.site.put_back(name)
        self.relay.start_anew()


def _moment(value: object) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.replace(tzinfo=at.tzinfo or UTC).replace(microsecond=0)


@contextmanager
def staged(folder: Path, database: str) -> Iterator[Stage]:
    """Set a stage up on `sqlite`, or on PostgreSQL by the URL of a server."""
    empty = folder / "empty"
    for part in ("new", "cur", "tmp"):
        (empty / part).mkdir(parents=True)
    own = nullcontext("") if database == "sqlite" else own_database(database)
    with relaying() as relay, own as url:
        site = KillSite(folder, url, relay.port)
        try:
            yield Stage(site, relay, empty)
        finally:
            site.zygote.close()
