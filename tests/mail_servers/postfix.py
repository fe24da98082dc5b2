"""A Postfix of a test's own: private configuration, queue and mailboxes, as the guide shows it towards Rebond."""

import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.mail_servers.documented import shown
from tests.mail_servers.expected import Expected, resolver_says_no
from tests.mail_servers.programs import fetched, running
from tests.receiving import free_port

LIMIT = 100_000
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop")
FOLDERS = (*QUEUES, "pid", "private", "public", "saved", "trace")
# Any two users that are there, and are not each other; those of Debian's package belong to an installed one.
OWNER, NOBODY = "mail", "nobody"
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
smtp      unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
virtual   unix  - n n - - virtual
error     unix  - - n - - error
retry     unix  - - n - - error
flush     unix  n - n 1000? 0 flush
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""
SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {folder}/etc
mail_owner = {owner}
setgid_group = list
default_privs = {nobody}
import_environment = MAIL_CONFIG RES_OPTIONS LD_LIBRARY_PATH
export_environment = LD_LIBRARY_PATH
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.shop.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_reject_unlisted_recipient = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
virtual_mailbox_domains = people.example
virtual_mailbox_base = {folder}/mailboxes
virtual_mailbox_maps = texthash:{folder}/etc/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = {limit}
message_size_limit = {limit}
"""
# What waits is kept, and tried again each second.
PATIENT = """\
maximal_queue_lifetime = 1d
bounce_queue_lifetime = 1d
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who has a mailbox: address to the name of its file; a name that ends in a slash is a Maildir."""

    mailboxes: Mapping[str, str] = field(default_factory=dict)
    full: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running one."""

    folder: Path
    port: int

    def url(self, options: str = "tls=none", *, host: str = "127.0.0.1", user: str = "") -> str:
        return f"smtp://{user}{host}:{self.port}?{options}"

    @property
    def nowhere(self) -> Expected:
        """What it makes of a domain that does not resolve."""
        if resolver_says_no():
            return Expected("soft", "invalid_domain", "no_such_domain")
        return Expected("soft", "unreachable", "dns")

    def is_idle(self) -> bool:
        """Tell whether nothing waits: what was accepted has then been delivered, or returned and delivered."""
        queue = self.folder / "queue"
        return not any(files for name in ("incoming", "active", "deferred") for _, _, files in os.walk(queue / name))

    def comes_to_rest(self) -> bool:
        """Tell the same, and have what waits tried at the next look at the queue.

        A message that the queue manager meets while it is still being delivered is put off for five minutes.
        """
        for folder, _, files in os.walk(self.folder / "queue" / "deferred"):
            for name in files:
                with suppress(FileNotFoundError):  # it has been taken up meanwhile
                    os.utime(Path(folder, name))
        return self.is_idle()

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def told(self) -> str:
        """The end of its log, for a test that fails."""
        return f"Postfix says:\n{self.log()[-3000:]}"

    def mailbox(self, name: str) -> Path:
        return self.folder / "mailboxes" / name


@contextmanager
def postfix(
    folder: Path, *, people: People, lmtp_port: int, settings: str = "", transports: str = "", services: str = ""
) -> Iterator[Postfix]:
    """Run one for the block; `settings`, `transports` and `services` are further lines of its three files."""
    root = fetched("postfix")
    port = free_port()
    _make_folders(folder, people)
    nobody = pwd.getpwnam(NOBODY)
    values = {"folder": folder, "root": root, "owner": OWNER, "nobody": NOBODY, "limit": LIMIT}
    main = SETTINGS.format(**values, uid=nobody.pw_uid, gid=nobody.pw_gid)
    files = {
        "main.cf": _last_of_each(main + _placed(shown("/etc/postfix/main.cf"), folder) + settings),
        "master.cf": SERVICES.format(port=port) + services,
        "transport": shown("/etc/postfix/transport").replace(":2424", f":{lmtp_port}") + transports,
        "bounce_recipients": shown("/etc/postfix/bounce_recipients"),
        "mailboxes": "".join(f"{address.lower()} {name}\n" for address, name in people.mailboxes.items()),
    }
    for name, text in files.items():
        (folder / "etc" / name).write_text(text, "utf-8")
    environment = {"LD_LIBRARY_PATH": str(root / "usr/lib/postfix"), "RES_OPTIONS": "timeout:1 attempts:1"}
    command: list[str | Path] = [root / "usr/lib/postfix/sbin/master", "-c", folder / "etc"]
    with running(command, environment=environment, log=folder / "log", port=port):
        yield Postfix(folder, port)


def _placed(text: str, folder: Path) -> str:
    return text.replace("/etc/postfix/", f"{folder}/etc/")


def _last_of_each(lines: str) -> str:
    """Keep the last line of each parameter: Postfix would, but with a warning each time that it reads them."""
    return "".join({line.partition("=")[0].strip(): f"{line}\n" for line in lines.splitlines()}.values())


def _make_folders(folder: Path, people: People) -> None:
    owner, nobody = pwd.getpwnam(OWNER), pwd.getpwnam(NOBODY)
    for name in ("etc", "queue", "mailboxes"):
        (folder / name).mkdir(exist_ok=True)
    for name in FOLDERS:
        (folder / "queue" / name).mkdir()
        if name != "pid":
            os.chown(folder / "queue" / name, owner.pw_uid, -1)
    (folder / "data").mkdir(mode=0o700)
    os.chown(folder / "data", owner.pw_uid, -1)
    os.chown(folder / "mailboxes", nobody.pw_uid, nobody.pw_gid)
    for address in people.full:
        path = folder / "mailboxes" / people.mailboxes[address]
        with path.open("wb") as mailbox:
            mailbox.truncate(LIMIT)
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
