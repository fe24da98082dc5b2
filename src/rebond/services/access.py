"""Who asks, and whether they may: each face names the operation, and nothing is done without asking here."""

from dataclasses import dataclass

from rebond.core.permissions import Operation, may
from rebond.core.said import said
from rebond.core.words import Role
from rebond.services.errors import ForbiddenError


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks: `name` goes into the audit trail; an API key's `scopes` narrow what its role may do."""

    name: str
    role: Role
    scopes: frozenset[Operation] = frozenset(Operation)

    def may(self, operation: Operation) -> bool:
        """Tell whether this person may do this."""
        return operation in self.scopes and may(self.role, operation)


def require(person: Person, operation: Operation) -> None:
    """Raise ForbiddenError unless this person may do this."""
    if not may(person.role, operation):
        raise ForbiddenError(
            said("the role {role} may not do this ({operation})", role=person.role, operation=operation)
        )
    if operation not in person.scopes:
        raise ForbiddenError(said("this key has not the scope {operation}", operation=operation))
