"""How texts of failures and what they may mean are shown."""

from typing import TYPE_CHECKING, Any

from rebond.cli.practice import verdict_in_words
from rebond.core.words import REASONS

if TYPE_CHECKING:
    from rebond.core.qualify.suggest import Suggestion
    from rebond.services.qualifications import Cluster
    from rebond.store.read.qualifications import QualificationRow


def _shown_count(count: int) -> int:
    from rebond.services.qualifications import MOST_SHOWN

    return min(count, MOST_SHOWN)


def text_row(row: "QualificationRow") -> dict[str, Any]:
    """Show one text."""
    verdict = row.verdict
    return {
        "id": row.number,
        "status": row.status,
        "channel": row.channel,
        "provider": row.provider,
        "count": _shown_count(row.count),
        "badge": row.badged,
        "type": verdict.type,
        "reason": verdict.reason,
        "raison": REASONS[verdict.reason].french,
        "cause": verdict.cause,
        "rule": verdict.rule,
        "template": row.template,
        "text": row.text,
    }


def cluster_row(cluster: "Cluster") -> dict[str, Any]:
    """Show texts that are alike, by the one that stands for them."""
    first = cluster.texts[0]
    return {
        "id": cluster.number,
        "channel": first.channel,
        "provider": first.provider,
        "texts": len(cluster.texts),
        "addresses": cluster.addresses,
        "count": _shown_count(cluster.count),
        "badge": cluster.badged,
        "template": first.template,
        "text": first.text,
        "alike": [row.number for row in cluster.texts],
    }


def suggestion_in_words(suggestion: "Suggestion | None") -> str:
    """Write what a person needs to see of a suggestion among others."""
    if suggestion is None:
        return ""
    return f"{verdict_in_words(suggestion.verdict)} ({suggestion.similarity:.2f}{', weak' if suggestion.weak else ''})"


def suggestion_row(suggestion: "Suggestion | None") -> dict[str, Any] | None:
    """Show a suggestion with what it comes from."""
    if suggestion is None:
        return None
    verdict = suggestion.verdict
    return {
        "verdict": verdict_in_words(verdict),
        "type": verdict.type,
        "reason": verdict.reason,
        "cause": verdict.cause,
        "similarity": round(suggestion.similarity, 3),
        "weak": suggestion.weak,
        "neighbours": [
            {
                "id": neighbour.known.number or None,
                "rule": neighbour.known.verdict.rule,
                "similarity": round(neighbour.similarity, 3),
                "verdict": verdict_in_words(neighbour.known.verdict),
                "template": neighbour.known.template,
            }
            for neighbour in suggestion.neighbours
        ],
    }
