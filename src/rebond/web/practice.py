"""Changing rules on behalf of a person who waits for a page: what takes longer is left for who goes on."""

from typing import TYPE_CHECKING

from rebond.services.access import Person
from rebond.web.current import current_site

if TYPE_CHECKING:
    from rebond.services.apply_rules import Practice

SECONDS = 2.0  # a request goes on with the stored failures


def practice_for(person: Person, *, anyway: bool = False) -> "Practice":
    """Say who changes the rules of the site that is served; `anyway`: they have seen what it comes to."""
    from rebond.services.apply_rules import Practice
    from rebond.services.quarantine_bound import QuarantineBound

    site = current_site()
    rules, clock = site.config.rules, site.clock
    ends = clock.monotonic() + SECONDS
    return Practice(
        policy=site.policy,
        make=site.qualifier_with,
        actor=person.name,
        clock=clock,
        bound=QuarantineBound(addresses=rules.most_quarantined, percent=rules.most_quarantined_percent),
        anyway=anyway,
        has_time=lambda: clock.monotonic() < ends,
    )
