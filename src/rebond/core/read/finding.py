"""What one reader makes of a letter; `None` from a reader means that it is not its kind."""

from dataclasses import dataclass

from rebond.core.failure import Facts
from rebond.core.words import ReturnKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A kind, the facts per recipient, and what only complaints have."""

    kind: ReturnKind
    facts: tuple[Facts, ...] = ()
    feedback_type: str = ""
    complainants: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    original_to: tuple[str, ...] = ()
