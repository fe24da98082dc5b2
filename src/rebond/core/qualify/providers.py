"""Providers: who runs the receiving side, by host name or by domain, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rebond.core.qualify.normalise import KeptCodes

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Providers:
    """The table of providers.

    `domains` maps the domains of addresses, `hosts` the suffixes of mail servers' names; `codes` are the providers' own
    codes that stay in templates.
    """

    domains: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    codes: KeptCodes = field(default_factory=KeptCodes)

    def of_host(self, host: str) -> str:
        """Name the provider that runs a mail server; empty when it is not a known one."""
        return _by_suffix(self.hosts, host)

    def of_domain(self, domain: str) -> str:
        """Name the provider of an address's domain, as a label for reports: `other` when it is not a known one."""
        return self.domains.get(domain.lower().rstrip("."), OTHER)

    def of_hosts(self, hosts: Iterable[str]) -> str:
        """Name the provider of the first host that is a known one; empty when none is."""
        return next((provider for host in hosts if host and (provider := self.of_host(host))), "")


def _by_suffix(table: Mapping[str, str], host: str) -> str:
    # `dns; mx.example.com (1.2.3.4)` and `mx.example.com[1.2.3.4]:25` are seen too.
    name = host.rpartition(";")[2].strip().lower()
    for mark in "[(: ":
        name = name.partition(mark)[0]
    suffix = ".".join(name.strip(".").split(".")[-6:])
    while suffix:
        if found := table.get(suffix):
            return found
        suffix = suffix.partition(".")[2]
    return ""


def load_providers(document: Mapping[str, Any]) -> Providers:
    """Make the table from parsed TOML: `[[provider]]` with `name`, `domains`, `mx` (masks `*.host`) and `codes`.

    Raises ValueError when a name is missing, or a domain or mask is given to two providers.
    """
    domains: dict[str, str] = {}
    hosts: dict[str, str] = {}
    codes: list[str] = []
    for entry in document.get("provider", ()):
        name = entry.get("name", "")
        if not name:
            raise ValueError("a [[provider]] has no name")
        for key, table in (("domains", domains), ("mx", hosts)):
            for item in entry.get(key, ()):
                suffix = item.removeprefix("*.").lower()
                if table.setdefault(suffix, name) != name:
                    raise ValueError(f"{item!r} is given to both {table[suffix]!r} and {name!r}")
        codes.extend(entry.get("codes", ()))
    return Providers(domains, hosts, KeptCodes(codes))
