"""Who may do what: every operation of the console and the API, and the roles that may do it (specification 04, 09)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rebond.core.words import Role


class Operation(StrEnum):
    """What a person or a key asks for; an API key's scopes are these words."""

    READ = "read"
    READ_RETURNS = "returns.read"
    ACCEPT_RETURNS = "returns.accept"
    QUALIFY = "qualify"
    CHECK = "check"
    SEND_EVENTS = "events.write"
    READ_QUARANTINE = "quarantine.read"
    WRITE_QUARANTINE = "quarantine.write"
    READ_QUALIFICATIONS = "qualifications.read"
    DECIDE_QUALIFICATIONS = "qualifications.write"
    READ_RULES = "rules.read"
    WRITE_RULES = "rules.write"
    READ_DELIVERIES = "deliveries.read"
    WRITE_DELIVERIES = "deliveries.write"
    READ_PROFILES = "profiles.read"
    WRITE_PROFILES = "profiles.write"
    ERASE_PROFILES = "profiles.erase"
    READ_LANDING = "landing.read"
    WRITE_LANDING = "landing.write"
    SUBSCRIBE = "subscriptions.write"
    READ_REPORTS = "reports.read"
    READ_JOBS = "jobs.read"
    RUN_JOBS = "jobs.run"
    ACKNOWLEDGE_ALERTS = "alerts.write"
    READ_SETTINGS = "settings.read"
    READ_AUDIT = "audit.read"
    MANAGE_PEOPLE = "people.write"
    MANAGE_KEYS = "keys.write"
    MANAGE_WEBHOOKS = "webhooks.write"


_EVERYBODY = frozenset(Role)
_ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
_DELIVERABILITY = frozenset({Role.ADMINISTRATOR, Role.DELIVERABILITY})
_OPERATORS = frozenset({Role.ADMINISTRATOR, Role.DELIVERABILITY, Role.OPERATOR})
_SENDERS = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})

# The platform's quarantine, its rules and raw returns: administrators and the deliverability role (04).
PERMISSIONS: Mapping[Operation, frozenset[Role]] = MappingProxyType(
    {
        Operation.READ: _EVERYBODY,
        Operation.READ_RETURNS: _DELIVERABILITY,
        Operation.ACCEPT_RETURNS: _DELIVERABILITY,
        Operation.QUALIFY: _EVERYBODY,
        Operation.CHECK: _OPERATORS,
        Operation.SEND_EVENTS: _DELIVERABILITY,
        Operation.READ_QUARANTINE: _DELIVERABILITY,
        Operation.WRITE_QUARANTINE: _DELIVERABILITY,
        Operation.READ_QUALIFICATIONS: _EVERYBODY,
        Operation.DECIDE_QUALIFICATIONS: _DELIVERABILITY,
        Operation.READ_RULES: _EVERYBODY,
        Operation.WRITE_RULES: _DELIVERABILITY,
        Operation.READ_DELIVERIES: _EVERYBODY,
        Operation.WRITE_DELIVERIES: _SENDERS,
        Operation.READ_PROFILES: _OPERATORS,
        Operation.WRITE_PROFILES: _SENDERS,
        # With all that is held about a person, returned mails among it, to be told to them.
        Operation.ERASE_PROFILES: _DELIVERABILITY,
        # Who asked for what by a landing page: people's addresses, as profiles.
        Operation.READ_LANDING: _OPERATORS,
        Operation.WRITE_LANDING: _SENDERS,
        Operation.SUBSCRIBE: _SENDERS,
        Operation.READ_REPORTS: _EVERYBODY,
        Operation.READ_JOBS: _EVERYBODY,
        Operation.RUN_JOBS: _DELIVERABILITY,
        Operation.ACKNOWLEDGE_ALERTS: _OPERATORS,
        Operation.READ_SETTINGS: _DELIVERABILITY,
        Operation.READ_AUDIT: _DELIVERABILITY,
        Operation.MANAGE_PEOPLE: _ADMINISTRATORS,
        Operation.MANAGE_KEYS: _ADMINISTRATORS,
        Operation.MANAGE_WEBHOOKS: _ADMINISTRATORS,
    }
)


def may(role: Role, operation: Operation) -> bool:
    """Tell whether a role may do this."""
    return role in PERMISSIONS[operation]
