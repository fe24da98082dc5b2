"""What reports are made with, for whoever asks: a page, a program or a command."""

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rebond.services.reports import Reporting
    from rebond.wiring import Site


def reporting_of(site: "Site") -> "Reporting":
    """Say what a site's reports are made with."""
    from rebond.core.growth import Growth
    from rebond.services.reports import Reporting

    reports = site.config.reports
    return Reporting(
        zone=ZoneInfo(site.config.site.time_zone),
        now=site.clock.now(),
        growth=Growth(life=reports.address_life, more_a_year=reports.base_growth / 100),
        rules=_rule_names,
        counting_owners=site.policy.count_owners,
    )


def _rule_names() -> frozenset[str]:
    from rebond.store.read.rules import console_documents

    return _shipped_names() | frozenset(console_documents())


@cache
def _shipped_names() -> frozenset[str]:
    from rebond.packs import load_shipped_rules

    return frozenset(rule.id for rule in load_shipped_rules())
