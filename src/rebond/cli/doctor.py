"""`rebond doctor`: what is configured, and whether it can work."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, show_rows

if TYPE_CHECKING:
    from rebond.jobs.state import JobState
    from rebond.wiring import Site

_WAIT = 3.0


class Level(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `text` says what was found and, unless it is green, what to do."""

    check: str
    level: Level
    text: str


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""

    @app.command()
    @handles_errors
    def doctor(data: DataOption = None, json: JsonOption = False) -> int:
        """Check configuration, database, relay, landing pages, DNS, jobs and clock; exits with 4 when one is red."""
        from rebond.wiring import open_site

        site = open_site(data_directory(data))
        findings = [finding for check in _CHECKS for finding in check(site)]
        show_rows(map(asdict, findings), as_json=json, title="Doctor")
        return Exit.REFUSED if any(finding.level is Level.RED for finding in findings) else Exit.DONE


def _configuration(site: "Site") -> Iterator[Finding]:
    yield Finding("configuration", Level.GREEN, f"{site.data} is readable; policy preset {site.policy.preset}")
    if len(site.policy.count_owners) > 3:
        yield Finding("policy", Level.YELLOW, "faults of the sender or of the content count against addresses")


def _database(site: "Site") -> Iterator[Finding]:
    from rebond.store.read.health import database_clock, outdated_rows

    vendor, now = database_clock()
    yield Finding("database", Level.GREEN, f"{vendor} answers, and its schema is up to date")
    drift = abs(site.clock.now() - now)
    if drift > timedelta(seconds=5):
        yield Finding("clock", Level.RED, f"the database's clock differs by {drift}: set both by NTP")
    else:
        yield Finding("clock", Level.GREEN, "this machine's clock agrees with the database's")
    if rows := outdated_rows(site.policy.digest):
        text = f"{rows} states were computed under another policy: run rebond quarantine recompute --dry-run"
        yield Finding("policy", Level.YELLOW, text)


def _rules(site: "Site") -> Iterator[Finding]:
    from rebond.config import ConfigError
    from rebond.store.read.rules import console_documents

    try:
        site.qualifier  # noqa: B018 - making it reads and compiles all
    except ConfigError as error:
        text = f"{error}. Until then returns are stored and wait to be settled, and nothing is sent"
        yield Finding("rules", Level.RED, text)
    else:
        yield Finding("rules", Level.GREEN, f"{len(console_documents())} rules of this site can be used")


def _counters(site: "Site") -> Iterator[Finding]:
    from rebond.services.report import recount
    from rebond.store.read.health import latest_deliveries

    wrong = {number: found.problems for number in latest_deliveries() if (found := recount(number)).problems}
    for number, problems in wrong.items():
        yield Finding("counters", Level.RED, f"delivery {number}: {'; '.join(problems)}")
    if not wrong:
        yield Finding("counters", Level.GREEN, "the counters of the last deliveries agree with their rows")


def _jobs(site: "Site") -> Iterator[Finding]:
    from rebond.jobs.state import background

    found = background(site)
    for job in found.jobs:
        if job.name in _ALWAYS or (job.name in _SHOWN_AS and site.config.update) or (job.last and job.last.problem):
            yield _job(job)
    if found.missing:
        text = f"no {' and no '.join(found.missing)} runs: start rebond up, or its parts, for what is done by itself"
        yield Finding("processes", Level.YELLOW, text)
    else:
        yield Finding("processes", Level.GREEN, f"{len(found.processes)} run")


# Without these the quarantine is not what it should be; others are told of when they have a problem.
_ALWAYS = ("cleanup",)
_SHOWN_AS = {"deliverability-update": "packs of rules"}


def _job(job: "JobState") -> Finding:
    name = _SHOWN_AS.get(job.name, job.name)
    if job.last is None:
        text = f"it has never run: rebond up does it at its times, or run rebond job run {job.name} each day"
        return Finding(name, Level.YELLOW, text)
    last = f"it last ran {job.last.at:%Y-%m-%d %H:%M} UTC"
    if job.stale:
        text = f"{last}: rebond up does it at its times, or run rebond job run {job.name} each day"
        return Finding(name, Level.YELLOW, text)
    if job.last.problem:
        how = "broke off" if job.broke_off else "failed in part"
        return Finding(name, Level.YELLOW, f"{last}, and {how}: {job.last.problem}")
    return Finding(name, Level.GREEN, last)


def _returns(site: "Site") -> Iterator[Finding]:
    from rebond.store.read.returns import ReturnState, count_returns

    counts = count_returns()
    if dead := counts.get(ReturnState.DEAD, 0):
        yield Finding("returns", Level.YELLOW, f"{dead} returns could not be settled: see rebond returns dead")
    waiting = counts.get(ReturnState.STORED, 0)
    yield Finding("returns", Level.GREEN, f"{waiting} returns wait to be settled")


