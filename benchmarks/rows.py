"""The rows of specification 11: what is asked, at which sizes, and the module that measures."""

from dataclasses import dataclass

from benchmarks.figures import Asked, Kind

SIZES = ("small", "medium", "large")
FACTORS = {"small": 1, "medium": 10, "large": 100}
SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)
NO_DATABASE = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `base` is how many things the smallest size has; 0: the row has one size of its own."""

    name: str
    what: str
    base: int
    asked: Asked
    databases: tuple[str, ...] = NO_DATABASE
    asked_on: tuple[tuple[str, Asked], ...] = ()

    @property
    def module(self) -> str:
        return "benchmarks.measure." + self.name.replace("-", "_")

    @property
    def sizes(self) -> tuple[str, ...]:
        return SIZES if self.base else ("only",)

    def number(self, size: str, *, scale: float) -> int:
        return max(1, round(self.base * FACTORS.get(size, 1) * scale))

    def asked_of(self, database: str) -> Asked:
        return dict(self.asked_on).get(database, self.asked)


ROWS = (
    Row(
        name="qualify-mail",
        what="qualify a raw returned mail, one core (sizes: hundredths of the corpus)",
        base=1,
        asked=Asked(kind=Kind.SHARE, at_least=3, aim=6, unit="mails"),
    ),
    Row(
        name="large-mail",
        what="qualify large ordinary mail, one core, at its own three sizes",
        base=0,
        asked=Asked(kind=Kind.SPEED, at_least=100_000_000, aim=300_000_000, unit="bytes"),
    ),
    Row(
        name="qualify-reply",
        what="qualify an SMTP reply, unseen texts, one core",
        base=300,
        asked=Asked(kind=Kind.SPEED, at_least=10_000, aim=30_000, unit="replies"),
    ),
    Row(
        name="cold-start",
        what="import rebond and qualify one mail, cold process",
        base=0,
        asked=Asked(kind=Kind.SECONDS, at_least=0.5, aim=0.3, unit="processes"),
    ),
    Row(
        name="import-people",
        what="import of people",
        base=2_000,
        asked=Asked(kind=Kind.TIMES, at_least=3, aim=2, unit="people"),
        databases=BOTH,
    ),
    Row(
        name="prepare",
        what="prepare N people against N addresses with a status",
        base=2_000,
        asked=Asked(kind=Kind.TIMES, at_least=3, aim=2, unit="people"),
        databases=BOTH,
    ),
    Row(
        name="send",
        what="send by SMTP relay, one worker process, everything recorded",
        base=100,
        asked=Asked(kind=Kind.SHARE, at_least=0.15, aim=0.30, unit="messages"),
        databases=BOTH,
        asked_on=((SQLITE, Asked(kind=Kind.SHARE, at_least=0.12, aim=0.25, unit="messages")),),
    ),
    Row(
        name="intake-lmtp",
        what="intake by LMTP to durable",
        base=100,
        asked=Asked(kind=Kind.SHARE, at_least=0.25, aim=0.50, unit="mails"),
        databases=BOTH,
    ),
    Row(
        name="settle",
        what="settle stored returns, read to quarantine, one worker",
        base=100,
        asked=Asked(kind=Kind.SHARE, at_least=0.30, aim=0.60, unit="returns"),
        databases=BOTH,
    ),
    Row(
        name="check",
        what="rebond check over a file (asked: seconds of 10 M lines)",
        base=10_000,
        asked=Asked(kind=Kind.SPEED, at_least=10_000_000 / 60, aim=10_000_000 / 20, unit="addresses"),
        databases=BOTH,
    ),
    Row(
        name="check-api",
        what="POST /check, 1,000 addresses a call, against N addresses with a status",
        base=10_000,
        asked=Asked(kind=Kind.SPEED, at_least=100_000, aim=300_000, unit="addresses"),
        databases=BOTH,
    ),
    Row(
        name="events-api",
        what="POST /events in batches of 100, everything recorded",
        base=300,
        asked=Asked(kind=Kind.SPEED, at_least=3_000, aim=10_000, unit="events"),
        databases=BOTH,
    ),
    Row(
        name="webhooks",
        what="a provider's webhooks in batches of 100: signature checked, stored, answered",
        base=2_000,
        asked=Asked(kind=Kind.SPEED, at_least=3_000, aim=10_000, unit="events"),
        databases=BOTH,
    ),
    Row(
        name="webhooks-settled",
        what="the same, until what they tell is recorded",
        base=2_000,
        asked=Asked(kind=Kind.SPEED, at_least=3_000, aim=10_000, unit="events"),
        databases=BOTH,
    ),
    Row(
        name="backtest",
        what="back-test a changed rule on stored failures (asked: 10 s of 1 M)",
        base=10_000,
        asked=Asked(kind=Kind.SPEED, at_least=100_000, aim=300_000, unit="failures"),
        databases=BOTH,
    ),
    Row(
        name="console-pages",
        what="the slowest page of the console, 95th percentile, over N profiles, 5 N messages and N / 2 states",
        base=10_000,
        asked=Asked(kind=Kind.SECONDS, at_least=0.5, aim=0.15, unit="profiles"),
        databases=(POSTGRESQL,),
    ),
    Row(
        name="memory",
        what="most memory of one process, at its own three sizes",
        base=0,
        asked=Asked(kind=Kind.MEGABYTES, at_least=300, aim=150, unit="processes"),
        databases=BOTH,
    ),
    Row(
        name="web-memory",
        what="most memory of one process of the server, pages and API under load, at its own three sizes",
        base=0,
        asked=Asked(kind=Kind.MEGABYTES, at_least=300, aim=150, unit="processes"),
        databases=BOTH,
    ),
)
