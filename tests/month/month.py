"""A month in which everything goes wrong, step by step, with every invariant checked at the end of each day."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rebond.config import Config
from rebond.config_sections import EmailSection
from rebond.core.policy import Policy
from rebond.core.tokens import Keyring
from rebond.core.words import MessageClass
from rebond.delivery_content import DeliveryContent
from rebond.packs import default_providers, default_qualifier
from rebond.services.import_people import import_people
from rebond.services.people_file import FileOptions
from rebond.services.recompute import recompute
from rebond.services.rules_in_force import RulesInForce
from rebond.services.settle import Settler
from rebond.simulate.returns import Return
from rebond.simulate.world import World
from tests.core.oracle import Address
from tests.month.acting import act, history
from tests.month.cleaning import clean_up
from tests.month.clock import MonthClock
from tests.month.invariants import EVERY
from tests.month.ledger import Ledger
from tests.month.people import Population
from tests.month.plan import DAY, HOUR, START, BrokenError, Plan
from tests.month.raw import rows, when
from tests.month.returning import Mail, bring_back
from tests.month.schedule import Courses, Sending
from tests.month.sending import make, note, send_due
from tests.month.transport import MonthSender

_MOST_DAYS_AFTER = 12


class Month:
    """The site, the world around it, and what the world remembers of both."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.chance: random.Random = plan.chance
        self.clock = MonthClock(START)
        self.world = World(plan.world, self.clock)  # type: ignore[arg-type]
        self.policy: Policy = plan.policies[0]
        self.qualifier = default_qualifier()
        self.rules = RulesInForce(lambda _: self.qualifier)
        self.providers = default_providers().domains
        self.keyring = Keyring({0: b"a key for the month", 1: b"another for the rest"}, 0)
        self.content = DeliveryContent(Config(email=EmailSection(bounce_domain="bounce.sim.example")))
        self.population = Population(plan.people, chance=plan.chance, folder=folder)
        self.ledger = Ledger(self.policy, random.Random(plan.seed))
        self.courses = Courses()
        self.kills, self.sample = 0.06, 5 + plan.people // 200
        self.relay_down = self.ending = self.policy_changed = False
        self.sendings: dict[int, Sending] = {}
        self.active: list[int] = []
        self.unfinished: set[int] = set()
        self.purged: set[int] = set()
        self.confirmations: list[int] = []
        self.delivered: dict[int, int] = {}
        self.returns: dict[str, Mail] = {}
        self.late: list[tuple[datetime, Return]] = []
        self.numbers: dict[str, int] = {}
        self.mine: dict[str, str] = {}
        self.blocked: dict[str, Address] = {}
        self.lately: dict[int, float] = {}
        self.acts = self.told = self.runs = self.killed = self.handed_over = self._actors = self._day = 0
        self._sender = MonthSender(self.world, self.clock, seed=plan.seed, note=lambda tried: note(self, tried))

    # --- what the parts of the month ask for ------------------------------------------------------------------------

    def sender(self) -> MonthSender:
        """The relay, as a worker meets it now."""
        self._sender.before = lambda: None
        self._sender.down = self.relay_down
        return self._sender

    def actor(self) -> str:
        """Somebody; never the same twice, so that two acts of one moment are two."""
        self._actors += 1
        return f"t{self._actors}"

    def hold(self, holds: bool, problem: str) -> None:
        """Stop the month where something does not hold."""
        if not holds:
            raise self.plan.fails(self._day, problem)

    def settle(self) -> None:
        settler = Settler(policy=self.policy, rules=self.rules, keyring=self.keyring, worker="settler")
        settled = settler.settle_all(self.clock.now)
        self.hold(not (settled.failed or settled.dead), f"returns could not be settled: {settled}")

    def reload(self, horizon: datetime | None = None) -> None:
        """Read all evidence again, after something that changes or removes it."""
        self.ledger.refresh()
        snapshots = {}
        for key, at in rows("SELECT address_key, horizon FROM address_snapshot WHERE channel = 'email'"):
            moment = when(at)
            assert moment is not None
            snapshots[key] = moment
            self.hold(horizon is None or moment <= max(horizon, self._horizon(key)), f"snapshot of {key} at {moment}")
        problems = self.ledger.reload(snapshots)
        self.hold(not problems, "; ".join(problems[:3]))

    def _horizon(self, key: str) -> datetime:
        return self.ledger.known[key].horizon or START - 3650 * DAY

    def summary(self) -> str:
        """Say in a line what it was."""
        return (
            f"{self.plan.line}: {len(self.courses.of)} messages, {self.handed_over} attempts,"
            f" {len(self.returns)} returns,"
            f" {self.acts} events and acts, {len(self.ledger.known)} addresses with a history, {self.runs} runs,"
            f" {self.killed} killed"
        )

    # --- the month --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Live through the month, and through what is left of it afterwards."""
        self.open()
        while self._day < self.plan.days:
            self._live()
        self.ending = True
        while self.active or self.late or self.world.waiting:
            self.hold(self._day < self.plan.days + _MOST_DAYS_AFTER or not self.active, f"{self.active} never end")
            self._live()
        clean_up(self, self.clock.now() + HOUR)
        open_still = rows("SELECT delivery_id, pending FROM delivery_counts WHERE pending <> 0")
        self.hold(not open_still, f"messages are left: {open_still}")
        status = rows("SELECT status, count(*) FROM delivery WHERE status NOT IN ('finished', 'cancelled') GROUP BY 1")
        self.hold(not status, f"deliveries are left: {status}")

    def open(self) -> None:
        """Let the people come, some with a history."""
        path = self.population.file(self.population.people.values(), names=True)
        import_people(path, options=FileOptions(mapping={}), now=self.clock.now(), actor="t")
        self.population.learn_numbers()
        history(self, max(4, self.plan.people // 20))
        self._check()

    def _live(self) -> None:
        """One day: steps of some hours each, and all invariants at its end."""
        self._day += 1
        events = self._events()
        for step in range(self.plan.steps if self.active or not self.ending else 1):
            try:
                self._step(events.get(step, []))
            except BrokenError:
                raise
            except Exception as error:
                raise self.plan.fails(self._day, f"{type(error).__name__}: {error}") from error
        self._check()

    def _events(self) -> dict[int, list[Any]]:
        """Draw what happens today, by the step at which it does."""
        chance, steps = self.chance, self.plan.steps
        found: dict[int, list[Any]] = {}

        def plan(likely: float, what: Any) -> None:
            if chance.random() < likely:
                found.setdefault(chance.randrange(steps), []).append(what)

        if not self.ending:
            plan(1, lambda: make(self, MessageClass.COMMERCIAL))
            plan(0.4, lambda: make(self, MessageClass.COMMERCIAL, share=0.2))
            plan(0.7, lambda: make(self, MessageClass.TRANSACTIONAL, share=0.1))
            plan(0.7, lambda: make(self, MessageClass.CONFIRMATION, share=0.05))
            plan(0.4, lambda: [make(self, MessageClass.CONFIRMATION, share=0.1) for _ in range(2)])
            plan(0.12, lambda: self.clock.set_by(timedelta(minutes=chance.randrange(-200, -1))))
            plan(0.10, lambda: self.clock.set_by(timedelta(minutes=chance.randrange(1, 2000))))
            plan(0.15, lambda: setattr(self, "relay_down", True))
        plan(0.8, lambda: clean_up(self, self.clock.now()))
        plan(0.1, lambda: clean_up(self, self.clock.now() - chance.randrange(1, 80) * HOUR))
        if self._day == self.plan.days // 2:
            found.setdefault(0, []).append(self._change_policy)
        return found

    def _step(self, events: list[Any]) -> None:
        steps = self.plan.steps if self.active or not self.ending else 1
        self.clock.advance(DAY / steps * self.chance.uniform(0.7, 1.3))
        self.relay_down = self.relay_down and self.chance.random() < 0.5
        for event in events:
            event()
        bring_back(self)
        act(self, max(1, self.plan.people // 100 // self.plan.steps))
        send_due(self)

    def _change_policy(self) -> None:
        """Another policy: what a dry run says is what then happens."""
        old, self.policy = self.policy, self.plan.policies[1]
        self.policy_changed = old != self.policy
        self.ledger.refresh()
        now = self.clock.now()
        dry = recompute(policy=self.policy, now=now, actor="t", dry_run=True)
        real = recompute(policy=self.policy, now=now, actor="t", dry_run=False)
        self.hold(dry.changed == real.changed, f"a dry run said {dry.changed}, then it was {real.changed}")
        self.ledger.use(self.policy)

    def _check(self) -> None:
        for invariant in EVERY:
            for problem in invariant(self):
                raise self.plan.fails(self._day, f"{invariant.__name__}: {problem}")
