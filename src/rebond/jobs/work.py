"""What each job does when a worker is woken for it: a bounded piece, from the state in the database."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rebond.jobs.loops import loop_factory
from rebond.wiring import Site

if TYPE_CHECKING:
    from rebond.services.apply_rules import Practice
    from rebond.services.prepare import PrepareProgress
    from rebond.services.send import SendResult

# Seconds after which a piece of work makes room for others and asks to go on.
SEND_FOR = 30.0
SETTLE_FOR = 10.0
_LOOK = 0.2


class Ending(Exception):  # noqa: N818 # nothing went wrong
    """The worker ends: what is left goes on elsewhere, or later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of work: of which site, about what, by whom; `ending` is set when the worker is to end.

    `at`: as of which time, when not the clock's.
    """

    site: Site
    about: Mapping[str, Any]
    worker: str
    actor: str
    ending: threading.Event
    at: datetime | None = None

    def now(self) -> datetime:
        return self.at or self.site.clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a piece of work came to: whether there is `more` at once, and the result of a run that is written down."""

    more: bool = False
    result: Mapping[str, Any] | None = None


def prepare(work: Work) -> Done:
    """Prepare a delivery whose preparation has begun, chunk by chunk."""
    from rebond.services.prepare import prepare as prepare_delivery

    def progress(_: "PrepareProgress") -> None:
        if work.ending.is_set():
            raise Ending

    site, delivery = work.site, int(work.about["delivery"])
    done = prepare_delivery(
        delivery,
        content=site.content,
        providers=site.providers,
        policy=site.policy,
        now=work.now(),
        actor=work.actor,
        progress=progress,
    )
    return Done(result={"delivery": delivery, **asdict(done)})


def send(work: Work) -> Done:
    """Hand over what is due of a delivery that is being sent."""
    from rebond.core.words import DeliveryStatus
    from rebond.services.schedule_delivery import begin_scheduled

    if not begin_scheduled(int(work.about["delivery"]), now=work.now(), actor=work.actor):
        return Done()
    work.site.rules.renew()  # reads the database, which no loop may
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        result = runner.run(_send(work))
    due = result.next_due is not None and result.next_due <= work.now()
    return Done(more=due and result.status is DeliveryStatus.SENDING and not result.problem)


async def _send(work: Work) -> "SendResult":
    from rebond.services.send import send as send_delivery

    site, stop = work.site, asyncio.Event()
    sender = site.smtp_sender()
    watching = asyncio.create_task(_watch(work, stop))
    try:
        return await send_delivery(
            int(work.about["delivery"]),
            policy=site.policy,
            keyring=site.keyring,
            rules=site.rules,
            sender=sender,
            composer=site.composer,
            bounce_domain=site.config.email.bounce_domain,
            clock=site.clock,
            worker=work.worker,
            actor=work.actor,
            often=site.often_unqualified,
            stop=stop,
        )
    finally:
        watching.cancel()
        await sender.close()


async def _watch(work: Work, stop: asyncio.Event) -> None:
    """Stop after the window in flight when the worker ends, or when others should have their turn."""
    clock = work.site.clock
    until = clock.monotonic() + SEND_FOR
    while not work.ending.is_set() and clock.monotonic() < until:
        await clock.sleep(_LOOK)
    stop.set()


def settle(work: Work) -> Done:
    """Settle what waits, for a while."""
    from rebond.services.settle import Settler

    site = work.site
    settler = Settler(
        policy=site.policy,
        rules=site.rules,
        keyring=site.keyring,
        worker=work.worker,
        allow_undotted=site.config.email.allow_undotted,
        often=site.often_unqualified,
    )
    until = site.clock.monotonic() + SETTLE_FOR
    while settler.settle(work.now()).taken:
        if work.ending.is_set() or site.clock.monotonic() > until:
            return Done(more=True)
    return Done()


def rules(work: Work) -> Done:
    """Bring operations on rules to their end, which whoever began them left."""
    from rebond.services.apply_rules import carry_on, carry_on_all

    practice = practice_of(work.site, actor=work.actor, ending=work.ending)
    if "operation" in work.about:
        done = [carry_on(practice, int(work.about["operation"]))]
    else:
        done = carry_on_all(practice)
    return Done(more=not all(operation.step.finished for operation in done))


def cleanup(work: Work) -> Done:
    """Carry out timed exits and retention."""
    from rebond.core.policy import parse_duration
    from rebond.services.clean import Retention, clean
    from rebond.services.uploads import FOLDER

    kept = work.site.config.retention
    retention = Retention(
        evidence=parse_duration(kept.evidence),
        raw_mails=parse_duration(kept.raw_mails),
        deliveries=parse_duration(kept.deliveries),
        audit=parse_duration(kept.audit),
    )
    done = clean(policy=work.site.policy, retention=retention, now=work.now(), uploads=work.site.data / FOLDER)
    return Done(result=asdict(done))


def update(work: Work) -> Done:
    """Take what is new of the packs of rules, and give out this site's own."""
    from rebond.services.update_rules import run_update

    site = work.site
    export = site.config.packs.export
    done = run_update(
        # To its end: what is taken of one pack must be done before the next one is looked at.
        practice_of(site, actor=work.actor, ending=threading.Event()),
        site.pack_sources,
        now=work.now(),
        maker=lambda: site.pack_maker if export else None,
        folder=site.data / export,
    )
    return Done(result={"packs": done.looked, "exported": done.exported, "problem": done.problem})


def aggregates(work: Work) -> Done:
    """Sum what the reports and the live pages show."""
    from rebond.services.aggregate import aggregate

    zone = ZoneInfo(work.site.config.site.time_zone)
    return Done(result=asdict(aggregate(now=work.now(), zone=zone, providers=work.site.providers)))


def practice_of(site: Site, *, actor: str, ending: threading.Event) -> "Practice":
    """Say who changes the rules of a site; what is not done when the worker ends is left for others."""
    from rebond.services.apply_rules import Practice
    from rebond.services.quarantine_bound import QuarantineBound

    bounds = site.config.rules
    return Practice(
        policy=site.policy,
        make=site.qualifier_with,
        actor=actor,
        clock=site.clock,
        bound=QuarantineBound(addresses=bounds.most_quarantined, percent=bounds.most_quarantined_percent),
        has_time=lambda: not ending.is_set(),
    )