def _hooks(site: "Site") -> Iterator[Finding]:
    from rebond.intake.webhooks.door import problem_with
    from rebond.intake.webhooks.sources import hook_sources

    for source in hook_sources(site.config, data=site.data).values():
        name = f"webhooks of {source.name}"
        if problem := problem_with(source):
            yield Finding(name, Level.RED, f"nothing is taken in: {problem}")
        elif not site.config.site.public_url.startswith("https://"):
            text = f"{source.title} must reach {source.path} by https://: set site.public_url to where it is reached"
            yield Finding(name, Level.YELLOW, text)
        else:
            yield Finding(name, Level.GREEN, f"{source.title} posts to {site.config.console_url}{source.path}")


def _relay(site: "Site") -> Iterator[Finding]:
    from rebond.config import ConfigError  # slow to import, and all commands import this

    if not site.config.email.sends:
        yield Finding("relay", Level.GREEN, "email.smtp_url is none: this site sends nothing, as is intended")
        return
    try:
        settings = site.smtp_settings
    except ConfigError as error:
        yield Finding("relay", Level.RED, str(error))
        return
    host, port = settings.host, settings.port
    try:
        with socket.create_connection((host, port), timeout=_WAIT) as peer:
            peer.settimeout(_WAIT)
            greeting = peer.recv(512).decode("ascii", "replace") if settings.tls != "implicit" else "220"
    except OSError as error:
        text = f"{host}:{port} does not answer ({error}): set email.smtp_url to a relay that does, or to none"
        yield Finding("relay", Level.RED, text)
        return
    if greeting.startswith("220"):
        yield Finding("relay", Level.GREEN, f"{host}:{port} answers")
    else:
        yield Finding("relay", Level.RED, f"{host}:{port} greets with {greeting.strip()[:100]!r}")


def _sender(site: "Site") -> Iterator[Finding]:
    if not site.config.email.sends:
        return
    url = site.config.site.public_url
    if url.startswith("https://"):
        yield Finding("unsubscribe", Level.GREEN, f"messages offer one click at {url}/u/…, and a mail")
    elif url:
        text = f"messages link to {url}/u/…: mail providers offer one click for https:// alone"
        yield Finding("unsubscribe", Level.YELLOW, text)
    else:
        yield Finding("unsubscribe", Level.GREEN, "messages offer to unsubscribe by mail, which the intake takes")
    text = "Rebond signs nothing yet: let the relay sign, both List-Unsubscribe headers included"
    yield Finding("dkim", Level.YELLOW, text)


def _landing(site: "Site") -> Iterator[Finding]:
    from rebond.store.read.landing import pages

    active = [page for page in pages() if page.definition.active]
    if not active:
        return
    url, number = site.config.site.public_url, f"{len(active)} landing page{'s' if len(active) > 1 else ''}"
    if not url:
        text = f"{number} cannot be reached, and the mails have no link: set site.public_url to this site's address"
        yield Finding("landing pages", Level.RED, text)
    elif not site.config.email.sends:
        text = f"{number} take requests that nobody is asked to confirm: set email.smtp_url to a relay"
        yield Finding("landing pages", Level.RED, text)
    elif not url.startswith("https://"):
        text = f"{number} at {url}/join/…: what visitors type travels in the clear, so serve them by https://"
        yield Finding("landing pages", Level.YELLOW, text)
    else:
        yield Finding("landing pages", Level.GREEN, f"{number} at {url}/join/…")
    for page in active:
        if not page.offered:
            text = f"{page.definition.slug} is closed, since all that it offered was removed: give it a service"
            yield Finding("landing pages", Level.YELLOW, text)


def _names(site: "Site") -> Iterator[Finding]:
    import dns.exception
    import dns.resolver

    domain = site.config.email.bounce_domain
    if domain.endswith((".localhost", ".example", ".test", ".invalid")):
        text = f"email.bounce_domain is {domain}, a reserved name: returns reach this site on this machine only"
        # Who sends nothing has no return path of its own.
        yield Finding("bounce domain", Level.YELLOW if site.config.email.sends else Level.GREEN, text)
        return
    for kind, name, needed in (("MX", domain, "so that returns arrive"), ("TXT", domain, "with an SPF record")):
        try:
            answer = dns.resolver.resolve(name, kind, lifetime=_WAIT)
        except dns.exception.DNSException as error:
            text = f"{name} has no {kind} record that can be seen from here ({error}): publish one {needed}"
            yield Finding("bounce domain", Level.RED if kind == "MX" else Level.YELLOW, text)
            continue
        yield Finding("bounce domain", Level.GREEN, f"{name} {kind}: {'; '.join(map(str, answer))[:200]}")


_CHECKS: tuple[Callable[["Site"], Iterator[Finding]], ...] = (
    _configuration,
    _database,
    _rules,
    _counters,
    _jobs,
    _returns,
    _hooks,
    _relay,
    _sender,
    _landing,
    _names,
)
