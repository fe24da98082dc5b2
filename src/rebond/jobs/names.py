"""The names of the jobs: those that are asked for, and those that have their time."""

PREPARE = "prepare"
SEND = "send"
SETTLE = "settle"
RULES = "rules"
CLEANUP = "cleanup"
UPDATE = "deliverability-update"
AGGREGATES = "aggregates"

KNOWN = frozenset({PREPARE, SEND, SETTLE, RULES, CLEANUP, UPDATE, AGGREGATES})
