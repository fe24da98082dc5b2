"""What a site knows when all is done, in words that do not depend on when and how often it was done."""

from collections.abc import Mapping
from typing import Any

from tests.acceptance.kill_site import KillSite

Facts = Mapping[str, list[tuple[Any, ...]]]
_OPEN = ("pending", "sending", "uncertain")
_QUESTIONS = {
    "states": "SELECT channel, address_key, scope, status, origin, reason, cause, error_count, releases"
    " FROM address_state ORDER BY 1, 2, 3",
    "evidence": "SELECT identity, channel, address_key, event, type, reason, cause, rule, code, enhanced, phase,"
    " message, trust, trusted FROM evidence ORDER BY 1",
    "messages": "SELECT id, status, attempts, type, reason, cause, returned_at IS NULL, return_type, return_reason,"
    " complained_at IS NULL FROM message ORDER BY 1",
    "counts": "SELECT delivery_id, target, excluded, messages, pending, delivered, failed, cancelled,"
    " production_errors, returned FROM delivery_counts ORDER BY 1",
    "exclusions": "SELECT delivery_id, profile, reason, cause, late FROM exclusion ORDER BY 1, 2",
    "exclusion counts": "SELECT delivery_id, reason, cause, number FROM exclusion_count ORDER BY 1, 2, 3",
    "texts": "SELECT digest, reason, cause, count FROM qualification ORDER BY 1",
    "unattributed": "SELECT identity, address, why FROM unattributed ORDER BY 1",
    "opt-outs": "SELECT profile_id, channel, origin FROM profile_denial ORDER BY 1, 2",
    "returns": "SELECT identity, state, kind FROM returned_mail ORDER BY 1",
}


def facts(site: KillSite) -> Facts:
    """Read what the site knows."""
    return {name: site.rows(question) for name, question in _QUESTIONS.items()}


def assert_recount(site: KillSite) -> None:
    """Count the rows of every delivery anew, and compare them with its counters and the report."""
    for row in site.rows(_QUESTIONS["counts"]):
        delivery, target, excluded, messages, pending, *rest = row
        rows = dict(site.rows(f"SELECT status, count(*) FROM message WHERE delivery_id = {delivery} GROUP BY 1"))
        names = ("delivered", "failed", "cancelled", "production_error")
        ((returned,),) = site.rows(
            f"SELECT count(*) FROM message WHERE delivery_id = {delivery} AND delivered_at IS NOT NULL"
            " AND returned_at IS NOT NULL"
        )
        late = rows.get("excluded_late", 0)
        ((listed,),) = site.rows(f"SELECT count(*) FROM exclusion WHERE delivery_id = {delivery}")
        assert pending == sum(rows.get(status, 0) for status in _OPEN)
        assert rest == [*(rows.get(name, 0) for name in names), returned]
        assert (messages, excluded) == (sum(rows.values()) - late, listed)
        assert target == messages + excluded


def assert_every_return_whole(site: KillSite) -> None:
    """A return without its bytes could never be settled."""
    missing = "SELECT count(*) FROM returned_mail WHERE raw NOT IN (SELECT digest FROM raw_mail)"
    assert site.rows(missing) == [(0,)]
