"""The names of the jobs: those that are asked for, and those that have their time."""

PREPARE = "prepare"
SEND = "send"
SETTLE = "settle"
RULES = "rules"
BULK = "bulk"
CLEANUP = "cleanup"
UPDATE = "deliverability-update"
AGGREGATES = "aggregates"
WATCH = "watch"
NOTIFY = "notifications"

KNOWN = frozenset({PREPARE, SEND, SETTLE, RULES, BULK, CLEANUP, UPDATE, AGGREGATES, WATCH, NOTIFY})
