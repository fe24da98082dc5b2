"""People of a test: most can be written to, the others fail in a way that their address tells."""

from dataclasses import dataclass

from tests.mail_servers.expected import NOWHERE
from tests.mail_servers.postfix import People

DOMAIN = "people.example"
# What servers, envelopes and reports may stumble over, and people have.
ODD = ("o'brien", "Anna.Mueller", "a+news", "under_score", "dash-ed", "x=y", "1984", "slash/ed", "b+notatoken")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Addresses by what becomes of their mail."""

    good: tuple[str, ...]
    unknown: tuple[str, ...]
    full: tuple[str, ...]
    nowhere: tuple[str, ...]

    @classmethod
    def of(cls, number: int) -> "Crowd":
        """So many people: of 50, 5 unknown, 3 with a full mailbox and 3 at a domain that does not resolve."""
        unknown, soft = number // 10, number * 3 // 50
        return cls(
            good=tuple(f"{ODD[i % len(ODD)]}.{i}@{DOMAIN}" for i in range(number - unknown - 2 * soft)),
            unknown=tuple(f"{ODD[i % len(ODD)]}.gone{i}@{DOMAIN}" for i in range(unknown)),
            full=tuple(f"{ODD[i % len(ODD)]}.full{i}@{DOMAIN}" for i in range(soft)),
            nowhere=tuple(f"{ODD[i % len(ODD)]}.lost{i}@{NOWHERE}" for i in range(soft)),
        )

    @property
    def failing(self) -> set[str]:
        return {*self.unknown, *self.full, *self.nowhere}

    @property
    def everybody(self) -> list[str]:
        """All of them, the failing ones among the others."""
        return sorted([*self.good, *self.failing], key=lambda address: address[::-1])

    @property
    def people(self) -> People:
        """Those with a mailbox."""
        mailboxes = {address: f"box{number}" for number, address in enumerate([*self.good, *self.full])}
        return People(mailboxes=mailboxes, full=frozenset(self.full))
