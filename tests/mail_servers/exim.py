"""An Exim of a test's own: private configuration, spool and mailboxes, as the guide shows it towards Rebond."""

import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mail_servers.documented import shown
from tests.mail_servers.expected import Expected, resolver_says_no
from tests.mail_servers.postfix import People
from tests.mail_servers.programs import fetched, running
from tests.receiving import free_port

# Debian's Exim has this user compiled in, and does not start where it is not.
USER = "Debian-exim"
FULL, ROOMY = "1K", "1M"
SETTINGS = """\
exim_path = {folder}/exim
exim_user = {user}
exim_group = {user}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/exim.pid
never_users =
deliver_drop_privilege = true
keep_environment = RES_OPTIONS
primary_hostname = mx.shop.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
disable_ipv6 = true
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = take_recipient
{settings}
begin acl
take_recipient:
  accept hosts = 127.0.0.1

begin routers
{routers}
people:
  driver = accept
  domains = people.example
  local_parts = lsearch;{folder}/mailboxes.table
  transport = mailbox

nobody:
  driver = redirect
  domains = people.example
  allow_fail
  data = :fail: Unknown user

elsewhere:
  driver = manualroute
  route_list = * $domain byname
  host_find_failed = decline
  transport = remote

begin transports
{transports}
mailbox:
  driver = appendfile
  file = {folder}/mailboxes/${{extract{{1}}{{:}}{{$local_part_data}}}}
  quota = ${{extract{{2}}{{:}}{{$local_part_data}}}}
  user = {user}

remote:
  driver = smtp

begin retry
bounce.shop.example  *  F,1h,1s
"""


@dataclass(frozen=True, slots=True)
class Exim:
    """A running one."""

    folder: Path
    port: int

    def url(self, options: str = "tls=none") -> str:
        return f"smtp://127.0.0.1:{self.port}?{options}"

    @property
    def nowhere(self) -> Expected:
        """What it makes of a domain that does not resolve."""
        if resolver_says_no():
            return Expected("soft", "invalid_domain", "unroutable")
        return Expected("soft", "unreachable", "expired")

    def is_idle(self) -> bool:
        """Tell whether nothing waits: what was accepted has then been delivered, or returned and delivered."""
        spool = self.folder / "spool" / "input"
        return not any(files for _, _, files in os.walk(spool))

    def log(self) -> str:
        return (self.folder / "log" / "main").read_text("utf-8", "replace")

    def told(self) -> str:
        """The end of its log, for a test that fails."""
        return f"Exim says:\n{self.log()[-3000:]}"


@contextmanager
def exim(folder: Path, *, people: People, lmtp_port: int, settings: str = "") -> Iterator[Exim]:
    """Run one for the block; `settings` are further lines of the main section."""
    # It starts itself anew as its own user, who may not come to where it was fetched to.
    shutil.copy2(fetched("exim4-daemon-light") / "usr/sbin/exim4", folder / "exim")
    user = pwd.getpwnam(USER)
    for name in ("spool", "log", "mailboxes"):
        (folder / name).mkdir()
        os.chown(folder / name, user.pw_uid, user.pw_gid)
    table = "".join(
        f'"{address.partition("@")[0].lower()}": {name}:{FULL if address in people.full else ROOMY}\n'
        for address, name in people.mailboxes.items()
    )
    (folder / "mailboxes.table").write_text(table, "utf-8")
    for address in people.full:
        path = folder / "mailboxes" / people.mailboxes[address]
        path.write_bytes(b"x" * 4096)
        os.chown(path, user.pw_uid, user.pw_gid)
    port = free_port()
    transports = shown("/etc/exim4/conf.d/transport/30_rebond").replace("port = 2424", f"port = {lmtp_port}")
    routers = shown("/etc/exim4/conf.d/router/150_rebond")
    text = SETTINGS.format(
        folder=folder, user=USER, port=port, settings=settings, routers=routers, transports=transports
    )
    (folder / "exim.conf").write_text(text, "utf-8")
    command: list[str | Path] = [folder / "exim", "-C", folder / "exim.conf", "-bdf", "-q1s"]
    environment = {"RES_OPTIONS": "timeout:1 attempts:1"}
    with running(command, environment=environment, log=folder / "log" / "main", port=port):
        yield Exim(folder, port)
